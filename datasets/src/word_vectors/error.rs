//! What can be wrong with a file of word vectors: where, and how to mend it.

use std::path::PathBuf;

use super::{DIMENSION_LIMIT, WORD_LIMIT};

/// A file of word vectors that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("word vectors {}: {problem}", path.display())]
pub struct VectorError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: VectorProblem,
}

/// What is wrong with a file of word vectors.
#[derive(Debug, thiserror::Error)]
pub enum VectorProblem {
    /// The system could not read it, or a compressed file is damaged.
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// The contents fit no format.
    #[error(
        "begins with {start:?}, which is no format of word vectors known here: GloVe text, word2vec text or binary, \
         fastText .vec or .bin, numpy .npy or .npz, each also as .gz; convert it to one of these"
    )]
    Unrecognised {
        /// The first bytes, made readable.
        start: String,
    },
    /// A pickle runs code when it is loaded.
    #[error(
        "is a Python pickle, which can run any code when it is loaded and is never opened here; if you trust it: {advice}"
    )]
    Pickle {
        /// A command that converts it.
        advice: String,
    },
    /// Vectors of no or far too many values.
    #[error(
        "its vectors have {found} values; 1 to {DIMENSION_LIMIT} are possible: the file is damaged"
    )]
    Dimension {
        /// The dimension read.
        found: u64,
    },
    /// The header promised another number of vectors.
    #[error(
        "its header promises {promised} vectors, but it holds {found}: download it again, or set a limit of {found} to use what is there"
    )]
    Count {
        /// Vectors promised.
        promised: u64,
        /// Vectors found.
        found: u64,
    },
    /// Data after the last promised vector.
    #[error(
        "goes on at byte {byte} after the {promised} vectors its header promises: the header or the file is damaged"
    )]
    TrailingBytes {
        /// Where the surplus begins.
        byte: u64,
        /// Vectors promised.
        promised: u64,
    },
    /// A line with too few or too many numbers.
    #[error(
        "line {line}: expected a word and {expected} numbers, found {found} fields after the word"
    )]
    Fields {
        /// Line, from 1.
        line: u64,
        /// Numbers expected.
        expected: usize,
        /// Fields found after the word.
        found: usize,
    },
    /// A field that is no number.
    #[error("line {line}: number {place} of {word:?} is {text:?}, which is no number")]
    Number {
        /// Line, from 1.
        line: u64,
        /// The word.
        word: String,
        /// Place in the vector, from 1.
        place: usize,
        /// What stands there.
        text: String,
    },
    /// NaN or infinity in a vector that would have been kept.
    #[error(
        "the vector of {word:?} holds {value} at place {place}: training cannot use it; remove the line or repair the file"
    )]
    NotFinite {
        /// The word.
        word: String,
        /// Place in the vector, from 1.
        place: usize,
        /// The value.
        value: f32,
    },
    /// A line without an end in sight.
    #[error("line {line} has more than {limit} bytes: this is not a text file of vectors")]
    LineTooLong {
        /// Line, from 1.
        line: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// A word without an end in sight.
    #[error(
        "byte {byte}: a word of more than {WORD_LIMIT} bytes; the file is damaged before this place"
    )]
    WordTooLong {
        /// Where the word begins.
        byte: u64,
    },
    /// A word that is not UTF-8, where that was asked to be an error.
    #[error(
        "word {number} ({word:?}) is not UTF-8; allow unreadable words to skip it, or convert the file"
    )]
    UnreadableWord {
        /// Number of the word in the file, from 1.
        number: u64,
        /// The word with the broken parts replaced.
        word: String,
    },
    /// The file ends too early.
    #[error(
        "ends at byte {byte}, in the middle of {what}: the download is incomplete, fetch it again"
    )]
    Truncated {
        /// Length of the file.
        byte: u64,
        /// What was being read.
        what: &'static str,
    },
    /// A quantised fastText model.
    #[error(
        "is a quantised fastText model (.ftz), whose vectors are only approximations of the original ones; \
         use the .bin or .vec file it was made from"
    )]
    Quantised,
    /// A field of a fastText model with an impossible value.
    #[error(
        "fastText model: {field} is {found}, expected {expected}: the file is damaged or of an unknown version"
    )]
    FastText {
        /// The field, by its name in fastText's source.
        field: &'static str,
        /// Its value.
        found: i64,
        /// What would be possible.
        expected: String,
    },
    /// A numpy header that cannot be understood.
    #[error("numpy header {header:?}: {reason}")]
    NumpyHeader {
        /// The header (shortened).
        header: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// An array of another type.
    #[error("numpy type {found:?} is no floating-point type; save with `array.astype('float32')`")]
    NumpyType {
        /// numpy's `descr`.
        found: String,
    },
    /// An array that is not a table.
    #[error("numpy array of shape {found}: a table [tokens, dimension] is needed")]
    NumpyShape {
        /// The shape.
        found: String,
    },
    /// Columns one after another.
    #[error("numpy array in Fortran order; save it with `numpy.ascontiguousarray(array)`")]
    NumpyOrder,
    /// A numpy array without a list of tokens.
    #[error(
        "is a numpy array, which holds no words: name a file with the token of each row (one a line, or JSON) in `tokens`"
    )]
    TokensNeeded,
    /// Tokens and rows do not fit.
    #[error("has {rows} rows, but the list of tokens has {tokens}: it belongs to another file")]
    TokensCount {
        /// Rows of the array.
        rows: u64,
        /// Tokens of the list.
        tokens: usize,
    },
    /// The list of tokens is neither lines nor JSON.
    #[error("list of tokens: {reason}")]
    TokensJson {
        /// What is wrong.
        reason: String,
    },
    /// The list of tokens is too long.
    #[error("list of tokens: has {bytes} bytes, more than the {limit} allowed")]
    TokensTooLarge {
        /// Size of the file.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Several files in an archive, or not the one asked for.
    #[error("is an archive of {}; name one of them as `entry`", names.join(", "))]
    Entries {
        /// The files in it.
        names: Vec<String>,
    },
    /// A damaged archive.
    #[error("damaged zip archive: {reason}")]
    Archive {
        /// What the zip reader said.
        reason: String,
    },
    /// Counts that do not belong to the vocabulary.
    #[error("{counts} counts were given for {words} words of the vocabulary")]
    Counts {
        /// Number of counts.
        counts: usize,
        /// Number of words.
        words: usize,
    },
}
