//! How a set is opened: where it lies, how it is split, how a user's own files are read.

use std::env;
use std::path::PathBuf;

use crate::example::Language;
use crate::open::IMAGE_SIDE;
use crate::readers::{Encoding, Limits};

/// The environment variable that names the data folder.
pub const DATA_VARIABLE: &str = "CNN_DATA";

/// Options of [`crate::open_text`] and [`crate::open_image`]. The default opens any set as published.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenOptions {
    /// Folder that holds one folder per known set; `None`: `CNN_DATA`, or else the platform's cache folder.
    pub data_dir: Option<PathBuf>,
    /// Seed of every split cut here, of generated sets and of `limit`.
    pub seed: u64,
    /// At most so many training rows, drawn at random; dev and test are cut to the same number.
    pub limit: Option<usize>,
    /// `(i, k)`: fold `i` (from 0) of `k` is the test part. Parts that the set publishes are put together before.
    pub fold: Option<(usize, usize)>,
    /// For a search over settings: the test part is not handed over. Its files are not opened; rows that are cut for it
    /// here are dropped at once, and the training and dev parts are those of a run.
    pub withhold_test: bool,
    /// Which of several training files a known set is learned from (`sst2`: `phrases` or `sentences`).
    pub variant: Option<String>,
    /// Rows of a generated set; `None`: as many as train a model in about a minute.
    pub generated_rows: Option<usize>,
    /// User's files: the column or field that holds the text; several are joined by a blank.
    pub text_column: Option<String>,
    /// User's files: the column or field that holds the label.
    pub label_column: Option<String>,
    /// User's files: what parts the labels of a row, such as `|`; an empty cell then is a row without a label. `None`: a
    /// label is the whole cell.
    pub label_separator: Option<String>,
    /// User's files: the separator of columns; `None`: guessed.
    pub separator: Option<char>,
    /// User's files: whether double quotes enclose fields; `None`: guessed.
    pub quoting: Option<bool>,
    /// User's files: whether the first row of a table names the columns; `None`: guessed.
    pub header: Option<bool>,
    /// User's files: the character encoding; `None`: guessed.
    pub encoding: Option<Encoding>,
    /// User's files: the share of rows, in percent, that may be unreadable: they are counted, shown and left out;
    /// `None`: 1. More is an error.
    pub bad_rows: Option<f64>,
    /// User's files: the language; `None`: guessed from the share of Chinese characters.
    pub language: Option<Language>,
    /// Class names in the order of a trained model. A row with another label is an error; classes without a
    /// row keep their index.
    pub labels: Option<Vec<String>>,
    /// User's images: whether colours are kept; `None`: if more than a tenth of the pictures show any.
    pub colour: Option<Colour>,
    /// User's grey images: what is ink; `None`: what differs from the border.
    pub ink: Option<Ink>,
    /// User's images of another size than the network's: how they are framed.
    pub framing: Framing,
    /// The most that is read.
    pub limits: Limits,
}

/// Which side of the grey scale is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Dark strokes on a light ground, as on paper.
    Dark,
    /// Light strokes on a dark ground, as in MNIST.
    Light,
}

impl OpenOptions {
    /// What joins the labels of a row that is written as a list where none was asked for.
    pub const LIST_SEPARATOR: &'static str = "|";

    /// The folder that holds one folder per known set.
    ///
    /// `data_dir` if given, else the folder that `CNN_DATA` names, else `cnn-data` in the platform's cache
    /// folder, else `cnn-data` here.
    pub fn data_folder(&self) -> PathBuf {
        let named = || {
            env::var_os(DATA_VARIABLE)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let cache = || dirs::cache_dir().map(|cache| cache.join("cnn-data"));
        self.data_dir
            .clone()
            .or_else(named)
            .or_else(cache)
            .unwrap_or_else(|| "cnn-data".into())
    }
}

/// What is kept of a picture's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// How bright it is: one channel, 28 x 28, ink light on dark.
    #[default]
    Grey,
    /// Red, green and blue: three channels, 32 x 32, as they are.
    Rgb,
}

impl Colour {
    /// Numbers of a pixel.
    pub const fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }

    /// Pixels on a side of the image that a picture becomes.
    pub const fn side(self) -> usize {
        match self {
            Self::Grey => IMAGE_SIDE,
            Self::Rgb => 32,
        }
    }
}

/// How a picture of another size is brought to that of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// As MNIST's digits were: the ink's box scaled to 20 pixels, its centre of mass in the middle. In colours, where there
    /// is no ink, as [`Framing::Whole`].
    #[default]
    Centred,
    /// The whole picture scaled, aspect kept, in the middle.
    Whole,
    /// The largest square in the middle of the picture, scaled.
    Cropped,
}

/// How pictures are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureOptions {
    /// What is kept of the colours.
    pub colour: Colour,
    /// What is ink; `None`: what differs from the border.
    pub ink: Option<Ink>,
    /// How pictures of another size are framed.
    pub framing: Framing,
}
