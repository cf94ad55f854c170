//! Guessing how a delimited file is laid out, from its first rows.

use std::path::Path;

use super::columns::{choose, looks_like_header};
use super::{Layout, SAMPLE_ROWS, TableOptions, check_width, open};
use crate::readers::lines::decode_row;
use crate::readers::{Encoding, Limits, ReadError};

/// Separators that are tried; the first two change places for files not called csv.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Rows of cells, all of one width.
type Sample = Vec<Vec<String>>;

/// Guesses how `path` is laid out.
pub(crate) fn guess_layout(
    path: &Path,
    options: TableOptions<'_>,
    limits: &Limits,
) -> Result<Layout, ReadError> {
    let (separator, quoting, sample) = match options.separator {
        Some(separator) => {
            let quoting = options.quoting.map_or_else(
                || guess_quoting(path, separator, options.encoding, limits),
                Ok,
            )?;
            (
                separator,
                quoting,
                sample(path, separator, quoting, options.encoding, limits)?,
            )
        }
        None => guess_separator(path, options, limits)?,
    };
    // `sample` gives one row at least.
    let first = &sample[0];
    let width = first.len();
    let numbers: Vec<String> = (1..=width).map(|column| column.to_string()).collect();
    let is_header = looks_like_header(first, &sample[1..], options.wanted) || {
        // No name is known. If the label of the first row occurs again, that row is data.
        match choose(path, &numbers, &sample[1..], options.wanted) {
            Ok(columns) => {
                let label = first[columns.label].trim();
                sample.len() > 1
                    && sample[1..]
                        .iter()
                        .all(|row| row[columns.label].trim() != label)
            }
            Err(_) => false,
        }
    };
    let (names, rows) = if is_header {
        (first, &sample[1..])
    } else {
        (&numbers, &sample[..])
    };
    let columns = choose(path, names, rows, options.wanted)?;
    let header = is_header.then(|| first.clone());
    Ok(Layout {
        separator,
        quoting,
        encoding: options.encoding,
        header,
        width,
        columns,
    })
}

/// The first rows, all of one width; an error if there is none.
fn sample(
    path: &Path,
    separator: u8,
    quoting: bool,
    encoding: Encoding,
    limits: &Limits,
) -> Result<Sample, ReadError> {
    let mut records = open(path, separator, quoting, limits)?;
    let mut rows = Sample::new();
    while rows.len() < SAMPLE_ROWS
        && let Some(fields) = records.next_record()?
    {
        if let Some(first) = rows.first() {
            check_width(&fields, first.len())?;
        }
        rows.push(
            fields
                .iter()
                .map(|field| decode_row(&field.bytes, encoding, &field.at))
                .collect::<Result<_, _>>()?,
        );
    }
    if rows.is_empty() {
        return Err(ReadError::Empty {
            path: path.into(),
            what: "the file has no rows".into(),
        });
    }
    Ok(rows)
}

/// Tries each separator on the first rows; the one that gives rows of one width, two cells or more, is right.
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
    let mut first_error = None;
    for separator in candidates {
        let quoting = options.quoting.map_or_else(
            || guess_quoting(path, separator, options.encoding, limits),
            Ok,
        )?;
        match sample(path, separator, quoting, options.encoding, limits) {
            Ok(rows) => {
                let width = rows.first().map_or(0, Vec::len);
                let best_width = best.as_ref().map_or(1, |(_, _, rows)| rows[0].len());
                if width > best_width {
                    best = Some((separator, quoting, rows));
                }
            }
            // The error under the file's natural separator is the one worth telling.
            Err(error) => first_error = first_error.or(Some(error)),
        }
        // The natural separator, when it fits, is not put to the vote against a `;` inside texts.
        if best.is_some() {
            break;
        }
    }
    match (best, first_error) {
        (Some(best), _) => Ok(best),
        (None, Some(error)) => Err(error),
        (None, None) => {
            let what =
                "text and label apart: no separator of `,` tab `;` `|` cuts the first rows".into();
            Err(ReadError::UnclearColumns {
                path: path.into(),
                what,
                columns: "one".into(),
            })
        }
    }
}

/// Whether double quotes enclose fields. With another separator than the tab: yes. With tabs both ways are
/// tried: chat messages saved with tabs are full of quotes that mean nothing.
fn guess_quoting(
    path: &Path,
    separator: u8,
    encoding: Encoding,
    limits: &Limits,
) -> Result<bool, ReadError> {
    if separator != b'\t' {
        return Ok(true);
    }
    let Ok(quoted) = sample(path, separator, true, encoding, limits) else {
        return Ok(false);
    };
    let Ok(literal) = sample(path, separator, false, encoding, limits) else {
        return Ok(true);
    };
    if quoted == literal {
        return Ok(false);
    }
    // Both fit. A doubled quote inside quotes, or a column that is enclosed throughout, was written by a program.
    let inside = |cell: &str| cell.strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
    let doubled = literal
        .iter()
        .flatten()
        .filter_map(|cell| inside(cell))
        .any(|cell| cell.contains("\"\""));
    let enclosed = (0..literal[0].len()).any(|column| {
        literal[1..]
            .iter()
            .all(|row| inside(&row[column]).is_some())
            && literal.len() > 1
    });
    Ok(doubled || enclosed)
}
