//! A set in figures, and what in it is worth a look: balance, lengths, vocabulary, duplicates, conflicts, spoilt
//! characters, leaks, each with what to do about it.

mod faults;
mod finding;
mod leaks;
mod lengths;
mod repeats;
mod show;
mod sizes;

use serde::Serialize;

pub use finding::{Finding, FindingKind, ShownRow};
pub use lengths::Lengths;

use crate::duplicates::DuplicateReport;
use crate::error::DataError;
use crate::example::{ImageExample, ImageSet, TextSet};
use crate::manifest::Kind;
use crate::open::{kind_of, open_image, open_text};
use crate::options::OpenOptions;
use crate::tokenize::{Cleaning, Tokenizer, UNKNOWN_ID, VocabularyOptions};

/// A set in figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// The set's name.
    pub name: String,
    /// Class names.
    pub labels: Vec<String>,
    /// Train, dev, test.
    pub parts: [PartDescription; 3],
    /// For texts: the tokens of the training part.
    pub vocabulary: Option<VocabularyFigures>,
    /// Equal rows inside and across the parts as published.
    pub duplicates: DuplicateReport,
    /// What is worth a look.
    pub findings: Vec<Finding>,
    /// What was said when the set was opened.
    pub notes: Vec<String>,
    /// The set's hash.
    pub sha256: String,
}

/// One part in figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PartDescription {
    /// Rows.
    pub rows: usize,
    /// Rows of each class, in the order of the labels.
    pub classes: Vec<usize>,
    /// For texts: Unicode characters per row.
    pub characters: Option<Lengths>,
    /// For texts: tokens per row, cut as training cuts them unless told otherwise.
    pub tokens: Option<Lengths>,
    /// For texts of dev and test: the share of tokens that no training text has.
    pub unknown: Option<f64>,
    /// For images: share of pixels that are not 0.
    pub inked: Option<f64>,
}

/// The vocabulary of the training texts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VocabularyFigures {
    /// How texts are cut into tokens.
    pub cleaning: String,
    /// Tokens in all.
    pub tokens: u64,
    /// Different tokens.
    pub distinct: usize,
    /// Of those, how many stand in the training texts once.
    pub once: usize,
}

/// Opens a set of either kind and describes it.
///
/// # Errors
///
/// As [`open_text`] and [`open_image`].
pub fn describe(name_or_path: &str, options: &OpenOptions) -> Result<Description, DataError> {
    Ok(match kind_of(name_or_path, options)? {
        Kind::Text => describe_texts(&open_text(name_or_path, options)?),
        Kind::Image => describe_images(&open_image(name_or_path, options)?),
    })
}

/// Describes a set of texts.
pub fn describe_texts(set: &TextSet) -> Description {
    let cleaning = Cleaning::for_set(&set.name, set.language);
    let texts = set.split.train.iter().map(|row| row.text.as_str());
    let tokenizer = Tokenizer::train(cleaning, texts, &VocabularyOptions::default());
    let documents = set.split.parts().map(|(_, rows)| {
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        tokenizer.encode_all(&texts)
    });
    let mut parts = set.split.parts().map(|(_, rows)| PartDescription {
        rows: rows.len(),
        classes: count_classes(rows.iter().map(|row| row.label), set.labels.len()),
        characters: Lengths::of(rows.iter().map(|row| row.text.chars().count()).collect()),
        ..PartDescription::default()
    });
    for (place, (part, documents)) in parts.iter_mut().zip(&documents).enumerate() {
        part.tokens = Lengths::of(documents.iter().map(Vec::len).collect());
        let tokens = documents.iter().map(Vec::len).sum::<usize>();
        let unknown = documents
            .iter()
            .flatten()
            .filter(|&&id| id == UNKNOWN_ID)
            .count();
        part.unknown = (place > 0 && tokens > 0).then(|| unknown as f64 / tokens as f64);
    }
    let vocabulary = tokenizer.statistics().map(|counted| VocabularyFigures {
        cleaning: cleaning.name().to_owned(),
        tokens: counted.tokens,
        distinct: counted.distinct,
        once: counted
            .counts
            .iter()
            .skip(2)
            .filter(|&&count| count == 1)
            .count(),
    });
    let [train, _, _] = &documents;
    let mut findings = sizes::find_sizes(set, &parts);
    findings.extend(repeats::find_repeats(set));
    findings.extend(faults::find_faults(set));
    findings.extend(leaks::find_leaks(set, &tokenizer, train));
    Description {
        name: set.name.clone(),
        labels: set.labels.clone(),
        parts,
        vocabulary,
        duplicates: set.duplicates.clone(),
        findings,
        notes: set.notes.clone(),
        sha256: set.sha256.clone(),
    }
}

/// Describes a set of images.
pub fn describe_images(set: &ImageSet) -> Description {
    let part = |rows: &[ImageExample]| {
        let pixels = rows.iter().map(|row| row.pixels.len()).sum::<usize>();
        let inked = rows
            .iter()
            .flat_map(|row| &row.pixels)
            .filter(|&&pixel| pixel > 0)
            .count();
        PartDescription {
            rows: rows.len(),
            classes: count_classes(rows.iter().map(|row| row.label), set.labels.len()),
            inked: (pixels > 0).then(|| inked as f64 / pixels as f64),
            ..PartDescription::default()
        }
    };
    Description {
        name: set.name.clone(),
        labels: set.labels.clone(),
        parts: set.split.parts().map(|(_, rows)| part(rows)),
        vocabulary: None,
        duplicates: set.duplicates.clone(),
        findings: Vec::new(),
        notes: set.notes.clone(),
        sha256: set.sha256.clone(),
    }
}

fn count_classes(labels: impl Iterator<Item = u32>, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for label in labels {
        counts[label as usize] += 1;
    }
    counts
}

#[cfg(test)]
mod tests;
