//! What the networks learn from: data sets, readers, tokenizers, word vectors, generated sets.
//!
//! [`open_text`] and [`open_image`] take the name of a known set or a path of your own and hand back plain data:
//! labels, a train, a dev and a test part, and notes that say whatever was guessed, cut or noticed.
//!
//! ```
//! use datasets::{OpenOptions, open_text};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("reviews.csv");
//! let rows: String = (0..20).map(|i| format!("take {i} was fine,good\ntake {i} was dull,bad\n")).collect();
//! std::fs::write(&path, format!("text,label\n{rows}"))?;
//!
//! let set = open_text(&path.to_string_lossy(), &OpenOptions::default())?;
//! assert_eq!(set.labels, ["bad", "good"]);
//! assert_eq!((set.split.train.len(), set.split.dev.len(), set.split.test.len()), (32, 4, 4));
//! assert!(set.notes.iter().any(|note| note.contains("text: column `text`")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`manifest`] | the known sets: one TOML file each, and how to add one |
//! | [`fetch`], [`inventory`] | bring a known set here; list and verify what is here |
//! | [`readers`] | bytes of every format to rows, with limits and errors that name the place |
//! | [`split`], [`duplicates`] | reproducible parts without leaks; leaks of published parts counted |
//! | [`describe`](mod@describe) | a set in figures |
//! | [`tokenize`] | texts to token ids: cleanings, vocabularies, `tokenizer.json` |
//! | [`word_vectors`] | pre-trained vectors in every common format, only the vocabulary's rows kept |
//! | [`generated`] | sets made from a seed: digits, phrases, long documents |
//!
//! This crate knows no model and no tensor. Nothing here panics on the content of a file.

pub mod describe;
pub mod duplicates;
mod error;
mod example;
pub mod fetch;
pub mod generated;
pub mod hash;
pub mod inventory;
mod known;
mod label_sets;
mod labels;
mod made;
pub mod manifest;
mod open;
mod options;
mod origin;
mod path;
pub mod readers;
pub mod split;
pub mod suggest;
pub mod tokenize;
pub mod word_vectors;

pub use duplicates::{DuplicateReport, Repeats};
pub use error::DataError;
pub use example::{
    ImageExample, ImageSet, Language, PartDataset, PictureFacts, Split, TextExample, TextSet,
    Unreadable,
};
pub use label_sets::{LabelSetError, LabelSets};
pub use manifest::Kind;
pub use open::{
    IMAGE_SIDE, kind_of, known_set, language_of, name_of, namesake, open_image, open_text,
};
pub use options::{Colour, DATA_VARIABLE, Framing, Ink, OpenOptions, PictureOptions};
pub use origin::{Origin, Origins, RowPlace};
pub use path::picture_files;
pub use readers::{Encoding, Limits, ReadError};
