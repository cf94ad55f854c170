//! Parquet tables, read as Apache's own writer wrote them (`fixtures/parquet.py`), and damaged ones.
#![cfg(feature = "parquet")]

use std::fs;
use std::path::{Path, PathBuf};

use datasets::{DataError, Limits, OpenOptions, ReadError, TextSet, open_text};
use proptest::prelude::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn open(path: &Path, options: &OpenOptions) -> Result<TextSet, DataError> {
    open_text(&path.to_string_lossy(), options)
}

fn rows(set: &TextSet) -> Vec<(String, String)> {
    let parts = set.split.parts();
    let all = parts.iter().flat_map(|(_, rows)| rows.iter());
    let mut rows: Vec<_> = all
        .map(|row| (row.text.clone(), set.labels[row.label as usize].clone()))
        .collect();
    rows.sort_unstable();
    rows
}

fn expected(labels: [&str; 2], left_out: &[usize]) -> Vec<(String, String)> {
    let kept = (0..30).filter(|i| !left_out.contains(i));
    let row = |i: usize| {
        (
            format!("Film no. {i}, café\nand \"中文\""),
            labels[i % 2].to_owned(),
        )
    };
    let mut rows: Vec<_> = kept.map(row).collect();
    rows.sort_unstable();
    rows
}

#[test]
fn tables_of_apaches_writer_in_every_codec() {
    for codec in ["snappy", "zstd", "gzip"] {
        let path = fixture(&format!("named.{codec}.parquet"));
        let set = open(&path, &OpenOptions::default()).unwrap_or_else(|e| panic!("{codec}: {e}"));
        assert_eq!(rows(&set), expected(["neg", "pos"], &[]), "{codec}");
        let note = &set.notes[0];
        assert!(note.contains("parquet; text: field `text`; label: field `label` (guessed; to say otherwise: --text-column, --label-column)"), "{note}");
        // Packed once more.
        let folder = tempfile::tempdir().unwrap();
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, &fs::read(&path).unwrap()).unwrap();
        let packed = folder.path().join("a.parquet.gz");
        fs::write(&packed, packer.finish().unwrap()).unwrap();
        assert_eq!(
            open(&packed, &OpenOptions::default()).unwrap().sha256,
            set.sha256
        );
    }
}

#[test]
fn gaps_are_rows_that_cannot_be_read() {
    let path = fixture("gaps.parquet");
    let error = open(&path, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("row 5: column `text` is empty")
            && error.contains("row 8: column `label` is no text"),
        "{error}"
    );
    let allowed = OpenOptions {
        bad_rows: Some(10.0),
        ..Default::default()
    };
    assert_eq!(
        rows(&open(&path, &allowed).unwrap()),
        expected(["0", "1"], &[4, 7])
    );
    let missing = OpenOptions {
        text_column: Some("tags".into()),
        ..Default::default()
    };
    let error = open(&path, &missing).unwrap_err().to_string();
    assert!(
        error.contains("column `tags` is a list: a text is one value a row"),
        "{error}"
    );
}

fn labelled_by(column: &str) -> OpenOptions {
    OpenOptions {
        label_column: Some(column.into()),
        ..Default::default()
    }
}

#[test]
fn a_list_of_labels_is_any_number_of_them() {
    let path = fixture("lists.parquet");
    let set = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(set.labels, ["", "a|b", "b"]);
    assert_eq!(set.sets.as_ref().unwrap().classes(), ["a", "b"]);
    let said = set.notes.join("\n");
    assert!(
        said.contains("label: field `labels`") && said.contains("any number of labels a row"),
        "{said}"
    );
    let expected: Vec<&str> = (0..30).map(|i| ["a|b", "b", ""][i % 3]).collect();
    let mut found = rows(&set);
    let number = |text: &str| -> usize {
        let rest = text.trim_start_matches("Film no. ");
        rest[..rest.find(',').unwrap()].parse().unwrap()
    };
    found.sort_by_key(|(text, _)| number(text));
    let labels: Vec<&str> = found.iter().map(|(_, label)| label.as_str()).collect();
    assert_eq!(labels, expected);
    // Numbers by the names that the hub gives them; another separator where it is asked for.
    let options = OpenOptions {
        label_separator: Some(";".into()),
        ..labelled_by("numbers")
    };
    let set = open(&path, &options).unwrap();
    assert_eq!(set.labels, ["neg", "pos;odd"]);
    // The same rows as JSON lines are the same set.
    let folder = tempfile::tempdir().unwrap();
    let lines: String = found
        .iter()
        .map(|(text, label)| {
            let labels: Vec<&str> = label.split('|').filter(|label| !label.is_empty()).collect();
            serde_json::json!({"text": text, "labels": labels}).to_string() + "\n"
        })
        .collect();
    fs::write(folder.path().join("lists.jsonl"), lines).unwrap();
    let lines = open(&folder.path().join("lists.jsonl"), &OpenOptions::default()).unwrap();
    assert_eq!(
        lines.sha256,
        open(&path, &OpenOptions::default()).unwrap().sha256
    );
}

#[test]
fn what_cannot_be_a_set_of_labels_says_so() {
    let path = fixture("lists.parquet");
    let error = open(&path, &labelled_by("gaps")).unwrap_err().to_string();
    assert!(
        error.contains("row 5: column `gaps` is no text, whole number or truth value")
            && error.contains("row 8: column `gaps` is no list of texts"),
        "{error}"
    );
    for nested in ["struct", "lists", "structs", "map"] {
        let error = open(&path, &labelled_by(nested)).unwrap_err().to_string();
        assert!(
            error.contains(&format!(
                "column `{nested}` is a struct, a map or a list of such"
            )) && error.contains("a list of values where a row has any number of labels"),
            "{error}"
        );
    }
}

#[test]
fn tables_above_the_limits_are_refused() {
    let limits = Limits {
        file_bytes: 500,
        ..Limits::DEFAULT
    };
    let options = OpenOptions {
        limits,
        ..Default::default()
    };
    let found = open(&fixture("named.zstd.parquet"), &options).unwrap_err();
    assert!(
        matches!(found, DataError::Read(ReadError::Limit { .. })),
        "{found}"
    );
    let limits = Limits {
        row_bytes: 10,
        ..Limits::DEFAULT
    };
    let options = OpenOptions {
        limits,
        ..Default::default()
    };
    let found = open(&fixture("named.zstd.parquet"), &options)
        .unwrap_err()
        .to_string();
    assert!(
        found.contains("row 1: the text is longer than 10 bytes"),
        "{found}"
    );
}

#[test]
fn what_is_no_parquet_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(fixture("named.zstd.parquet")).unwrap();
    let cases: [(&[u8], &str); 4] = [
        (b"", "not a parquet file"),
        (
            b"text,label\na,b\n",
            "not a parquet file (it starts with 74657874)",
        ),
        (b"PAR1", "the parquet data cannot be read"),
        (&whole[..whole.len() / 2], "the parquet data cannot be read"),
    ];
    for (bytes, said) in cases {
        let path = folder.path().join("a.parquet");
        fs::write(&path, bytes).unwrap();
        let error = open(&path, &OpenOptions::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("a.parquet: ") && error.contains(said),
            "{error}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// No damage makes it panic, whatever the decoder behind it does.
    #[test]
    fn damaged_tables(
        which in 0..5usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        footer in any::<bool>(),
    ) {
        let name = ["named.snappy.parquet", "named.zstd.parquet", "named.gzip.parquet", "gaps.parquet", "lists.parquet"][which];
        let mut bytes = fs::read(fixture(name)).unwrap();
        let start = if footer { bytes.len() / 2 } else { 0 };
        for (place, byte) in changes {
            let place = start + place.index(bytes.len() - start);
            bytes[place] = byte;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        fs::write(&path, bytes).unwrap();
        let limits = Limits { file_bytes: 1 << 20, row_bytes: 1 << 12, ..Limits::DEFAULT };
        let _ = open(&path, &OpenOptions { limits, bad_rows: Some(50.0), ..Default::default() });
    }
}
