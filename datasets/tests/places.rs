//! Every row knows where it was read, whatever it was read from, and equal rows are named with both places.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use datasets::describe::{FindingKind, describe_texts};
use datasets::{OpenOptions, TextSet, open_image, open_text};

fn open(path: &Path) -> TextSet {
    open_text(&path.to_string_lossy(), &OpenOptions::default()).unwrap()
}

/// Text and place of every row.
fn placed(set: &TextSet) -> BTreeSet<(String, String)> {
    let rows = set.split.parts().into_iter().flat_map(|(_, rows)| rows);
    rows.map(|row| {
        let place = set.origins.place(row.origin).expect("a place");
        (row.text.clone(), place.to_string())
    })
    .collect()
}

#[test]
fn rows_of_tables_and_lines_know_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, lines: &dyn Fn(usize) -> String, head: &str| {
        let path = folder.path().join(name);
        let lines: String = (0..40).map(lines).collect();
        fs::write(&path, head.to_owned() + &lines).unwrap();
        path
    };
    let class = |i: usize| ["x", "y"][i % 2];
    // Every row of the csv file takes two lines, and an empty one stands behind the header.
    let csv = |i: usize| format!("\"text {i}\nmore\",{}\n", class(i));
    let json = |i: usize| format!("{{\"text\":\"text {i}\",\"label\":\"{}\"}}\n", class(i));
    let loose = |i: usize| format!("__label__{} text {i}\n", class(i));
    for (path, text, line) in [
        (
            write("a.csv", &csv, "text,label\n\n"),
            "text 7\nmore",
            3 + 2 * 7,
        ),
        (write("a.jsonl", &json, ""), "text 7", 8),
        (write("a.txt", &loose, ""), "text 7", 8),
    ] {
        let name = path.file_name().unwrap().to_string_lossy();
        let set = open(&path);
        let placed = placed(&set);
        assert_eq!(placed.len(), 40, "{name}");
        let expected = (text.to_owned(), format!("{name}, line {line}"));
        assert!(placed.contains(&expected), "{expected:?}: {placed:?}");
    }
}

#[test]
fn rows_of_parts_and_of_folders_know_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let parts = folder.path().join("parts");
    fs::create_dir(&parts).unwrap();
    for part in ["train", "test"] {
        let rows: String = (0..30)
            .map(|i| format!("{part} {i},{}\n", ["x", "y"][i % 2]))
            .collect();
        fs::write(
            parts.join(format!("{part}.csv")),
            format!("text,label\n{rows}"),
        )
        .unwrap();
    }
    let found = placed(&open(&parts));
    for (text, place) in [
        ("train 3", "train.csv, line 5"),
        ("test 3", "test.csv, line 5"),
    ] {
        assert!(
            found.contains(&(text.into(), place.into())),
            "{place}: {found:?}"
        );
    }
    let classes = folder.path().join("classes");
    for class in ["ham", "spam"] {
        fs::create_dir_all(classes.join(class)).unwrap();
        for i in 0..10 {
            fs::write(
                classes.join(class).join(format!("{i}.txt")),
                format!("{class} {i}"),
            )
            .unwrap();
        }
    }
    let found = placed(&open(&classes));
    assert!(
        found.contains(&("spam 3".into(), "spam/3.txt".into())),
        "{found:?}"
    );
}

#[test]
fn rows_of_parquet_and_pictures_and_known_sets_have_a_place() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let parquet = fs::read_dir(fixture)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let parquet = parquet.filter(|path| path.extension().is_some_and(|e| e == "parquet"));
    let opened =
        parquet.filter_map(|path| open_text(&path.to_string_lossy(), &OpenOptions::default()).ok());
    let mut seen = 0;
    for set in opened {
        for (_, place) in placed(&set) {
            assert!(place.contains(".parquet, row "), "{place}");
            seen += 1;
        }
    }
    assert!(seen > 0 || cfg!(not(feature = "parquet")));

    let folder = tempfile::tempdir().unwrap();
    for (class, level) in [("dark", 10u32), ("light", 180)] {
        fs::create_dir_all(folder.path().join(class).join("deep")).unwrap();
        for i in 0..10 {
            let image = image::RgbImage::from_fn(30, 20, |x, y| {
                let value = (level + (x * 3 + y * i) % 60) as u8;
                image::Rgb([value, value / 2, value])
            });
            image
                .save(folder.path().join(class).join(format!("deep/{i}.png")))
                .unwrap();
        }
    }
    let set = open_image(&folder.path().to_string_lossy(), &OpenOptions::default()).unwrap();
    let first = &set.split.train[0];
    let place = set.origins.place(first.origin).unwrap();
    assert!(
        place.file.starts_with("dark/deep/") && place.line.is_none(),
        "{place}"
    );
    assert_eq!(
        first.picture.map(|facts| (facts.width, facts.height)),
        Some((30, 20))
    );

    let made = open_text("phrases", &OpenOptions::default()).unwrap();
    assert_eq!(made.origins.place(made.split.test[0].origin), None);
}

#[test]
fn equal_rows_are_named_with_both_places() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |part: &str| -> String {
        (0..30)
            .map(|i| format!("{part} {i},{}\n", ["x", "y"][i % 2]))
            .collect()
    };
    let (train, test) = (rows("train"), rows("test"));
    // Lines 32 and 33 of train repeat rows of train, line 32 of test repeats one under another label.
    fs::write(
        folder.path().join("train.csv"),
        format!("text,label\n{train}train 0,x\nTRAIN  1,x\n"),
    )
    .unwrap();
    fs::write(
        folder.path().join("test.csv"),
        format!("text,label\n{test}train 2,y\n"),
    )
    .unwrap();
    let options = OpenOptions {
        // Keep dev out of the way: equal rows stay on one side in any case.
        seed: 1,
        ..OpenOptions::default()
    };
    let set = open_text(&folder.path().to_string_lossy(), &options).unwrap();
    let description = describe_texts(&set);
    let said: BTreeSet<(String, String, bool)> = description
        .repeats
        .pairs
        .iter()
        .map(|pair| {
            let place = |place: &Option<datasets::RowPlace>| place.as_ref().unwrap().to_string();
            (
                place(&pair.first.place),
                place(&pair.again.place),
                pair.labels_differ,
            )
        })
        .collect();
    let pair = |first: &str, again: &str, differ| (first.to_owned(), again.to_owned(), differ);
    let expected = BTreeSet::from([
        pair("train.csv, line 2", "train.csv, line 32", false),
        pair("train.csv, line 3", "train.csv, line 33", true),
        pair("train.csv, line 4", "test.csv, line 32", true),
    ]);
    assert_eq!(said, expected);
    assert!(description.repeats.pairs[0].labels_differ);
    let shown = description.to_string();
    for part in ["(train.csv, line 33)", "(test.csv, line 32)"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let conflicts = description
        .findings
        .iter()
        .find(|f| f.kind == FindingKind::Conflicts);
    assert!(conflicts.is_some_and(|finding| finding.examples[0].place.is_some()));
}
