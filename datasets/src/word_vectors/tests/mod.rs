//! Tests of the word-vector readers on files made here; real ones: `tests/word_vectors_real.rs`.

use std::io::Write;
use std::path::PathBuf;

use super::*;

mod fasttext;
mod malformed;
mod numpy;

/// A file that is deleted with the folder.
struct Made {
    folder: tempfile::TempDir,
}

impl Made {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

const WORDS: [&str; 5] = ["[PAD]", "[UNK]", "cat", "Dog", "missing"];

/// Reads `bytes` with the vocabulary [`WORDS`].
fn read_bytes(bytes: &[u8], options: &VectorOptions) -> Result<WordVectors, VectorProblem> {
    let made = Made::new();
    read_word_vectors(&made.file("vectors", bytes), &WORDS, options).map_err(|error| error.problem)
}

fn read_default(bytes: &[u8]) -> Result<WordVectors, VectorProblem> {
    read_bytes(bytes, &VectorOptions::default())
}

/// word2vec's binary format.
fn binary(header: &str, words: &[(&[u8], &[f32])], newline: bool) -> Vec<u8> {
    let mut bytes = format!("{header}\n").into_bytes();
    for (word, vector) in words {
        bytes.extend_from_slice(word);
        bytes.push(b' ');
        vector
            .iter()
            .for_each(|value| bytes.extend(value.to_le_bytes()));
        if newline {
            bytes.push(b'\n');
        }
    }
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = ::zip::write::SimpleFileOptions::default()
            .compression_method(::zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[track_caller]
fn check_pets(vectors: &WordVectors, format: VectorFormat) {
    assert_eq!(vectors.format, format);
    assert_eq!(vectors.dimension, 2);
    assert_eq!(vectors.words_in_file, 3);
    assert_eq!(vectors.row(2), Some(&[1.0, -2.5][..]));
    assert_eq!(vectors.row(3), Some(&[0.5, 1e-3][..]));
    assert_eq!(vectors.row(4), None);
    assert_eq!(
        (vectors.row(0), vectors.row(1), vectors.row(99)),
        (None, None, None)
    );
    assert_eq!(
        (vectors.coverage.types, vectors.coverage.types_found),
        (3, 2)
    );
}

const PETS: &str = "cat 1 -2.5\nthe 7 8\nDog 0.5 1e-3\n";

#[test]
fn text_with_and_without_header() {
    check_pets(
        &read_default(PETS.as_bytes()).unwrap(),
        VectorFormat::GloveText,
    );
    let with_header = format!("3 2\n{PETS}");
    check_pets(
        &read_default(with_header.as_bytes()).unwrap(),
        VectorFormat::Word2VecText,
    );
    // Windows line ends, a byte order mark, blanks at the end, tabs, no newline at the end, a blank last line.
    for text in [
        with_header.replace('\n', "\r\n"),
        format!("\u{feff}{with_header}"),
        with_header.replace('\n', " \n"),
        with_header.trim_end().to_owned(),
        format!("{with_header}\n"),
    ] {
        check_pets(
            &read_default(text.as_bytes()).unwrap(),
            VectorFormat::Word2VecText,
        );
    }
    check_pets(
        &read_default(PETS.replace(' ', "\t").as_bytes()).unwrap(),
        VectorFormat::GloveText,
    );
}

#[test]
fn words_may_hold_blanks() {
    let text = "cat 1 -2.5\n. . . 7 8\nDog 0.5 1e-3\n";
    check_pets(
        &read_default(text.as_bytes()).unwrap(),
        VectorFormat::GloveText,
    );
    let first = ". . . 7 8\ncat 1 -2.5\nDog 0.5 1e-3\n";
    check_pets(
        &read_default(first.as_bytes()).unwrap(),
        VectorFormat::GloveText,
    );
    let nameless = "cat 1 -2.5\n 7 8\nDog 0.5 1e-3\n";
    let vectors = read_default(nameless.as_bytes()).unwrap();
    check_pets(&vectors, VectorFormat::GloveText);
    assert_eq!(vectors.unreadable_words, 1);
}

#[test]
fn a_number_may_be_a_word() {
    let vectors = read_default(b"12 50 1\ncat 3 4\n").unwrap();
    assert_eq!(
        (vectors.format, vectors.dimension),
        (VectorFormat::GloveText, 2)
    );
    // Two numbers alone are a header: no one publishes vectors of one value.
    let vectors = read_default(b"1 2\ncat 3 4\n").unwrap();
    assert_eq!(
        (vectors.format, vectors.dimension),
        (VectorFormat::Word2VecText, 2)
    );
    assert_eq!(read_default(b"0 10\n").unwrap().words_in_file, 0);
}

#[test]
fn binary_with_and_without_newlines() {
    let words: [(&[u8], &[f32]); 3] = [
        (b"cat", &[1.0, -2.5]),
        (b"the", &[7.0, 8.0]),
        (b"Dog", &[0.5, 1e-3]),
    ];
    for newline in [true, false] {
        let bytes = binary("3 2", &words, newline);
        check_pets(&read_default(&bytes).unwrap(), VectorFormat::Word2VecBinary);
    }
}

/// Values whose bytes look like separators: newline, blank, zero.
#[test]
fn binary_values_may_look_like_text() {
    let value = f32::from_le_bytes(*b"\n \n ");
    let words: [(&[u8], &[f32]); 2] = [(b"the", &[value, value]), (b"cat", &[value, 1.0])];
    let vectors = read_default(&binary("2 2", &words, true)).unwrap();
    assert_eq!(vectors.format, VectorFormat::Word2VecBinary);
    assert_eq!(vectors.row(2), Some(&[value, 1.0][..]));
}

#[test]
fn compressed_files_are_read_through() {
    let vectors = read_default(&gzip(PETS.as_bytes())).unwrap();
    check_pets(&vectors, VectorFormat::GloveText);
    assert!(vectors.packed);
    // Two gzip members in a row are one file.
    let (front, back) = PETS.split_at(20);
    let members = [gzip(front.as_bytes()), gzip(back.as_bytes())].concat();
    check_pets(&read_default(&members).unwrap(), VectorFormat::GloveText);
    let vectors = read_default(&zip(&[("pets.txt", PETS.as_bytes())])).unwrap();
    check_pets(&vectors, VectorFormat::GloveText);
    let two = zip(&[("a.txt", b"x 1"), ("pets.txt", PETS.as_bytes())]);
    let error = read_default(&two).unwrap_err();
    assert!(
        matches!(&error, VectorProblem::Entries { names } if names.len() == 2),
        "{error}"
    );
    let options = VectorOptions {
        entry: Some("pets.txt".into()),
        ..Default::default()
    };
    check_pets(
        &read_bytes(&two, &options).unwrap(),
        VectorFormat::GloveText,
    );
}

#[test]
fn the_first_of_repeated_words_counts() {
    let vectors = read_default(b"cat 1\ncat 2\ncat 3\nDog 4\n").unwrap();
    assert_eq!(vectors.row(2), Some(&[1.0][..]));
    assert_eq!(vectors.repeated_words, 2);
}

#[test]
fn lower_case_forms_stand_in_where_asked() {
    let text = b"dog 1\ncat 2\n";
    assert_eq!(read_default(text).unwrap().row(3), None);
    let options = VectorOptions {
        lower_case: true,
        ..Default::default()
    };
    let vectors = read_bytes(text, &options).unwrap();
    assert_eq!(vectors.row(3), Some(&[1.0][..]));
    assert_eq!(
        vectors.matches()[2..],
        [Match::Exact, Match::LowerCase, Match::None]
    );
    assert_eq!(vectors.coverage.by_lower_case, 1);
    // The word itself is better, wherever it stands.
    for text in ["Dog 5\ndog 1\n", "dog 1\nDog 5\n"] {
        let vectors = read_bytes(text.as_bytes(), &options).unwrap();
        assert_eq!(vectors.row(3), Some(&[5.0][..]));
        assert_eq!(
            (vectors.matches()[3], vectors.repeated_words),
            (Match::Exact, 0)
        );
    }
}

#[test]
fn coverage_counts_types_and_tokens() {
    let options = VectorOptions {
        counts: Some(vec![0, 40, 6, 3, 1]),
        ..Default::default()
    };
    let vectors = read_bytes(PETS.as_bytes(), &options).unwrap();
    let coverage = vectors.coverage;
    assert_eq!((coverage.types, coverage.types_found), (3, 2));
    assert_eq!(
        (coverage.tokens, coverage.tokens_found),
        (Some(10), Some(9))
    );
    let said = vectors.to_string();
    assert!(
        said.contains("GloVe text: 3 vectors of 2 values; 2 of 3 words"),
        "{said}"
    );
    assert!(said.contains("90.0 % of 10 tokens"), "{said}");
    let wrong = VectorOptions {
        counts: Some(vec![1]),
        ..Default::default()
    };
    let error = read_bytes(PETS.as_bytes(), &wrong).unwrap_err();
    assert!(matches!(
        error,
        VectorProblem::Counts {
            counts: 1,
            words: 5
        }
    ));
}

#[test]
fn words_that_are_not_utf8_are_counted_or_refused() {
    let text = b"caf\xe9 1\ncat 2\n";
    let vectors = read_default(text).unwrap();
    assert_eq!((vectors.unreadable_words, vectors.words_in_file), (1, 2));
    assert!(
        vectors
            .to_string()
            .contains("1 words of the file are not UTF-8")
    );
    let options = VectorOptions {
        refuse_unreadable_words: true,
        ..Default::default()
    };
    let error = read_bytes(text, &options).unwrap_err();
    assert!(matches!(
        error,
        VectorProblem::UnreadableWord { number: 1, .. }
    ));
    let words: [(&[u8], &[f32]); 2] = [(b"zee\xbfn", &[1.0]), (b"cat", &[2.0])];
    let vectors = read_default(&binary("2 1", &words, true)).unwrap();
    assert_eq!(
        (vectors.unreadable_words, vectors.row(2)),
        (1, Some(&[2.0][..]))
    );
}

#[test]
fn a_limit_reads_the_front_only() {
    let options = VectorOptions {
        limit: Some(1),
        ..Default::default()
    };
    let words: [(&[u8], &[f32]); 2] = [(b"cat", &[1.0, 2.0]), (b"Dog", &[3.0, 4.0])];
    for bytes in [PETS.as_bytes().to_vec(), binary("9 2", &words, false)] {
        let vectors = read_bytes(&bytes, &options).unwrap();
        assert_eq!(
            (vectors.words_in_file, vectors.coverage.types_found),
            (1, 1)
        );
    }
}

#[test]
fn vectors_are_copied_into_a_table() {
    let vectors = read_default(PETS.as_bytes()).unwrap();
    let mut table = vec![9.0; 10];
    vectors.copy_into(&mut table);
    assert_eq!(table, [9.0, 9.0, 9.0, 9.0, 1.0, -2.5, 0.5, 1e-3, 9.0, 9.0]);
    let mean = (1.0 - 2.5 + 0.5 + 1e-3) / 4.0;
    let variance = [1.0, -2.5, 0.5, 1e-3].map(|v: f64| (v - mean) * (v - mean));
    let deviation = (variance.iter().sum::<f64>() / 4.0).sqrt();
    assert!((vectors.deviation() - deviation).abs() < 1e-6);
}
