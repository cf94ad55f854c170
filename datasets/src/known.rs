//! Reading a known set as its manifest says.

use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::example::{ImageExample, Language, Split, TextExample, Unreadable};
use crate::hash::file_sha256;
use crate::labels::{Relabel, match_to};
use crate::manifest::{Format, Kind, Manifest, Part, SetFile};
use crate::open::{IMAGE_SIDE, Raw, expect_kind};
use crate::options::OpenOptions;
use crate::origin::{Counted, Origin, Origins, name_inside};
use crate::readers::ReadError;
use crate::readers::acl_imdb::read_acl_imdb;
use crate::readers::idx::{read_idx_images, read_idx_labels};
use crate::readers::lines::{LinePattern, read_lines};

/// A file of a known set as it lies in the data folder.
pub(crate) struct Found {
    pub path: PathBuf,
    /// The hash that the packing found should have.
    pub sha256: String,
}

/// Where `file` lies under `folder` (the set's own): as published, or else in one of its other packings.
pub(crate) fn find(folder: &Path, file: &SetFile) -> Option<Found> {
    let packings = file
        .repacked
        .iter()
        .map(|other| (&other.path, &other.sha256));
    [(&file.path, &file.sha256)]
        .into_iter()
        .chain(packings)
        .map(|(path, sha256)| Found {
            path: folder.join(path),
            sha256: sha256.clone(),
        })
        .find(|found| found.path.is_file())
}

/// The files that `options` choose, each where it lies; a note for each whose hash is not the published one.
fn locate<'a>(
    manifest: &'a Manifest,
    options: &OpenOptions,
    notes: &mut Vec<String>,
) -> Result<Vec<(&'a SetFile, PathBuf)>, DataError> {
    let known = manifest.variants();
    let variant = options.variant.as_deref().or(known.first().copied());
    if let Some(wanted) = &options.variant
        && !known.contains(&wanted.as_str())
    {
        let known = known.into_iter().map(str::to_owned).collect();
        return Err(DataError::UnknownVariant {
            name: manifest.name.clone(),
            wanted: wanted.clone(),
            known,
        });
    }
    if let (Some(variant), true) = (variant, known.len() > 1) {
        notes.push(format!(
            "training rows: {variant} (of {})",
            known.join(", ")
        ));
    }
    let folder = options.data_folder().join(&manifest.name);
    let mut located = Vec::new();
    for file in &manifest.files {
        if file.variant.is_some() && file.variant.as_deref() != variant {
            continue;
        }
        if options.withhold_test && file.part == Part::Test {
            continue;
        }
        let Some(Found { path, sha256 }) = find(&folder, file) else {
            return Err(DataError::MissingFile {
                set: manifest.name.clone(),
                path: folder.join(&file.path),
            });
        };
        let found = file_sha256(&path).map_err(|source| ReadError::from_io(&path, source))?;
        if found != sha256 {
            notes.push(format!(
                "{} is not the published file (sha256 {found}): scores do not compare with published ones; `cnn data verify {}` tells more",
                path.display(),
                manifest.name
            ));
        }
        located.push((file, path));
    }
    Ok(located)
}

/// Reads a known set of texts.
pub(crate) fn read_texts(
    manifest: &Manifest,
    options: &OpenOptions,
) -> Result<Raw<TextExample>, DataError> {
    expect_kind(&manifest.name, manifest.kind, Kind::Text)?;
    let (mut notes, mut split) = (
        Vec::new(),
        Split {
            train: vec![],
            dev: vec![],
            test: vec![],
        },
    );
    let mut origins = Origins::default();
    for (file, path) in locate(manifest, options, &mut notes)? {
        let pattern = match (file.format, &file.label) {
            (Format::Lines, Some(label)) => LinePattern::Bare(label),
            (Format::LabelText, _) => LinePattern::LabelText,
            (Format::LabelTabText, _) => LinePattern::LabelTabText,
            (Format::TextTabLabel, _) => LinePattern::TextTabLabel,
            (Format::AclImdb, _) => {
                let read = read_acl_imdb(&path, &manifest.labels, &mut origins, &options.limits)?;
                split.train.extend(read.train);
                if !options.withhold_test {
                    split.test.extend(read.test);
                }
                continue;
            }
            (Format::Lines | Format::IdxImages | Format::IdxLabels, _) => {
                return Err(foreign_format(manifest, file));
            }
        };
        let number = origins.add(name_inside(&options.data_folder(), &path), Counted::Lines);
        let mut rows = read_lines(
            &path,
            pattern,
            file.encoding,
            &manifest.labels,
            &options.limits,
        )?;
        for row in &mut rows {
            row.origin = row.origin.of_file(number);
        }
        match file.part {
            Part::Train | Part::All => split.train.extend(rows),
            Part::Dev => split.dev.extend(rows),
            Part::Test => split.test.extend(rows),
        }
    }
    let labels = model_labels(manifest, options, &mut split)?;
    let withheld = options.withhold_test && publishes_test(manifest);
    Ok(Raw {
        name: manifest.name.clone(),
        labels,
        split,
        notes,
        default_folds: manifest.folds,
        withheld,
        lists: false,
        language: manifest.language.unwrap_or(Language::Other),
        origins,
        unreadable: Unreadable::default(),
    })
}

/// Reads a known set of images: pairs of IDX files.
pub(crate) fn read_images(
    manifest: &Manifest,
    options: &OpenOptions,
) -> Result<Raw<ImageExample>, DataError> {
    expect_kind(&manifest.name, manifest.kind, Kind::Image)?;
    let mut notes = Vec::new();
    let located = locate(manifest, options, &mut notes)?;
    let mut origins = Origins::default();
    let mut part_of = |part: Part| -> Result<Vec<ImageExample>, DataError> {
        let file = |format| {
            located
                .iter()
                .find(|(file, _)| file.part == part && file.format == format)
        };
        match (file(Format::IdxImages), file(Format::IdxLabels)) {
            (Some((_, images)), Some((_, labels))) => {
                let file = origins.add(name_inside(&options.data_folder(), images), Counted::Rows);
                let rows = read_idx_pair(&manifest.name, images, labels, file, options)?;
                match rows
                    .iter()
                    .position(|row| row.label as usize >= manifest.labels.len())
                {
                    None => Ok(rows),
                    Some(row) => {
                        let (label, classes) = (rows[row].label, manifest.labels.len());
                        let path = labels.display();
                        let what = format!(
                            "row {row} of {path} has label {label}; there are {classes} classes"
                        );
                        Err(DataError::Mismatch {
                            name: manifest.name.clone(),
                            what,
                        })
                    }
                }
            }
            _ => Ok(Vec::new()),
        }
    };
    let mut split = Split {
        train: part_of(Part::Train)?,
        dev: part_of(Part::Dev)?,
        test: part_of(Part::Test)?,
    };
    let labels = model_labels(manifest, options, &mut split)?;
    let withheld = options.withhold_test && publishes_test(manifest);
    Ok(Raw {
        name: manifest.name.clone(),
        labels,
        split,
        notes,
        default_folds: manifest.folds,
        withheld,
        lists: false,
        language: Language::Other,
        origins,
        unreadable: Unreadable::default(),
    })
}

/// Whether one of its files is the test part, or holds one.
fn publishes_test(manifest: &Manifest) -> bool {
    let test = |file: &SetFile| file.part == Part::Test || file.format == Format::AclImdb;
    manifest.files.iter().any(test)
}

/// The manifest's labels, or those of a trained model that the rows are renumbered to.
fn model_labels<T: Relabel>(
    manifest: &Manifest,
    options: &OpenOptions,
    split: &mut Split<T>,
) -> Result<Vec<String>, DataError> {
    let Some(given) = &options.labels else {
        return Ok(manifest.labels.clone());
    };
    match_to(&manifest.name, &manifest.labels, given, split)?;
    Ok(given.clone())
}

/// Reads a file of images, number `file` of its set, and the file of their labels.
pub(crate) fn read_idx_pair(
    name: &str,
    images_path: &Path,
    labels_path: &Path,
    file: u32,
    options: &OpenOptions,
) -> Result<Vec<ImageExample>, DataError> {
    let mismatch = |what: String| DataError::Mismatch {
        name: name.into(),
        what,
    };
    let images = read_idx_images(images_path, &options.limits)?;
    let labels = read_idx_labels(labels_path, &options.limits)?;
    if (images.height, images.width) != (IMAGE_SIDE, IMAGE_SIDE) {
        let (path, height, width) = (images_path.display(), images.height, images.width);
        return Err(mismatch(format!(
            "{path} holds {height} x {width} images, not {IMAGE_SIDE} x {IMAGE_SIDE}"
        )));
    }
    if images.images().len() != labels.len() {
        let (images, labels, path) = (images.images().len(), labels.len(), labels_path.display());
        return Err(mismatch(format!(
            "{images} images, but {labels} labels in {path}"
        )));
    }
    let rows = images.images().zip(&labels);
    Ok((1..)
        .zip(rows)
        .map(|(number, (pixels, &label))| ImageExample {
            origin: Origin::at(number).of_file(file),
            ..ImageExample::new(pixels, label.into())
        })
        .collect())
}

fn foreign_format(manifest: &Manifest, file: &SetFile) -> DataError {
    let what = format!(
        "`{}` cannot be read as {:?} in a set of texts",
        file.path, file.format
    );
    DataError::Mismatch {
        name: manifest.name.clone(),
        what,
    }
}
