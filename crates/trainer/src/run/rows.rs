//! The examples behind the numbers: what a report shows of them, which of them repeat, and the digest of the test set.

use std::collections::HashSet;

use datasets::TextExample;
use datasets::duplicates::text_fingerprint;
use datasets::readers::picture::png;
use sha2::{Digest, Sha256};

use crate::assembly::{ImageTask, TextTask};
use crate::examples::Images;
use crate::html::base64;
use crate::run_folder::{AnsweredPart, Input, TEXT_KEPT};

/// A task's examples, to look at.
pub(super) trait Rows {
    /// One example as it can be shown.
    fn input(&self, part: AnsweredPart, row: usize) -> Option<Input>;

    /// The test rows that also stand in the training part, ascending.
    fn in_train(&self) -> Vec<usize>;

    /// Digest of the test rows with their labels' names, every length in front.
    fn test_sha256(&self) -> String;
}

impl Rows for TextTask {
    fn input(&self, part: AnsweredPart, row: usize) -> Option<Input> {
        let example = &self.part(part)[row];
        Some(Input::Text(example.text.chars().take(TEXT_KEPT).collect()))
    }

    fn in_train(&self) -> Vec<usize> {
        let print = |example: &TextExample| text_fingerprint(&example.text);
        let known: HashSet<_> = self.split.train.iter().map(print).collect();
        let test = self.split.test.iter().enumerate();
        test.filter(|(_, example)| known.contains(&print(example)))
            .map(|(row, _)| row)
            .collect()
    }

    fn test_sha256(&self) -> String {
        let rows = self.split.test.iter();
        sha256(
            &self.labels,
            rows.map(|row| (row.text.as_bytes(), row.label)),
        )
    }
}

impl TextTask {
    fn part(&self, part: AnsweredPart) -> &[TextExample] {
        match part {
            AnsweredPart::Dev => &self.split.dev,
            AnsweredPart::Test => &self.split.test,
        }
    }
}

impl Rows for ImageTask {
    fn input(&self, part: AnsweredPart, row: usize) -> Option<Input> {
        let images = match part {
            AnsweredPart::Dev => &self.dev,
            AnsweredPart::Test => &self.test,
        };
        let Images {
            channels,
            width,
            height,
            ..
        } = *images;
        let png = png(images.images().nth(row)?, channels, height, width)?;
        Some(Input::Image(base64(&png)))
    }

    fn in_train(&self) -> Vec<usize> {
        let known: HashSet<&[u8]> = self.train.images().collect();
        let test = self.test.images().enumerate();
        test.filter(|(_, pixels)| known.contains(pixels))
            .map(|(row, _)| row)
            .collect()
    }

    fn test_sha256(&self) -> String {
        let labels = self.test.labels.iter().copied();
        sha256(&self.labels, self.test.images().zip(labels))
    }
}

fn sha256<'a>(names: &[String], rows: impl Iterator<Item = (&'a [u8], u32)>) -> String {
    let mut hasher = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for (content, label) in rows {
        add(content);
        add(names[label as usize].as_bytes());
    }
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_sees_rows_labels_and_their_borders() {
        let names = ["no".to_owned(), "yes".to_owned()];
        let of = |rows: &[(&str, u32)]| {
            sha256(
                &names,
                rows.iter().map(|(text, label)| (text.as_bytes(), *label)),
            )
        };
        let digests = [
            of(&[("a", 0), ("b", 1)]),
            of(&[("b", 1), ("a", 0)]),
            of(&[("a", 1), ("b", 1)]),
            of(&[("ab", 0), ("", 1)]),
            of(&[("a", 0)]),
        ];
        for (i, digest) in digests.iter().enumerate() {
            assert_eq!(digest.len(), 64);
            assert!(!digests[..i].contains(digest));
        }
    }
}
