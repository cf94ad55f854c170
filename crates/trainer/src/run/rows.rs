//! The examples behind the numbers: what a report shows of them, which of them repeat, and the digest of the test set.

use std::collections::HashSet;

use datasets::duplicates::{image_fingerprint, text_fingerprint};
use datasets::readers::picture::png;
use datasets::{Repeats, RowPlace, TextExample};
use sha2::{Digest, Sha256};

use crate::assembly::{ImageTask, TextTask};
use crate::base64;
use crate::examples::Images;
use crate::run_folder::{AnsweredPart, Input, TEXT_KEPT};

/// Pairs of equal rows that are kept with their places.
const PAIRS: usize = 100;

/// A task's examples, to look at.
pub(super) trait Rows {
    /// One example as it can be shown.
    fn input(&self, part: AnsweredPart, row: usize) -> Option<Input>;

    /// Where one example was read.
    fn place(&self, part: AnsweredPart, row: usize) -> Option<RowPlace>;

    /// Rows that repeat an earlier one, some of them with both places.
    fn repeats(&self) -> Repeats;

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

    fn place(&self, part: AnsweredPart, row: usize) -> Option<RowPlace> {
        self.origins.place(self.part(part)[row].origin)
    }

    fn repeats(&self) -> Repeats {
        let parts = self.split.parts().map(|(_, rows)| rows);
        let prints = parts.map(|rows| {
            let prints = rows.iter();
            let prints = prints.map(|row| (text_fingerprint(&row.text), row.label));
            prints.collect::<Vec<_>>()
        });
        let name = |label: u32| match &self.sets {
            None => self.labels[label as usize].clone(),
            Some(sets) => {
                let names = sets.set(label).iter();
                let names: Vec<&str> = names
                    .map(|&class| self.labels[class as usize].as_str())
                    .collect();
                names.join("|")
            }
        };
        let [train, dev, test] = &prints;
        Repeats::find([train, dev, test], PAIRS, name, |part, row| {
            self.origins.place(parts[part][row].origin)
        })
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
        let label = |row: &TextExample| match &self.sets {
            None => self.labels[row.label as usize].clone().into_bytes(),
            Some(sets) => {
                let names = sets.set(row.label).iter();
                let names = names.map(|class| self.labels[*class as usize].as_bytes());
                names.flat_map(with_length).collect()
            }
        };
        let rows = self.split.test.iter();
        sha256(rows.map(|row| (row.text.as_bytes(), label(row))))
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
        Some(Input::Image(base64::encode(&png)))
    }

    fn place(&self, part: AnsweredPart, row: usize) -> Option<RowPlace> {
        let (places, origins) = &self.places;
        let part = match part {
            AnsweredPart::Dev => &places[1],
            AnsweredPart::Test => &places[2],
        };
        origins.place(part[row])
    }

    fn repeats(&self) -> Repeats {
        let prints = [&self.train, &self.dev, &self.test].map(|images| {
            let prints = images.images().map(image_fingerprint);
            prints
                .zip(images.labels.iter().copied())
                .collect::<Vec<_>>()
        });
        let [train, dev, test] = &prints;
        let (places, origins) = &self.places;
        let name = |label: u32| self.labels[label as usize].clone();
        Repeats::find([train, dev, test], PAIRS, name, |part, row| {
            origins.place(places[part][row])
        })
    }

    fn in_train(&self) -> Vec<usize> {
        let known: HashSet<&[u8]> = self.train.images().collect();
        let test = self.test.images().enumerate();
        test.filter(|(_, pixels)| known.contains(pixels))
            .map(|(row, _)| row)
            .collect()
    }

    fn test_sha256(&self) -> String {
        let labels = self.test.labels.iter();
        let labels = labels.map(|label| self.labels[*label as usize].clone().into_bytes());
        sha256(self.test.images().zip(labels))
    }
}

/// Bytes with their number in front.
fn with_length(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u64).to_le_bytes(), bytes].concat()
}

fn sha256<'a>(rows: impl Iterator<Item = (&'a [u8], Vec<u8>)>) -> String {
    let mut hasher = Sha256::new();
    for (content, label) in rows {
        hasher.update(with_length(content));
        hasher.update(with_length(&label));
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
        let name = |label: &u32| ["no", "yes"][*label as usize].as_bytes().to_vec();
        let of = |rows: &[(&str, u32)]| {
            sha256(
                rows.iter()
                    .map(|(text, label)| (text.as_bytes(), name(label))),
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
