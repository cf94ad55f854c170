//! Delimited files of the user's own (csv, tsv, ...): separator, quoting, header and columns are guessed from the
//! first rows unless named, and what was guessed is said.

mod columns;
mod guess;
mod records;

use std::path::Path;

pub(crate) use columns::{Wanted, choose};
pub(crate) use guess::guess_layout;

use super::names::Names;
use super::{Encoding, Input, Limits, ReadError, Rows};
use crate::path::CellVisitor;
pub(crate) use columns::Columns;
use records::{Record, Records};

/// Rows that the guesses are made from.
pub(crate) const SAMPLE_ROWS: usize = 1000;

/// Bytes of the first rows, above which no more are looked at.
pub(crate) const SAMPLE_BYTES: usize = 8 << 20;
/// Cells, likewise.
pub(crate) const SAMPLE_CELLS: usize = 1 << 20;

/// What the caller knows about the file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TableOptions<'a> {
    pub wanted: Wanted<'a>,
    pub separator: Option<u8>,
    pub quoting: Option<bool>,
    pub header: Option<bool>,
    pub encoding: Encoding,
}

/// How a delimited file is read: decided on one file, used on all files of a set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub separator: u8,
    pub quoting: bool,
    /// The header's cells, if the first row is one.
    pub header: Option<Vec<String>>,
    /// Cells of a row.
    pub width: usize,
    pub columns: Columns,
}

impl Layout {
    /// The name of a column, or its number where there is no header.
    fn name(&self, column: usize) -> String {
        let named = self.header.as_ref().and_then(|header| header.get(column));
        named.map_or_else(|| (column + 1).to_string(), |name| name.trim().to_owned())
    }

    /// The layout as a sentence for the set's notes.
    pub fn sentence(&self) -> String {
        let separator = match self.separator {
            b'\t' => "tab".to_owned(),
            other => format!("`{}`", char::from(other)),
        };
        let name = |&column: &usize| match &self.header {
            Some(_) => format!("`{}`", self.name(column)),
            None => self.name(column),
        };
        format!(
            "separator {separator}, {}, {}; text: column {}; label: column {}",
            if self.quoting {
                "double quotes enclose fields"
            } else {
                "quotes are text"
            },
            if self.header.is_some() {
                "first row is a header"
            } else {
                "no header"
            },
            self.columns
                .text
                .iter()
                .map(name)
                .collect::<Vec<_>>()
                .join(" and "),
            name(&self.columns.label),
        )
    }
}

/// Reads every row of `path`.
pub(crate) fn read_table(
    path: &Path,
    layout: &Layout,
    encoding: Encoding,
    names: &mut Names,
    limits: &Limits,
) -> Result<Rows, ReadError> {
    let mut records = open(path, layout.separator, layout.quoting, encoding, limits)?;
    let mut rows = Rows::default();
    let mut header = layout.header.as_deref();
    loop {
        let record = match records.next_record() {
            Ok(None) => return Ok(rows),
            Ok(Some(record)) if record.is_hollow() => {
                rows.hollow += 1;
                continue;
            }
            Ok(Some(record)) => record,
            Err(error) => {
                rows.refuse(error)?;
                continue;
            }
        };
        if let Some(header) = header.take() {
            check_header(path, &record, header)?;
        } else if let Err(error) = check_width(&record, layout.width) {
            rows.refuse(error)?;
        } else {
            let text = match *layout.columns.text.as_slice() {
                [column] => record.cell(column).to_owned(),
                ref several => {
                    let cells: Vec<&str> = several.iter().map(|&i| record.cell(i)).collect();
                    cells.join(" ")
                }
            };
            let label = record.cell(layout.columns.label);
            if let Err(error) = rows.push(text, label, &record.at, names, limits) {
                rows.refuse(error)?;
            }
        }
    }
}

/// Shows `visitor` the cells of `path`, the set's file of that number, that are neither text nor label. Rows that cannot be
/// read are passed over.
pub(crate) fn visit_cells(
    path: &Path,
    file: u32,
    layout: &Layout,
    encoding: Encoding,
    limits: &Limits,
    visitor: &mut dyn CellVisitor,
) -> Result<(), ReadError> {
    let mut records = open(path, layout.separator, layout.quoting, encoding, limits)?;
    let others = (0..layout.width).filter(|column| !layout.columns.reads(*column));
    let others: Vec<(usize, String)> = others.map(|column| (column, layout.name(column))).collect();
    let mut header = layout.header.is_some();
    loop {
        match records.next_record() {
            Ok(None) => return Ok(()),
            Ok(Some(record)) if record.is_hollow() => {}
            Ok(Some(_)) if std::mem::take(&mut header) => {}
            Ok(Some(record)) if record.len() == layout.width => {
                if visitor.wants(file, record.at.line) {
                    for (column, name) in &others {
                        visitor.cell(name, record.cell(*column));
                    }
                }
            }
            Ok(Some(_)) => {}
            Err(error) if error.spoils_one_row() => {}
            Err(error) => return Err(error),
        }
    }
}

/// Every file of a set has the header of the first.
fn check_header(path: &Path, record: &Record, header: &[String]) -> Result<(), ReadError> {
    for (column, name) in header.iter().enumerate() {
        let found = record.cell(column).trim();
        if found != name.trim() {
            return Err(ReadError::MissingColumn {
                path: path.into(),
                wanted: name.clone(),
                columns: format!("{found} ..."),
                nearest: None,
            });
        }
    }
    Ok(())
}

fn open(
    path: &Path,
    separator: u8,
    quoting: bool,
    encoding: Encoding,
    limits: &Limits,
) -> Result<Records, ReadError> {
    let input = Input::open_text(path, encoding, limits)?;
    Ok(Records::new(input, separator, quoting, limits.row_bytes))
}

fn check_width(record: &Record, expected: usize) -> Result<(), ReadError> {
    if record.len() == expected {
        return Ok(());
    }
    Err(ReadError::RaggedRow {
        at: record.at.clone(),
        expected,
        found: record.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        name: &str,
        bytes: &[u8],
        options: TableOptions<'_>,
    ) -> Result<(Vec<(String, String)>, String), ReadError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let layout = guess_layout(&path, options, &Limits::DEFAULT)?;
        let mut names = Names::default();
        let rows = read_table(
            &path,
            &layout,
            options.encoding,
            &mut names,
            &Limits::DEFAULT,
        )?;
        let rows = rows.finish(&path, 0.0)?;
        let name = |label: u32| names.as_slice()[label as usize].clone();
        Ok((
            rows.examples
                .into_iter()
                .map(|row| (row.text, name(row.label)))
                .collect(),
            layout.sentence(),
        ))
    }

    fn pair(text: &str, label: &str) -> (String, String) {
        (text.into(), label.into())
    }

    #[test]
    fn a_csv_with_a_header() {
        let bytes = b"id,text,label\n1,\"good, very\",pos\n2,bad,neg\n";
        let (rows, said) = read("a.csv", bytes, TableOptions::default()).unwrap();
        assert_eq!(rows, [pair("good, very", "pos"), pair("bad", "neg")]);
        assert_eq!(
            said,
            "separator `,`, double quotes enclose fields, first row is a header; text: column `text`; label: column `label`"
        );
    }

    #[test]
    fn a_csv_without_header_in_the_manner_of_ag_news() {
        let bytes = "\"3\",\"Wall St.\",\"Reuters - short \"\"sellers\"\" again\"\n".repeat(3)
            + "\"1\",\"Venezuela\",\"AP - somebody voted, again\"\n\"1\",\"x\",\"y y y y\"\n";
        let (rows, said) = read("a.csv", bytes.as_bytes(), TableOptions::default()).unwrap();
        assert_eq!(rows[0], pair("Reuters - short \"sellers\" again", "3"));
        assert_eq!(rows.len(), 5);
        assert!(
            said.contains("no header; text: column 3; label: column 1"),
            "{said}"
        );
        let wanted = Wanted {
            text: Some("2,3"),
            label: None,
        };
        let (rows, _) = read(
            "a.csv",
            bytes.as_bytes(),
            TableOptions {
                wanted,
                ..Default::default()
            },
        )
        .unwrap();
        assert_eq!(rows[3].0, "Venezuela AP - somebody voted, again");
    }

    #[test]
    fn an_unknown_header_is_told_from_data_by_its_label() {
        let body = "great fun was had,A\nno fun at all,B\nsome fun,A\nmuch boredom,B\n";
        let (rows, said) = read(
            "a.csv",
            format!("satz,art\n{body}").as_bytes(),
            TableOptions::default(),
        )
        .unwrap();
        assert_eq!(rows.len(), 4);
        assert!(
            said.contains("first row is a header; text: column `satz`; label: column `art`"),
            "{said}"
        );
        let (rows, said) = read("a.csv", body.as_bytes(), TableOptions::default()).unwrap();
        assert_eq!(rows.len(), 4, "{said}");
    }

    #[test]
    fn a_class_called_as_a_column_is_no_header() {
        let bytes = b"some words,y\nother words,n\nmore words,y\nlast words,n\n";
        assert_eq!(
            read("a.csv", bytes, TableOptions::default())
                .unwrap()
                .0
                .len(),
            4
        );
    }

    #[test]
    fn rows_that_spreadsheets_leave_behind_are_none() {
        let bytes = b"text,label,note\na,x,\nb,y,\n,,\n,,\n";
        assert_eq!(
            read("a.csv", bytes, TableOptions::default())
                .unwrap()
                .0
                .len(),
            2
        );
    }

    #[test]
    fn a_header_can_be_settled_by_option() {
        let bytes = b"one,a\ntwo,b\nthree,a\nfour,b\n";
        for (header, rows) in [(None, 4), (Some(false), 4), (Some(true), 3)] {
            let options = TableOptions {
                header,
                ..Default::default()
            };
            let (found, said) = read("a.csv", bytes, options).unwrap();
            assert_eq!(found.len(), rows, "{said}");
        }
    }

    #[test]
    fn separators_are_found() {
        for separator in [",", "\t", ";", "|"] {
            let bytes = format!("text{separator}label\none two{separator}a\nthree{separator}b\n");
            let (rows, said) = read("a.txt", bytes.as_bytes(), TableOptions::default()).unwrap();
            assert_eq!(rows, [pair("one two", "a"), pair("three", "b")], "{said}");
        }
        let bytes = b"text\tlabel\na, b, c\tx\nd, e, f\ty\n";
        let (rows, _) = read("a.tsv", bytes, TableOptions::default()).unwrap();
        assert_eq!(rows[0], pair("a, b, c", "x"));
    }

    #[test]
    fn an_open_quote_in_a_chat_is_text() {
        let bytes = b"ham\t\"hello\nspam\twin \"cash\"\nham\tok\nspam\tfree\nham\tno\n";
        let (rows, said) = read("chat.tsv", bytes, TableOptions::default()).unwrap();
        assert_eq!(rows[0], pair("\"hello", "ham"));
        assert!(said.contains("quotes are text"), "{said}");
        let bytes = b"label\ttext\nham\t\"a\tb\"\nspam\t\"c\"\n";
        let (rows, _) = read(
            "q.tsv",
            bytes,
            TableOptions {
                quoting: Some(true),
                ..Default::default()
            },
        )
        .unwrap();
        assert_eq!(rows[0], pair("a\tb", "ham"));
    }

    #[test]
    fn other_encodings_are_named_or_refused() {
        let bytes = b"text,label\ncaf\xe9,a\nth\xe9,b\n";
        let error = read("a.csv", bytes, TableOptions::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 2, byte 14: this byte is no utf-8"),
            "{error}"
        );
        let options = TableOptions {
            encoding: Encoding::Latin1,
            ..Default::default()
        };
        assert_eq!(read("a.csv", bytes, options).unwrap().0[0].0, "café");
        let options = TableOptions {
            encoding: Encoding::for_label("gbk").unwrap(),
            ..Default::default()
        };
        assert_eq!(
            read("a.csv", b"text,label\n\xd6\xd0,a\n\xce\xc4,b\n", options)
                .unwrap()
                .0[0]
                .0,
            "中"
        );
        let options = TableOptions {
            encoding: Encoding::Utf16Le,
            ..Default::default()
        };
        let utf16: Vec<u8> = "\u{feff}text,label\n上,a\n下,b\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read("a.csv", &utf16, options).unwrap().0[1].0, "下");
    }

    #[test]
    fn malformed_tables_are_errors_with_their_place() {
        let error = |bytes: &[u8]| match read("a.csv", bytes, TableOptions::default()) {
            Err(ReadError::BadRows { first, bad: 1, .. }) => *first,
            other => other.unwrap_err(),
        };
        assert!(matches!(error(b""), ReadError::Empty { .. }));
        assert!(matches!(error(b"text,label\n"), ReadError::Empty { .. }));
        assert!(matches!(
            error(b"text,label\na,b\nc\n"),
            ReadError::RaggedRow {
                expected: 2,
                found: 1,
                ..
            }
        ));
        assert!(matches!(
            error(b"text,label\n\"a,b\nc,d\n"),
            ReadError::UnclosedQuote { .. }
        ));
        assert!(matches!(
            error(b"text,label\na\0,b\nc,d\n"),
            ReadError::NulByte { .. }
        ));
        assert!(matches!(
            error(b"text,label\na,\n"),
            ReadError::BadRow { .. }
        ));
        assert!(matches!(
            error(b"just one column\nof words\n"),
            ReadError::UnclearColumns { .. }
        ));
        // The mistake may stand beyond the rows that are guessed from.
        let mut long = b"text,label\n".to_vec();
        for i in 0..2000 {
            long.extend(format!("row {i},{}\n", i % 2).bytes());
        }
        long.extend(b"too,many,cells\n");
        let found = error(&long).to_string();
        assert!(
            found.contains("line 2002") && found.contains("3 fields where most rows have 2"),
            "{found}"
        );
    }
}
