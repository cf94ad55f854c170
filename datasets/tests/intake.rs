//! A user's own texts as they really come: encodings, layouts, packings, broken rows; what is guessed is said, and an
//! option says otherwise.

use std::fs;
use std::path::{Path, PathBuf};

use datasets::{DataError, Encoding, Language, Limits, OpenOptions, ReadError, TextSet, open_text};
use proptest::prelude::*;
use tempfile::TempDir;

fn open(path: &Path, options: &OpenOptions) -> Result<TextSet, DataError> {
    open_text(&path.to_string_lossy(), options)
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

/// Opens one file under `name`.
fn opened(name: &str, bytes: &[u8], options: &OpenOptions) -> Result<TextSet, DataError> {
    let folder = tempfile::tempdir().unwrap();
    open(&write(&folder, name, bytes), options)
}

/// Texts and labels of all parts, sorted.
fn rows(set: &TextSet) -> Vec<(String, String)> {
    let parts = set.split.parts();
    let all = parts.iter().flat_map(|(_, rows)| rows.iter());
    let mut rows: Vec<_> = all
        .map(|row| (row.text.clone(), set.labels[row.label as usize].clone()))
        .collect();
    rows.sort_unstable();
    rows
}

fn said(set: &TextSet) -> String {
    set.notes.join("\n")
}

fn encoded(label: &str, text: &str) -> Vec<u8> {
    match Encoding::for_label(label).unwrap() {
        Encoding::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Encoding::Legacy(legacy) => legacy.encode(text).0.into_owned(),
        _ => text.into(),
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packer, bytes).unwrap();
    packer.finish().unwrap()
}

/// Reviews with quotes, separators and line breaks inside, as the films of IMDB have them.
fn reviews() -> Vec<(String, String)> {
    (0..40)
        .map(|i| {
            let text = format!(
                "It's the \"best\" film no. {i}, café and all;\nthe end:\r\n\n\ttruly {}",
                i * i
            );
            (text, ["negative", "positive"][i % 2].to_owned())
        })
        .collect()
}

fn as_csv(rows: &[(String, String)]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["review", "sentiment"]).unwrap();
    for (text, label) in rows {
        writer.write_record([text, label]).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Headlines with the label behind or before a tab.
fn headlines(label_first: bool) -> (Vec<(String, String)>, String) {
    let topics = [
        "财经消息今日股市上涨",
        "体育新闻国足再次出线",
        "高考作文题目公布",
    ];
    let rows: Vec<_> = (0..60)
        .map(|i| (format!("{}第{i}期", topics[i % 3]), (i % 3).to_string()))
        .collect();
    let line = |(text, label): &(String, String)| match label_first {
        true => format!("{label}\t{text}\n"),
        false => format!("{text}\t{label}\n"),
    };
    let file = rows.iter().map(line).collect();
    (rows, file)
}

#[test]
fn reviews_with_quotes_and_line_breaks_in_any_encoding() {
    let mut expected = reviews();
    for (text, _) in &mut expected {
        *text = text.replace("\r\n", "\n");
    }
    expected.sort_unstable();
    let csv = as_csv(&reviews());
    for (label, mark) in [
        ("utf-8", ""),
        ("utf-8", "\u{feff}"),
        ("utf-16le", "\u{feff}"),
        ("utf-16le", ""),
        ("utf-16be", "\u{feff}"),
        ("utf-16be", ""),
        ("windows-1252", ""),
    ] {
        let bytes = encoded(label, &format!("{mark}{csv}"));
        for (name, bytes) in [("r.csv", bytes.clone()), ("r.csv.gz", packed(&bytes))] {
            let set = opened(name, &bytes, &OpenOptions::default())
                .unwrap_or_else(|error| panic!("{label} {name}: {error}"));
            assert_eq!(rows(&set), expected, "{label}");
            let note = &set.notes[0];
            assert!(
                note.contains(&format!("{name}: {label}, separator `,`, double quotes enclose fields, first row is a header; text: column `review`; label: column `sentiment`")),
                "{note}"
            );
            for option in [
                "--encoding",
                "--separator",
                "--quoting",
                "--header",
                "--text-column",
                "--label-column",
            ] {
                assert!(note.contains(option), "{option}: {note}");
            }
            let named = OpenOptions {
                encoding: Encoding::for_label(label),
                ..Default::default()
            };
            let again = opened(name, &bytes, &named).unwrap();
            assert_eq!(again.sha256, set.sha256, "{label} by option");
            assert!(!again.notes[0].contains("--encoding"), "{:?}", again.notes);
        }
    }
}

#[test]
fn chinese_headlines_in_gb18030_before_and_after_the_label() {
    for label_first in [false, true] {
        let (mut expected, file) = headlines(label_first);
        expected.sort_unstable();
        for name in ["h.txt", "h.tsv", "h.txt.gz"] {
            let bytes = encoded("gb18030", &file);
            let bytes = if name.ends_with(".gz") {
                packed(&bytes)
            } else {
                bytes
            };
            let set = opened(name, &bytes, &OpenOptions::default()).unwrap();
            assert_eq!(rows(&set), expected);
            assert_eq!(set.language, Language::Chinese);
            let said = said(&set);
            assert!(said.contains("gb18030, separator tab"), "{said}");
            assert!(
                said.contains("Chinese: characters (guessed; to say otherwise: --language)"),
                "{said}"
            );
        }
    }
}

#[test]
fn options_say_otherwise() {
    let body: String = (0..30)
        .map(|i| format!("\"text {i}\";{}\n", ["x", "y"][i % 2]))
        .collect();
    let with = |options: OpenOptions| opened("a.csv", body.as_bytes(), &options).unwrap();
    let guessed = with(OpenOptions::default());
    assert!(said(&guessed).contains("separator `;`, double quotes enclose fields, no header"));
    assert_eq!(rows(&guessed)[0].0, "text 0");
    let quoting = with(OpenOptions {
        quoting: Some(false),
        ..Default::default()
    });
    assert_eq!(rows(&quoting)[0].0, "\"text 0\"");
    let header = with(OpenOptions {
        header: Some(true),
        label_column: Some("x".into()),
        ..Default::default()
    });
    assert_eq!(header.split.rows(), 29);
    assert!(
        said(&header).contains("text: column `text 0`"),
        "{}",
        said(&header)
    );
    let language = with(OpenOptions {
        language: Some(Language::Chinese),
        ..Default::default()
    });
    assert_eq!(language.language, Language::Chinese);
    assert!(!said(&language).contains("--language"));
    for separator in ['"', '\n', 'é'] {
        let options = OpenOptions {
            separator: Some(separator),
            ..Default::default()
        };
        let error = opened("a.csv", body.as_bytes(), &options)
            .unwrap_err()
            .to_string();
        assert!(error.contains("cannot be a separator"), "{error}");
    }
    let loose: String = (0..30)
        .map(|i| format!("what a film {i} {}\n", ["x", "y"][i % 2]))
        .collect();
    let set = opened("a.txt", loose.as_bytes(), &OpenOptions::default()).unwrap();
    assert!(
        said(&set).contains("`text label`, a blank between"),
        "{}",
        said(&set)
    );
    assert_eq!(set.labels, ["x", "y"]);
}

#[test]
fn rows_that_cannot_be_read_are_counted_and_shown() {
    let mut lines: Vec<Vec<u8>> = (0..1000)
        .map(|i| format!("phrase numéro {i},{}", ["a", "b"][i % 2]).into_bytes())
        .collect();
    lines.insert(0, b"text,label".to_vec());
    lines[100] = b"three,cells,here".to_vec();
    lines[200] = b"no label,".to_vec();
    lines[300] = b"broken \xff byte,a".to_vec();
    lines[400] = b"nul \0 byte,a".to_vec();
    lines[500] = b"\"a quote that never closes,a".to_vec();
    lines[600] = b"\"junk\" behind it,a".to_vec();
    let file = |lines: &[Vec<u8>]| lines.join(&b"\n"[..]);
    let set = opened("a.csv", &file(&lines), &OpenOptions::default()).unwrap();
    assert_eq!(set.split.rows(), 994);
    let said = said(&set);
    assert!(
        said.contains("a.csv: 6 of 1000 rows cannot be read and are left out"),
        "{said}"
    );
    for line in [101, 201, 301, 401, 501] {
        assert!(
            said.contains(&format!("a.csv, line {line}, byte ")),
            "{line}: {said}"
        );
    }
    assert!(said.contains("... and 1 rows more"), "{said}");
    assert!(said.contains("line 301, byte"), "{said}");

    // More than one in a hundred is an error, unless allowed; none is allowed by option, too.
    for line in (700..720).step_by(2) {
        lines[line] = b"one cell".to_vec();
    }
    let many = file(&lines);
    let error = opened("a.csv", &many, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("line 101, byte") && error.contains("16 of 1000 rows"),
        "{error}"
    );
    assert!(error.contains("--bad-rows"), "{error}");
    let allowed = OpenOptions {
        bad_rows: Some(2.0),
        ..Default::default()
    };
    assert_eq!(opened("a.csv", &many, &allowed).unwrap().split.rows(), 984);
    let strict = OpenOptions {
        bad_rows: Some(0.0),
        ..Default::default()
    };
    lines.truncate(150);
    assert!(opened("a.csv", &file(&lines), &strict).is_err());
    assert!(opened("a.csv", &file(&lines), &OpenOptions::default()).is_ok());
}

#[test]
fn broken_json_lines_are_counted_and_shown() {
    let mut lines: Vec<String> = (0..300)
        .map(|i| format!("{{\"text\":\"t {i}\",\"label\":{}}}", i % 2))
        .collect();
    lines[7] = "{\"text\":\"cut of".into();
    lines[9] = "{\"text\":\"no label\"}".into();
    let bytes = lines.join("\n");
    for (name, bytes) in [
        ("a.jsonl", bytes.clone().into_bytes()),
        ("a.jsonl.gz", packed(bytes.as_bytes())),
    ] {
        let set = opened(name, &bytes, &OpenOptions::default()).unwrap();
        assert_eq!(set.split.rows(), 298);
        let said = said(&set);
        assert!(
            said.contains("2 of 300 rows") && said.contains("line 8, byte"),
            "{said}"
        );
    }
}

#[test]
fn a_folder_of_texts_in_one_encoding_some_of_them_packed() {
    let folder = tempfile::tempdir().unwrap();
    let texts = ["le café était très bon", "ça m'a déçu, même énervé"];
    for i in 0..40 {
        for part in ["train", "test"] {
            let bytes = encoded("windows-1252", &format!("{} {part} {i}", texts[i % 2]));
            let (name, bytes) = match i % 4 {
                0 => (format!("{i}.txt.gz"), packed(&bytes)),
                1 => (
                    format!("{i}.txt"),
                    encoded("utf-8", &format!("\u{feff}{} {part} {i}", texts[i % 2])),
                ),
                _ => (format!("{i}.txt"), bytes),
            };
            write(
                &folder,
                &format!("{part}/{}/{name}", ["oui", "non"][i % 2]),
                &bytes,
            );
        }
    }
    let set = open(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!((set.split.rows(), set.split.test.len()), (80, 40));
    assert!(
        set.split
            .test
            .iter()
            .all(|row| row.text.contains(['é', 'è'])),
        "{:?}",
        set.split.test
    );
    assert!(
        said(&set).contains("texts in windows-1252 (guessed; to say otherwise: --encoding)"),
        "{}",
        said(&set)
    );
    // A file that is no text is one bad row, told with its line.
    write(&folder, "train/oui/binary.txt", b"a line\nand \0 bytes\n");
    let error = open(folder.path(), &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("binary.txt, line 2, byte 11"), "{error}");
    let allowed = OpenOptions {
        bad_rows: Some(10.0),
        ..Default::default()
    };
    assert_eq!(open(folder.path(), &allowed).unwrap().split.rows(), 80);
}

#[test]
fn what_is_no_set_of_classes_says_so() {
    let error = |file: String| {
        opened("a.csv", file.as_bytes(), &OpenOptions::default())
            .unwrap_err()
            .to_string()
    };
    let head = "text,label\n".to_owned();
    let rows = |label: &dyn Fn(usize) -> String| -> String {
        head.clone()
            + &(0..60)
                .map(|i| format!("words {i},{}\n", label(i)))
                .collect::<String>()
    };
    assert!(
        error(rows(&|_| "same".into()))
            .contains("every row has the label `same`: two classes are needed")
    );
    let ids = error(rows(&|i| i.to_string()));
    assert!(
        ids.contains("60 different labels in 60 rows") && ids.contains("an id, or like a quantity"),
        "{ids}"
    );
    let quantities = error(rows(&|i| format!("{i}.5")));
    assert!(
        quantities.contains("(regression)") && !quantities.contains("an id"),
        "{quantities}"
    );
    let texts = error(rows(&|i| format!("w{i}")));
    assert!(
        texts.contains("looks like an id or a text") && texts.contains("--label-column"),
        "{texts}"
    );
    let missing = error(rows(&|_| String::new()));
    assert!(
        missing.contains("line 2")
            && missing.contains("expected a label")
            && missing.contains("60 of 60"),
        "{missing}"
    );
    let limits = Limits {
        classes: 20,
        ..Limits::DEFAULT
    };
    let options = OpenOptions {
        limits,
        ..Default::default()
    };
    let many = opened("a.csv", rows(&|i| format!("w{i}")).as_bytes(), &options)
        .unwrap_err()
        .to_string();
    assert!(
        many.contains("more than 20 different labels (such as \"w20\")"),
        "{many}"
    );
}

#[test]
fn bytes_without_end_stop_at_the_limits() {
    let limits = Limits {
        file_bytes: 1 << 20,
        row_bytes: 1 << 14,
        ..Limits::DEFAULT
    };
    let options = OpenOptions {
        limits,
        ..Default::default()
    };
    let error = |name: &str, bytes: &[u8]| match opened(name, bytes, &options).unwrap_err() {
        DataError::Read(error) => error,
        other => panic!("{other}"),
    };
    let line = [b"text,label\n".as_slice(), &vec![b'x'; 1 << 15]].concat();
    for name in ["a.csv", "a.jsonl", "a.txt", "class/a.txt"] {
        let found = error(name, &line);
        let place = found.to_string();
        assert!(
            matches!(found, ReadError::LongRow { .. }),
            "{name}: {place}"
        );
        assert!(place.contains(", line "), "{place}");
    }
    // A quote that is never closed, in a file larger than a row may be.
    let open = "text,label\n".to_owned() + &"a,\"b\nc\",d,\"\n".repeat(5000);
    assert!(matches!(
        error("a.csv", open.as_bytes()),
        ReadError::LongRow { .. } | ReadError::ManyQuotes { .. } | ReadError::BadRows { .. }
    ));
    // A gzip bomb: 64 MiB in some kilobytes.
    let bomb = packed(&b"one line,a\n".repeat(6 << 20));
    for name in ["a.csv.gz", "a.txt.gz", "a.jsonl.gz"] {
        assert!(
            matches!(
                error(name, &bomb),
                ReadError::Limit {
                    name: "file_bytes",
                    ..
                }
            ),
            "{name}"
        );
    }
    let cut = packed(as_csv(&reviews()).as_bytes());
    for end in [20, cut.len() / 2, cut.len() - 1] {
        assert!(
            matches!(error("a.csv.gz", &cut[..end]), ReadError::Gzip { .. }),
            "cut at {end}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What the csv crate writes is what is read, whatever stands in the cells.
    #[test]
    fn what_is_written_is_read(
        texts in prop::collection::vec("[ -~éß中\u{1f600}\n\t;|\"',]{0,40}", 8..30),
        separator in prop::sample::select(vec![b',', b'\t', b';', b'|']),
        encoding in prop::sample::select(vec!["utf-8", "utf-16le", "utf-16be", "gb18030"]),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(separator)
            .quote_style(csv::QuoteStyle::Always)
            .from_writer(Vec::new());
        writer.write_record(["text", "label"]).unwrap();
        let mut expected = Vec::new();
        for (i, text) in texts.iter().enumerate() {
            let (text, label) = (format!("{i}{text}"), ["p", "q"][i % 2].to_owned());
            writer.write_record([&text, &label]).unwrap();
            expected.push((text, label));
        }
        expected.sort_unstable();
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let options = OpenOptions {
            encoding: Encoding::for_label(encoding),
            fold: Some((0, 2)),
            ..Default::default()
        };
        let set = opened("a.csv", &encoded(encoding, &text), &options);
        let set = set.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(rows(&set), expected);
    }
}
