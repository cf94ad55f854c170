//! Text formats: `word v1 … vn`, one a line; with a header (word2vec, fastText `.vec`) or without (GloVe).
//!
//! The numbers are the last `n` fields of a line, so that words with blanks in them (GloVe 840B has `. . .`) are read.
//! Fields are separated by blanks or tabs; a blank at the end of the line and CR LF are accepted.

use std::io::Read;

use super::detect::{header, trailing_numbers};
use super::source::Source;
use super::wanted::Wanted;
use super::{DIMENSION_LIMIT, Found, VectorOptions, VectorProblem, checked_dimension};

/// 32 bytes for each number, and the word.
const LINE_LIMIT: usize = 32 * DIMENSION_LIMIT + super::WORD_LIMIT;

/// Windows editors put it in front.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) fn read<R: Read>(
    source: &mut Source<R>,
    has_header: bool,
    wanted: &mut Wanted<'_>,
    options: &VectorOptions,
) -> Result<Found, VectorProblem> {
    let limit = options.limit.unwrap_or(u64::MAX);
    let mut line = Vec::new();
    let mut number = 0;
    let mut promised = None;
    let mut dimension = None;
    if source.front().starts_with(BYTE_ORDER_MARK) {
        source.skip(BYTE_ORDER_MARK.len() as u64, "the byte order mark")?;
    }
    if has_header && next_line(source, &mut line, &mut number)? {
        let (words, size) = header(&line).unwrap_or_default();
        promised = Some(words);
        dimension = Some(checked_dimension(size)?);
    }
    let (mut words, mut vector) = (0, Vec::new());
    while words < limit && next_line(source, &mut line, &mut number)? {
        // A blank last line ends many files.
        if line.trim_ascii().is_empty() && source.at_end()? {
            break;
        }
        let dimension = match dimension {
            Some(dimension) => dimension,
            None => *dimension.insert(checked_dimension(trailing_numbers(&line) as u64)?),
        };
        if let Some(promised) = promised.filter(|&promised| words == promised) {
            let byte = source.position() - line.len() as u64 - 1;
            return Err(VectorProblem::TrailingBytes { byte, promised });
        }
        let (word, numbers) = split(&line, dimension, number)?;
        words += 1;
        let takers = wanted.ask(word)?;
        if !takers.is_empty() {
            parse(numbers, word, number, &mut vector)?;
            wanted.keep(&takers, &vector)?;
        }
    }
    if let Some(promised) = promised
        && words < promised.min(limit)
    {
        return Err(VectorProblem::Count {
            promised,
            found: words,
        });
    }
    let dimension = dimension.ok_or(VectorProblem::Empty)?;
    Ok(Found { dimension, words })
}

fn next_line<R: Read>(
    source: &mut Source<R>,
    line: &mut Vec<u8>,
    number: &mut u64,
) -> Result<bool, VectorProblem> {
    *number += 1;
    let too_long = || VectorProblem::LineTooLong {
        line: *number,
        limit: LINE_LIMIT,
    };
    Ok(source.until(b'\n', LINE_LIMIT, line, too_long)?.is_some())
}

/// The word and the text of its numbers.
fn split(line: &[u8], dimension: usize, number: u64) -> Result<(&[u8], &[u8]), VectorProblem> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let trimmed = line.len() - line.iter().rev().take_while(|byte| blank(byte)).count();
    let mut end = trimmed;
    let mut start = end;
    for found in 0..dimension {
        start = line[..end].iter().rposition(blank).map_or(0, |at| at + 1);
        let word_ends = line[..start].iter().rposition(|byte| !blank(byte));
        end = match word_ends {
            Some(at) => at + 1,
            // Nothing is left for the word: it is a word of blanks if all numbers were there, and if they were not
            // the line is short.
            None if found + 1 == dimension && start > 0 => 0,
            None => {
                return Err(VectorProblem::Fields {
                    line: number,
                    expected: dimension,
                    found,
                });
            }
        };
    }
    let word = &line[..end];
    // A number inside the "word" means that the line holds too many of them.
    let inside = word
        .split(blank)
        .skip(1)
        .filter(|field| std::str::from_utf8(field).is_ok_and(|field| field.parse::<f32>().is_ok()));
    match inside.count() {
        0 => Ok((word, &line[start..trimmed])),
        more => Err(VectorProblem::Fields {
            line: number,
            expected: dimension,
            found: dimension + more,
        }),
    }
}

fn parse(
    numbers: &[u8],
    word: &[u8],
    line: u64,
    vector: &mut Vec<f32>,
) -> Result<(), VectorProblem> {
    vector.clear();
    let fields = numbers
        .split(|byte| matches!(byte, b' ' | b'\t'))
        .filter(|field| !field.is_empty());
    for field in fields {
        let value = std::str::from_utf8(field)
            .ok()
            .and_then(|text| text.parse().ok());
        vector.push(value.ok_or_else(|| VectorProblem::Number {
            line,
            word: String::from_utf8_lossy(word).into_owned(),
            place: vector.len() + 1,
            text: String::from_utf8_lossy(field).into_owned(),
        })?);
    }
    Ok(())
}
