//! The columns of a parquet table: which hold one value a row, which a list of values, and their cells, row by row.

use std::fmt;
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::schema::types::{ColumnDescriptor, Type};

use super::damaged;
use crate::readers::table::SAMPLE_CELLS;
use crate::readers::{Limits, ReadError};

/// Rows read at a time.
const BATCH: usize = 1024;

/// A cell that may be a text, a label or several labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Nothing,
    Text(String),
    Whole(i64),
    Truth(bool),
    /// A number with a fraction, or bytes that are no UTF-8.
    Other,
    /// The cells of a list, none of which is a list.
    List(Vec<Cell>),
}

impl Cell {
    /// Numbers of classes replaced by their names, where there are any.
    pub(super) fn named(self, names: &[String]) -> Self {
        let name = |number: i64| names.get(usize::try_from(number).ok()?);
        match self {
            Self::Whole(number) => match name(number) {
                Some(name) => Self::Text(name.clone()),
                None => Self::Whole(number),
            },
            Self::List(list) => Self::List(list.into_iter().map(|c| c.named(names)).collect()),
            cell => cell,
        }
    }
}

/// What a column holds for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One value.
    Flat,
    /// A list of values.
    List,
    /// More than that: a struct, a map, a list of lists.
    Nested,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flat => "one value a row",
            Self::List => "a list",
            Self::Nested => "a struct, a map or a list of such",
        })
    }
}

/// A column as a reader of the table sees it.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Where its values lie; of a nested column, where those of its first part do.
    leaf: usize,
}

/// The columns of a table, in their order.
pub(super) fn columns(reader: &dyn FileReader) -> Vec<Column> {
    let schema = reader.metadata().file_metadata().schema_descr();
    let mut columns: Vec<Column> = Vec::new();
    let mut last = None;
    for leaf in 0..schema.num_columns() {
        let root = schema.get_column_root_idx(leaf);
        if last == Some(root) {
            // A second part of the same column: no list of plain values has one.
            columns.iter_mut().last().expect("its first part").kind = Kind::Nested;
            continue;
        }
        last = Some(root);
        let root = schema.get_column_root(leaf);
        columns.push(Column {
            name: root.name().to_owned(),
            kind: kind_of(root, &schema.column(leaf)),
            leaf,
        });
    }
    columns
}

/// What a column with one part holds: `root` is the whole of it, `leaf` that part.
fn kind_of(root: &Type, leaf: &ColumnDescriptor) -> Kind {
    let parts = leaf.path().parts();
    let info = root.get_basic_info();
    let is_list = matches!(info.logical_type_ref(), Some(LogicalType::List))
        || info.converted_type() == ConvertedType::LIST;
    // Writers of old have no group around each value; of what they call `array` or `..._tuple` the parts are structs.
    let repeated = parts.get(1).map_or("", String::as_str);
    let is_struct = repeated == "array" || repeated == format!("{}_tuple", root.name());
    match (leaf.max_rep_level(), parts.len()) {
        (0, 1) => Kind::Flat,
        (1, 1) => Kind::List,
        (1, 2) if is_list => Kind::List,
        (1, 3) if is_list && !is_struct => Kind::List,
        _ => Kind::Nested,
    }
}

/// Hands out the cells of `wanted`, row by row, the rows counted from 1, until `each` answers `false`.
pub(super) fn read_columns(
    path: &Path,
    reader: &dyn FileReader,
    wanted: &[&Column],
    limits: &Limits,
    mut each: impl FnMut(u64, Vec<Cell>) -> Result<bool, ReadError>,
) -> Result<(), ReadError> {
    let failed = |error: ParquetError| damaged(path, &error);
    let over = |limit: u64, unit, name| ReadError::Limit {
        path: path.into(),
        limit,
        unit,
        name,
    };
    let schema = reader.metadata().file_metadata().schema_descr();
    let mut left = limits.file_bytes;
    let mut labels_left = limits.rows;
    let mut row = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(failed)?;
        for column in wanted {
            let size = group.metadata().column(column.leaf).uncompressed_size();
            let size = u64::try_from(size).unwrap_or(u64::MAX);
            left = left
                .checked_sub(size)
                .ok_or_else(|| over(limits.file_bytes, "bytes", "file_bytes"))?;
            if column.kind == Kind::List {
                let values = values_of_lists(group.as_ref(), column.leaf).map_err(failed)?;
                labels_left = labels_left
                    .checked_sub(values)
                    .ok_or_else(|| over(limits.rows as u64, "values in lists", "rows"))?;
            }
        }
        let readers = wanted.iter().map(|column| {
            let reader = group.get_column_reader(column.leaf).map_err(failed)?;
            Ok((reader, Levels::of(&schema.column(column.leaf))))
        });
        let mut readers = readers.collect::<Result<Vec<_>, ReadError>>()?;
        let rows_at_once = BATCH.min(SAMPLE_CELLS.div_ceil(readers.len().max(1)));
        loop {
            let mut batch = Vec::with_capacity(readers.len());
            for (reader, levels) in &mut readers {
                batch.push(
                    read_batch(reader, *levels, rows_at_once)
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

/// How many values the lists of a group hold, by the heads of its pages: a row may hold any number of them, so that reading some
/// rows bounds nothing.
fn values_of_lists(group: &dyn RowGroupReader, leaf: usize) -> Result<usize, ParquetError> {
    let mut pages = group.get_column_page_reader(leaf)?;
    let mut values = 0usize;
    while let Some(page) = pages.peek_next_page()? {
        values = values.saturating_add(page.num_levels.unwrap_or(0));
        pages.skip_next_page()?;
    }
    Ok(values)
}

/// How the values of a column lie in its rows.
#[derive(Clone, Copy)]
struct Levels {
    /// At which level of definition a value is there; 0 where one always is.
    value: i16,
    /// At which a place in a list is; 0 where there are no lists.
    place: i16,
    /// Whether rows are lists.
    lists: bool,
}

impl Levels {
    fn of(leaf: &ColumnDescriptor) -> Self {
        Self {
            value: leaf.max_def_level(),
            place: leaf.repeated_ancestor_def_level(),
            lists: leaf.max_rep_level() > 0,
        }
    }
}

/// The next `most` cells of a column; none at its end.
fn read_batch(
    column: &mut ColumnReader,
    levels: Levels,
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
            cells(column, levels, most, |&value| Cell::Truth(value))
        }
        ColumnReader::Int32ColumnReader(column) => {
            cells(column, levels, most, |&value| Cell::Whole(value.into()))
        }
        ColumnReader::Int64ColumnReader(column) => {
            cells(column, levels, most, |&value| Cell::Whole(value))
        }
        ColumnReader::Int96ColumnReader(column) => cells(column, levels, most, |_| Cell::Other),
        ColumnReader::FloatColumnReader(column) => {
            cells(column, levels, most, |&value| number(value.into()))
        }
        ColumnReader::DoubleColumnReader(column) => {
            cells(column, levels, most, |&value| number(value))
        }
        ColumnReader::ByteArrayColumnReader(column) => {
            cells(column, levels, most, |value| text(value.data()))
        }
        ColumnReader::FixedLenByteArrayColumnReader(column) => {
            cells(column, levels, most, |value| text(value.data()))
        }
    }
}

fn cells<T: DataType>(
    column: &mut ColumnReaderImpl<T>,
    levels: Levels,
    most: usize,
    cell: impl Fn(&T::T) -> Cell,
) -> Result<Vec<Cell>, ParquetError> {
    let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    let (rows, _, _) =
        column.read_records(most, Some(&mut defined), Some(&mut repeated), &mut values)?;
    let mut values = values.iter();
    let mut next = || values.next().map_or(Cell::Nothing, &cell);
    // A column without gaps has no levels.
    if levels.value == 0 {
        return Ok((0..rows).map(|_| next()).collect());
    }
    let mut at = |level: i16| match level == levels.value {
        true => next(),
        false => Cell::Nothing,
    };
    if !levels.lists {
        return Ok(defined.iter().take(rows).map(|&level| at(level)).collect());
    }
    let mut found: Vec<Cell> = Vec::with_capacity(rows);
    for (&level, &repetition) in defined.iter().zip(&repeated) {
        if repetition == 0 {
            // Below the list itself there is none; an empty one has no place.
            found.push(match level + 1 < levels.place {
                true => Cell::Nothing,
                false => Cell::List(Vec::new()),
            });
        }
        if level >= levels.place {
            match found.last_mut() {
                Some(Cell::List(list)) => list.push(at(level)),
                _ => return Err(ParquetError::General("a list that never began".into())),
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use parquet::data_type::{ByteArray, ByteArrayType};
    use parquet::file::reader::SerializedFileReader;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    /// A table of this schema whose one column holds `a`, `b` in the first row and `c` in the third.
    fn table(schema: &str, defined: &[i16]) -> SerializedFileReader<Bytes> {
        let mut bytes = Vec::new();
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        while let Some(mut column) = group.next_column().unwrap() {
            let values: Vec<ByteArray> = ["a", "b", "c"].map(ByteArray::from).into();
            let repeated = Some(&[0, 1, 0, 0][..]);
            let typed = column.typed::<ByteArrayType>();
            typed.write_batch(&values, Some(defined), repeated).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
        writer.close().unwrap();
        SerializedFileReader::new(Bytes::from(bytes)).unwrap()
    }

    fn read(reader: &dyn FileReader) -> Vec<Cell> {
        let columns = columns(reader);
        let mut found = Vec::new();
        let (path, limits) = (Path::new("t.parquet"), Limits::DEFAULT);
        read_columns(path, reader, &[&columns[0]], &limits, |_, mut cells| {
            found.append(&mut cells);
            Ok(true)
        })
        .unwrap();
        found
    }

    /// Lists as today's writers and those of old lay them out.
    #[test]
    fn lists_in_every_layout() {
        let list = |texts: &[&str]| {
            Cell::List(texts.iter().map(|t| Cell::Text((*t).to_owned())).collect())
        };
        for (schema, defined) in [
            (
                "message t { optional group l (LIST) { repeated group list { optional binary element (STRING); } } }",
                [3, 3, 1, 3],
            ),
            (
                "message t { required group l (LIST) { repeated group bag { required binary array_element (UTF8); } } }",
                [1, 1, 0, 1],
            ),
            (
                "message t { optional group l (LIST) { repeated binary array (UTF8); } }",
                [2, 2, 1, 2],
            ),
            ("message t { repeated binary l (UTF8); }", [1, 1, 0, 1]),
        ] {
            let reader = table(schema, &defined);
            assert_eq!(columns(&reader)[0].kind, Kind::List, "{schema}");
            let expected = [list(&["a", "b"]), list(&[]), list(&["c"])];
            assert_eq!(read(&reader), expected, "{schema}");
        }
        // No list at all, and a place in a list that holds nothing.
        let schema = "message t { optional group l (LIST) { repeated group list { optional binary element (STRING); } } }";
        let found = read(&table(schema, &[3, 3, 0, 3]));
        assert_eq!(found[1], Cell::Nothing);
    }

    #[test]
    fn what_is_more_than_a_list_is_known_by_its_schema() {
        for schema in [
            "message t { required group l { required binary a (UTF8); } }",
            "message t { repeated group l { required binary a (UTF8); } }",
            "message t { required group l (LIST) { repeated group array { required binary a (UTF8); } } }",
            "message t { required group l (LIST) { repeated group l_tuple { required binary a (UTF8); } } }",
        ] {
            let schema = Arc::new(parse_message_type(schema).unwrap());
            let described = parquet::schema::types::SchemaDescriptor::new(schema);
            let kind = kind_of(described.get_column_root(0), &described.column(0));
            assert_eq!(kind, Kind::Nested, "{:?}", described.column(0).path());
        }
    }

    #[test]
    fn more_values_than_rows_are_admitted_are_a_limit() {
        let reader = table("message t { repeated binary l (UTF8); }", &[1, 1, 0, 1]);
        let columns = columns(&reader);
        let limits = Limits {
            rows: 3,
            ..Limits::DEFAULT
        };
        let found = read_columns(Path::new("t"), &reader, &[&columns[0]], &limits, |_, _| {
            Ok(true)
        });
        assert!(matches!(found, Err(ReadError::Limit { limit: 3, .. })));
    }
}
