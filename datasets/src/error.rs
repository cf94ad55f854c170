//! Why a set cannot be opened, with the cure.

use std::path::PathBuf;

use crate::label_sets::LabelSetError;
use crate::manifest::Kind;
use crate::readers::ReadError;
use crate::readers::did_you_mean;

/// Why [`crate::open_text`] or [`crate::open_image`] failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Neither a known set nor a path.
    #[error("no data set and no file is called `{name}`{}{known}", match nearest {
        Some(nearest) => format!("; did you mean `{nearest}`? The known sets are "),
        None => "; the known sets are ".to_owned(),
    })]
    UnknownSet {
        /// What was asked for.
        name: String,
        /// The nearest known name.
        nearest: Option<String>,
        /// All known names.
        known: String,
    },
    /// What was written as a path leads nowhere.
    #[error("there is no file or folder `{}`{}", path.display(), did_you_mean(nearest))]
    NoSuchPath {
        /// The path.
        path: PathBuf,
        /// What is there beside it under the name most like its own.
        nearest: Option<String>,
    },
    /// A set that has no files.
    #[error("`{name}` is generated: there is nothing to fetch or verify, open it as it is")]
    Generated {
        /// The set.
        name: String,
    },
    /// A known set whose files are not here.
    #[error("{set}: `{}` is missing: run `cnn data fetch {set}`, or let CNN_DATA name the folder that holds `{set}/`", path.display())]
    MissingFile {
        /// The set.
        set: String,
        /// The file.
        path: PathBuf,
    },
    /// Images where texts are wanted, or the other way round.
    #[error("`{name}` holds {}, and {} are wanted here", rows_of(*found), rows_of(*wanted))]
    WrongKind {
        /// The set.
        name: String,
        /// What it holds.
        found: Kind,
        /// What was wanted.
        wanted: Kind,
    },
    /// A fold outside the folds.
    #[error("fold {fold} of {folds}: folds are counted from 0, and there are 2 to {rows} of them")]
    BadFold {
        /// The fold asked for.
        fold: usize,
        /// The folds asked for.
        folds: usize,
        /// Rows of the set.
        rows: usize,
    },
    /// No such variant of a known set.
    #[error("`{name}` has no variant `{wanted}`{}", variants(known))]
    UnknownVariant {
        /// The set.
        name: String,
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Labels that the given list does not have.
    #[error("`{name}` has rows of {found}, which the given labels ({known}) do not have")]
    ForeignLabels {
        /// The set.
        name: String,
        /// The labels that are not in the list.
        found: String,
        /// The given labels.
        known: String,
    },
    /// A set with too few rows or classes.
    #[error("`{name}`: {what}")]
    TooSmall {
        /// The set.
        name: String,
        /// What is missing.
        what: String,
    },
    /// The labels of the rows, parted, are no classes.
    #[error(transparent)]
    LabelSets(#[from] LabelSetError),
    /// Two files of one set that contradict each other.
    #[error("`{name}`: {what}")]
    Mismatch {
        /// The set.
        name: String,
        /// The contradiction.
        what: String,
    },
    /// A known set that cannot be opened, where something of the same name lies here.
    #[error("{source}; {said}")]
    Namesake {
        /// What was taken, and how to mean the other.
        said: String,
        /// Why the known set cannot be opened.
        source: Box<DataError>,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

fn rows_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "texts",
        Kind::Image => "images",
    }
}

fn variants(known: &[String]) -> String {
    if known.is_empty() {
        "; it has only one form".into()
    } else {
        format!("; it has {}", known.join(", "))
    }
}
