//! Pre-trained word vectors: read in every common format, streamed, only the vocabulary's rows kept.
//!
//! | format | how it is told | from |
//! |---|---|---|
//! | [`VectorFormat::GloveText`] | lines `word v1 … vn`, no header | GloVe |
//! | [`VectorFormat::Word2VecText`] | the same after a line `words dimension` | word2vec, fastText `.vec`, gensim |
//! | [`VectorFormat::Word2VecBinary`] | the same header, then words and little-endian f32; a newline after each vector or none | word2vec, gensim |
//! | [`VectorFormat::FastTextModel`] | magic 0x2F4F16BA, or the older header without it | fastText `.bin`; also vectors from character n-grams for words it never saw |
//! | [`VectorFormat::Numpy`] | `.npz` or `.npy`, one row per token of a list that must be named as well | numpy |
//!
//! The format is found from the contents, never from the name. A gzip (`.gz`) or a zip archive around one text or
//! binary file is read through.
//!
//! # What is checked
//! Sizes from the file are bounded before anything is allocated, promised counts must be met, every kept number must
//! be finite. Rows that are not wanted are skipped without being parsed: only their number of fields is checked.
//!
//! # Broken words
//! Some published files hold words that are not UTF-8 (cut in the middle of a character, or in another encoding). No
//! vocabulary word can equal one, so they are skipped, counted in [`WordVectors::unreadable_words`], and an
//! error only if [`VectorOptions::refuse_unreadable_words`] asks for it.

use std::fmt;
use std::path::{Path, PathBuf};

mod binary;
mod detect;
mod error;
mod fasttext;
mod numpy;
mod source;
mod subwords;
mod text;
mod tokens;
mod wanted;

pub use detect::VectorFormat;
pub use error::{VectorError, VectorProblem};
pub use tokens::TokenList;
pub use wanted::{Coverage, Match};

use wanted::Wanted;

/// No vector may be longer; the longest published ones have 4,096 values.
pub const DIMENSION_LIMIT: usize = 16_384;
/// No word may have more bytes.
pub const WORD_LIMIT: usize = 65_536;

/// How a file of word vectors is read.
#[derive(Clone, Debug)]
pub struct VectorOptions {
    /// How often each word of the vocabulary occurs in the texts, for the coverage of tokens; by index of the word.
    pub counts: Option<Vec<u64>>,
    /// Whether a word that is not in the file takes the vector of its lower-case form, if that is.
    pub lower_case: bool,
    /// Whether fastText models give words they never saw a vector from their character n-grams.
    pub subwords: bool,
    /// Whether a word that is not UTF-8 is an error instead of being skipped and counted.
    pub refuse_unreadable_words: bool,
    /// Read only so many vectors from the front; the frequent words come first in most files.
    pub limit: Option<u64>,
    /// For numpy arrays: the token of each row.
    pub tokens: Option<TokenList>,
    /// For archives that hold several arrays or files: the one to read.
    pub entry: Option<String>,
}

impl Default for VectorOptions {
    fn default() -> Self {
        Self {
            counts: None,
            lower_case: false,
            subwords: true,
            refuse_unreadable_words: false,
            limit: None,
            tokens: None,
            entry: None,
        }
    }
}

/// The vectors of a vocabulary's words.
#[derive(Clone, Debug)]
pub struct WordVectors {
    /// The format found, with the compression around it.
    pub format: VectorFormat,
    /// Whether the file was compressed with gzip or packed in a zip archive.
    pub packed: bool,
    /// Values of a vector.
    pub dimension: usize,
    /// Vectors read from the file.
    pub words_in_file: u64,
    /// Words of the file that are empty or not UTF-8, hence of no use.
    pub unreadable_words: u64,
    /// Vectors of vocabulary words that the file holds more than once; the first one counts.
    pub repeated_words: u64,
    /// How many of the vocabulary's words have a vector.
    pub coverage: Coverage,
    matches: Vec<Match>,
    slots: Vec<Option<u32>>,
    values: Vec<f32>,
}

impl WordVectors {
    /// The vector `[dimension]` of vocabulary word `index`, `None` if it has none or there is no such word.
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        let slot = (*self.slots.get(index)?)? as usize;
        Some(&self.values[slot * self.dimension..][..self.dimension])
    }

    /// Where the vector of each vocabulary word came from.
    pub fn matches(&self) -> &[Match] {
        &self.matches
    }

    /// Copies the vectors into `table`, `[vocabulary, dimension]`; rows of words without one stay as they are.
    ///
    /// # Panics
    /// If `table` has another size.
    pub fn copy_into(&self, table: &mut [f32]) {
        assert_eq!(
            table.len(),
            self.slots.len() * self.dimension,
            "a table of {} rows x {} values is needed",
            self.slots.len(),
            self.dimension
        );
        for (index, row) in table.chunks_exact_mut(self.dimension.max(1)).enumerate() {
            if let Some(vector) = self.row(index) {
                row.copy_from_slice(vector);
            }
        }
    }

    /// Standard deviation of all kept values (0 without any): words without a vector are best drawn at this scale,
    /// so that nothing tells them from the others.
    pub fn deviation(&self) -> f64 {
        let kept = || {
            (0..self.slots.len())
                .filter_map(|index| self.row(index))
                .flatten()
        };
        let count = kept().count().max(1) as f64;
        let mean = kept().map(|&value| f64::from(value)).sum::<f64>() / count;
        let square = |&value: &f32| (f64::from(value) - mean) * (f64::from(value) - mean);
        (kept().map(square).sum::<f64>() / count).sqrt()
    }
}

impl fmt::Display for WordVectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packed = if self.packed { ", compressed" } else { "" };
        write!(
            f,
            "{}{packed}: {} vectors of {} values; {}",
            self.format, self.words_in_file, self.dimension, self.coverage
        )?;
        if self.unreadable_words > 0 {
            write!(
                f,
                "; {} words of the file are not UTF-8 and were skipped",
                self.unreadable_words
            )?;
        }
        if self.repeated_words > 0 {
            write!(
                f,
                "; {} repeated words: the first vector counts",
                self.repeated_words
            )?;
        }
        Ok(())
    }
}

/// Reads from `path` the vectors of the words of `vocabulary` (for a tokenizer: its
/// [`tokens`](crate::tokenize::Tokenizer::tokens); `[PAD]` and `[UNK]` are never looked up nor counted).
///
/// # Errors
/// [`VectorError`] names the file, the place in it, and the cure.
pub fn read_word_vectors<W: AsRef<str>>(
    path: &Path,
    vocabulary: &[W],
    options: &VectorOptions,
) -> Result<WordVectors, VectorError> {
    let named = |problem| VectorError {
        path: path.to_owned(),
        problem,
    };
    let wanted = Wanted::new(vocabulary, options).map_err(named)?;
    read(path, wanted, options).map_err(named)
}

fn read(
    path: &Path,
    mut wanted: Wanted<'_>,
    options: &VectorOptions,
) -> Result<WordVectors, VectorProblem> {
    let opened = source::open(path, options.entry.as_deref())?;
    let (format, packed, found) = match opened {
        source::Opened::Archive(archive) => {
            let found = numpy::read_archive(*archive, &mut wanted, options)?;
            (VectorFormat::Numpy, false, found)
        }
        source::Opened::Stream { mut source, packed } => {
            let format = detect::detect(source.front())?;
            let found = match format {
                VectorFormat::GloveText => text::read(&mut source, false, &mut wanted, options),
                VectorFormat::Word2VecText => text::read(&mut source, true, &mut wanted, options),
                VectorFormat::Word2VecBinary => binary::read(&mut source, &mut wanted, options),
                VectorFormat::FastTextModel => fasttext::read(&mut source, &mut wanted, options),
                VectorFormat::Numpy => numpy::read_array(&mut source, &mut wanted, options),
            }?;
            (format, packed, found)
        }
    };
    Ok(wanted.finish(format, packed, found))
}

/// What a reader found.
struct Found {
    dimension: usize,
    words: u64,
}

/// A dimension within the limit.
fn checked_dimension(found: u64) -> Result<usize, VectorProblem> {
    match usize::try_from(found) {
        Ok(dimension) if (1..=DIMENSION_LIMIT).contains(&dimension) => Ok(dimension),
        _ => Err(VectorProblem::Dimension { found }),
    }
}

/// The Python lines that turn a pickled vocabulary into JSON; shown wherever a pickle is refused.
fn pickle_advice(path: &Path) -> String {
    let json: PathBuf = path.with_extension("json");
    format!(
        "python3 -c \"import json,pickle,sys; json.dump(pickle.load(open(sys.argv[1],'rb')), open(sys.argv[2],'w'))\" {} {}",
        path.display(),
        json.display()
    )
}

#[cfg(test)]
mod tests;
