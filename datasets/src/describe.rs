//! A set in figures: rows, balance, lengths, duplicates.

use std::fmt;

use crate::duplicates::DuplicateReport;
use crate::error::DataError;
use crate::example::{ImageExample, ImageSet, TextExample, TextSet};
use crate::manifest::Kind;
use crate::open::{kind_of, open_image, open_text};
use crate::options::OpenOptions;

/// Widest label column of the table.
const LABEL_WIDTH: usize = 24;
/// Classes shown one by one.
const CLASSES_SHOWN: usize = 30;

/// A set in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The set's name.
    pub name: String,
    /// Class names.
    pub labels: Vec<String>,
    /// Train, dev, test.
    pub parts: [PartDescription; 3],
    /// Equal rows inside and across the parts as published.
    pub duplicates: DuplicateReport,
    /// What was said when the set was opened.
    pub notes: Vec<String>,
    /// The set's hash.
    pub sha256: String,
}

/// One part in figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartDescription {
    /// Rows.
    pub rows: usize,
    /// Rows of each class, in the order of the labels.
    pub classes: Vec<usize>,
    /// For texts: Unicode characters per row.
    pub characters: Option<Lengths>,
    /// For texts: words (between white space) per row.
    pub words: Option<Lengths>,
    /// For images: share of pixels that are not 0.
    pub inked: Option<f64>,
}

/// Five figures of a list of lengths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lengths {
    /// The shortest.
    pub least: usize,
    /// Half are not longer.
    pub median: usize,
    /// The mean.
    pub mean: f64,
    /// 95 % are not longer.
    pub percentile_95: usize,
    /// The longest.
    pub most: usize,
}

impl Lengths {
    /// `None` of no lengths.
    pub fn of(mut lengths: Vec<usize>) -> Option<Self> {
        lengths.sort_unstable();
        let (&least, &most) = (lengths.first()?, lengths.last()?);
        // The smallest length that at least this share of the rows does not exceed.
        let at = |percent: usize| lengths[(lengths.len() * percent).div_ceil(100).max(1) - 1];
        let mean = lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
        Some(Self {
            least,
            median: at(50),
            mean,
            percentile_95: at(95),
            most,
        })
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            least,
            median,
            mean,
            percentile_95,
            most,
        } = self;
        write!(
            f,
            "{least} to {most}, median {median}, mean {mean:.1}, 95 % up to {percentile_95}"
        )
    }
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
    let part = |rows: &[TextExample]| PartDescription {
        rows: rows.len(),
        classes: count_classes(rows.iter().map(|row| row.label), set.labels.len()),
        characters: Lengths::of(rows.iter().map(|row| row.text.chars().count()).collect()),
        words: Lengths::of(
            rows.iter()
                .map(|row| row.text.split_whitespace().count())
                .collect(),
        ),
        inked: None,
    };
    Description {
        name: set.name.clone(),
        labels: set.labels.clone(),
        parts: set.split.parts().map(|(_, rows)| part(rows)),
        duplicates: set.duplicates.clone(),
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
        duplicates: set.duplicates.clone(),
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

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.parts.iter().map(|part| part.rows).sum::<usize>();
        writeln!(
            f,
            "{}: {rows} rows, {} classes",
            self.name,
            self.labels.len()
        )?;
        writeln!(f, "sha256 {}", self.sha256)?;
        writeln!(f)?;
        let width = self
            .labels
            .iter()
            .map(|label| label.chars().count())
            .max()
            .unwrap_or(0)
            .clamp(5, LABEL_WIDTH);
        writeln!(
            f,
            "{:width$}  {:>16}  {:>16}  {:>16}",
            "class", "train", "dev", "test"
        )?;
        for (class, label) in self.labels.iter().enumerate().take(CLASSES_SHOWN) {
            let short: String = label.chars().take(width).collect();
            write!(f, "{short:width$}")?;
            for part in &self.parts {
                let share = 100.0 * part.classes[class] as f64 / part.rows.max(1) as f64;
                write!(f, "  {:>8} {share:>5.1} %", part.classes[class])?;
            }
            writeln!(f)?;
        }
        if self.labels.len() > CLASSES_SHOWN {
            writeln!(
                f,
                "... and {} classes more",
                self.labels.len() - CLASSES_SHOWN
            )?;
        }
        write!(f, "{:width$}", "all")?;
        for part in &self.parts {
            write!(f, "  {:>8}        ", part.rows)?;
        }
        writeln!(f, "\n")?;
        for (name, part) in ["train", "dev", "test"].into_iter().zip(&self.parts) {
            if let Some(characters) = &part.characters {
                writeln!(f, "{name:5}  characters  {characters}")?;
            }
            if let Some(words) = &part.words {
                writeln!(f, "{name:5}  words       {words}")?;
            }
            if let Some(inked) = part.inked {
                writeln!(
                    f,
                    "{name:5}  {:.1} % of the pixels are inked",
                    100.0 * inked
                )?;
            }
        }
        writeln!(f, "\n{}", self.duplicates)?;
        for note in &self.notes {
            write!(f, "\n- {note}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{Language, Split};

    #[test]
    fn five_figures() {
        let lengths = Lengths::of((1..=100).rev().collect()).unwrap();
        let expected = Lengths {
            least: 1,
            median: 50,
            mean: 50.5,
            percentile_95: 95,
            most: 100,
        };
        assert_eq!(lengths, expected);
        assert_eq!(Lengths::of(vec![7]).unwrap().percentile_95, 7);
        assert_eq!(Lengths::of(vec![]), None);
    }

    #[test]
    fn a_small_set_in_figures() {
        let row = |text: &str, label| TextExample {
            text: text.into(),
            label,
        };
        let set = TextSet {
            name: "tiny".into(),
            labels: vec!["no".into(), "yes".into()],
            split: Split {
                train: vec![row("a b", 0), row("天气", 1), row("", 1)],
                dev: vec![],
                test: vec![row("x y z", 1)],
            },
            label_separator: None,
            language: Language::Other,
            notes: vec!["said".into()],
            sha256: "00".into(),
            duplicates: DuplicateReport {
                test_in_train: 3,
                ..Default::default()
            },
        };
        let description = describe_texts(&set);
        let [train, dev, test] = &description.parts;
        assert_eq!(train.classes, [1, 2]);
        assert_eq!(train.characters.unwrap().most, 3);
        assert_eq!(
            (train.words.unwrap().least, train.words.unwrap().most),
            (0, 2)
        );
        assert_eq!((dev.rows, dev.words), (0, None));
        assert_eq!(test.words.unwrap().mean, 3.0);
        let shown = description.to_string();
        for expected in [
            "tiny: 4 rows, 2 classes",
            "66.7 %",
            "test in train 3",
            "- said",
        ] {
            assert!(shown.contains(expected), "{shown}");
        }
    }
}
