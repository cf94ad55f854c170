//! What every data set is made of: examples, their three splits, and the sets themselves.
//!
//! Nothing here reads a file. A [`TextSet`] or an [`ImageSet`] is plain data; `open_text` and
//! `open_image` make them.

use burn_dataset::{Dataset, DatasetError};
use serde::{Deserialize, Serialize};

use crate::duplicates::DuplicateReport;
use crate::label_sets::LabelSets;
use crate::origin::{Origin, Origins};

/// A text and its class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextExample {
    /// The text as published, decoded to UTF-8 and otherwise untouched: cleaning is the tokenizer's work.
    pub text: String,
    /// Index into [`TextSet::labels`].
    pub label: u32,
    /// Where it was read; [`TextSet::origins`] tells the file.
    pub origin: Origin,
}

impl TextExample {
    /// A text that was read from no file.
    pub fn new(text: impl Into<String>, label: u32) -> Self {
        Self {
            text: text.into(),
            label,
            origin: Origin::NOWHERE,
        }
    }
}

/// An image and its class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageExample {
    /// `[channels * height * width]`: plane by plane, each row by row from the top. Grey: 0 is background and 255 is ink;
    /// colours: red, green, blue.
    pub pixels: Vec<u8>,
    /// Index into [`ImageSet::labels`].
    pub label: u32,
    /// Where it was read; [`ImageSet::origins`] tells the file.
    pub origin: Origin,
    /// What the picture was before it became an image; `None` where it was one already.
    pub picture: Option<PictureFacts>,
}

impl ImageExample {
    /// An image that was read from no file.
    pub fn new(pixels: impl Into<Vec<u8>>, label: u32) -> Self {
        Self {
            pixels: pixels.into(),
            label,
            origin: Origin::NOWHERE,
            picture: None,
        }
    }
}

/// A picture file before it became an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureFacts {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Whether the file holds colours.
    pub colour: bool,
    /// Whether all of it has one colour.
    pub blank: bool,
}

/// Rows or pictures that could not be read and were left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unreadable {
    /// How many.
    pub count: usize,
    /// What is wrong with the first few of them, each with its place.
    pub shown: Vec<String>,
}

/// The language of a set's texts, as far as cutting them into tokens is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Words are separated by blanks and the text is English.
    English,
    /// No blanks between words: a character is a token.
    Chinese,
    /// Words are separated by blanks; the language is another one or not known.
    Other,
}

/// The three parts of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split<T> {
    /// Learned from.
    pub train: Vec<T>,
    /// Every choice is made on this part. Cut from the training rows where the set publishes none.
    pub dev: Vec<T>,
    /// Read once, after every choice has been made.
    pub test: Vec<T>,
}

impl<T> Split<T> {
    /// The parts under their names, in the order train, dev, test.
    pub fn parts(&self) -> [(&'static str, &[T]); 3] {
        [
            ("train", &self.train),
            ("dev", &self.dev),
            ("test", &self.test),
        ]
    }

    /// Rows of all three parts together.
    pub fn rows(&self) -> usize {
        self.train.len() + self.dev.len() + self.test.len()
    }
}

/// A set of texts, split and ready to be tokenized.
#[derive(Clone, Debug, PartialEq)]
pub struct TextSet {
    /// Short name: the known set's, or the last part of the user's path.
    pub name: String,
    /// Class names; an example's `label` is an index into them.
    pub labels: Vec<String>,
    /// The examples.
    pub split: Split<TextExample>,
    /// How the texts fall into tokens.
    pub language: Language,
    /// Where rows have any number of labels: those behind each of `labels`, which then are cells as they stand and no classes.
    pub sets: Option<LabelSets>,
    /// Everything guessed, cut, skipped or noticed on the way, as sentences to be said aloud.
    pub notes: Vec<String>,
    /// SHA-256 (hexadecimal) of the split examples: independent of how the files are packed.
    pub sha256: String,
    /// Whether the test part is rows that were cut off here, since the set publishes none.
    pub test_is_cut: bool,
    /// Equal texts inside and across the parts, counted before any dev part or limit was cut.
    pub duplicates: DuplicateReport,
    /// The files that the texts were read from.
    pub origins: Origins,
    /// Rows that could not be read.
    pub unreadable: Unreadable,
}

/// A set of images, all of one size.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageSet {
    /// Short name: the known set's, or the last part of the user's path.
    pub name: String,
    /// Class names; an example's `label` is an index into them.
    pub labels: Vec<String>,
    /// Planes of every image: 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Pixel rows of every image.
    pub height: usize,
    /// Pixel columns of every image.
    pub width: usize,
    /// The examples.
    pub split: Split<ImageExample>,
    /// Everything guessed, converted, skipped or noticed on the way, as sentences to be said aloud.
    pub notes: Vec<String>,
    /// SHA-256 (hexadecimal) of the split examples: independent of how the files are packed.
    pub sha256: String,
    /// Whether the test part is rows that were cut off here, since the set publishes none.
    pub test_is_cut: bool,
    /// Equal images inside and across the parts, counted before any dev part or limit was cut.
    pub duplicates: DuplicateReport,
    /// The files that the images were read from.
    pub origins: Origins,
    /// Pictures that could not be read.
    pub unreadable: Unreadable,
}

/// One part of a set as a `burn_dataset::Dataset`: it borrows the rows and hands out clones.
///
/// Wrap the part in `burn_dataset::InMemDataset::new(set.split.train)` instead where a loader needs to
/// own its rows.
#[derive(Clone, Copy, Debug)]
pub struct PartDataset<'a, T>(&'a [T]);

impl<T: Clone + Send + Sync> Dataset<T> for PartDataset<'_, T> {
    fn get(&self, index: usize) -> Result<T, DatasetError> {
        // The trait's contract: an index out of bounds panics as a slice does.
        Ok(self.0[index].clone())
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl TextSet {
    /// The training part as a `burn_dataset::Dataset`.
    pub fn train_dataset(&self) -> PartDataset<'_, TextExample> {
        PartDataset(&self.split.train)
    }

    /// The dev part as a `burn_dataset::Dataset`.
    pub fn dev_dataset(&self) -> PartDataset<'_, TextExample> {
        PartDataset(&self.split.dev)
    }

    /// The test part as a `burn_dataset::Dataset`.
    pub fn test_dataset(&self) -> PartDataset<'_, TextExample> {
        PartDataset(&self.split.test)
    }
}

impl ImageSet {
    /// The training part as a `burn_dataset::Dataset`.
    pub fn train_dataset(&self) -> PartDataset<'_, ImageExample> {
        PartDataset(&self.split.train)
    }

    /// The dev part as a `burn_dataset::Dataset`.
    pub fn dev_dataset(&self) -> PartDataset<'_, ImageExample> {
        PartDataset(&self.split.dev)
    }

    /// The test part as a `burn_dataset::Dataset`.
    pub fn test_dataset(&self) -> PartDataset<'_, ImageExample> {
        PartDataset(&self.split.test)
    }
}
