//! The generated sets, opened by name: split without leaks, the same from the same seed.

use datasets::inventory::{Presence, list};
use datasets::{DataError, Kind, Language, OpenOptions, kind_of, known_set, open_image, open_text};

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
        let set = open_text(name, &OpenOptions::default()).unwrap();
        assert_eq!((set.labels.len(), set.language), (2, Language::English));
        let crossing = datasets::duplicates::count_duplicates(&set.split).crosses_parts();
        assert!(!crossing, "{name}");
        let tenth = set.split.rows() / 10;
        for (part, rows) in set.split.parts() {
            let of_class = |label| rows.iter().filter(|row| row.label == label).count();
            let [first, second] = [0, 1].map(of_class);
            // Few rows are drawn twice, so that the split is nearly 8 : 1 : 1 and each part nearly balanced.
            assert!(
                first.abs_diff(second) * 20 < rows.len(),
                "{name}, {part}: {first} and {second}"
            );
            let expected = if part == "train" { 8 * tenth } else { tenth };
            assert!(
                rows.len().abs_diff(expected) * 100 <= expected,
                "{name}, {part}"
            );
        }
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
