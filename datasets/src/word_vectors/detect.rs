//! Which format a file has, told from its first bytes.

use std::fmt;

use super::{VectorProblem, fasttext, numpy, text};

/// A format of word vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorFormat {
    /// Lines of a word and its numbers, no header.
    GloveText,
    /// The same after a header line; also fastText's `.vec`.
    Word2VecText,
    /// A header line, then words and binary f32 values.
    Word2VecBinary,
    /// A fastText model, `.bin`.
    FastTextModel,
    /// A numpy array, `.npy` or in an `.npz`.
    Numpy,
}

impl fmt::Display for VectorFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GloveText => "GloVe text",
            Self::Word2VecText => "word2vec text",
            Self::Word2VecBinary => "word2vec binary",
            Self::FastTextModel => "fastText model",
            Self::Numpy => "numpy array",
        })
    }
}

/// Pickles of protocol 2 to 5 begin with their protocol, older ones (text) with a few known opcodes.
pub(super) fn is_pickle(front: &[u8]) -> bool {
    matches!(front, [0x80, 2..=5, ..])
        || [b"(dp".as_slice(), b"(lp", b"ccopy_reg", b"c__builtin__"]
            .iter()
            .any(|start| front.starts_with(start))
}

pub(super) fn detect(front: &[u8]) -> Result<VectorFormat, VectorProblem> {
    if front.is_empty() {
        return Err(VectorProblem::Empty);
    }
    if front.starts_with(numpy::MAGIC) {
        return Ok(VectorFormat::Numpy);
    }
    if fasttext::begins_model(front) {
        return Ok(VectorFormat::FastTextModel);
    }
    let front = front.strip_prefix(text::BYTE_ORDER_MARK).unwrap_or(front);
    let first = first_line(front);
    if let Some((count, dimension)) = header(first) {
        let rest = front.get(first.len() + 1..).unwrap_or_default();
        let second = first_line(rest);
        // Text, even if its lines have another length than promised: that is for the text reader to say.
        let is_text = count == 0
            || trailing_numbers(second) as u64 == dimension
            || trailing_numbers(second) > 0 && is_printable(second);
        return Ok(if is_text {
            VectorFormat::Word2VecText
        } else {
            VectorFormat::Word2VecBinary
        });
    }
    if trailing_numbers(first) > 0 && !first.contains(&0) {
        return Ok(VectorFormat::GloveText);
    }
    Err(VectorProblem::Unrecognised {
        start: front.iter().take(24).copied().map(char::from).collect(),
    })
}

/// UTF-8 without control characters, which eight bytes of binary numbers hardly ever are.
fn is_printable(line: &[u8]) -> bool {
    let line = std::str::from_utf8(line.trim_ascii_end());
    line.is_ok_and(|line| !line.chars().any(|c| c.is_control() && c != '\t'))
}

/// The line at the front, without its end.
fn first_line(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == b'\n');
    &bytes[..end.unwrap_or(bytes.len())]
}

/// `words dimension`, and nothing else.
pub(super) fn header(line: &[u8]) -> Option<(u64, u64)> {
    let line = std::str::from_utf8(line).ok()?;
    let mut fields = line.split_ascii_whitespace();
    let words = fields.next()?.parse().ok()?;
    let dimension = fields.next()?.parse().ok()?;
    fields.next().is_none().then_some((words, dimension))
}

/// How many numbers stand at the end of the line, after at least one field for the word.
pub(super) fn trailing_numbers(line: &[u8]) -> usize {
    let fields: Vec<&[u8]> = line
        .split(|byte| byte.is_ascii_whitespace())
        .filter(|field| !field.is_empty())
        .collect();
    let numbers = fields.iter().skip(1).rev().take_while(|field| {
        std::str::from_utf8(field).is_ok_and(|field| field.parse::<f32>().is_ok())
    });
    numbers.count()
}
