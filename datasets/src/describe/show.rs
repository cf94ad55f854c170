//! A description as text for people.

use std::fmt;

use super::Description;
use super::finding::excerpt;

/// Widest label column of the table.
const LABEL_WIDTH: usize = 24;
/// Classes shown one by one.
const CLASSES_SHOWN: usize = 30;

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.parts.iter().map(|part| part.rows).sum::<usize>();
        let many = self.parts[0].unlabelled.is_some();
        let (class, classes, any) = match many {
            false => ("class", "classes", ""),
            true => ("label", "labels", ", any number of them a row"),
        };
        let count = self.labels.len();
        writeln!(f, "{}: {rows} rows, {count} {classes}{any}", self.name)?;
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
            class, "train", "dev", "test"
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
        if count > CLASSES_SHOWN {
            writeln!(f, "... and {} {classes} more", count - CLASSES_SHOWN)?;
        }
        write!(f, "{:width$}", if many { "rows" } else { "all" })?;
        for part in &self.parts {
            write!(f, "  {:>8}        ", part.rows)?;
        }
        writeln!(f, "\n")?;
        for (name, part) in ["train", "dev", "test"].into_iter().zip(&self.parts) {
            if let (Some(labels), Some(none)) = (&part.labels_a_row, part.unlabelled) {
                writeln!(f, "{name:5}  labels      {labels}; {none} rows have none")?;
            }
            if let Some(characters) = &part.characters {
                writeln!(f, "{name:5}  characters  {characters}")?;
            }
            if let Some(tokens) = &part.tokens {
                writeln!(f, "{name:5}  tokens      {tokens}")?;
            }
            if let Some(unknown) = part.unknown {
                writeln!(
                    f,
                    "{name:5}  unknown     {:.1} % of the tokens stand in no training text",
                    100.0 * unknown
                )?;
            }
            if let Some(inked) = part.inked {
                writeln!(
                    f,
                    "{name:5}  {:.1} % of the pixels are inked",
                    100.0 * inked
                )?;
            }
        }
        if let Some(pictures) = &self.pictures {
            writeln!(f, "\npictures         {pictures}")?;
        }
        if let Some(vocabulary) = &self.vocabulary {
            writeln!(
                f,
                "\nvocabulary       {} different tokens ({}) in the training texts, {} of them once",
                vocabulary.distinct, vocabulary.cleaning, vocabulary.once
            )?;
        }
        writeln!(f, "\n{}", self.duplicates)?;
        for note in &self.notes {
            write!(f, "\n- {note}")?;
        }
        if self.notes.is_empty() {
            write!(f, "\n- nothing was guessed")?;
        }
        self.show_findings(f)
    }
}

impl Description {
    fn show_findings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            return write!(f, "\n\nnothing else is worth a look");
        }
        write!(f, "\n\nworth a look:")?;
        for (number, finding) in self.findings.iter().enumerate() {
            write!(f, "\n{:2}. {}", number + 1, finding.what)?;
            for row in &finding.examples {
                write!(f, "\n      {} row {}", row.part, row.row)?;
                if let Some(place) = &row.place {
                    write!(f, " ({})", excerpt(&place.to_string()))?;
                }
                write!(f, " `{}`: {}", row.label, row.text)?;
            }
            write!(f, "\n    -> {}", finding.advice)?;
        }
        Ok(())
    }
}
