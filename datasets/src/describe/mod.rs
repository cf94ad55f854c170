//! A set in figures, and what in it is worth a look: balance, lengths, vocabulary, duplicates, conflicts, spoilt
//! characters, leaks, each with what to do about it.

mod faults;
mod finding;
mod leaks;
mod lengths;
mod many_labels;
mod pictures;
mod repeats;
mod show;
mod sizes;
mod telling;

use serde::Serialize;

pub use finding::{Finding, FindingKind, ShownRow};
pub use lengths::Lengths;
pub use pictures::PictureFigures;
pub use telling::{TellingColumn, telling_columns};

use crate::duplicates::{DuplicateReport, Repeats, prints};
use crate::error::DataError;
use crate::example::{ImageExample, ImageSet, TextExample, TextSet};
use crate::label_sets::LabelSets;
use crate::manifest::Kind;
use crate::open::{kind_of, open_image, open_text};
use crate::options::OpenOptions;
use crate::tokenize::{Cleaning, Tokenizer, UNKNOWN_ID, VocabularyOptions};

/// A set in figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// The set's name.
    pub name: String,
    /// Class names; where rows have any number of labels, those labels.
    pub labels: Vec<String>,
    /// Train, dev, test.
    pub parts: [PartDescription; 3],
    /// For texts: the tokens of the training part.
    pub vocabulary: Option<VocabularyFigures>,
    /// For a user's pictures: their sizes and colours.
    pub pictures: Option<PictureFigures>,
    /// Equal rows inside and across the parts as published.
    pub duplicates: DuplicateReport,
    /// Equal rows inside and across the parts as they are cut, with the places of the first pairs.
    pub repeats: Repeats,
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
    /// Rows of each class or label, in the order of the labels.
    pub classes: Vec<usize>,
    /// Where rows have any number of labels: how many they have.
    pub labels_a_row: Option<Lengths>,
    /// Where rows have any number of labels: how many rows have none.
    pub unlabelled: Option<usize>,
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
    match kind_of(name_or_path, options)? {
        Kind::Text => {
            let set = open_text(name_or_path, options)?;
            let mut description = describe_texts(&set);
            let columns = telling_columns(name_or_path, &set, options)?;
            let leaks = columns.iter().filter_map(|column| column.finding(None));
            description.findings.extend(leaks);
            Ok(description)
        }
        Kind::Image => Ok(describe_images(&open_image(name_or_path, options)?)),
    }
}

/// Describes a set of texts.
pub fn describe_texts(set: &TextSet) -> Description {
    let singles = || LabelSets::singles(&set.labels);
    let sets = set.sets.clone().unwrap_or_else(singles);
    let cleaning = Cleaning::for_set(&set.name, set.language);
    let texts = set.split.train.iter().map(|row| row.text.as_str());
    let tokenizer = Tokenizer::train(cleaning, texts, &VocabularyOptions::default());
    let documents = set.split.parts().map(|(_, rows)| {
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        tokenizer.encode_all(&texts)
    });
    let mut parts = set.split.parts().map(|(_, rows)| PartDescription {
        rows: rows.len(),
        classes: count_classes(rows, &sets),
        characters: Lengths::of(rows.iter().map(|row| row.text.chars().count()).collect()),
        ..PartDescription::default()
    });
    if set.sets.is_some() {
        for (part, (_, rows)) in parts.iter_mut().zip(set.split.parts()) {
            let labels: Vec<usize> = rows.iter().map(|row| sets.set(row.label).len()).collect();
            part.unlabelled = Some(labels.iter().filter(|&&count| count == 0).count());
            part.labels_a_row = Lengths::of(labels);
        }
    }
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
    // Labels in another order are the same ones.
    let alike = sets.first_alike();
    let mut prints = prints(&set.split);
    let labels = prints.iter_mut().flatten().map(|(_, label)| label);
    labels.for_each(|label| *label = alike[*label as usize]);
    let rows = repeats::Rows {
        nouns: ["rows", "texts"],
        label: match set.sets {
            Some(_) => "set of labels",
            None => "label",
        },
        aside: " (case and white space aside)",
        unreadable: &set.unreadable,
        prints,
        labels: &set.labels,
        shown: &|part, row| ShownRow::of(set, part, row),
    };
    let (found, repeats) = rows.look();
    findings.extend(found);
    findings.extend(faults::find_faults(set));
    findings.extend(leaks::find_leaks(set, &sets, &tokenizer, train));
    findings.extend(telling::find_order(set));
    Description {
        name: set.name.clone(),
        labels: sets.classes().to_vec(),
        parts,
        vocabulary,
        pictures: None,
        duplicates: set.duplicates.clone(),
        repeats,
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
            classes: count_labels(set.labels.len(), rows.iter().map(|row| row.label)),
            inked: (pixels > 0).then(|| inked as f64 / pixels as f64),
            ..PartDescription::default()
        }
    };
    let parts = set.split.parts().map(|(_, rows)| part(rows));
    let mut findings = sizes::find_class_sizes(&set.labels, &parts);
    let rows = repeats::Rows {
        nouns: ["pictures", "pictures"],
        label: "label",
        aside: ", as the network sees them",
        unreadable: &set.unreadable,
        prints: prints(&set.split),
        labels: &set.labels,
        shown: &|part, row| ShownRow::of_image(set, part, row),
    };
    let (found, repeats) = rows.look();
    findings.extend(found);
    let pictures = PictureFigures::of(set);
    if let Some(figures) = &pictures {
        findings.extend(pictures::find_in_pictures(set, figures));
    }
    Description {
        name: set.name.clone(),
        labels: set.labels.clone(),
        parts,
        vocabulary: None,
        pictures,
        duplicates: set.duplicates.clone(),
        repeats,
        findings,
        notes: set.notes.clone(),
        sha256: set.sha256.clone(),
    }
}

/// Rows of each class.
fn count_classes(rows: &[TextExample], sets: &LabelSets) -> Vec<usize> {
    let labels = rows.iter().flat_map(|row| sets.set(row.label));
    count_labels(sets.classes().len(), labels.copied())
}

fn count_labels(classes: usize, labels: impl Iterator<Item = u32>) -> Vec<usize> {
    let mut counts = vec![0; classes];
    labels.for_each(|label| counts[label as usize] += 1);
    counts
}

#[cfg(test)]
mod tests;
