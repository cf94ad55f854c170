//! A user's own images: picture files in a folder per class, or pairs of IDX files.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::tally::Tally;
use super::{Entries, Source, list, look, name, part_of};
use crate::error::DataError;
use crate::example::{ImageExample, Language, PictureFacts, Split, Unreadable};
use crate::known::read_idx_pair;
use crate::labels::settle;
use crate::open::{Raw, name_of};
use crate::options::{Colour, OpenOptions, PictureOptions};
use crate::origin::{Counted, Origin, Origins, name_inside};
use crate::readers::picture::{ConvertedImage, read_picture, shows_colours};
use crate::readers::{BAD_ROWS, Limits, Names, ReadError};

/// Pictures that are looked at to tell whether a set is one of colours.
const COLOUR_SAMPLE: usize = 200;
/// Folders inside each other that are looked into.
const DEPTH: usize = 8;
/// Pictures decoded before the next are: it bounds what waits for its place.
const TOGETHER: usize = 1024;

/// Reads the images at `path`, grey or in colours; the parts that are not there stay empty.
pub(crate) fn read_images(
    path: &Path,
    options: &OpenOptions,
) -> Result<(Raw<ImageExample>, Colour), DataError> {
    let set_name = name_of(path);
    if let Some(mut pairs) = idx_pairs(path, options)? {
        let withheld = super::withhold(&mut pairs, options);
        let raw = read_pairs(path, set_name, pairs, withheld, options)?;
        return Ok((raw, Colour::Grey));
    }
    let (mut names, mut notes, mut tally) = (Names::default(), Vec::new(), Tally::default());
    let mut found: [Vec<PictureFile>; 3] = Default::default();
    let mut withheld = false;
    match look(path, &options.limits, |_| false)? {
        Source::PartFolders(mut folders) => {
            withheld = super::withhold(&mut folders, options);
            for (part, folder) in folders.iter().enumerate() {
                let Some(folder) = folder else { continue };
                found[part] = find_pictures(folder, &mut names, &mut tally, &options.limits)?;
            }
            let parts = super::names_of(&folders);
            notes.push(format!("parts as laid out: {parts}; one folder per class"));
        }
        Source::ClassFolders(folder) => {
            found[0] = find_pictures(&folder, &mut names, &mut tally, &options.limits)?;
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
    let colour = match options.colour {
        Some(colour) => colour,
        None => guess_colour(&found, &options.limits, &mut notes),
    };
    tally.kept = colour;
    let reading = PictureOptions {
        colour,
        ink: options.ink,
        framing: options.framing,
    };
    let mut parts: [Vec<ImageExample>; 3] = Default::default();
    let mut origins = Origins::default();
    for (rows, files) in parts.iter_mut().zip(&found) {
        let named = |file: &Path| origins.add(name_inside(path, file), Counted::Whole);
        read_pictures(files, named, &reading, &options.limits, rows, &mut tally);
    }
    tally.check(path, options.bad_rows.unwrap_or(BAD_ROWS))?;
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
    let raw = Raw {
        name: set_name,
        labels,
        split,
        notes,
        default_folds: None,
        withheld,
        lists: false,
        language: Language::Other,
        origins,
        unreadable: Unreadable {
            count: tally.bad.len(),
            shown: tally.first_bad(),
        },
    };
    Ok((raw, colour))
}

/// Whether the data at `path` are images: IDX files, or class folders whose first files are pictures for the most part.
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
        let mut files = Vec::new();
        walk(&class, DEPTH, &options.limits, &mut files)?;
        if !files.is_empty() {
            let pictures = files.iter();
            let pictures = pictures
                .filter(|file| is_picture(file) || is_foreign(file))
                .count();
            return Ok(2 * pictures >= files.len());
        }
    }
    Ok(false)
}

/// A picture file and the number of its class.
struct PictureFile {
    path: PathBuf,
    label: u32,
}

/// The picture files under `folder/CLASS/`, in the folders inside it too.
fn find_pictures(
    folder: &Path,
    names: &mut Names,
    tally: &mut Tally,
    limits: &Limits,
) -> Result<Vec<PictureFile>, ReadError> {
    let mut found = Vec::new();
    for class in list(folder, limits)?.folders {
        let mut files = Vec::new();
        walk(&class, DEPTH, limits, &mut files)?;
        for path in files {
            if is_picture(&path) {
                let label = names.number(&name(&class), &class, limits)?;
                found.push(PictureFile { path, label });
            } else if is_foreign(&path) {
                tally.pass_over(&path);
            } else {
                tally.others += 1;
            }
        }
    }
    Ok(found)
}

/// The picture files at `path`: itself, or those in a folder and in the folders inside it, in the order of their names.
///
/// # Errors
///
/// [`ReadError`] if there is no such path, a folder cannot be listed, or it holds no picture.
pub fn picture_files(path: &Path, limits: &Limits) -> Result<Vec<PathBuf>, ReadError> {
    let kind = std::fs::metadata(path).map_err(|source| ReadError::from_io(path, source))?;
    if !kind.is_dir() {
        return Ok(vec![path.into()]);
    }
    let mut files = Vec::new();
    walk(path, DEPTH, limits, &mut files)?;
    files.retain(|file| is_picture(file));
    if files.is_empty() {
        let what = "no picture files in this folder".into();
        return Err(ReadError::Empty {
            path: path.into(),
            what,
        });
    }
    Ok(files)
}

/// The files in `folder` and in the folders inside it, `depth` of them inside each other at most: links may make a circle.
fn walk(
    folder: &Path,
    depth: usize,
    limits: &Limits,
    found: &mut Vec<PathBuf>,
) -> Result<(), ReadError> {
    let Entries { files, folders } = list(folder, limits)?;
    found.extend(files);
    if found.len() > limits.rows {
        return Err(ReadError::Limit {
            path: folder.into(),
            limit: limits.rows as u64,
            unit: "files",
            name: "rows",
        });
    }
    match depth.checked_sub(1) {
        Some(depth) => folders
            .iter()
            .try_for_each(|inner| walk(inner, depth, limits, found)),
        None => Ok(()),
    }
}

/// Whether the set is one of colours: whether more than a tenth of the pictures, as far as they are looked at, show any.
fn guess_colour(found: &[Vec<PictureFile>; 3], limits: &Limits, notes: &mut Vec<String>) -> Colour {
    let files = &found[0];
    let step = files.len().div_ceil(COLOUR_SAMPLE).max(1);
    let looked: Vec<bool> = files
        .par_iter()
        .step_by(step)
        // What is wrong with a picture is said when it is read.
        .filter_map(|file| shows_colours(&file.path, limits).ok())
        .collect();
    let colourful = looked.iter().filter(|shows| **shows).count();
    if colourful == 0 {
        return Colour::Grey;
    }
    let (colour, read, other) = if 10 * colourful > looked.len() {
        (Colour::Rgb, "colours", "grey")
    } else {
        (Colour::Grey, "grey", "rgb")
    };
    notes.push(format!(
        "{colourful} of {} pictures looked at show colours: read as {read} (otherwise: images.colour={other})",
        looked.len()
    ));
    colour
}

/// Reads pictures in their order, on all threads of the current rayon pool; `named` numbers the file of each.
fn read_pictures(
    files: &[PictureFile],
    mut named: impl FnMut(&Path) -> u32,
    reading: &PictureOptions,
    limits: &Limits,
    rows: &mut Vec<ImageExample>,
    tally: &mut Tally,
) {
    for files in files.chunks(TOGETHER) {
        let read: Vec<Result<ConvertedImage, ReadError>> = files
            .par_iter()
            .map(|file| read_picture(&file.path, reading, limits))
            .collect();
        for (file, read) in files.iter().zip(read) {
            match read {
                Ok(ConvertedImage { pixels, conversion }) => {
                    tally.count(&conversion);
                    rows.push(ImageExample {
                        pixels,
                        label: file.label,
                        origin: Origin::at(1).of_file(named(&file.path)),
                        picture: Some(PictureFacts {
                            width: conversion.width,
                            height: conversion.height,
                            colour: conversion.colour,
                            blank: conversion.blank,
                        }),
                    });
                }
                Err(error) => tally.bad.push(error),
            }
        }
    }
}

fn is_picture(file: &Path) -> bool {
    let known = [
        "png", "jpg", "jpeg", "bmp", "gif", "webp", "pbm", "pgm", "ppm", "pnm",
    ];
    known.contains(&extension(file).as_str())
}

/// Whether the name is that of a picture that cannot be read here. A decoder of TIFF would change what Burn is built with.
fn is_foreign(file: &Path) -> bool {
    let known = [
        "tif", "tiff", "heic", "heif", "avif", "jp2", "jxl", "svg", "ico", "psd", "tga", "dng",
    ];
    known.contains(&extension(file).as_str())
}

fn extension(file: &Path) -> String {
    let extension = file.extension().unwrap_or_default();
    extension.to_string_lossy().to_lowercase()
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
    root: &Path,
    set_name: String,
    pairs: Pairs,
    withheld: bool,
    options: &OpenOptions,
) -> Result<Raw<ImageExample>, DataError> {
    let mut parts: [Vec<ImageExample>; 3] = Default::default();
    let (mut notes, mut origins) = (Vec::new(), Origins::default());
    for (rows, pair) in parts.iter_mut().zip(&pairs) {
        let Some((images, labels)) = pair else {
            continue;
        };
        let file = origins.add(name_inside(root, images), Counted::Rows);
        *rows = read_idx_pair(&set_name, images, labels, file, options)?;
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
        lists: false,
        language: Language::Other,
        origins,
        unreadable: Unreadable::default(),
    })
}
