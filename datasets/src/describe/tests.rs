//! Each finding is made where it should be, and not where it should not.

use super::*;
use crate::duplicates::count_duplicates;
use crate::example::{Language, Split, TextExample, Unreadable};
use crate::origin::Origins;

fn set(labels: &[&str], parts: [&[(&str, u32)]; 3]) -> TextSet {
    let [train, dev, test] = parts.map(|rows| {
        let row = |&(text, label): &(&str, u32)| TextExample::new(text, label);
        rows.iter().map(row).collect()
    });
    let split = Split { train, dev, test };
    TextSet {
        name: "tiny".into(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        duplicates: count_duplicates(&split),
        split,
        sets: None,
        language: Language::English,
        notes: vec!["said".into()],
        sha256: "00".into(),
        origins: Origins::default(),
        unreadable: Unreadable::default(),
        test_is_cut: false,
    }
}

/// 200 rows of two classes that nothing but their words tells apart, as many in test.
fn plain() -> Vec<(String, u32)> {
    // All of one length, which must tell nothing.
    let words = [
        "fine", "good", "dull", "poor", "slow", "deep", "long", "mild",
    ];
    (0..200)
        .map(|i| {
            let (first, last) = (words[i % 8], words[(i / 8) % 8]);
            let text = format!("{first} number{} {last} film", i * i);
            (text, (i % 2) as u32)
        })
        .collect()
}

fn borrowed(rows: &[(String, u32)]) -> Vec<(&str, u32)> {
    let rows = rows.iter();
    rows.map(|(text, label)| (text.as_str(), *label)).collect()
}

fn kinds(rows: &[(String, u32)]) -> Vec<FindingKind> {
    findings(rows)
        .into_iter()
        .map(|finding| finding.kind)
        .collect()
}

fn findings(rows: &[(String, u32)]) -> Vec<Finding> {
    // Many test rows, so that their number is no finding.
    let other: Vec<String> = (0..400).map(|i| format!("fine film take {i}")).collect();
    let test: Vec<(&str, u32)> = other.iter().map(|text| (text.as_str(), 0)).collect();
    let found = describe_texts(&set(&["bad", "good"], [&borrowed(rows), &[], &test])).findings;
    found
        .into_iter()
        .filter(|finding| finding.kind != FindingKind::Unknown)
        .collect()
}

#[test]
fn a_small_set_in_figures() {
    let train = [("a b", 0), ("b <unseen>", 1), ("", 1)];
    let description = describe_texts(&set(&["no", "yes"], [&train, &[], &[("b c d", 1)]]));
    let [train, dev, test] = &description.parts;
    assert_eq!(train.classes, [1, 2]);
    assert_eq!(train.characters.unwrap().most, 10);
    assert_eq!(train.tokens.unwrap().least, 0);
    assert_eq!((dev.rows, dev.tokens), (0, None));
    assert_eq!((train.unknown, dev.unknown), (None, None));
    assert!((test.unknown.unwrap() - 2.0 / 3.0).abs() < 1e-9);
    let vocabulary = description.vocabulary.as_ref().unwrap();
    assert!(vocabulary.once < vocabulary.distinct, "`b` stands twice");
    let shown = description.to_string();
    for expected in [
        "tiny: 4 rows, 2 classes",
        "66.7 %",
        "- said",
        "worth a look:",
        "1 of 4 texts are empty",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let json = serde_json::to_value(&description).unwrap();
    assert_eq!(json["parts"][2]["rows"], 1);
    assert_eq!(json["findings"][0]["kind"], "balance");
}

#[test]
fn nothing_is_found_in_plain_texts() {
    assert_eq!(findings(&plain()), []);
}

#[test]
fn balance_and_few_rows() {
    let rows: Vec<(String, u32)> = plain().into_iter().map(|(text, _)| (text, 0)).collect();
    let mut unbalanced = rows;
    unbalanced[7].1 = 1;
    let found = findings(&unbalanced);
    assert!(
        found[0]
            .what
            .contains("`bad` has 199 training rows and `good` has 1"),
        "{found:?}"
    );
    assert!(found[0].what.contains("right in 99.5 %"), "{found:?}");
    assert!(
        found[1].what.contains("1 of 2 classes have fewer than 20"),
        "{found:?}"
    );
    let few = describe_texts(&set(&["a", "b"], [&[("x", 0)], &[], &[("y", 1); 96]]));
    assert!(
        few.findings
            .iter()
            .any(|f| f.what == "96 test rows tell an accuracy to 10 points at worst"),
        "{:?}",
        few.findings
    );
}

#[test]
fn repeats_conflicts_and_rows_in_two_parts() {
    let train = [
        ("Same text", 0),
        ("same  text", 1),
        ("same text", 1),
        ("other", 0),
    ];
    let test = [("other", 0), ("OTHER", 0), ("new", 1)];
    let found = describe_texts(&set(&["a", "b"], [&train, &[], &test])).findings;
    let of = |kind| found.iter().find(|finding| finding.kind == kind).unwrap();
    let conflict = of(FindingKind::Conflicts);
    assert_eq!(
        (conflict.rows, conflict.what.as_str()),
        (3, "1 texts carry more than one label (3 rows)")
    );
    let labels: Vec<&str> = conflict
        .examples
        .iter()
        .map(|row| row.label.as_str())
        .collect();
    assert_eq!(labels, ["a", "b"]);
    let across = of(FindingKind::AcrossParts);
    assert_eq!(across.rows, 2);
    assert_eq!(
        (across.examples[0].part, across.examples[0].row),
        ("train", 4)
    );
    assert_eq!(
        (across.examples[1].part, across.examples[1].row),
        ("test", 1)
    );
    assert_eq!(of(FindingKind::Duplicates).rows, 2);
}

#[test]
fn spoilt_texts_are_found_with_their_place() {
    for (spoilt, said) in [
        ("a cafÃ© here", "(such as `Ã©` for `é`)"),
        ("lost \u{fffd} letters", "replacement characters"),
        ("a bell\u{7} rings", "control characters"),
        ("zero\u{200b}width", "without a shape"),
        ("a line<br />break &amp; more", "HTML"),
        ("twice caf\\u00e9", "escapes"),
    ] {
        let mut rows = plain();
        rows[150].0 = spoilt.into();
        let found = findings(&rows);
        assert_eq!(found.len(), 1, "{spoilt}: {found:?}");
        assert!(found[0].what.contains(said), "{spoilt}: {found:?}");
        assert_eq!((found[0].rows, found[0].examples[0].row), (1, 151));
    }
    let mut rows = plain();
    rows[0].0 = "words ".repeat(100) + "caf\u{fffd}";
    let found = findings(&rows);
    assert!(found[0].examples[0].text.starts_with("... "), "{found:?}");
    assert!(
        found[0].examples[0].text.ends_with("caf\u{fffd}"),
        "{found:?}"
    );
}

#[test]
fn leaks_are_found() {
    // A token in most texts of one class.
    let mark = |(i, (text, label)): (usize, (String, u32))| match label {
        1 if i % 10 != 1 => (format!("{text} sponsored"), label),
        _ => (text, label),
    };
    let found = findings(
        &plain()
            .into_iter()
            .enumerate()
            .map(mark)
            .collect::<Vec<_>>(),
    );
    assert!(
        found[0]
            .what
            .starts_with("`sponsored` stands in 80 % of the training texts of `good`"),
        "{found:?}"
    );
    // The label in its own texts.
    let tag = |(i, (text, label)): (usize, (String, u32))| match label {
        1 if i % 4 == 1 => (format!("{text} rated GOOD"), label),
        _ => (text.replace("good", "fair"), label),
    };
    let found = findings(&plain().into_iter().enumerate().map(tag).collect::<Vec<_>>());
    let said = found
        .iter()
        .find(|finding| finding.what.starts_with("the label `good`"));
    assert!(
        said.is_some_and(|finding| finding.kind == FindingKind::Leak),
        "{found:?}"
    );
    // An id in front of each text.
    let number = |(i, (text, label)): (usize, (String, u32))| (format!("row-{i} {text}"), label);
    let found = findings(
        &plain()
            .into_iter()
            .enumerate()
            .map(number)
            .collect::<Vec<_>>(),
    );
    assert!(
        found
            .iter()
            .any(|finding| finding.what.contains("begins with a number")),
        "{found:?}"
    );
    // One class is cut short.
    let pad = |(text, label): (String, u32)| match label {
        1 => (format!("{text} and {text} once more"), label),
        _ => (text, label),
    };
    let found = findings(&plain().into_iter().map(pad).collect::<Vec<_>>());
    assert!(
        found
            .iter()
            .any(|finding| finding.what.starts_with("the length alone")),
        "{found:?}"
    );
}

#[test]
fn a_long_text_is_shown() {
    let mut rows = plain();
    rows[3].0 = "much ".repeat(1000);
    assert_eq!(kinds(&rows), [FindingKind::Long]);
}

#[test]
fn labels_are_counted_where_rows_have_any_number_of_them() {
    let cells = ["", "fine|new", "new | fine", "old"];
    let rows = |count: usize, cell: fn(usize) -> u32| -> Vec<(String, u32)> {
        let row = |i: usize| (format!("text {i} of {count}"), cell(i));
        (0..count).map(row).collect()
    };
    // Of ten training rows one has no label, and one is old.
    let mut train = rows(100, |i| [1, 2][i % 2]);
    for row in 0..10 {
        train[10 * row].1 = 0;
        train[10 * row + 1].1 = 3;
    }
    train[2].0 = train[3].0.to_uppercase();
    let test = rows(400, |i| [1, 3][i % 2]);
    let mut set = set(&cells, [&borrowed(&train), &[], &borrowed(&test)]);
    set.sets = Some(LabelSets::of(&set.labels, "|").unwrap());
    let description = describe_texts(&set);
    assert_eq!(description.labels, ["fine", "new", "old"]);
    let [train, _, test] = &description.parts;
    assert_eq!(train.classes, [80, 80, 10]);
    assert_eq!(train.unlabelled, Some(10));
    let labels = train.labels_a_row.unwrap();
    assert_eq!((labels.least, labels.median, labels.most), (0, 2, 2));
    assert_eq!(test.classes, [200, 200, 200]);
    let found: Vec<&str> = description
        .findings
        .iter()
        .map(|f| f.what.as_str())
        .collect();
    for said in [
        "unbalanced: `fine` has 80 training rows and `old` has 10",
        "1 of 3 labels have fewer than 20 training rows: `old` (10)",
        "10 of 500 rows have no label",
        "labels that stand in the same training rows: `fine` and `new`",
        // Whose labels are the same in another order.
        "1 of 100 training texts repeat an earlier one",
    ] {
        let is_said = found.iter().any(|what| what.starts_with(said));
        assert!(is_said, "{said}: {found:#?}");
    }
    let mut kinds = description.findings.iter().map(|finding| finding.kind);
    assert!(!kinds.any(|kind| kind == FindingKind::Conflicts));
    let shown = description.to_string();
    for part in [
        "tiny: 500 rows, 3 labels, any number of them a row",
        "fine         80  80.0 %",
        "train  labels      0 to 2, median 2, mean 1.7, 95 % up to 2; 10 rows have none",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn several_labels_in_a_cell_are_noticed() {
    let labels = ["bad", "bad;good", "good"];
    let found = describe_texts(&set(&labels, [&borrowed(&plain()), &[], &[]])).findings;
    let said = found
        .iter()
        .find(|f| f.kind == FindingKind::Labels)
        .unwrap();
    assert!(
        said.what
            .contains("1 of 3 classes look like several labels in one cell, such as `bad;good`")
    );
    assert!(said.advice.contains("--multi-label \";\""), "{said:?}");
}
