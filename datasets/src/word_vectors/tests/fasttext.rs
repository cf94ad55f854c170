//! fastText models made byte by byte: known words, words from n-grams, impossible fields.

use super::super::subwords::{Subwords, hash};
use super::*;
use VectorProblem as P;

/// A model file of version 12 without labels; `matrix` is `[rows, dimension]`.
pub(super) fn model(
    dimension: i32,
    [minn, maxn]: [i32; 2],
    bucket: i32,
    entries: &[(&str, u8)],
    rows: i64,
    matrix: &[f32],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in [793_712_314, 12] {
        bytes.extend(i32::to_le_bytes(value));
    }
    bytes.extend(old_model(
        dimension,
        [minn, maxn],
        bucket,
        entries,
        rows,
        matrix,
        true,
    ));
    bytes
}

fn old_model(
    dimension: i32,
    [minn, maxn]: [i32; 2],
    bucket: i32,
    entries: &[(&str, u8)],
    rows: i64,
    matrix: &[f32],
    with_new_fields: bool,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    // dim ws epoch minCount neg wordNgrams loss model bucket minn maxn lrUpdateRate
    for value in [dimension, 5, 5, 1, 5, 1, 2, 2, bucket, minn, maxn, 100] {
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(1e-4f64.to_le_bytes());
    let words = entries.iter().filter(|(_, kind)| *kind == 0).count() as i32;
    for value in [entries.len() as i32, words, entries.len() as i32 - words] {
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(100i64.to_le_bytes());
    if with_new_fields {
        bytes.extend((-1i64).to_le_bytes());
    }
    for (word, kind) in entries {
        bytes.extend(word.bytes());
        bytes.push(0);
        bytes.extend(3i64.to_le_bytes());
        bytes.push(*kind);
    }
    if with_new_fields {
        bytes.push(0);
    }
    bytes.extend(rows.to_le_bytes());
    bytes.extend(i64::from(dimension).to_le_bytes());
    matrix
        .iter()
        .for_each(|value| bytes.extend(value.to_le_bytes()));
    // The output matrix, which is not read.
    bytes.extend([7; 40]);
    bytes
}

/// Row `r` holds (2^r, r): sums tell which rows took part.
fn telling_matrix(rows: usize) -> Vec<f32> {
    (0..rows)
        .flat_map(|row| [f32::from_bits((127 + row as u32) << 23), row as f32])
        .collect()
}

fn mean_of(rows: &[usize]) -> [f32; 2] {
    let matrix = telling_matrix(32);
    let sum = |column: usize| -> f32 { rows.iter().map(|row| matrix[2 * row + column]).sum() };
    [sum(0) / rows.len() as f32, sum(1) / rows.len() as f32]
}

fn bucket_rows(word: &str, words: usize) -> Vec<usize> {
    let subwords = Subwords {
        shortest: 3,
        longest: 4,
        buckets: 8,
    };
    let mut rows = Vec::new();
    subwords.for_each_bucket(word, |bucket| rows.push(words + bucket as usize));
    rows
}

#[test]
fn vectors_are_means_of_word_and_ngram_rows() {
    let entries = [("cat", 0), ("</s>", 0), ("__label__x", 1)];
    let vocabulary = ["cat", "</s>", "Dog", "[UNK]", "z"];
    for (bytes, old) in [
        (
            model(2, [3, 4], 8, &entries, 10, &telling_matrix(10)),
            false,
        ),
        (
            old_model(2, [3, 4], 8, &entries, 10, &telling_matrix(10), false),
            true,
        ),
    ] {
        let made = Made::new();
        let path = made.file("model.bin", &bytes);
        let read = |options| read_word_vectors(&path, &vocabulary, &options).unwrap();
        let vectors = read(VectorOptions::default());
        assert_eq!(
            (vectors.format, vectors.words_in_file),
            (VectorFormat::FastTextModel, 2),
            "{old}"
        );
        // <cat> has <ca cat at> <cat cat>: the word's own row and five more.
        let mut cat = vec![0];
        cat.extend(bucket_rows("cat", 2));
        assert_eq!(cat.len(), 6);
        assert_eq!(vectors.row(0), Some(&mean_of(&cat)[..]));
        // The end of a sentence has its own row alone, but for the oldest models; an unseen word its n-grams alone.
        let mut end = vec![1];
        if old {
            end.extend(bucket_rows("</s>", 2));
        }
        assert_eq!(vectors.row(1), Some(&mean_of(&end)[..]));
        assert_eq!(vectors.row(2), Some(&mean_of(&bucket_rows("Dog", 2))[..]));
        assert_eq!(vectors.row(3), None);
        assert_eq!(vectors.row(4), Some(&mean_of(&bucket_rows("z", 2))[..]));
        assert_eq!(
            vectors.matches()[..3],
            [Match::Exact, Match::Exact, Match::Subwords]
        );
        assert_eq!(vectors.coverage.by_subwords, 2);

        let without = read(VectorOptions {
            subwords: false,
            ..Default::default()
        });
        assert_eq!(without.coverage.types_found, 2);
    }
}

/// An n-gram that occurs twice counts twice, as in fastText.
#[test]
fn repeated_ngrams_count_twice() {
    let bytes = model(2, [2, 2], 8, &[("a", 0)], 9, &telling_matrix(9));
    let made = Made::new();
    let path = made.file("model.bin", &bytes);
    let vectors = read_word_vectors(&path, &["xyxy"], &VectorOptions::default()).unwrap();
    let row = |gram: &str| 1 + (hash(gram.as_bytes()) % 8) as usize;
    let rows: Vec<usize> = ["<x", "xy", "yx", "xy", "y>"].map(row).to_vec();
    assert_eq!(vectors.row(0), Some(&mean_of(&rows)[..]));
}

#[test]
fn models_without_ngrams() {
    let bytes = model(2, [0, 0], 0, &[("cat", 0)], 1, &[1.0, 2.0]);
    let vectors = read_default(&bytes).unwrap();
    assert_eq!(vectors.row(2), Some(&[1.0, 2.0][..]));
    assert_eq!(vectors.coverage.types_found, 1);
}

#[test]
fn impossible_fields_are_named() {
    let good = model(2, [3, 4], 8, &[("cat", 0)], 9, &telling_matrix(9));
    let with = |at: usize, bytes: &[u8]| {
        let mut edited = good.clone();
        edited[at..at + bytes.len()].copy_from_slice(bytes);
        read_default(&edited).unwrap_err()
    };
    let int = i32::to_le_bytes;
    let field = |problem: P| match problem {
        P::FastText { field, .. } => field,
        other => panic!("{other}"),
    };
    assert_eq!(field(with(4, &int(13))), "version");
    assert!(matches!(with(8, &int(-2)), P::Dimension { .. }));
    assert!(matches!(with(8, &int(i32::MAX)), P::Dimension { .. }));
    assert_eq!(field(with(8 + 4 * 8, &int(-1))), "bucket");
    assert_eq!(field(with(8 + 4 * 10, &int(i32::MAX))), "maxn");
    let dictionary = 8 + 48 + 8;
    assert_eq!(field(with(dictionary, &int(7))), "size");
    assert_eq!(field(with(dictionary + 4, &int(-1))), "size");
    let entry = dictionary + 12 + 8 + 8;
    assert_eq!(field(with(entry + 4 + 8, &[1])), "entry type");
    let matrix = entry + 4 + 9;
    assert!(matches!(with(matrix, &[1]), P::Quantised));
    assert_eq!(field(with(matrix, &[2])), "quant_input");
    assert_eq!(
        field(with(matrix + 1, &i64::MAX.to_le_bytes())),
        "matrix rows"
    );
    assert_eq!(
        field(with(matrix + 9, &3i64.to_le_bytes())),
        "matrix columns"
    );
    // Pruned dictionaries belong to quantised models.
    assert!(matches!(
        with(dictionary + 20, &5i64.to_le_bytes()),
        P::Quantised
    ));
    let whole = matrix + 17 + 9 * 8;
    for length in [
        9,
        40,
        dictionary + 3,
        entry + 2,
        matrix,
        matrix + 5,
        matrix + 20,
        whole - 1,
    ] {
        let error = read_default(&good[..length]).unwrap_err();
        assert!(matches!(error, P::Truncated { .. }), "{length}: {error}");
    }
    assert!(read_default(&good[..whole]).is_ok());
    assert!(matches!(
        with(matrix + 17, &f32::NAN.to_le_bytes()),
        P::NotFinite { .. }
    ));
}
