//! The known sets as they really are: rows, classes, and the leaks between their parts.
//!
//! Runs where `CNN_DATA` names a folder with the sets; says aloud which tests it had to skip.

use std::path::Path;

use datasets::{DuplicateReport, Language, OpenOptions, TextSet, open_image, open_text};

/// Whether the set's files are here; says so if not.
fn here(set: &str) -> bool {
    let folder = std::env::var_os(datasets::DATA_VARIABLE);
    let here = folder
        .as_ref()
        .is_some_and(|folder| Path::new(folder).join(set).is_dir());
    if !here {
        eprintln!(
            "SKIPPED: no folder `{set}` under {} = {folder:?}",
            datasets::DATA_VARIABLE
        );
    }
    here
}

fn open(set: &str) -> TextSet {
    open_text(set, &OpenOptions::default()).unwrap_or_else(|error| panic!("{set}: {error}"))
}

fn sizes(set: &TextSet) -> [usize; 3] {
    set.split.parts().map(|(_, rows)| rows.len())
}

/// No file differed from the published one.
fn published(notes: &[String]) -> bool {
    !notes
        .iter()
        .any(|note| note.contains("is not the published file"))
}

#[test]
fn mnist() {
    if !here("mnist") {
        return;
    }
    let set = open_image("mnist", &OpenOptions::default()).unwrap();
    assert!(published(&set.notes), "{:?}", set.notes);
    assert_eq!(set.split.test.len(), 10_000);
    assert_eq!(set.split.train.len() + set.split.dev.len(), 60_000);
    assert!(set.split.dev.len().abs_diff(6_000) < 10);
    let mut counts = [0; 10];
    for row in set.split.train.iter().chain(&set.split.dev) {
        assert_eq!(row.pixels.len(), 784);
        counts[row.label as usize] += 1;
    }
    assert_eq!(
        counts,
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    // The first test digit is a seven: a stroke across the upper half.
    let seven = &set.split.test[0];
    assert_eq!(seven.label, 7);
    assert_eq!(seven.pixels[7 * 28 + 6], 84);
    assert_eq!(
        set.duplicates,
        DuplicateReport::default(),
        "MNIST has no two equal images"
    );
}

#[test]
fn mr_in_ten_folds() {
    if !here("mr") {
        return;
    }
    let set = open("mr");
    assert!(published(&set.notes), "{:?}", set.notes);
    assert_eq!(set.split.rows(), 10_662);
    let [train, dev, test] = sizes(&set);
    assert!(
        test.abs_diff(1066) < 8 && dev.abs_diff(960) < 8,
        "{train} {dev} {test}"
    );
    assert!(
        set.split
            .parts()
            .iter()
            .flat_map(|(_, rows)| *rows)
            .any(|row| row.text.contains('\u{96}'))
    );
    let all_tests: usize = (0..10)
        .map(|fold| OpenOptions {
            fold: Some((fold, 10)),
            ..Default::default()
        })
        .map(|options| open_text("mr", &options).unwrap().split.test.len())
        .sum();
    assert_eq!(all_tests, 10_662);
}

#[test]
fn sst2_phrases_and_sentences() {
    if !here("sst2") {
        return;
    }
    let set = open("sst2");
    assert!(published(&set.notes), "{:?}", set.notes);
    assert_eq!(sizes(&set), [76_961, 872, 1_821]);
    let sentences = OpenOptions {
        variant: Some("sentences".into()),
        ..Default::default()
    };
    let set = open_text("sst2", &sentences).unwrap();
    assert_eq!(sizes(&set), [6_920, 872, 1_821]);
    assert_eq!(set.duplicates.test_in_train, 2);
}

#[test]
fn trec() {
    if !here("trec") {
        return;
    }
    let set = open("trec");
    assert!(published(&set.notes), "{:?}", set.notes);
    let [train, dev, test] = sizes(&set);
    assert_eq!((train + dev, test), (5_452, 500));
    assert!(dev.abs_diff(545) < 8);
    assert_eq!(set.duplicates.test_in_train, 11);
    assert!(
        set.notes
            .iter()
            .any(|note| note.starts_with("11 of 500 test texts")),
        "{:?}",
        set.notes
    );
    // A model that knows the classes in another order, and one more.
    let given: Vec<String> = ["NUM", "more", "LOC", "HUM", "ABBR", "ENTY", "DESC"]
        .map(str::to_owned)
        .into();
    let options = OpenOptions {
        labels: Some(given),
        ..Default::default()
    };
    let turned = open_text("trec", &options).unwrap();
    let name = |set: &TextSet, row: usize| set.labels[set.split.test[row].label as usize].clone();
    assert!((0..500).all(|row| name(&turned, row) == name(&set, row)));
    let options = OpenOptions {
        labels: Some(vec!["NUM".into()]),
        ..Default::default()
    };
    assert!(open_text("trec", &options).is_err());
    let description = datasets::describe::describe_texts(&set);
    assert_eq!(description.parts[2].classes, [138, 94, 9, 65, 81, 113]);
}

#[test]
fn thucnews() {
    if !here("thucnews") {
        return;
    }
    let set = open("thucnews");
    assert!(published(&set.notes), "{:?}", set.notes);
    assert_eq!(
        (sizes(&set), set.language),
        ([180_000, 10_000, 10_000], Language::Chinese)
    );
    let report = &set.duplicates;
    assert_eq!(
        (report.test_in_train, report.test_in_train_other_label),
        (115, 3)
    );
    assert_eq!(report.train_with_two_labels, 46);
    let row = &set.split.train[0];
    assert_eq!(
        (
            row.text.chars().count(),
            set.labels[row.label as usize].as_str()
        ),
        (18, "education")
    );
}

#[test]
fn imdb() {
    if !here("imdb") {
        return;
    }
    let set = open("imdb");
    assert!(published(&set.notes), "{:?}", set.notes);
    let [train, dev, test] = sizes(&set);
    assert_eq!((train + dev, test), (25_000, 25_000));
    assert_eq!(set.duplicates.test_in_train, 123);
    assert_eq!(
        set.split.test.iter().filter(|row| row.label == 1).count(),
        12_500
    );
    assert!(
        set.split
            .train
            .iter()
            .any(|row| row.text.contains("<br />")),
        "texts stay as published"
    );
}

#[test]
fn sms_spam_and_the_same_file_as_a_users_tsv() {
    if !here("sms_spam") {
        return;
    }
    let set = open("sms_spam");
    assert!(published(&set.notes), "{:?}", set.notes);
    assert_eq!(
        (set.split.rows(), set.duplicates.within_train),
        (5_574, 415)
    );
    let [_, dev, test] = sizes(&set);
    assert!(
        dev.abs_diff(557) < 12 && test.abs_diff(557) < 12,
        "{dev} {test}"
    );
    assert!(!datasets::duplicates::count_duplicates(&set.split).crosses_parts());

    let file = OpenOptions::default()
        .data_folder()
        .join("sms_spam/SMSSpamCollection");
    let own = open_text(&file.to_string_lossy(), &OpenOptions::default()).unwrap();
    assert_eq!(own.labels, ["ham", "spam"]);
    assert_eq!(own.split, set.split, "{:?}", own.notes);
}
