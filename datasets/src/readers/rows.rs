//! Rows of a user's file as they are gathered.

use std::path::Path;

use super::names::Names;
use super::{Limits, Place, ReadError};
use crate::example::TextExample;

/// The rows of one file; labels are numbers of a [`Names`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub examples: Vec<TextExample>,
    /// Rows whose text is empty or blank: kept, and said.
    pub blank: usize,
}

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
        self.examples.push(TextExample { text, label });
        Ok(())
    }

    /// The rows, or the error that there are none.
    pub fn not_empty(self, path: &Path) -> Result<Self, ReadError> {
        if self.examples.is_empty() {
            return Err(ReadError::Empty {
                path: path.into(),
                what: "the file has no rows".into(),
            });
        }
        Ok(self)
    }
}
