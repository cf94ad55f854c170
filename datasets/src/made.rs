//! The generated sets under their names, opened and split as any other set.

use crate::example::{ImageExample, Language, Split, TextExample, Unreadable};
use crate::generated::{LONG_DOCUMENT_LABELS, PHRASE_LABELS, digits, long_documents, phrases};
use crate::manifest::Kind;
use crate::open::Raw;
use crate::options::OpenOptions;
use crate::origin::Origins;

/// A set that is made, not read.
pub(crate) struct Made {
    /// The name by which it is opened.
    pub name: &'static str,
    /// The full name.
    pub title: &'static str,
    /// Texts or images.
    pub kind: Kind,
    /// Rows unless asked otherwise: enough to train a network in about a minute.
    pub rows: usize,
    /// Number of classes.
    pub classes: usize,
}

/// The generated sets, in the order in which they are listed.
pub(crate) const MADE: [Made; 3] = [
    Made {
        name: "digits",
        title: "Handwritten-like digits, generated",
        kind: Kind::Image,
        rows: 20_000,
        classes: 10,
    },
    Made {
        name: "phrases",
        title: "Phrases whose class lies in the order of words, generated",
        kind: Kind::Text,
        rows: 12_000,
        classes: PHRASE_LABELS.len(),
    },
    Made {
        name: "long_documents",
        title: "Documents whose class lies in distant parts, generated",
        kind: Kind::Text,
        rows: 6_000,
        classes: LONG_DOCUMENT_LABELS.len(),
    },
];

/// The generated set of that name.
pub(crate) fn made(name: &str) -> Option<&'static Made> {
    MADE.iter().find(|made| made.name == name)
}

impl Made {
    fn raw<T>(
        &self,
        labels: Vec<String>,
        rows: Vec<T>,
        language: Language,
        options: &OpenOptions,
    ) -> Raw<T> {
        Raw {
            name: self.name.into(),
            labels,
            notes: vec![format!(
                "{} rows generated from seed {}",
                rows.len(),
                options.seed
            )],
            split: Split {
                train: rows,
                dev: Vec::new(),
                test: Vec::new(),
            },
            default_folds: None,
            withheld: false,
            lists: false,
            language,
            origins: Origins::default(),
            unreadable: Unreadable::default(),
        }
    }

    fn count(&self, options: &OpenOptions) -> usize {
        options
            .generated_rows
            .unwrap_or(self.rows)
            .min(options.limits.rows)
    }

    /// Makes the texts; the caller has checked that texts they are.
    pub fn texts(&self, options: &OpenOptions) -> Raw<TextExample> {
        let (seed, count) = (options.seed, self.count(options));
        let (labels, rows) = match self.name {
            "phrases" => (PHRASE_LABELS, phrases(seed, count)),
            _ => (LONG_DOCUMENT_LABELS, long_documents(seed, count)),
        };
        let rows = rows
            .into_iter()
            .map(|(text, label)| TextExample::new(text, label));
        self.raw(
            labels.map(str::to_owned).into(),
            rows.collect(),
            Language::English,
            options,
        )
    }

    /// Makes the images; the caller has checked that images they are.
    pub fn images(&self, options: &OpenOptions) -> Raw<ImageExample> {
        let rows = digits(options.seed, self.count(options));
        let rows = rows
            .into_iter()
            .map(|(pixels, label)| ImageExample::new(pixels, label));
        let labels = (0..self.classes).map(|digit| digit.to_string()).collect();
        self.raw(labels, rows.collect(), Language::Other, options)
    }
}
