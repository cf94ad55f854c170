//! Records of a delimited file (csv, tsv), one at a time, with the exact place of every mistake.
//!
//! The grammar is RFC 4180 with any one-byte separator: a field that starts with `"` ends at the next lone `"`,
//! and `""` inside stands for one; a separator or line end inside quotes belongs to the field. Written here
//! because the `csv` crate takes an unclosed quote for a field that reaches to the end of the file, and a record
//! of any size: both must be errors that say where. A test holds this reader equal to that crate on good files.

use crate::readers::{Input, Place, ReadError};

/// One field as bytes, and where it starts.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub bytes: Vec<u8>,
    pub at: Place,
}

/// Reads records from an [`Input`].
pub(crate) struct Records {
    input: Input,
    separator: u8,
    quoting: bool,
    row_bytes: usize,
    line: Vec<u8>,
}

impl Records {
    /// Reads from `input`, which stands at the start of its file.
    pub fn new(
        mut input: Input,
        separator: u8,
        quoting: bool,
        row_bytes: usize,
    ) -> Result<Self, ReadError> {
        input.skip_mark()?;
        Ok(Self {
            input,
            separator,
            quoting,
            row_bytes,
            line: Vec::new(),
        })
    }

    /// The next record; `None` at the end of the file. Empty lines between records are passed over.
    ///
    /// A line end inside quotes is kept as LF.
    pub fn next_record(&mut self) -> Result<Option<Vec<Field>>, ReadError> {
        let mut at = loop {
            match self.input.next_line(&mut self.line)? {
                None => return Ok(None),
                Some(_) if self.line.is_empty() => {}
                Some(at) => break at,
            }
        };
        let start = at.clone();
        let (mut fields, mut field, mut size) = (Vec::new(), Vec::new(), 0);
        let mut position = 0;
        loop {
            let field_at = Place {
                byte: at.byte + position as u64,
                ..at.clone()
            };
            if self.quoting && self.line.get(position) == Some(&b'"') {
                position += 1;
                loop {
                    match self.line.get(position) {
                        Some(b'"') if self.line.get(position + 1) == Some(&b'"') => {
                            field.push(b'"');
                            position += 2;
                        }
                        Some(b'"') => {
                            position += 1;
                            break;
                        }
                        Some(&byte) => {
                            field.push(byte);
                            position += 1;
                        }
                        None => {
                            field.push(b'\n');
                            size += self.line.len() + 1;
                            if size > self.row_bytes {
                                return Err(ReadError::LongRow {
                                    at: start,
                                    limit: self.row_bytes,
                                });
                            }
                            let Some(next) = self.input.next_line(&mut self.line)? else {
                                return Err(ReadError::UnclosedQuote { at: field_at });
                            };
                            at = next;
                            position = 0;
                        }
                    }
                }
            } else {
                let rest = &self.line[position..];
                let end = rest
                    .iter()
                    .position(|&byte| byte == self.separator)
                    .unwrap_or(rest.len());
                field.extend_from_slice(&rest[..end]);
                position += end;
            }
            fields.push(Field {
                bytes: std::mem::take(&mut field),
                at: field_at,
            });
            match self.line.get(position) {
                None => return Ok(Some(fields)),
                Some(&byte) if byte == self.separator => position += 1,
                Some(_) => {
                    let at = Place {
                        byte: at.byte + position as u64,
                        ..at
                    };
                    let expected = "a separator or line end after the closing quote (a quote inside quotes is written twice)";
                    let found = String::from_utf8_lossy(&self.line[position..])
                        .chars()
                        .take(40)
                        .collect();
                    return Err(ReadError::BadRow {
                        at,
                        expected: expected.into(),
                        found,
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::readers::Limits;

    fn read(bytes: &[u8], separator: u8, quoting: bool) -> Result<Vec<Vec<Vec<u8>>>, ReadError> {
        let limits = Limits {
            row_bytes: 200,
            ..Limits::DEFAULT
        };
        let input = Input::from_reader(Path::new("t.csv"), Cursor::new(bytes.to_vec()), &limits)?;
        let mut records = Records::new(input, separator, quoting, limits.row_bytes)?;
        let mut all = Vec::new();
        while let Some(fields) = records.next_record()? {
            all.push(fields.into_iter().map(|field| field.bytes).collect());
        }
        Ok(all)
    }

    #[test]
    fn quotes_separators_and_line_ends() {
        let found = read(
            b"\xef\xbb\xbfa,\"b,\"\"c\"\"\r\nd\",\r\n\n,x\"y,\"\"",
            b',',
            true,
        )
        .unwrap();
        assert_eq!(
            found,
            [[&b"a"[..], b"b,\"c\"\nd", b""], [b"", b"x\"y", b""]]
        );
        let found = read(b"ham\t\"open\nspam\ta\"b\"\n", b'\t', false).unwrap();
        assert_eq!(found, [[&b"ham"[..], b"\"open"], [b"spam", b"a\"b\""]]);
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
            let theirs: Vec<Vec<Vec<u8>>> = reader
                .byte_records()
                .map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect())
                .collect();
            prop_assert_eq!(read(&bytes, separator, true).unwrap(), theirs);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), quoting in any::<bool>()) {
            let _ = read(&bytes, b',', quoting);
        }
    }
}
