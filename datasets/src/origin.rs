//! Where the rows of a set stand: in which file, and at which line or row of it.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Where a row was read: eight bytes, which the [`Origins`] of its set turn into a [`RowPlace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    file: u32,
    number: u32,
}

impl Origin {
    /// Of a row that was read from no file.
    pub const NOWHERE: Self = Self {
        file: u32::MAX,
        number: 0,
    };

    /// Line or row `number`, counted from 1, of a file that is not yet known.
    pub(crate) fn at(number: u64) -> Self {
        Self {
            file: u32::MAX,
            number: u32::try_from(number).unwrap_or(u32::MAX),
        }
    }

    /// The same line or row of that file.
    pub(crate) fn of_file(self, file: u32) -> Self {
        Self { file, ..self }
    }

    /// The file's number, and the line or row in it; `None` for a row of no file.
    pub(crate) fn numbers(self) -> Option<(u32, u32)> {
        (self.file != u32::MAX).then_some((self.file, self.number))
    }
}

impl Default for Origin {
    fn default() -> Self {
        Self::NOWHERE
    }
}

/// A row that knows where it was read.
pub(crate) trait Placed {
    fn origin(&self) -> Origin;
}

impl Placed for crate::TextExample {
    fn origin(&self) -> Origin {
        self.origin
    }
}

impl Placed for crate::ImageExample {
    fn origin(&self) -> Origin {
        self.origin
    }
}

/// What the rows of a file are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Lines of a text file.
    Lines,
    /// Rows of a file without lines.
    Rows,
    /// The file is one row.
    Whole,
}

/// The files of a set by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    files: Vec<(String, Counted)>,
}

impl Origins {
    /// Takes a file up and gives it its number.
    pub(crate) fn add(&mut self, name: String, counted: Counted) -> u32 {
        self.files.push((name, counted));
        u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX)
    }

    /// The place of a row; `None` for one that was read from no file.
    pub fn place(&self, origin: Origin) -> Option<RowPlace> {
        let (file, number) = origin.numbers()?;
        let (name, counted) = self.files.get(file as usize)?;
        let is = |wanted| (*counted == wanted).then_some(number);
        Some(RowPlace {
            file: name.clone(),
            line: is(Counted::Lines),
            row: is(Counted::Rows),
        })
    }

    /// Whether that file holds many rows in an order of its own.
    pub(crate) fn is_ordered(&self, file: u32) -> bool {
        let known = self.files.get(file as usize);
        known.is_some_and(|(_, counted)| *counted != Counted::Whole)
    }

    /// The file's name.
    pub(crate) fn name(&self, file: u32) -> &str {
        self.files
            .get(file as usize)
            .map_or("", |(name, _)| name.as_str())
    }
}

/// A place that a person finds: the file's name inside the set, and the line or row in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowPlace {
    /// The name of the set's only file, or the path inside the set's folder.
    pub file: String,
    /// The line where the row starts, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The row of a file without lines (parquet, IDX), counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match (self.line, self.row) {
            (Some(line), _) => write!(f, ", line {line}"),
            (None, Some(row)) => write!(f, ", row {row}"),
            (None, None) => Ok(()),
        }
    }
}

/// What a file of the set at `root` is called: its path inside it, or its name where it is the set.
pub(crate) fn name_inside(root: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(root).ok();
    let inside = inside.filter(|inside| !inside.as_os_str().is_empty());
    let name = inside.unwrap_or_else(|| Path::new(file.file_name().unwrap_or_default()));
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_said_as_files_are_made() {
        let mut origins = Origins::default();
        let files = [
            ("a.csv", Counted::Lines),
            ("b.parquet", Counted::Rows),
            ("cat/1.png", Counted::Whole),
        ];
        let said: Vec<String> = files
            .iter()
            .map(|(name, counted)| {
                let file = origins.add((*name).into(), *counted);
                let place = origins.place(Origin::at(7).of_file(file)).unwrap();
                place.to_string()
            })
            .collect();
        assert_eq!(said, ["a.csv, line 7", "b.parquet, row 7", "cat/1.png"]);
        assert_eq!(origins.place(Origin::NOWHERE), None);
        assert_eq!(origins.place(Origin::at(7)), None);
    }

    #[test]
    fn no_place_tells_where_the_set_lies() {
        let name = |root: &str, file: &str| name_inside(Path::new(root), Path::new(file));
        assert_eq!(name("/srv/me/own.csv", "/srv/me/own.csv"), "own.csv");
        assert_eq!(name("/srv/me/set", "/srv/me/set/cat/1.png"), "cat/1.png");
        assert_eq!(name("set/", "set/train.csv"), "train.csv");
    }
}
