//! The generated sets, opened by name: split without leaks, the same from the same seed.

use datasets::inventory::{Presence, list};
use datasets::{DataError, Kind, OpenOptions, kind_of, known_set, open_image, open_text};

#[test]
fn digits_are_a_set_of_images() {
    let options = OpenOptions {
        generated_rows: Some(1_000),
        ..Default::default()
    };
    let set = open_image("digits", &options).unwrap();
    assert_eq!(
        (set.labels.len(), set.split.rows(), set.height * set.width),
        (10, 1_000, 784)
    );
    assert_eq!(
        (set.split.dev.len(), set.split.test.len()),
        (100, 100),
        "stratified: ten of each digit"
    );
    assert!(set.split.train.iter().all(|row| row.pixels.len() == 784));
    assert_eq!(open_image("digits", &options).unwrap().sha256, set.sha256);
    let other = open_image("digits", &OpenOptions { seed: 1, ..options }).unwrap();
    assert_ne!(other.sha256, set.sha256);
}

#[test]
fn texts_share_nothing_between_the_parts() {
    for name in ["phrases", "long_documents"] {
        let options = OpenOptions {
            generated_rows: Some(500),
            ..Default::default()
        };
        let set = open_text(name, &options).unwrap();
        assert_eq!((set.labels.len(), set.split.rows()), (2, 500), "{name}");
        assert!(
            !datasets::duplicates::count_duplicates(&set.split).crosses_parts(),
            "{name}"
        );
        assert!(
            set.split.test.len().abs_diff(50) < 10,
            "{name}: {}",
            set.split.test.len()
        );
    }
}

#[test]
fn they_are_listed_and_need_no_fetching() {
    let nowhere = tempfile::tempdir().unwrap();
    let generated: Vec<String> = list(nowhere.path())
        .into_iter()
        .filter(|listing| listing.presence == Presence::Generated)
        .map(|listing| listing.name)
        .collect();
    assert_eq!(generated, ["digits", "phrases", "long_documents"]);
    assert!(matches!(
        known_set("digits"),
        Err(DataError::Generated { .. })
    ));
    assert!(matches!(
        open_text("digits", &OpenOptions::default()),
        Err(DataError::WrongKind { .. })
    ));
    assert!(matches!(
        open_image("phrases", &OpenOptions::default()),
        Err(DataError::WrongKind { .. })
    ));
    assert_eq!(
        kind_of("digits", &OpenOptions::default()).unwrap(),
        Kind::Image
    );
    let error = known_set("phrase").unwrap_err().to_string();
    assert!(error.contains("did you mean `phrases`?"), "{error}");
}
