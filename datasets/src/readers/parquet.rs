//! Parquet: tables by column, as pandas, polars and the Hugging Face hub write them (snappy, zstd, gzip or plain).
//!
//! The columns that are needed are read side by side, some rows at a time; a row that lacks its text or its label is
//! one that cannot be read. Where the file carries the hub's description, its class names stand for the numbers.
//! Format: <https://parquet.apache.org/docs/file-format/>.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use bytes::Bytes;
use parquet::basic::Type;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;

use super::json_lines::Fields;
use super::table::{SAMPLE_CELLS, SAMPLE_ROWS, Wanted, choose};
use super::{Input, Limits, MOST_COLUMNS, Names, Place, ReadError, Rows};
use crate::path::CellVisitor;

/// First bytes of every parquet file.
const MAGIC: [u8; 4] = *b"PAR1";
/// Rows read at a time.
const BATCH: usize = 1024;

/// A cell that may be a text or a label.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Nothing,
    Text(String),
    Whole(i64),
    Truth(bool),
    /// A number with a fraction, or bytes that are no UTF-8.
    Other,
}

/// Guesses the columns of `path` from its first rows.
pub(crate) fn guess_parquet(
    path: &Path,
    wanted: Wanted<'_>,
    limits: &Limits,
) -> Result<Fields, ReadError> {
    let (names, sample) = guarded(path, || {
        let reader = open(path, limits)?;
        let names = flat_columns(reader.as_ref());
        if names.len() > MOST_COLUMNS {
            let what = format!("more than {MOST_COLUMNS} columns: this is no table of texts");
            return Err(ReadError::BadHeader {
                path: path.into(),
                what,
            });
        }
        let rows = SAMPLE_ROWS.min(SAMPLE_CELLS.div_ceil(names.len().max(1)));
        let mut sample: Vec<Vec<String>> = Vec::new();
        read_columns(path, reader.as_ref(), &names, limits, |_, cells| {
            let shown = cells
                .into_iter()
                .map(|cell| label_of(&cell).unwrap_or_default());
            sample.push(shown.collect());
            Ok(sample.len() < rows)
        })?;
        Ok((names, sample))
    })?;
    if sample.is_empty() {
        return Err(ReadError::Empty {
            path: path.into(),
            what: "the file has no rows".into(),
        });
    }
    let columns = choose(path, &names, &sample, wanted)?;
    let text = columns.text.into_iter().map(|column| names[column].clone());
    Ok(Fields {
        text: text.collect(),
        label: names[columns.label].clone(),
    })
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
        let mut wanted = fields.text.clone();
        wanted.push(fields.label.clone());
        let class_names = class_names(reader.as_ref(), &fields.label);
        let mut rows = Rows::default();
        read_columns(path, reader.as_ref(), &wanted, limits, |row, mut cells| {
            let at = Place {
                path: path.into(),
                line: row,
                byte: 0,
            };
            let label = cells.pop().unwrap_or(Cell::Nothing);
            let read = take(path, row, cells, &label, fields, &class_names, limits)
                .and_then(|(text, label)| rows.push(text, &label, &at, names, limits))
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
        let mut names = flat_columns(reader.as_ref());
        names.retain(|name| *name != fields.label && !fields.text.contains(name));
        if names.is_empty() {
            return Ok(());
        }
        read_columns(path, reader.as_ref(), &names, limits, |row, cells| {
            if visitor.wants(file, row) {
                for (name, cell) in names.iter().zip(&cells) {
                    visitor.cell(name, &label_of(cell).unwrap_or_default());
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

/// Text and label of one row.
fn take(
    path: &Path,
    row: u64,
    texts: Vec<Cell>,
    label: &Cell,
    fields: &Fields,
    class_names: &[String],
    limits: &Limits,
) -> Result<(String, String), ReadError> {
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
    let named = match label {
        Cell::Whole(number) => usize::try_from(*number)
            .ok()
            .and_then(|n| class_names.get(n)),
        _ => None,
    };
    let label = named.cloned().or_else(|| label_of(label)).ok_or_else(|| {
        let name = &fields.label;
        bad(
            path,
            row,
            format!("column `{name}` is no text, whole number or truth value"),
        )
    })?;
    Ok((joined, label))
}

/// A text, a whole number or a truth value as text.
fn label_of(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text.clone()),
        Cell::Whole(number) => Some(number.to_string()),
        Cell::Truth(truth) => Some(truth.to_string()),
        Cell::Nothing | Cell::Other => None,
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

/// Names of the columns that hold one value a row.
fn flat_columns(reader: &dyn FileReader) -> Vec<String> {
    let schema = reader.metadata().file_metadata().schema_descr();
    let flat = schema.columns().iter().filter(|column| {
        column.path().parts().len() == 1
            && column.max_rep_level() == 0
            && !matches!(column.physical_type(), Type::INT96)
    });
    flat.map(|column| column.name().to_owned()).collect()
}

/// Hands out the cells of `wanted`, row by row, the rows counted from 1, until `each` answers `false`.
fn read_columns(
    path: &Path,
    reader: &dyn FileReader,
    wanted: &[String],
    limits: &Limits,
    mut each: impl FnMut(u64, Vec<Cell>) -> Result<bool, ReadError>,
) -> Result<(), ReadError> {
    let failed = |error: ParquetError| damaged(path, &error);
    let schema = reader.metadata().file_metadata().schema_descr();
    let indices = wanted.iter().map(|name| {
        let index = schema
            .columns()
            .iter()
            .position(|column| column.name() == name);
        index.ok_or_else(|| ReadError::MissingColumn {
            path: path.into(),
            wanted: name.clone(),
            columns: flat_columns(reader).join(", "),
            nearest: None,
        })
    });
    let indices = indices.collect::<Result<Vec<usize>, _>>()?;
    let mut left = limits.file_bytes;
    let mut row = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(failed)?;
        for &index in &indices {
            let size = group.metadata().column(index).uncompressed_size();
            let size = u64::try_from(size).unwrap_or(u64::MAX);
            left = left.checked_sub(size).ok_or_else(|| ReadError::Limit {
                path: path.into(),
                limit: limits.file_bytes,
                unit: "bytes",
                name: "file_bytes",
            })?;
        }
        let columns = indices.iter().map(|&index| {
            let optional = schema.column(index).max_def_level();
            Ok((group.get_column_reader(index).map_err(failed)?, optional))
        });
        let mut columns = columns.collect::<Result<Vec<_>, ReadError>>()?;
        let rows_at_once = BATCH.min(SAMPLE_CELLS.div_ceil(columns.len().max(1)));
        loop {
            let mut batch = Vec::with_capacity(columns.len());
            for (column, level) in &mut columns {
                batch.push(
                    read_batch(column, *level, rows_at_once)
                        .map_err(failed)?
                        .into_iter(),
                );
            }
            let lengths: Vec<usize> = batch.iter().map(ExactSizeIterator::len).collect();
            let rows = lengths.first().copied().unwrap_or(0);
            if lengths.iter().any(|&length| length != rows) {
                return Err(failed(ParquetError::General(
                    "columns of different lengths".into(),
                )));
            }
            if rows == 0 {
                break;
            }
            for _ in 0..rows {
                row += 1;
                let cells = batch.iter_mut().filter_map(Iterator::next).collect();
                if !each(row, cells)? {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// The next `most` cells of a column; none at its end.
fn read_batch(
    column: &mut ColumnReader,
    level: i16,
    most: usize,
) -> Result<Vec<Cell>, ParquetError> {
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => Cell::Text(text.to_owned()),
        Err(_) => Cell::Other,
    };
    // A table with gaps keeps its whole numbers as fractions.
    let number = |value: f64| {
        let whole = value.fract() == 0.0 && value.abs() < 9e15;
        if whole {
            Cell::Whole(value as i64)
        } else {
            Cell::Other
        }
    };
    match column {
        ColumnReader::BoolColumnReader(column) => {
            cells(column, level, most, |&value| Cell::Truth(value))
        }
        ColumnReader::Int32ColumnReader(column) => {
            cells(column, level, most, |&value| Cell::Whole(value.into()))
        }
        ColumnReader::Int64ColumnReader(column) => {
            cells(column, level, most, |&value| Cell::Whole(value))
        }
        ColumnReader::Int96ColumnReader(column) => cells(column, level, most, |_| Cell::Other),
        ColumnReader::FloatColumnReader(column) => {
            cells(column, level, most, |&value| number(value.into()))
        }
        ColumnReader::DoubleColumnReader(column) => {
            cells(column, level, most, |&value| number(value))
        }
        ColumnReader::ByteArrayColumnReader(column) => {
            cells(column, level, most, |value| text(value.data()))
        }
        ColumnReader::FixedLenByteArrayColumnReader(column) => {
            cells(column, level, most, |value| text(value.data()))
        }
    }
}

fn cells<T: DataType>(
    column: &mut ColumnReaderImpl<T>,
    level: i16,
    most: usize,
    cell: impl Fn(&T::T) -> Cell,
) -> Result<Vec<Cell>, ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let (rows, _, _) = column.read_records(most, Some(&mut levels), None, &mut values)?;
    let mut values = values.iter();
    let next = |values: &mut std::slice::Iter<'_, T::T>| values.next().map_or(Cell::Nothing, &cell);
    // A column without gaps has no levels.
    if level == 0 {
        return Ok((0..rows).map(|_| next(&mut values)).collect());
    }
    let cells = levels.iter().take(rows).map(|&found| {
        if found == level {
            next(&mut values)
        } else {
            Cell::Nothing
        }
    });
    Ok(cells.collect())
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
