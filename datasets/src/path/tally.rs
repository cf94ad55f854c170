//! What became of the pictures of a set: read, converted, passed over, unreadable.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::options::Colour;
use crate::readers::ReadError;
use crate::readers::picture::{Conversion, FORMATS};

/// Unreadable pictures that are shown.
const SHOWN: usize = 5;

/// What was done to how many images.
#[derive(Default)]
pub(super) struct Tally {
    images: usize,
    /// What is kept of colours.
    pub kept: Colour,
    /// What is wrong with the pictures that cannot be read.
    pub bad: Vec<ReadError>,
    sizes: BTreeMap<(u32, u32), usize>,
    steps: [usize; 7],
    /// Files that are no pictures.
    pub others: usize,
    /// Pictures of formats that are not read.
    foreign: usize,
    first_foreign: Option<PathBuf>,
}

impl Tally {
    /// Takes note of a picture that was read.
    pub fn count(&mut self, conversion: &Conversion) {
        self.images += 1;
        *self
            .sizes
            .entry((conversion.width, conversion.height))
            .or_default() += 1;
        let steps = [
            conversion.rotated,
            conversion.transparent,
            conversion.colour && self.kept == Colour::Grey,
            !conversion.colour && self.kept == Colour::Rgb,
            conversion.inverted,
            conversion.framing.is_some(),
            conversion.blank,
        ];
        for (count, done) in self.steps.iter_mut().zip(steps) {
            *count += usize::from(done);
        }
    }

    /// Takes note of a picture of a format that is not read.
    pub fn pass_over(&mut self, file: &Path) {
        self.foreign += 1;
        self.first_foreign.get_or_insert_with(|| file.into());
    }

    /// What was done, as sentences for the set's notes.
    pub fn sentences(&self) -> Vec<String> {
        let mut said = Vec::new();
        let mut sizes: Vec<_> = self.sizes.iter().collect();
        sizes.sort_by_key(|&(size, count)| (std::cmp::Reverse(count), size));
        if let [((width, height), _), others @ ..] = sizes.as_slice() {
            let more = if others.is_empty() {
                String::new()
            } else {
                format!(" and {} other sizes", others.len())
            };
            let read_as = match self.kept {
                Colour::Grey => "grey 28 x 28",
                Colour::Rgb => "colours (3 channels) 32 x 32",
            };
            said.push(format!(
                "{} images of {width} x {height} pixels{more}, read as {read_as}",
                self.images
            ));
        }
        let words = [
            "rotated as their EXIF data says",
            "had transparency, filled with an even ground",
            "turned from colours to grey",
            "are grey: the same in all three channels",
            "inverted: dark ink on a light ground (to settle it: images.ink)",
            "scaled (to change how: images.framing)",
            "blank: no ink, or one colour throughout",
        ];
        said.extend(
            self.steps
                .iter()
                .zip(words)
                .filter(|(count, _)| **count > 0)
                .map(|(count, what)| format!("{count} images {what}")),
        );
        if self.others > 0 {
            said.push(format!(
                "{} files that are no pictures passed over",
                self.others
            ));
        }
        if let Some(first) = &self.first_foreign {
            said.push(format!(
                "{} pictures of formats that are not read passed over, such as {}: read are {FORMATS}",
                self.foreign,
                first.display()
            ));
        }
        if !self.bad.is_empty() {
            said.push(format!(
                "{} of {} pictures cannot be read and are left out (--bad-rows 0 makes this an error)",
                self.bad.len(),
                self.images + self.bad.len()
            ));
            let shown = self.first_bad().into_iter();
            said.extend(shown.map(|error| format!("left out: {error}")));
            if self.bad.len() > SHOWN {
                said.push(format!("... and {} pictures more", self.bad.len() - SHOWN));
            }
        }
        said
    }

    /// What is wrong with the first pictures that cannot be read.
    pub fn first_bad(&self) -> Vec<String> {
        let shown = self.bad.iter().take(SHOWN);
        shown.map(ToString::to_string).collect()
    }

    /// Refuses more than `allowed` percent of unreadable pictures, and a set without any other.
    pub fn check(&self, path: &Path, allowed: f64) -> Result<(), ReadError> {
        let (bad, pictures) = (self.bad.len(), self.images + self.bad.len());
        if bad as f64 * 100.0 > allowed * pictures as f64 || (bad > 0 && bad == pictures) {
            return Err(ReadError::BadImages {
                first: self.first_bad().join("\n"),
                bad,
                pictures,
                allowed,
            });
        }
        if let (0, Some(first)) = (pictures, &self.first_foreign) {
            let why = format!(
                "this format is not read, and the {} such files are all that is here: convert them to {FORMATS}",
                self.foreign
            );
            return Err(ReadError::BadImage {
                path: first.clone(),
                why,
            });
        }
        if pictures == 0 {
            let what = format!("no picture files in folders per class (read are {FORMATS})");
            return Err(ReadError::Empty {
                path: path.into(),
                what,
            });
        }
        Ok(())
    }
}
