//! A user's own images: PNG and JPEG in a folder per class, or pairs of IDX files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Entries, PARTS, Source, list, look, name, part_of};
use crate::error::DataError;
use crate::example::{ImageExample, Language, Split};
use crate::known::read_idx_pair;
use crate::labels::settle;
use crate::open::{Raw, name_of};
use crate::options::OpenOptions;
use crate::readers::picture::{Conversion, read_picture};
use crate::readers::{Names, ReadError};

/// Reads the images at `path`; the parts that are not there stay empty.
pub(crate) fn read_images(
    path: &Path,
    options: &OpenOptions,
) -> Result<Raw<ImageExample>, DataError> {
    let set_name = name_of(path);
    if let Some(mut pairs) = idx_pairs(path, options)? {
        let withheld = super::withhold(&mut pairs, options);
        return read_pairs(set_name, pairs, withheld, options);
    }
    let (mut names, mut notes, mut tally) = (Names::default(), Vec::new(), Tally::default());
    let mut parts: [Vec<ImageExample>; 3] = Default::default();
    let mut withheld = false;
    match look(path, &options.limits, |_| false)? {
        Source::PartFolders(mut folders) => {
            withheld = super::withhold(&mut folders, options);
            for (part, folder) in folders.iter().enumerate() {
                let Some(folder) = folder else { continue };
                parts[part] = read_class_folders(folder, &mut names, &mut tally, options)?;
            }
            let found: Vec<&str> = (0..3)
                .filter(|&part| folders[part].is_some())
                .map(|part| PARTS[part])
                .collect();
            notes.push(format!(
                "parts as laid out: {}; one folder per class",
                found.join(", ")
            ));
        }
        Source::ClassFolders(folder) => {
            parts[0] = read_class_folders(&folder, &mut names, &mut tally, options)?;
            notes.push("one folder per class".into());
        }
        Source::File(path) | Source::PartFiles([Some(path), ..]) => {
            let what =
                "a set of images is a folder with one folder per class, or the IDX files of MNIST"
                    .into();
            return Err(ReadError::Unsupported { path, what }.into());
        }
        Source::PartFiles(_) => {
            let what = "no images found".into();
            return Err(ReadError::Empty {
                path: path.into(),
                what,
            }
            .into());
        }
    }
    let [train, dev, test] = parts;
    let mut split = Split { train, dev, test };
    notes.extend(tally.sentences());
    let labels = settle(
        &set_name,
        names,
        options.labels.as_deref(),
        &mut split,
        &mut notes,
    )?;
    Ok(Raw {
        name: set_name,
        labels,
        split,
        notes,
        default_folds: None,
        withheld,
        language: Language::Other,
    })
}

/// Whether the data at `path` are images: IDX files, or class folders whose first file is a picture.
pub(crate) fn holds_images(path: &Path, options: &OpenOptions) -> Result<bool, DataError> {
    if idx_pairs(path, options)?.is_some() {
        return Ok(true);
    }
    let classes = match look(path, &options.limits, |_| false) {
        Ok(Source::ClassFolders(folder)) => folder,
        Ok(Source::PartFolders([Some(folder), ..])) => folder,
        _ => return Ok(false),
    };
    for class in list(&classes, &options.limits)?.folders {
        if let Some(file) = list(&class, &options.limits)?.files.first() {
            return Ok(is_picture(file));
        }
    }
    Ok(false)
}

/// What was done to how many images.
#[derive(Default)]
struct Tally {
    images: usize,
    sizes: BTreeMap<(u32, u32), usize>,
    steps: [usize; 6],
    others: usize,
}

impl Tally {
    fn count(&mut self, conversion: &Conversion) {
        self.images += 1;
        *self
            .sizes
            .entry((conversion.width, conversion.height))
            .or_default() += 1;
        let steps = [
            conversion.rotated,
            conversion.transparent,
            conversion.colour,
            conversion.inverted,
            conversion.framing.is_some(),
            conversion.blank,
        ];
        for (count, done) in self.steps.iter_mut().zip(steps) {
            *count += usize::from(done);
        }
    }

    fn sentences(&self) -> Vec<String> {
        let mut said = Vec::new();
        let mut sizes: Vec<_> = self.sizes.iter().collect();
        sizes.sort_by_key(|&(size, count)| (std::cmp::Reverse(count), size));
        if let [((width, height), _), others @ ..] = sizes.as_slice() {
            let more = if others.is_empty() {
                String::new()
            } else {
                format!(" and {} other sizes", others.len())
            };
            said.push(format!(
                "{} images of {width} x {height} pixels{more}, read as grey 28 x 28",
                self.images
            ));
        }
        let words = [
            "rotated as their EXIF data says",
            "had transparency, filled with a contrasting ground",
            "turned from colours to grey",
            "inverted: dark ink on a light ground (to settle it: the ink option)",
            "scaled (to change how: the framing option)",
            "blank: no ink found",
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
                "{} files that are no PNG or JPEG passed over",
                self.others
            ));
        }
        said
    }
}

/// Reads `folder/CLASS/*.{png,jpg,jpeg}`.
fn read_class_folders(
    folder: &Path,
    names: &mut Names,
    tally: &mut Tally,
    options: &OpenOptions,
) -> Result<Vec<ImageExample>, ReadError> {
    let limits = &options.limits;
    let mut examples = Vec::new();
    for class in list(folder, limits)?.folders {
        let Entries { files, .. } = list(&class, limits)?;
        for file in files {
            if !is_picture(&file) {
                tally.others += 1;
                continue;
            }
            let converted = read_picture(&file, options.ink, options.framing, limits)?;
            tally.count(&converted.conversion);
            let label = names.number(&name(&class), &class, limits)?;
            examples.push(ImageExample {
                pixels: converted.pixels,
                label,
            });
        }
    }
    if examples.is_empty() {
        let what = "no PNG or JPEG files in folders per class".into();
        return Err(ReadError::Empty {
            path: folder.into(),
            what,
        });
    }
    Ok(examples)
}

fn is_picture(file: &Path) -> bool {
    let extension = file
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    matches!(extension.as_str(), "png" | "jpg" | "jpeg")
}

/// IDX files in a folder: images and labels of each part.
type Pairs = [Option<(PathBuf, PathBuf)>; 3];

/// The pairs of IDX files in `path`, named as MNIST's; `None` if there is no training pair.
fn idx_pairs(path: &Path, options: &OpenOptions) -> Result<Option<Pairs>, DataError> {
    if !path.is_dir() {
        return Ok(None);
    }
    let files = list(path, &options.limits)?.files;
    let find = |part: usize, word: &str| {
        let mut found = files.iter().filter(|file| {
            let name = name(file).to_lowercase();
            part_of(&name) == Some(part) && name.contains(word) && name.contains("idx")
        });
        found.next().cloned()
    };
    let pair = |part| Some((find(part, "images")?, find(part, "labels")?));
    let pairs = [pair(0), pair(1), pair(2)];
    Ok(pairs[0].is_some().then_some(pairs))
}

fn read_pairs(
    set_name: String,
    pairs: Pairs,
    withheld: bool,
    options: &OpenOptions,
) -> Result<Raw<ImageExample>, DataError> {
    let mut parts: [Vec<ImageExample>; 3] = Default::default();
    let mut notes = Vec::new();
    for (rows, pair) in parts.iter_mut().zip(&pairs) {
        let Some((images, labels)) = pair else {
            continue;
        };
        *rows = read_idx_pair(&set_name, images, labels, options)?;
        notes.push(format!(
            "{} and {}: {} images, IDX",
            name(images),
            name(labels),
            rows.len()
        ));
    }
    // An IDX label is a number already: keep its order even where a number is unused.
    let mut names = Names::default();
    let classes = parts
        .iter()
        .flatten()
        .map(|row| row.label + 1)
        .max()
        .unwrap_or(0);
    for label in 0..classes {
        names.number(&label.to_string(), Path::new(&set_name), &options.limits)?;
    }
    let [train, dev, test] = parts;
    let mut split = Split { train, dev, test };
    let labels = settle(
        &set_name,
        names,
        options.labels.as_deref(),
        &mut split,
        &mut notes,
    )?;
    Ok(Raw {
        name: set_name,
        labels,
        split,
        notes,
        default_folds: None,
        withheld,
        language: Language::Other,
    })
}
