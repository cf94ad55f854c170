//! The word-vector readers on real files: twins in two formats, values known from gensim and fastText.
//!
//! Needs `CNN_DATA` (with `word_vectors/`, `thucnews/`); says aloud what it skips without it.

use std::path::{Path, PathBuf};

use datasets::tokenize::{Cleaning, Tokenizer, VocabularyOptions};
use datasets::word_vectors::{
    Match, TokenList, VectorFormat, VectorOptions, WordVectors, read_word_vectors,
};

fn data(path: &str) -> Option<PathBuf> {
    let path = std::env::var_os("CNN_DATA").map(|data| PathBuf::from(data).join(path));
    let found = path.filter(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: CNN_DATA is not set, or lacks the real files of this test");
    }
    found
}

fn vectors(path: &str) -> Option<PathBuf> {
    data("word_vectors").map(|folder| folder.join(path))
}

/// First fields of the lines, after `skip` lines; broken UTF-8 made readable.
fn words_of(path: &Path, skip: usize) -> Vec<String> {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let first = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    // A word with the replacement character in it was not UTF-8 and has no vector.
    let readable = |word: &String| !word.contains('\u{fffd}');
    text.lines()
        .skip(skip)
        .map(first)
        .filter(readable)
        .collect()
}

fn read<W: AsRef<str>>(path: &Path, words: &[W]) -> WordVectors {
    read_word_vectors(path, words, &VectorOptions::default()).unwrap()
}

/// Every word of `words` has a vector in both, equal within `tolerance`.
#[track_caller]
fn twins(a: &WordVectors, b: &WordVectors, words: usize, tolerance: f32) {
    assert_eq!(
        (a.dimension, a.words_in_file),
        (b.dimension, b.words_in_file)
    );
    for index in 0..words {
        let (a, b) = (a.row(index).unwrap(), b.row(index).unwrap());
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() <= tolerance, "word {index}: {a} and {b}");
        }
    }
}

#[test]
fn binary_and_text_twins_hold_the_same_values() {
    let Some(text) = vectors("finalfusion/similarity.txt") else {
        return;
    };
    let words = words_of(&text, 1);
    let header = read(&text, &words);
    let bare = read(&vectors("finalfusion/similarity.nodims").unwrap(), &words);
    let binary = read(&vectors("finalfusion/similarity.bin").unwrap(), &words);
    assert_eq!((words.len(), header.dimension), (41, 100));
    assert_eq!(header.format, VectorFormat::Word2VecText);
    assert_eq!(bare.format, VectorFormat::GloveText);
    assert_eq!(binary.format, VectorFormat::Word2VecBinary);
    twins(&header, &bare, words.len(), 0.0);
    twins(&header, &binary, words.len(), 2.5e-7);

    let text = vectors("context/s-dim10.wvtxt").unwrap();
    let words = words_of(&text, 1);
    let binary = read(&vectors("context/s-dim10.wvbin").unwrap(), &words);
    assert_eq!((words.len(), binary.dimension), (4555, 10));
    twins(&read(&text, &words), &binary, words.len(), 1e-9);

    let text = vectors("gensim/high_precision.kv.txt").unwrap();
    let words = words_of(&text, 1);
    let binary = read(&vectors("gensim/high_precision.kv.bin").unwrap(), &words);
    // The binary values have only 8 bits of fraction left.
    twins(&read(&text, &words), &binary, words.len(), 3e-7);
}

#[test]
fn every_real_file_is_recognised() {
    use VectorFormat as F;
    if vectors("").is_none() {
        return;
    }
    for (file, format, words, dimension) in [
        ("glove/glove.6B.50d.first2446.txt", F::GloveText, 2446, 50),
        ("glove/glove.6B.100d.first2604.txt", F::GloveText, 2604, 100),
        ("glove/glove.6B.100d.subset171.txt", F::GloveText, 171, 100),
        ("glove/glove.6B.100d.sample.txt.gz", F::GloveText, 100, 100),
        ("glove/glove.6B.300d.sample.txt.gz", F::GloveText, 100, 300),
        ("gensim/test_glove.txt", F::GloveText, 76, 50),
        ("gensim/euclidean_vectors.bin", F::Word2VecBinary, 2747, 10),
        ("gensim/lee_fasttext.vec", F::Word2VecText, 1762, 10),
        (
            "gensim/pang_lee_polarity_fasttext.vec",
            F::Word2VecText,
            1694,
            100,
        ),
        ("gensim/toy-model.vec", F::Word2VecText, 22, 5),
        ("gensim/word2vec_pre_kv_c", F::Word2VecText, 1750, 10),
        ("gensim/crime-and-punishment.vec", F::Word2VecText, 291, 5),
        ("gensim/lee_fasttext.bin", F::FastTextModel, 1762, 10),
        (
            "gensim/pang_lee_polarity_fasttext.bin",
            F::FastTextModel,
            1694,
            100,
        ),
        ("gensim/crime-and-punishment.bin", F::FastTextModel, 291, 5),
        ("gensim/non_ascii_fasttext.bin", F::FastTextModel, 171, 2),
        ("gensim/cp852_fasttext.bin", F::FastTextModel, 171, 2),
        ("finalfusion/analogy.bin", F::Word2VecBinary, 43, 100),
        ("finalfusion/utf8-incomplete.bin", F::Word2VecBinary, 3, 3),
        ("finalfusion/utf8-incomplete.txt", F::GloveText, 3, 3),
    ] {
        let read = read(&vectors(file).unwrap(), &["the"]);
        assert_eq!(
            (read.format, read.words_in_file, read.dimension),
            (format, words, dimension),
            "{file}"
        );
        assert_eq!(read.packed, file.ends_with(".gz"), "{file}");
    }
}

/// fastText writes the `.vec` with its own `getWordVector`, so the model must give the same: own row and n-grams.
#[test]
fn fasttext_models_give_the_vectors_that_fasttext_wrote() {
    for (name, count) in [
        ("lee_fasttext", 1762),
        ("crime-and-punishment", 291),
        ("pang_lee_polarity_fasttext", 1694),
    ] {
        let Some(text) = vectors(&format!("gensim/{name}.vec")) else {
            return;
        };
        let words = words_of(&text, 1);
        let readable = words.len();
        assert!(
            (count - 20..=count).contains(&readable),
            "{name}: {readable}"
        );
        let model = read(&vectors(&format!("gensim/{name}.bin")).unwrap(), &words);
        let text = read(&text, &words);
        // The text has five digits.
        for (index, word) in words.iter().enumerate() {
            for (a, b) in model
                .row(index)
                .unwrap()
                .iter()
                .zip(text.row(index).unwrap())
            {
                assert!(
                    (a - b).abs() <= 5e-5 * b.abs().max(0.1),
                    "{name}, {word}: {a} and {b}"
                );
            }
        }
        assert!(model.matches().iter().all(|kind| *kind == Match::Exact));
    }
}

/// Values that gensim's tests hold for this model (`test_fasttext.py`, from `fasttext print-word-vectors`); "rejection" is
/// not among its words.
#[test]
fn unseen_words_get_the_vectors_that_fasttext_gives() {
    let Some(path) = vectors("gensim/lee_fasttext.bin") else {
        return;
    };
    let read = read(&path, &["hundred", "rejection"]);
    let expected = [
        [
            -0.57144, -0.0085561, 0.15748, -0.67855, -0.25459, -0.58077, -0.09913, 1.1447, 0.23418,
            0.060007,
        ],
        [
            -0.21929, -0.53778, -0.22463, -0.41735, 0.71737, -1.59758, -0.24833, 0.62028, 0.53203,
            0.77568,
        ],
    ];
    for (index, expected) in expected.iter().enumerate() {
        for (found, expected) in read.row(index).unwrap().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found} and {expected}");
        }
    }
    assert_eq!(read.matches(), [Match::Exact, Match::Subwords]);
    assert_eq!(read.coverage.by_subwords, 1);
}

#[test]
fn words_in_other_encodings_are_counted() {
    let Some(path) = vectors("gensim/cp852_fasttext.bin") else {
        return;
    };
    let latin = read(&path, &["kter\u{fd}"]);
    assert!(latin.unreadable_words > 0, "{latin}");
    let utf8 = read(
        &vectors("gensim/non_ascii_fasttext.bin").unwrap(),
        &["kter\u{fd}"],
    );
    assert_eq!(
        (utf8.unreadable_words, utf8.matches()[0]),
        (0, Match::Exact)
    );
    for file in [
        "finalfusion/utf8-incomplete.bin",
        "finalfusion/utf8-incomplete.txt",
    ] {
        let broken = read(&vectors(file).unwrap(), &["meren", "rivieren"]);
        assert_eq!(
            (broken.unreadable_words, broken.coverage.types_found),
            (1, 2),
            "{file}"
        );
    }
}

#[test]
fn coverage_of_movie_reviews() {
    let (Some(glove), Some(reviews)) = (
        vectors("glove/glove.6B.100d.first2604.txt"),
        data("mr/rt-polarity.all"),
    ) else {
        return;
    };
    let bytes = std::fs::read(reviews).unwrap();
    let lines = bytes
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty());
    let texts: Vec<String> = lines
        .map(|line| line[2..].iter().map(|&b| char::from(b)).collect())
        .collect();
    let cleaning = Cleaning::KimWords { lowercase: true };
    let tokenizer = Tokenizer::train(
        cleaning,
        texts.iter().map(String::as_str),
        &VocabularyOptions::default(),
    );
    let counts = tokenizer.statistics().unwrap().counts.clone();
    let options = VectorOptions {
        counts: Some(counts),
        ..Default::default()
    };
    let vectors = read_word_vectors(&glove, tokenizer.tokens(), &options).unwrap();
    let coverage = vectors.coverage;
    assert_eq!(coverage.types, 18_765);
    let share = coverage.tokens_found.unwrap() as f64 / coverage.tokens.unwrap() as f64;
    println!("{vectors}");
    assert!((0.65..0.85).contains(&share), "{share}");
}

/// The published list is a pickle; its strings and numbers are read here without running it: `X` length text, then
/// `K` or `M` number, between memo marks.
fn pickled_ids(bytes: &[u8]) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut at = 4;
    let mut text = String::new();
    while at < bytes.len() {
        match bytes[at] {
            b'X' => {
                let length = u32::from_le_bytes(bytes[at + 1..at + 5].try_into().unwrap()) as usize;
                text = String::from_utf8(bytes[at + 5..at + 5 + length].to_vec()).unwrap();
                at += 5 + length;
            }
            b'K' | b'M' => {
                let wide = bytes[at] == b'M';
                let id = usize::from(bytes[at + 1])
                    + if wide {
                        256 * usize::from(bytes[at + 2])
                    } else {
                        0
                    };
                assert_eq!(id, tokens.len());
                tokens.push(std::mem::take(&mut text));
                at += if wide { 3 } else { 2 };
            }
            // Memo marks.
            b'q' => at += 2,
            b'r' => at += 5,
            _ => at += 1,
        }
    }
    tokens
}

#[test]
fn thucnews_vectors_through_the_rebuilt_vocabulary() {
    let Some(folder) = data("thucnews") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("train.txt")).unwrap();
    let headlines: Vec<&str> = text
        .lines()
        .map(|line| line.split_once('\t').unwrap().0)
        .collect();
    let list = TokenList::by_falling_count(
        Cleaning::Characters,
        headlines.iter().copied(),
        &["<UNK>", "<PAD>"],
    );
    assert_eq!(list.tokens().len(), 4762);
    let pickle = std::fs::read(folder.join("vocab.pkl")).unwrap();
    assert_eq!(
        list.tokens(),
        pickled_ids(&pickle),
        "the rebuilt list is the published one"
    );
    let refused = TokenList::read(&folder.join("vocab.pkl")).unwrap_err();
    assert!(refused.to_string().contains("json.dump"), "{refused}");

    let tokenizer = Tokenizer::train(
        Cleaning::Characters,
        headlines.iter().copied(),
        &VocabularyOptions::default(),
    );
    let options = VectorOptions {
        tokens: Some(list),
        counts: Some(tokenizer.statistics().unwrap().counts.clone()),
        ..Default::default()
    };
    let path = folder.join("embedding_Tencent.npz");
    let vectors = read_word_vectors(&path, tokenizer.tokens(), &options).unwrap();
    println!("{vectors}");
    assert_eq!(
        (vectors.format, vectors.dimension, vectors.words_in_file),
        (VectorFormat::Numpy, 200, 4762)
    );
    assert_eq!(
        (vectors.coverage.types, vectors.coverage.types_found),
        (4760, 4760)
    );
    // Rows 0 and 5 of the array, printed by numpy; ours begin at 2.
    let expected = [
        (2, [0.119_900_29, 0.385_218_03, 0.205_409_24, 0.517_328_42]),
        (7, [0.065_648, -0.318_29, 0.065_465, 0.251_606]),
    ];
    for (row, expected) in expected {
        for (found, expected) in vectors.row(row).unwrap().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
        }
    }
}
