//! Guessing how a delimited file is laid out, from its first rows.
//!
//! Broken rows are no hindrance: a layout is judged by the share of rows that it fits.

use std::path::Path;

use super::columns::{choose, looks_like_header};
use super::{Layout, SAMPLE_BYTES, SAMPLE_ROWS, TableOptions, check_width, open};
use crate::readers::{Limits, ReadError};

/// Separators that are tried; the first two change places for files not called csv.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Bytes that a cell takes besides its own.
const CELL_BYTES: usize = std::mem::size_of::<String>();
/// The share of rows that a file's natural separator must fit to be taken at once.
const FITS: f64 = 0.99;
/// The share of rows below which quotes may be taken for text in a file with commas.
const FITS_QUOTED: f64 = 0.9;
/// Broken rows that are accidents.
const FEW: usize = 10;
/// The share of rows that any layout must fit.
const FITS_MOST: f64 = 0.5;

/// The first rows as one layout reads them.
#[derive(Debug, Default)]
struct Sample {
    /// Cells of the rows that have the most frequent width.
    rows: Vec<Vec<String>>,
    /// Whether the first row of the file is the first of these.
    starts: bool,
    /// Rows that cannot be read, or have another width.
    misfits: usize,
    /// What is wrong with the first of those.
    first_error: Option<ReadError>,
}

impl Sample {
    fn width(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    /// The share of rows that the layout fits.
    fn fit(&self) -> f64 {
        self.rows.len() as f64 / (self.rows.len() + self.misfits).max(1) as f64
    }
}

/// Guesses how `path` is laid out.
pub(crate) fn guess_layout(
    path: &Path,
    options: TableOptions<'_>,
    limits: &Limits,
) -> Result<Layout, ReadError> {
    let (separator, quoting, sample) = match options.separator {
        Some(separator) => {
            let (quoting, sample) = with_separator(path, separator, options, limits)?;
            if let (true, Some(error)) = (sample.rows.is_empty(), sample.first_error) {
                return Err(error);
            }
            (
                separator,
                quoting,
                Sample {
                    first_error: None,
                    ..sample
                },
            )
        }
        None => guess_separator(path, options, limits)?,
    };
    let (Some(first), width) = (sample.rows.first(), sample.width()) else {
        return Err(ReadError::Empty {
            path: path.into(),
            what: "the file has no rows".into(),
        });
    };
    if sample.rows.len() == 1 && sample.misfits == 0 && options.header != Some(false) {
        return Err(ReadError::Empty {
            path: path.into(),
            what: "the file has one row, a header without data".into(),
        });
    }
    let numbers: Vec<String> = (1..=width).map(|column| column.to_string()).collect();
    let rest = &sample.rows[1..];
    let looks = || {
        looks_like_header(first, rest, options.wanted) || {
            // No name is known. If the label of the first row occurs again, that row is data.
            match choose(path, &numbers, rest, options.wanted) {
                Ok(columns) => {
                    let label = first[columns.label].trim();
                    !rest.is_empty() && rest.iter().all(|row| row[columns.label].trim() != label)
                }
                Err(_) => false,
            }
        }
    };
    let is_header = sample.starts && options.header.unwrap_or_else(looks);
    let (names, rows) = if is_header {
        (first, rest)
    } else {
        (&numbers, &sample.rows[..])
    };
    let columns = choose(path, names, rows, options.wanted)?;
    let header = is_header.then(|| first.clone());
    Ok(Layout {
        separator,
        quoting,
        header,
        width,
        columns,
    })
}

/// Reads the first rows.
fn sample(
    path: &Path,
    separator: u8,
    quoting: bool,
    options: TableOptions<'_>,
    limits: &Limits,
) -> Result<Sample, ReadError> {
    let mut records = open(path, separator, quoting, options.encoding, limits)?;
    let (mut all, mut errors, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut first_spoilt = false;
    while all.len() + errors.len() < SAMPLE_ROWS && bytes < SAMPLE_BYTES {
        match records.next_record() {
            Ok(None) => break,
            Ok(Some(record)) if record.is_hollow() => {}
            Ok(Some(record)) => {
                bytes += record.cells().map(str::len).sum::<usize>() + CELL_BYTES * record.len();
                all.push(record);
            }
            Err(error) if error.spoils_one_row() => {
                first_spoilt |= all.is_empty();
                errors.push(error);
            }
            Err(error) => return Err(error),
        }
    }
    let Some(width) = most_frequent(all.iter().map(|record| record.len())) else {
        return Ok(Sample {
            misfits: errors.len(),
            first_error: errors.into_iter().next(),
            ..Sample::default()
        });
    };
    let starts = !first_spoilt && all[0].len() == width;
    let (fitting, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|record| record.len() == width);
    let misfits = errors.len() + others.len();
    let ragged = others
        .first()
        .and_then(|record| check_width(record, width).err());
    Ok(Sample {
        rows: fitting
            .iter()
            .map(|record| record.cells().map(str::to_owned).collect())
            .collect(),
        starts,
        misfits,
        first_error: errors.into_iter().next().or(ragged),
    })
}

/// The value that occurs most often, the first of several.
fn most_frequent(values: impl Iterator<Item = usize>) -> Option<usize> {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for value in values {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    let most = counts.iter().map(|&(_, count)| count).max()?;
    let found = counts.iter().find(|&&(_, count)| count == most);
    found.map(|&(value, _)| value)
}

/// Tries each separator on the first rows; the one that cuts most of them alike, into two cells or more, is right.
fn guess_separator(
    path: &Path,
    options: TableOptions<'_>,
    limits: &Limits,
) -> Result<(u8, bool, Sample), ReadError> {
    let name = path.to_string_lossy().to_lowercase();
    let mut candidates = SEPARATORS;
    if !name.trim_end_matches(".gz").ends_with(".csv") {
        candidates.swap(0, 1);
    }
    let mut best: Option<(u8, bool, Sample)> = None;
    let (mut first_error, mut rows) = (None, 0);
    for separator in candidates {
        let (quoting, mut sample) = with_separator(path, separator, options, limits)?;
        rows += sample.rows.len();
        // The error under the file's natural separator is the one worth telling.
        first_error = first_error.or(sample.first_error.take());
        let best_fit = best.as_ref().map_or(FITS_MOST, |(_, _, best)| best.fit());
        if sample.width() > 1 && sample.fit() > best_fit {
            // The natural separator, when it fits, is not put to the vote against a `;` inside texts.
            let fits = sample.fit() >= FITS;
            best = Some((separator, quoting, sample));
            if fits {
                break;
            }
        }
    }
    match (best, first_error) {
        (Some(best), _) => Ok(best),
        (None, Some(error)) => Err(error),
        (None, None) if rows == 0 => Err(ReadError::Empty {
            path: path.into(),
            what: "the file has no rows".into(),
        }),
        (None, None) => {
            let what = "text and label apart: no separator of `,` tab `;` `|` cuts the first rows (--separator names another)".into();
            Err(ReadError::UnclearColumns {
                path: path.into(),
                what,
                columns: "one".into(),
            })
        }
    }
}

/// Whether double quotes enclose fields, and the first rows read so. Both ways are tried: chat messages saved with
/// tabs are full of quotes that mean nothing.
fn with_separator(
    path: &Path,
    separator: u8,
    options: TableOptions<'_>,
    limits: &Limits,
) -> Result<(bool, Sample), ReadError> {
    let read = |quoting| sample(path, separator, quoting, options, limits);
    if let Some(quoting) = options.quoting {
        return Ok((quoting, read(quoting)?));
    }
    // What takes all of the file for one quoted field is a reason against quoting, not against the file.
    let quoted = match read(true) {
        Ok(quoted) => quoted,
        Err(ReadError::LongRow { .. } | ReadError::ManyQuotes { .. }) => {
            return Ok((false, read(false)?));
        }
        Err(error) => return Err(error),
    };
    let literal = match read(false) {
        Ok(literal) => literal,
        Err(_) => return Ok((true, quoted)),
    };
    if separator != b'\t' {
        // Files with commas mean their quotes, unless that spoils row after row.
        let spoils = quoted.fit() < FITS_QUOTED && quoted.misfits > literal.misfits + FEW;
        return Ok(if spoils {
            (false, literal)
        } else {
            (true, quoted)
        });
    }
    if quoted.rows == literal.rows || literal.misfits < quoted.misfits {
        return Ok((false, literal));
    }
    if quoted.misfits < literal.misfits {
        return Ok((true, quoted));
    }
    // Both fit. A doubled quote inside quotes, or a column that is enclosed throughout, was written by a program.
    let inside = |cell: &str| cell.strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
    let doubled = literal
        .rows
        .iter()
        .flatten()
        .filter_map(|cell| inside(cell))
        .any(|cell| cell.contains("\"\""));
    let enclosed = (0..literal.width()).any(|column| {
        let mut rest = literal.rows[1..].iter();
        literal.rows.len() > 1 && rest.all(|row| inside(&row[column]).is_some())
    });
    Ok(if doubled || enclosed {
        (true, quoted)
    } else {
        (false, literal)
    })
}
