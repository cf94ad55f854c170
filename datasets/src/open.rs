//! Opening a set by its name or path: find it, read it, split it, say what was done.

use std::path::Path;

use crate::duplicates::{Labelled, count_duplicates};
use crate::error::DataError;
use crate::example::{ImageSet, Language, Split, TextSet, Unreadable};
use crate::hash::{Content, set_sha256};
use crate::known;
use crate::label_sets::LabelSets;
use crate::made::{MADE, Made, made};
use crate::manifest::{Kind, Manifest, manifest, manifests};
use crate::options::{Colour, OpenOptions};
use crate::origin::{Origins, Placed};
use crate::path;
use crate::split::{DEV_ONE_IN, cut_fold, cut_limit, cut_share, cut_three};

/// Side of the grey images that the networks read.
pub const IMAGE_SIDE: usize = 28;

/// What a reader hands over before anything is cut.
pub(crate) struct Raw<T> {
    pub name: String,
    pub labels: Vec<String>,
    pub split: Split<T>,
    pub notes: Vec<String>,
    /// Folds by which the set is judged when none are asked for.
    pub default_folds: Option<usize>,
    /// Whether a published test part was left unread, as [`OpenOptions::withhold_test`] asks.
    pub withheld: bool,
    /// Whether the labels of a row were written as a list.
    pub lists: bool,
    pub language: Language,
    pub origins: Origins,
    pub unreadable: Unreadable,
}

/// Opens a set of texts: a name (`mr`, `phrases`, ...) or a path.
///
/// # Errors
///
/// [`DataError`]: an unknown name (with the nearest one), missing or malformed files, options that do not fit.
pub fn open_text(name_or_path: &str, options: &OpenOptions) -> Result<TextSet, DataError> {
    let read = match find(name_or_path)? {
        Place::Known(manifest) => known::read_texts(&manifest, options),
        Place::Made(made) => {
            expect_kind(made.name, made.kind, Kind::Text).map(|()| made.texts(options))
        }
        Place::Path(path) => path::read_texts(path, options),
    };
    let raw = said_of_namesake(name_or_path, read)?;
    let (language, lists) = (raw.language, raw.lists);
    let label_separator = match (&options.label_separator, lists) {
        (None, true) => Some(OpenOptions::LIST_SEPARATOR.to_owned()),
        (separator, _) => separator.clone(),
    };
    let finished = finish(raw, "texts", options)?;
    let sets = label_separator
        .map(|separator| LabelSets::of(&finished.labels, &separator))
        .transpose()?;
    let Finished {
        name,
        labels,
        split,
        notes,
        sha256,
        test_is_cut,
        duplicates,
        origins,
        unreadable,
    } = finished;
    Ok(TextSet {
        name,
        labels,
        split,
        language,
        sets,
        notes,
        sha256,
        test_is_cut,
        duplicates,
        origins,
        unreadable,
    })
}

/// Opens a set of images: a name (`mnist`, `digits`) or a path.
///
/// # Errors
///
/// As [`open_text`].
pub fn open_image(name_or_path: &str, options: &OpenOptions) -> Result<ImageSet, DataError> {
    let (read, colour) = match find(name_or_path)? {
        Place::Known(manifest) => (known::read_images(&manifest, options), Colour::Grey),
        Place::Made(made) => {
            let kind = expect_kind(made.name, made.kind, Kind::Image);
            (kind.map(|()| made.images(options)), Colour::Grey)
        }
        Place::Path(path) => match path::read_images(path, options) {
            Ok((raw, colour)) => (Ok(raw), colour),
            Err(error) => (Err(error), Colour::Grey),
        },
    };
    let raw = said_of_namesake(name_or_path, read)?;
    let finished = finish(raw, "images", options)?;
    let Finished {
        name,
        labels,
        split,
        notes,
        sha256,
        test_is_cut,
        duplicates,
        origins,
        unreadable,
    } = finished;
    Ok(ImageSet {
        name,
        labels,
        channels: colour.channels(),
        height: colour.side(),
        width: colour.side(),
        split,
        notes,
        sha256,
        test_is_cut,
        duplicates,
        origins,
        unreadable,
    })
}

/// Whether a known name or a path holds texts or images.
///
/// # Errors
///
/// [`DataError::UnknownSet`] or [`DataError::NoSuchPath`] for what is neither; [`DataError::Read`] for a folder that cannot be listed.
pub fn kind_of(name_or_path: &str, options: &OpenOptions) -> Result<Kind, DataError> {
    match find(name_or_path)? {
        Place::Known(manifest) => Ok(manifest.kind),
        Place::Made(made) => Ok(made.kind),
        Place::Path(path) if path::holds_images(path, options)? => Ok(Kind::Image),
        Place::Path(_) => Ok(Kind::Text),
    }
}

/// The language of a user's own texts: the given one, or as it is guessed when they are opened, from the same rows. `None` for known and
/// generated sets, for pictures, and for what is not there.
///
/// # Errors
///
/// As [`open_text`].
pub fn language_of(
    name_or_path: &str,
    options: &OpenOptions,
) -> Result<Option<Language>, DataError> {
    let Some(path) = own_path(name_or_path).map(Path::new) else {
        return Ok(None);
    };
    if path::holds_images(path, options)? {
        return Ok(None);
    }
    match options.language {
        Some(language) => Ok(Some(language)),
        None => Ok(Some(path::read_texts(path, options)?.language)),
    }
}

/// The manifest of a known set that is read from files.
///
/// # Errors
///
/// [`DataError::UnknownSet`], with the nearest known name; [`DataError::Generated`] for a set without files.
pub fn known_set(name: &str) -> Result<Manifest, DataError> {
    match (manifest(name), made(name)) {
        (Some(manifest), _) => Ok(manifest),
        (None, Some(_)) => Err(DataError::Generated { name: name.into() }),
        (None, None) => Err(unknown(name)),
    }
}

/// Where a set comes from.
enum Place<'a> {
    Known(Box<Manifest>),
    Made(&'static Made),
    Path(&'a Path),
}

/// What a name or path stands for: a name comes before a path (`./mnist` is a path).
fn find(name_or_path: &str) -> Result<Place<'_>, DataError> {
    if let Some(manifest) = manifest(name_or_path) {
        return Ok(Place::Known(Box::new(manifest)));
    }
    if let Some(made) = made(name_or_path) {
        return Ok(Place::Made(made));
    }
    let path = Path::new(name_or_path);
    if path.exists() {
        Ok(Place::Path(path))
    } else if path.extension().is_some() || name_or_path.contains(std::path::is_separator) {
        Err(DataError::NoSuchPath {
            nearest: nearest_path(path),
            path: path.to_owned(),
        })
    } else {
        Err(unknown(name_or_path))
    }
}

/// What to say where a file or folder here is called as the known set that was taken; `None` where there is none.
pub fn namesake(name: &str) -> Option<String> {
    let known = manifest(name).is_some() || made(name).is_some();
    (known && Path::new(name).exists()).then(|| {
        format!("`{name}` is taken for the known set of that name; to mean the {name} that lies here, give ./{name}")
    })
}

/// Adds that to what was read, or to the error.
fn said_of_namesake<T>(name: &str, read: Result<Raw<T>, DataError>) -> Result<Raw<T>, DataError> {
    match (namesake(name), read) {
        (None, read) => read,
        (Some(said), Ok(mut raw)) => {
            raw.notes.insert(0, said);
            Ok(raw)
        }
        (Some(said), Err(error)) => Err(DataError::Namesake {
            said,
            source: Box::new(error),
        }),
    }
}

/// The path that a name stands for; `None` for a known or generated set, and for what is not there.
pub(crate) fn own_path(name_or_path: &str) -> Option<&str> {
    match find(name_or_path) {
        Ok(Place::Path(_)) => Some(name_or_path),
        _ => None,
    }
}

/// Names that are looked through for one like a wrong name.
const NAMES_LOOKED_AT: usize = 10_000;

/// The path beside `path` whose name is most like its own.
fn nearest_path(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent()?;
    let listed = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let entries = std::fs::read_dir(listed).ok()?.take(NAMES_LOOKED_AT);
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    let nearest = crate::suggest::nearest(name, names.iter().map(String::as_str))?;
    Some(folder.join(nearest).display().to_string())
}

/// The error for a name that is neither a set nor a path.
fn unknown(name: &str) -> DataError {
    let files = manifests().into_iter().map(|manifest| manifest.name);
    let known: Vec<String> = MADE
        .iter()
        .map(|made| made.name.to_owned())
        .chain(files)
        .collect();
    DataError::UnknownSet {
        name: name.into(),
        nearest: crate::suggest::nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
        known: known.join(", "),
    }
}

/// A set after cutting, without what only one kind has.
struct Finished<T> {
    name: String,
    labels: Vec<String>,
    split: Split<T>,
    notes: Vec<String>,
    sha256: String,
    test_is_cut: bool,
    duplicates: crate::DuplicateReport,
    origins: Origins,
    unreadable: Unreadable,
}

/// Counts duplicates, cuts the parts that the set does not publish, applies the limit, and says all of it.
fn finish<T: Labelled + Content + Placed>(
    raw: Raw<T>,
    noun: &str,
    options: &OpenOptions,
) -> Result<Finished<T>, DataError> {
    let Raw {
        name,
        labels,
        split,
        mut notes,
        default_folds,
        withheld,
        origins,
        unreadable,
        ..
    } = raw;
    let seed = options.seed;
    let duplicates = count_duplicates(&split);
    let rows = split.parts().map(|(_, rows)| rows.len());
    notes.extend(duplicates.sentences(noun, rows));
    let all = split.rows();
    if all > 1 && duplicates.distinct(rows) == 1 {
        let places = [split.train.first(), split.train.last()];
        let places = places.into_iter().flatten();
        let places = places.filter_map(|row| Some(origins.place(row.origin())?.to_string()));
        let places: Vec<String> = places.collect();
        let seen = if noun == "images" {
            ", as the network sees them; are they blank, or is lost what differs (images.colour, images.ink, images.framing)?"
        } else {
            ", case and white space aside"
        };
        let what = format!(
            "all {all} {noun} are the same one, so that nothing tells their classes apart ({}){seen}",
            places.join(" and ")
        );
        return Err(DataError::TooSmall { name, what });
    }

    let mut split = split;
    if options.fold.is_some() && !(split.test.is_empty() && split.dev.is_empty()) {
        let note = "folds are asked for: the published parts are put together, so that scores do not compare with published ones";
        notes.push(note.into());
        split.train.append(&mut split.dev);
        split.train.append(&mut split.test);
    }
    let Split { train, dev, test } = split;
    let fold = options.fold.or(default_folds.map(|folds| (0, folds)));
    let test_is_cut = test.is_empty() && !withheld;
    let mut split = match (test_is_cut, fold) {
        (false, _) => Split { train, dev, test },
        (true, Some((fold, folds))) => {
            let rows = train.len();
            if fold >= folds || !(2..=rows).contains(&folds) {
                return Err(DataError::BadFold { fold, folds, rows });
            }
            notes.push(format!(
                "fold {fold} (of 0 to {}) is the test part, stratified, equal {noun} on one side, seed {seed}",
                folds - 1
            ));
            let (train, test) = cut_fold(train, seed, fold, folds);
            Split { train, dev, test }
        }
        (true, None) if dev.is_empty() => {
            notes.push(format!(
                "no split is published: train, dev and test are cut 8 : 1 : 1, stratified, equal {noun} on one side, seed {seed}"
            ));
            cut_three(train, seed)
        }
        (true, None) => {
            notes.push(format!(
                "no test part is published: one in {DEV_ONE_IN} training rows is the test part, stratified, equal {noun} on one side, seed {seed}"
            ));
            let (train, test) = cut_share(train, seed, "test", DEV_ONE_IN);
            Split { train, dev, test }
        }
    };
    if options.withhold_test {
        notes.push("the test part is withheld".into());
        split.test.clear();
    }
    if split.dev.is_empty() {
        notes.push(format!(
            "no dev part is published: one in {DEV_ONE_IN} training rows is the dev part, stratified, equal {noun} on one side, seed {seed}"
        ));
        (split.train, split.dev) = cut_share(split.train, seed, "dev", DEV_ONE_IN);
    }
    if let Some(limit) = options.limit {
        let [train, dev, test] = split.parts().map(|(_, rows)| rows.len());
        if limit < train.max(dev).max(test) {
            notes.push(format!(
                "limited to {} of {train} training, {} of {dev} dev, {} of {test} test rows, seed {seed}",
                limit.min(train),
                limit.min(dev),
                limit.min(test)
            ));
        }
        split = Split {
            train: cut_limit(split.train, seed, "limit train", limit),
            dev: cut_limit(split.dev, seed, "limit dev", limit),
            test: cut_limit(split.test, seed, "limit test", limit),
        };
    }
    if split.train.is_empty() || (split.test.is_empty() && !options.withhold_test) {
        let what = format!(
            "too few rows to learn from and to judge by: {all}, of which {} differ; equal ones stay on one side",
            duplicates.distinct(rows)
        );
        return Err(DataError::TooSmall { name, what });
    }
    let sha256 = set_sha256(&labels, &split);
    Ok(Finished {
        name,
        labels,
        split,
        notes,
        sha256,
        test_is_cut,
        duplicates,
        origins,
        unreadable,
    })
}

/// The last part of a path without its ending, and without that of gzip: a set's short name.
pub fn name_of(path: &Path) -> String {
    let Some(stem) = path.file_stem() else {
        return "data".into();
    };
    let is_packed = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    let inner = Path::new(stem).file_stem().filter(|_| is_packed);
    inner.unwrap_or(stem).to_string_lossy().into_owned()
}

/// Refuses a set of the other kind.
pub(crate) fn expect_kind(name: &str, found: Kind, wanted: Kind) -> Result<(), DataError> {
    if found == wanted {
        Ok(())
    } else {
        Err(DataError::WrongKind {
            name: name.into(),
            found,
            wanted,
        })
    }
}
