//! Records of a delimited file (csv, tsv), one at a time, with the exact place of every mistake.
//!
//! The grammar is RFC 4180 with any one-byte separator: a field that starts with `"` ends at the next lone `"`,
//! and `""` inside stands for one; a separator or line end inside quotes belongs to the field. Written here
//! because the `csv` crate takes an unclosed quote for a field that reaches to the end of the file, and a record
//! of any size: both must be errors that say where. A test holds this reader equal to that crate on good files.
//!
//! A record that cannot be read costs one line: what follows it is read anew from its second line on, so that one
//! forgotten quote does not take the rows behind it along.

use std::collections::VecDeque;

use crate::readers::{Input, MOST_COLUMNS, Place, ReadError};

/// What may be read anew in all, as a multiple of the longest row: a file of forgotten quotes must not take
/// quadratic time.
const ANEW: usize = 16;

/// The cells of one record.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Where it starts.
    pub at: Place,
    /// All cells, one after another.
    text: String,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
}

impl Record {
    /// Number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cell of that column; empty if there is none.
    pub fn cell(&self, column: usize) -> &str {
        let start = column
            .checked_sub(1)
            .map_or(Some(0), |before| self.ends.get(before).copied());
        let (Some(start), Some(&end)) = (start, self.ends.get(column)) else {
            return "";
        };
        &self.text[start..end]
    }

    /// All cells in their order.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|column| self.cell(column))
    }

    /// Whether no cell holds anything: the rows that spreadsheets leave at the end of a file.
    pub fn is_hollow(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Reads records from an [`Input`].
pub(crate) struct Records {
    input: Input,
    separator: u8,
    quoting: bool,
    row_bytes: usize,
    line: String,
    /// The lines of the record being read behind its first.
    later: Vec<(String, Place)>,
    /// Lines to be read before those of the input.
    again: VecDeque<(String, Place)>,
    /// Bytes that may still be read anew.
    anew: usize,
}

impl Records {
    /// Reads from `input`, which stands at the start of its file; `separator` is ASCII.
    pub fn new(input: Input, separator: u8, quoting: bool, row_bytes: usize) -> Self {
        Self {
            input,
            separator,
            quoting,
            row_bytes,
            line: String::new(),
            later: Vec::new(),
            again: VecDeque::new(),
            anew: row_bytes.saturating_mul(ANEW),
        }
    }

    /// The next record; `None` at the end of the file. Empty lines between records are passed over.
    ///
    /// A line end inside quotes is kept as LF.
    ///
    /// # Errors
    ///
    /// After an error of one row ([`ReadError::spoils_one_row`]) the next call reads the next record.
    pub fn next_record(&mut self) -> Result<Option<Record>, ReadError> {
        let at = loop {
            match self.next_line()? {
                None => return Ok(None),
                Some(_) if self.line.is_empty() => {}
                Some(at) => break at,
            }
        };
        self.later.clear();
        let result = self.read_fields(at);
        if result.as_ref().is_err_and(ReadError::spoils_one_row) {
            let size = self.later.iter().map(|(line, _)| line.len() + 1).sum();
            match self.anew.checked_sub(size) {
                Some(rest) => self.anew = rest,
                None => {
                    return Err(ReadError::ManyQuotes {
                        path: self.input.path().into(),
                    });
                }
            }
            for line in self.later.drain(..).rev() {
                self.again.push_front(line);
            }
        }
        result.map(Some)
    }

    fn next_line(&mut self) -> Result<Option<Place>, ReadError> {
        match self.again.pop_front() {
            Some((line, at)) => {
                self.line = line;
                Ok(Some(at))
            }
            None => self.input.next_text(&mut self.line),
        }
    }

    /// Cuts the record that starts with the line at hand.
    fn read_fields(&mut self, start: Place) -> Result<Record, ReadError> {
        let mut record = Record {
            at: start.clone(),
            text: String::with_capacity(self.line.len()),
            ends: Vec::new(),
        };
        let (mut at, mut position, mut size) = (start, 0, self.line.len());
        loop {
            let begun = self.inside(&at, position);
            if self.quoting && self.line.as_bytes().get(position) == Some(&b'"') {
                position += 1;
                loop {
                    let rest = &self.line[position..];
                    let Some(quote) = rest.find('"') else {
                        record.text.push_str(rest);
                        record.text.push('\n');
                        let Some(next) = self.next_line()? else {
                            return Err(ReadError::UnclosedQuote { at: begun });
                        };
                        self.later.push((self.line.clone(), next.clone()));
                        size += self.line.len() + 1;
                        if size > self.row_bytes {
                            return Err(ReadError::LongRow {
                                at: record.at,
                                limit: self.row_bytes,
                            });
                        }
                        (at, position) = (next, 0);
                        continue;
                    };
                    record.text.push_str(&rest[..quote]);
                    position += quote + 1;
                    if self.line.as_bytes().get(position) != Some(&b'"') {
                        break;
                    }
                    record.text.push('"');
                    position += 1;
                }
            } else {
                let rest = &self.line[position..];
                let end = rest.bytes().position(|byte| byte == self.separator);
                let end = end.unwrap_or(rest.len());
                record.text.push_str(&rest[..end]);
                position += end;
            }
            record.ends.push(record.text.len());
            if record.ends.len() > MOST_COLUMNS {
                return Err(ReadError::ManyColumns {
                    at: record.at,
                    limit: MOST_COLUMNS,
                });
            }
            match self.line.as_bytes().get(position) {
                None => return Ok(record),
                Some(&byte) if byte == self.separator => position += 1,
                Some(_) => {
                    let found = self.line[position..].chars().take(40).collect();
                    let behind = "a separator or line end after the closing quote (a quote inside quotes is written twice)";
                    // A quote that was forgotten to be closed is told where it was opened.
                    let (at, expected) = if begun.line == at.line {
                        (self.inside(&at, position), behind.to_owned())
                    } else {
                        let line = at.line;
                        (
                            begun,
                            format!(
                                "the quote opened here to be closed, and in line {line} {behind}"
                            ),
                        )
                    };
                    return Err(ReadError::BadRow {
                        at,
                        expected,
                        found,
                    });
                }
            }
        }
    }

    /// The place in the file of a place in the line at hand.
    fn inside(&self, at: &Place, position: usize) -> Place {
        at.later(self.input.encoding().length_of(&self.line[..position]))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::readers::{Encoding, Limits};

    fn records(bytes: &[u8], separator: u8, quoting: bool) -> Records {
        let limits = Limits {
            row_bytes: 200,
            ..Limits::DEFAULT
        };
        let bytes = Cursor::new(bytes.to_vec());
        let input = Input::from_reader(Path::new("t.csv"), bytes, &limits).unwrap();
        let input = input.decoding(Encoding::Utf8).unwrap();
        Records::new(input, separator, quoting, limits.row_bytes)
    }

    fn read(bytes: &[u8], separator: u8, quoting: bool) -> Result<Vec<Vec<String>>, ReadError> {
        let mut records = records(bytes, separator, quoting);
        let mut all = Vec::new();
        while let Some(record) = records.next_record()? {
            all.push(record.cells().map(str::to_owned).collect());
        }
        Ok(all)
    }

    /// What is read of a file with mistakes: cells joined by `|`, or the line of the mistake.
    fn read_on(text: &str) -> Vec<String> {
        let mut records = records(text.as_bytes(), b',', true);
        let mut all = Vec::new();
        loop {
            match records.next_record() {
                Ok(None) => return all,
                Ok(Some(record)) => all.push(record.cells().collect::<Vec<_>>().join("|")),
                Err(error) => {
                    let error = error.to_string();
                    all.push(error.split(", ").nth(1).unwrap().to_owned());
                }
            }
        }
    }

    #[test]
    fn a_forgotten_quote_costs_its_own_line() {
        assert_eq!(
            read_on("a,1\n\"b,2\nc,3\nd,4\n"),
            ["a|1", "line 2", "c|3", "d|4"]
        );
        let text = "a,1\n\"b,2\nc,3\n\"d\nd\",4\ne,5\n";
        assert_eq!(read_on(text), ["a|1", "line 2", "c|3", "d\nd|4", "e|5"]);
        // Twice in a row, and with a line that is no text inside.
        assert_eq!(read_on("\"a,1\n\"b,2\nc,3\n"), ["line 1", "line 2", "c|3"]);
        assert_eq!(read_on("a,\"1\n\0\nc,3\n"), ["line 2", "c|3"]);
    }

    #[test]
    fn a_file_of_forgotten_quotes_ends() {
        // Each of these lines opens a quote that the next one closes and opens again.
        let text = "b\",c,\"\n".repeat(20);
        let mut all = records(text.as_bytes(), b',', true);
        let mut mistakes = 0;
        while all.next_record().is_err() {
            mistakes += 1;
        }
        assert_eq!(mistakes, 20);
        let long = "a,\"\nb\",c,\"\n".to_owned() + &"b\",c,\"\n".repeat(2000);
        let error = read(long.as_bytes(), b',', true).unwrap_err();
        assert!(matches!(error, ReadError::LongRow { .. }), "{error}");
    }

    #[test]
    fn quotes_separators_and_line_ends() {
        let found = read(
            b"\xef\xbb\xbfa,\"b,\"\"c\"\"\r\nd\",\r\n\n,x\"y,\"\"",
            b',',
            true,
        )
        .unwrap();
        assert_eq!(found, [["a", "b,\"c\"\nd", ""], ["", "x\"y", ""]]);
        let found = read(b"ham\t\"open\nspam\ta\"b\"\n", b'\t', false).unwrap();
        assert_eq!(found, [["ham", "\"open"], ["spam", "a\"b\""]]);
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let error = |bytes: &[u8]| read(bytes, b',', true).unwrap_err().to_string();
        assert!(
            error(b"a,b\nc,\"d\ne,f\n")
                .starts_with("t.csv, line 2, byte 6: the quote opened here is never closed")
        );
        assert!(error(b"a,\"b\" c\n").starts_with("t.csv, line 1, byte 5: expected a separator"));
        let long = [&b"a,\""[..], &[b'x'; 150], b"\n", &[b'x'; 150]].concat();
        assert!(error(&long).contains("longer than 200 bytes"));
    }

    proptest! {
        #[test]
        fn good_files_read_as_the_csv_crate_reads_them(
            rows in prop::collection::vec(prop::collection::vec("[a-c,;\" \n]{0,6}", 3), 1..6),
            separator in prop::sample::select(vec![b',', b';', b'\t']),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let bytes = writer.into_inner().unwrap();
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(separator).has_headers(false).from_reader(bytes.as_slice());
            let theirs: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .collect();
            prop_assert_eq!(read(&bytes, separator, true).unwrap(), theirs);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), quoting in any::<bool>()) {
            let mut records = records(&bytes, b',', quoting);
            while records.next_record().is_ok_and(|record| record.is_some()) {}
        }
    }
}
