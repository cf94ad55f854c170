//! Parquet: tables by column, as pandas, polars and the Hugging Face hub write them (snappy, zstd, gzip or plain).
//!
//! The columns that are needed are read side by side, some rows at a time; a row that lacks its text or its label is
//! one that cannot be read. A label column may hold lists: then a row has any number of labels. Where the file carries the hub's
//! description, its class names stand for the numbers. Format: <https://parquet.apache.org/docs/file-format/>.

mod columns;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;

use self::columns::{Cell, Column, Kind, columns, read_columns};
use super::json_lines::Fields;
use super::table::{Columns, SAMPLE_CELLS, SAMPLE_ROWS, Wanted, choose};
use super::{Input, Limits, MOST_COLUMNS, Names, Place, ReadError, Rows};
use crate::path::CellVisitor;

/// First bytes of every parquet file.
const MAGIC: [u8; 4] = *b"PAR1";
/// Guesses the columns of `path` from its first rows.
pub(crate) fn guess_parquet(
    path: &Path,
    wanted: Wanted<'_>,
    limits: &Limits,
) -> Result<Fields, ReadError> {
    let (columns, sample) = guarded(path, || {
        let reader = open(path, limits)?;
        let columns = columns(reader.as_ref());
        if columns.len() > MOST_COLUMNS {
            let what = format!("more than {MOST_COLUMNS} columns: this is no table of texts");
            return Err(ReadError::BadHeader {
                path: path.into(),
                what,
            });
        }
        let rows = SAMPLE_ROWS.min(SAMPLE_CELLS.div_ceil(columns.len().max(1)));
        let readable = columns.iter().filter(|column| column.kind != Kind::Nested);
        let readable: Vec<&Column> = readable.collect();
        let mut sample: Vec<Vec<Cell>> = Vec::new();
        read_columns(path, reader.as_ref(), &readable, limits, |_, cells| {
            sample.push(cells);
            Ok(sample.len() < rows)
        })?;
        Ok((columns, sample))
    })?;
    if sample.is_empty() {
        return Err(ReadError::Empty {
            path: path.into(),
            what: "the file has no rows".into(),
        });
    }
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let chosen = guess(path, &columns, &names, &sample, wanted)?;
    for &text in &chosen.text {
        if columns[text].kind != Kind::Flat {
            let what = format!(
                "column `{}` is {}: a text is one value a row (--text-column names another)",
                names[text], columns[text].kind
            );
            return Err(unsupported(path, what));
        }
    }
    refuse_nested(path, &columns[chosen.label])?;
    let text = chosen.text.into_iter().map(|column| names[column].clone());
    Ok(Fields {
        text: text.collect(),
        label: names[chosen.label].clone(),
    })
}

/// Chooses by names and by the looks of the columns of one value a row; where that does not do, lists are looked at too, each by
/// its first value.
fn guess(
    path: &Path,
    columns: &[Column],
    names: &[String],
    sample: &[Vec<Cell>],
    wanted: Wanted<'_>,
) -> Result<Columns, ReadError> {
    let shown = |with_lists: bool| -> Vec<Vec<String>> {
        let row = |cells: &Vec<Cell>| {
            let mut cells = cells.iter();
            let cell = |column: &Column| {
                if column.kind == Kind::Nested {
                    return String::new(); // nothing to look at, but a name that may be asked for
                }
                match cells.next() {
                    Some(Cell::List(list)) if with_lists => list.first().and_then(label_of),
                    cell => cell.and_then(label_of),
                }
                .unwrap_or_default()
            };
            columns.iter().map(cell).collect()
        };
        sample.iter().map(row).collect()
    };
    match choose(path, names, &shown(false), wanted) {
        Err(ReadError::UnclearColumns { .. }) => choose(path, names, &shown(true), wanted),
        chosen => chosen,
    }
}

fn unsupported(path: &Path, what: String) -> ReadError {
    ReadError::Unsupported {
        path: path.into(),
        what,
    }
}

/// The error for a label column that holds more than a value or a list of values a row.
fn refuse_nested(path: &Path, column: &Column) -> Result<(), ReadError> {
    if column.kind != Kind::Nested {
        return Ok(());
    }
    let Column { name, kind, .. } = column;
    Err(unsupported(
        path,
        format!(
            "column `{name}` is {kind}: a label is one value a row, or a list of values where a row has any number of labels; \
             make it one of the two (--label-column names another)"
        ),
    ))
}

/// Reads every row of `path`.
pub(crate) fn read_parquet(
    path: &Path,
    fields: &Fields,
    names: &mut Names,
    limits: &Limits,
) -> Result<Rows, ReadError> {
    guarded(path, || {
        let reader = open(path, limits)?;
        let columns = columns(reader.as_ref());
        let wanted = fields.text.iter().chain([&fields.label]);
        let wanted = wanted.map(|name| find(path, &columns, name));
        let wanted = wanted.collect::<Result<Vec<&Column>, _>>()?;
        let class_names = class_names(reader.as_ref(), &fields.label);
        let mut rows = Rows::default();
        read_columns(path, reader.as_ref(), &wanted, limits, |row, mut cells| {
            let at = Place {
                path: path.into(),
                line: row,
                byte: 0,
            };
            let label = cells.pop().unwrap_or(Cell::Nothing);
            let read = text_of(path, row, cells, fields, limits)
                .and_then(|text| {
                    let label = label.named(&class_names);
                    let label = joined(path, row, &label, fields, names)?;
                    rows.push(text, &label, &at, names, limits)
                })
                // A place without lines.
                .map_err(|error| match error {
                    ReadError::BadRow { expected, .. } => {
                        bad(path, row, format!("expected {expected}"))
                    }
                    other => other,
                });
            read.or_else(|error| rows.refuse(error)).map(|()| true)
        })?;
        Ok(rows)
    })
}

/// Shows `visitor` the columns of `path`, the set's file of that number, that are neither text nor label and hold one value a
/// row.
pub(crate) fn visit_columns(
    path: &Path,
    file: u32,
    fields: &Fields,
    limits: &Limits,
    visitor: &mut dyn CellVisitor,
) -> Result<(), ReadError> {
    guarded(path, || {
        let reader = open(path, limits)?;
        let columns = columns(reader.as_ref());
        let other = |column: &&Column| {
            column.kind == Kind::Flat
                && column.name != fields.label
                && !fields.text.contains(&column.name)
        };
        let others: Vec<&Column> = columns.iter().filter(other).collect();
        if others.is_empty() {
            return Ok(());
        }
        read_columns(path, reader.as_ref(), &others, limits, |row, cells| {
            if visitor.wants(file, row) {
                for (column, cell) in others.iter().zip(&cells) {
                    visitor.cell(&column.name, &label_of(cell).unwrap_or_default());
                }
            }
            Ok(true)
        })
    })
}

fn bad(path: &Path, row: u64, what: String) -> ReadError {
    ReadError::BadRecord {
        path: path.into(),
        row,
        what,
    }
}

/// The column of that name; the one of several files that share their columns may lack it, or hold it in another form.
fn find<'a>(path: &Path, columns: &'a [Column], name: &str) -> Result<&'a Column, ReadError> {
    let known = || columns.iter().map(|column| column.name.as_str());
    let found = columns.iter().find(|column| column.name == name);
    let column = found.ok_or_else(|| ReadError::MissingColumn {
        path: path.into(),
        wanted: name.into(),
        columns: known().collect::<Vec<_>>().join(", "),
        nearest: None,
    })?;
    refuse_nested(path, column)?;
    Ok(column)
}

/// The text of one row.
fn text_of(
    path: &Path,
    row: u64,
    texts: Vec<Cell>,
    fields: &Fields,
    limits: &Limits,
) -> Result<String, ReadError> {
    let mut joined = String::new();
    for (name, cell) in fields.text.iter().zip(texts) {
        let Cell::Text(text) = cell else {
            let what = if cell == Cell::Nothing {
                "empty"
            } else {
                "no text in UTF-8"
            };
            return Err(bad(path, row, format!("column `{name}` is {what}")));
        };
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(&text);
        if joined.len() > limits.row_bytes {
            return Err(bad(
                path,
                row,
                format!("the text is longer than {} bytes", limits.row_bytes),
            ));
        }
    }
    if joined.contains('\0') {
        return Err(bad(path, row, "the text holds U+0000".into()));
    }
    Ok(joined)
}

/// The label of one row; those of a list joined.
fn joined(
    path: &Path,
    row: u64,
    label: &Cell,
    fields: &Fields,
    names: &mut Names,
) -> Result<String, ReadError> {
    let (label, what) = match label {
        Cell::List(list) => {
            let labels: Option<Vec<String>> = list.iter().map(label_of).collect();
            let what = format!(
                "is no list of texts, whole numbers or truth values without `{}`",
                names.between_labels()
            );
            (labels.and_then(|labels| names.joined(&labels)), what)
        }
        cell => (
            label_of(cell),
            "is no text, whole number or truth value".to_owned(),
        ),
    };
    label.ok_or_else(|| bad(path, row, format!("column `{}` {what}", fields.label)))
}

/// A text, a whole number or a truth value as text.
fn label_of(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text.clone()),
        Cell::Whole(number) => Some(number.to_string()),
        Cell::Truth(truth) => Some(truth.to_string()),
        Cell::Nothing | Cell::Other | Cell::List(_) => None,
    }
}

/// Runs `read`; a panic of the decoder on a damaged file is an error as any other.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(damaged(
            path,
            &ParquetError::General("its decoder gave up".into()),
        ))
    })
}

fn damaged(path: &Path, error: &ParquetError) -> ReadError {
    ReadError::BadHeader {
        path: path.into(),
        what: format!(
            "the parquet data cannot be read ({error}): write or copy the file again, with snappy, zstd, gzip or no compression"
        ),
    }
}

/// Opens `path`; one packed by gzip is unpacked in memory.
fn open(path: &Path, limits: &Limits) -> Result<Box<dyn FileReader>, ReadError> {
    let mut input = Input::open(path, limits)?;
    let packed = input.is_packed();
    let mut bytes = input.read_up_to(if packed { u64::MAX } else { MAGIC.len() as u64 })?;
    if !bytes.starts_with(&MAGIC) {
        bytes.truncate(MAGIC.len());
        return Err(ReadError::WrongMagic {
            path: path.into(),
            expected: "a parquet file",
            found: crate::hash::hexadecimal(&bytes),
        });
    }
    let opened: Result<Box<dyn FileReader>, ParquetError> = if packed {
        SerializedFileReader::new(Bytes::from(bytes)).map(|reader| Box::new(reader) as _)
    } else {
        let file = File::open(path).map_err(|source| ReadError::from_io(path, source))?;
        SerializedFileReader::new(file).map(|reader| Box::new(reader) as _)
    };
    opened.map_err(|error| damaged(path, &error))
}

/// The names of the classes that the hub's description gives for the column `label`; none without one.
fn class_names(reader: &dyn FileReader, label: &str) -> Vec<String> {
    let metadata = reader.metadata().file_metadata();
    let entries = metadata.key_value_metadata().map_or(&[][..], Vec::as_slice);
    let described = entries.iter().find(|entry| entry.key == "huggingface");
    let described = described.and_then(|entry| entry.value.as_deref());
    let parsed: Option<Value> = described.and_then(|text| serde_json::from_str(text).ok());
    let feature = parsed
        .as_ref()
        .map(|value| &value["info"]["features"][label]);
    // Of a list the description of its values, in the two forms that the hub has had.
    let feature = feature.map(|feature| match feature {
        Value::Array(list) => list.first().unwrap_or(feature),
        feature => feature.get("feature").unwrap_or(feature),
    });
    let names = feature.filter(|feature| feature["_type"] == "ClassLabel");
    let names = names.and_then(|feature| feature["names"].as_array());
    let names = names.map(|names| {
        names
            .iter()
            .map(|name| name.as_str().map(str::to_owned))
            .collect()
    });
    names.flatten().unwrap_or_default()
}
