//! Rows of a user's file as they are gathered: those that can be read, and what is wrong with the others.

use std::path::Path;

use super::names::Names;
use super::{Limits, Place, ReadError};
use crate::example::{TextExample, Unreadable};
use crate::origin::Origin;

/// The rows of one file; labels are numbers of a [`Names`].
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub examples: Vec<TextExample>,
    /// Rows whose text is empty or blank: kept, and said.
    pub blank: usize,
    /// Rows without anything in them: passed over, and said.
    pub hollow: usize,
    /// Rows that cannot be read.
    pub bad: usize,
    /// What is wrong with the first of them.
    pub first_bad: Vec<ReadError>,
}

/// Bad rows that are shown.
const SHOWN: usize = 5;

/// The share of rows, in percent, that may be unreadable unless another is given.
pub(crate) const BAD_ROWS: f64 = 1.0;

impl Rows {
    /// Adds a row; white space around the label is dropped, the text stays as it is.
    pub fn push(
        &mut self,
        text: String,
        label: &str,
        at: &Place,
        names: &mut Names,
        limits: &Limits,
    ) -> Result<(), ReadError> {
        let label = label.trim();
        if label.is_empty() && !names.may_be_empty() {
            let found = text.chars().take(40).collect();
            return Err(ReadError::BadRow {
                at: at.clone(),
                expected: "a label".into(),
                found,
            });
        }
        if self.examples.len() == limits.rows {
            let (path, limit) = (at.path.clone(), limits.rows as u64);
            return Err(ReadError::Limit {
                path,
                limit,
                unit: "rows",
                name: "rows",
            });
        }
        self.blank += usize::from(text.trim().is_empty());
        let label = names.number(label, &at.path, limits)?;
        self.examples.push(TextExample {
            text,
            label,
            origin: Origin::at(at.line),
        });
        Ok(())
    }

    /// Takes note of a row that cannot be read; an error that is not of one row is handed back.
    pub fn refuse(&mut self, error: ReadError) -> Result<(), ReadError> {
        if !error.spoils_one_row() {
            return Err(error);
        }
        self.bad += 1;
        if self.first_bad.len() < SHOWN {
            self.first_bad.push(error);
        }
        Ok(())
    }

    /// Tells the rows the number of their file.
    pub fn stand_in(&mut self, file: u32) {
        for row in &mut self.examples {
            row.origin = row.origin.of_file(file);
        }
    }

    /// Adds to what could not be read of other files.
    pub fn tell_unreadable(&self, unreadable: &mut Unreadable) {
        unreadable.count += self.bad;
        let free = SHOWN.saturating_sub(unreadable.shown.len());
        let shown = self.first_bad.iter().take(free);
        unreadable.shown.extend(shown.map(ToString::to_string));
    }

    /// The rows, or the error that there are none, or that more than `allowed` percent of them cannot be read.
    pub fn finish(mut self, path: &Path, allowed: f64) -> Result<Self, ReadError> {
        let rows = self.examples.len() + self.bad;
        if self.bad as f64 * 100.0 > allowed * rows as f64 {
            let first = Box::new(self.first_bad.remove(0));
            return Err(ReadError::BadRows {
                first,
                more: self.first_bad.iter().map(ToString::to_string).collect(),
                bad: self.bad,
                rows,
                allowed,
            });
        }
        if self.examples.is_empty() {
            return Err(ReadError::Empty {
                path: path.into(),
                what: "the file has no rows".into(),
            });
        }
        Ok(self)
    }

    /// What was left out of `path`, as sentences for the set's notes.
    pub fn sentences(&self, name: &str) -> Vec<String> {
        let mut said = Vec::new();
        if self.hollow > 0 {
            said.push(format!(
                "{name}: {} rows without any cell filled passed over",
                self.hollow
            ));
        }
        if self.bad > 0 {
            said.push(format!(
                "{name}: {} of {} rows cannot be read and are left out (--bad-rows 0 makes this an error)",
                self.bad,
                self.examples.len() + self.bad
            ));
            said.extend(
                self.first_bad
                    .iter()
                    .map(|error| format!("left out: {error}")),
            );
            if self.bad > self.first_bad.len() {
                said.push(format!(
                    "... and {} rows more",
                    self.bad - self.first_bad.len()
                ));
            }
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(good: usize, bad: usize) -> Rows {
        let (mut rows, mut names) = (Rows::default(), Names::default());
        let at = |line| Place {
            path: "t.csv".into(),
            line,
            byte: 0,
        };
        for line in 0..good as u64 {
            rows.push("a".into(), "x", &at(line), &mut names, &Limits::DEFAULT)
                .unwrap();
        }
        for line in 0..bad as u64 {
            rows.refuse(ReadError::NulByte { at: at(line) }).unwrap();
        }
        rows
    }

    #[test]
    fn as_many_bad_rows_as_allowed() {
        let path = Path::new("t.csv");
        assert!(rows(99, 1).finish(path, 1.0).is_ok());
        let error = rows(98, 2).finish(path, 1.0).unwrap_err().to_string();
        assert!(
            error.starts_with("t.csv, line 0, byte 0: a NUL byte"),
            "{error}"
        );
        assert!(
            error.contains("\nt.csv, line 1, byte 0: a NUL byte"),
            "{error}"
        );
        assert!(
            error.contains("2 of 100 rows cannot be read, and at most 1 %"),
            "{error}"
        );
        assert!(rows(0, 3).finish(path, 99.0).is_err());
        assert!(matches!(
            rows(0, 0).finish(path, 1.0),
            Err(ReadError::Empty { .. })
        ));
        assert!(matches!(
            rows(0, 3).finish(path, 100.0),
            Err(ReadError::Empty { .. })
        ));
        let said = rows(1000, 7).finish(path, 1.0).unwrap().sentences("t.csv");
        assert_eq!(said.len(), 1 + SHOWN + 1, "{said:?}");
        assert_eq!(said[SHOWN + 1], "... and 2 rows more");
    }

    #[test]
    fn an_error_of_the_whole_file_is_no_bad_row() {
        let path = std::path::PathBuf::from("t.csv");
        let error = ReadError::Utf16 { path };
        assert!(Rows::default().refuse(error).is_err());
    }
}
