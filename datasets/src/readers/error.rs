//! What can be wrong with a file, with the place and the cure in the message.

use std::fmt;
use std::path::{Path, PathBuf};

/// A place in a file: lines count from 1, bytes from 0 (after unpacking).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: u64,
    /// Bytes before the place.
    pub byte: u64,
}

impl Place {
    /// The place `bytes` behind this one, on the same line.
    pub(crate) fn later(&self, bytes: usize) -> Self {
        Self {
            byte: self.byte + bytes as u64,
            ..self.clone()
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, line {}, byte {}",
            self.path.display(),
            self.line,
            self.byte
        )
    }
}

/// A file that cannot be read as what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The gzip stream is damaged.
    #[error("{}: the gzip data is damaged or cut short ({reason}): fetch or copy the file again", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// The decoder's words.
        reason: String,
    },
    /// Nothing to learn from.
    #[error("{}: {what}", path.display())]
    Empty {
        /// The file or folder.
        path: PathBuf,
        /// What is missing, and what would be expected.
        what: String,
    },
    /// A limit of [`super::Limits`] is reached.
    #[error("{}: more than {limit} {unit}: refused; a larger `Limits::{name}` admits it", path.display())]
    Limit {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// What is counted.
        unit: &'static str,
        /// The field of `Limits`.
        name: &'static str,
    },
    /// A row longer than [`super::Limits::row_bytes`].
    #[error(
        "{at}: the row is longer than {limit} bytes: is a line end or a closing quote missing?"
    )]
    LongRow {
        /// Where the row starts.
        at: Place,
        /// The limit.
        limit: usize,
    },
    /// Bytes that are no text in the encoding.
    #[error(
        "{at}: this byte is no {encoding}: save the file as UTF-8, or name its encoding (--encoding windows-1252)"
    )]
    BadText {
        /// The first byte that does not decode.
        at: Place,
        /// The encoding tried.
        encoding: String,
    },
    /// A byte order mark of UTF-16 where UTF-8 is published.
    #[error("{}: the file is UTF-16: save it as UTF-8 (iconv -f UTF-16 -t UTF-8)", path.display())]
    Utf16 {
        /// The file.
        path: PathBuf,
    },
    /// A NUL byte: the file is binary, or UTF-16 without its mark.
    #[error("{at}: a NUL byte: this is no text file (or it is UTF-16: --encoding utf-16)")]
    NulByte {
        /// The byte.
        at: Place,
    },
    /// A row that lacks its separator or its label.
    #[error("{at}: expected {expected}, found {found:?}")]
    BadRow {
        /// Where the row starts.
        at: Place,
        /// The form of a row.
        expected: String,
        /// The first characters of the row.
        found: String,
    },
    /// A label outside the set's labels.
    #[error("{at}: unknown label {label:?}; the labels are {known}")]
    UnknownLabel {
        /// The row.
        at: Place,
        /// The label found.
        label: String,
        /// The labels of the set.
        known: String,
    },
    /// A quoted field without an end.
    #[error(
        "{at}: the quote opened here is never closed: close or double it, or read the file without quoting (--quoting no)"
    )]
    UnclosedQuote {
        /// The opening quote.
        at: Place,
    },
    /// Quotes that open and never close, over and over.
    #[error(
        "{}: quotes are opened and not closed over and over: read the file without quoting (--quoting no)",
        path.display()
    )]
    ManyQuotes {
        /// The file.
        path: PathBuf,
    },
    /// A record with another number of fields than most.
    #[error(
        "{at}: {found} fields where most rows have {expected}: is the separator right (--separator), is a quote missing?"
    )]
    RaggedRow {
        /// The row.
        at: Place,
        /// Fields of most rows.
        expected: usize,
        /// Fields of this row.
        found: usize,
    },
    /// A row with more columns than any table of texts has.
    #[error(
        "{at}: more than {limit} columns: this is no table of texts, or the separator is another one (--separator)"
    )]
    ManyColumns {
        /// The row.
        at: Place,
        /// The most that are admitted.
        limit: usize,
    },
    /// A column name that stands for several columns.
    #[error("{}: the header names `{name}` {} times (columns {columns}): name the column that is meant by its number ({option} {columns_first})", path.display(), columns.split(", ").count(), columns_first = columns.split(", ").next().unwrap_or_default())]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// The numbers of the columns, from 1.
        columns: String,
        /// The option that names one.
        option: &'static str,
    },
    /// A pipe, a socket or a device where a file is expected.
    #[error("{}: this is {what}, not a file: write its content to a file first, since files are read more than once", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// No such column.
    #[error("{}: no column `{wanted}`; the columns are {columns}{}", path.display(), did_you_mean(nearest))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        wanted: String,
        /// The names found.
        columns: String,
        /// The nearest of them.
        nearest: Option<String>,
    },
    /// The text and label columns cannot be guessed.
    #[error("{}: cannot tell {what}; the columns are {columns}: name the text and label columns (--text-column, --label-column)", path.display())]
    UnclearColumns {
        /// The file.
        path: PathBuf,
        /// What is unclear.
        what: String,
        /// The names found.
        columns: String,
    },
    /// A line that is no JSON object with the wanted fields.
    #[error("{at}: {what}")]
    BadJson {
        /// The line.
        at: Place,
        /// The parser's words, or the missing field.
        what: String,
    },
    /// A row of a table without lines.
    #[error("{}, row {row}: {what}", path.display())]
    BadRecord {
        /// The file.
        path: PathBuf,
        /// The row, counted from 1.
        row: u64,
        /// What is missing or of the wrong kind.
        what: String,
    },
    /// More rows than allowed that cannot be read.
    #[error(
        "{first}{}; {bad} of {rows} rows cannot be read, and at most {allowed} % are passed over: mend them, or allow more (--bad-rows)",
        also(more)
    )]
    BadRows {
        /// What is wrong with the first of them.
        first: Box<ReadError>,
        /// What is wrong with the next few.
        more: Vec<String>,
        /// Rows that cannot be read.
        bad: usize,
        /// All rows.
        rows: usize,
        /// The share allowed, in percent.
        allowed: f64,
    },
    /// A label column that holds no classes.
    #[error("{}: more than {limit} different labels (such as {example:?}): the column looks like an id, a text or a quantity, not like a class: name the label column (--label-column)", path.display())]
    ManyLabels {
        /// The file.
        path: PathBuf,
        /// The most that are admitted.
        limit: usize,
        /// One of them.
        example: String,
    },
    /// A file that does not start as its format does.
    #[error("{}: not {expected} (it starts with {found}): wrong file, or damaged", path.display())]
    WrongMagic {
        /// The file.
        path: PathBuf,
        /// The format.
        expected: &'static str,
        /// The first bytes, hexadecimal.
        found: String,
    },
    /// Fewer or more bytes than the header promises.
    #[error("{}: the header promises {promised} bytes, the file has {found}: fetch or copy it again", path.display())]
    WrongSize {
        /// The file.
        path: PathBuf,
        /// Bytes promised.
        promised: u64,
        /// Bytes found.
        found: String,
    },
    /// Header values that cannot be.
    #[error("{}: {what}", path.display())]
    BadHeader {
        /// The file.
        path: PathBuf,
        /// Which value, and what is admitted.
        what: String,
    },
    /// An archive entry that is refused.
    #[error("{}: entry {entry:?} is refused: {why}", path.display())]
    BadEntry {
        /// The archive.
        path: PathBuf,
        /// The entry's name.
        entry: String,
        /// Why.
        why: String,
    },
    /// An image that cannot be decoded.
    #[error("{}: {why}", path.display())]
    BadImage {
        /// The file.
        path: PathBuf,
        /// The decoder's words and what is read.
        why: String,
    },
    /// More pictures than allowed that cannot be read.
    #[error(
        "{first}; {bad} of {pictures} pictures cannot be read, and at most {allowed} % are passed over: mend or remove them, or allow more (--bad-rows)"
    )]
    BadImages {
        /// What is wrong with the first few of them.
        first: String,
        /// Pictures that cannot be read.
        bad: usize,
        /// All pictures.
        pictures: usize,
        /// The share allowed, in percent.
        allowed: f64,
    },
    /// A name for files, formats or encodings that is unknown.
    #[error("{}: {what}", path.display())]
    Unsupported {
        /// The file or folder.
        path: PathBuf,
        /// What is not read, and what is.
        what: String,
    },
}

/// What an [`std::io::Error`] carries when a limit stopped the reading.
#[derive(Debug, thiserror::Error)]
#[error("more than {limit} bytes")]
pub(crate) struct FileTooBig {
    pub limit: u64,
}

impl ReadError {
    /// Whether only one row is spoilt: the rows behind it can be read.
    pub(crate) fn spoils_one_row(&self) -> bool {
        matches!(
            self,
            Self::BadText { .. }
                | Self::NulByte { .. }
                | Self::BadRow { .. }
                | Self::RaggedRow { .. }
                | Self::ManyColumns { .. }
                | Self::UnclosedQuote { .. }
                | Self::BadJson { .. }
                | Self::BadRecord { .. }
        )
    }

    /// Refuses what cannot be read twice, or would keep a reader waiting for ever.
    pub(crate) fn unless_file(path: &Path) -> Result<std::fs::Metadata, Self> {
        let metadata = std::fs::metadata(path).map_err(|source| Self::from_io(path, source))?;
        if metadata.is_file() {
            return Ok(metadata);
        }
        Err(Self::NoFile {
            path: path.into(),
            what: if metadata.is_dir() {
                "a folder"
            } else {
                "a pipe or a device"
            },
        })
    }

    /// Turns a failed read of `path` into the error that says why.
    pub(crate) fn from_io(path: &Path, source: std::io::Error) -> Self {
        if let Some(&FileTooBig { limit }) = source.get_ref().and_then(|inner| inner.downcast_ref())
        {
            return Self::Limit {
                path: path.into(),
                limit,
                unit: "bytes",
                name: "file_bytes",
            };
        }
        Self::Io {
            path: path.into(),
            source,
        }
    }
}

/// Further errors, each on a line of its own.
fn also(more: &[String]) -> String {
    let lines = more.iter().map(|error| format!("\n{error}"));
    let end = if more.is_empty() { "" } else { "\n" };
    lines.collect::<String>() + end
}

/// `; did you mean X?` or nothing.
pub(crate) fn did_you_mean(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}
