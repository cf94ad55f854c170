//! A user's own data: what a path holds, told from its names alone.
//!
//! | path | read as |
//! |---|---|
//! | a file | all rows; the parts are cut here |
//! | a folder with `train.*` (and `dev.*`, `test.*`) | the parts as they are |
//! | a folder with `train/` (and `dev/`, `test/`) | the parts, each a folder per class |
//! | any other folder | a folder per class; the parts are cut here |
//!
//! `training`, `val`, `valid`, `validation` and `testing` are understood too, and so is `.gz` behind any name.

mod columns;
mod images;
mod tally;
mod texts;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use columns::{CellVisitor, visit_other_columns};
pub use images::picture_files;
pub(crate) use images::{holds_images, read_images};
pub(crate) use texts::read_texts;

use crate::error::DataError;
use crate::options::OpenOptions;
use crate::readers::{Limits, ReadError};

/// The three parts by their places in arrays: train, dev, test.
const PARTS: [&str; 3] = ["train", "dev", "test"];

/// What stands at a path.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    /// One file.
    File(PathBuf),
    /// A file per part.
    PartFiles([Option<PathBuf>; 3]),
    /// A folder of class folders per part.
    PartFolders([Option<PathBuf>; 3]),
    /// A folder per class.
    ClassFolders(PathBuf),
}

/// A folder's entries by name, hidden ones left out.
struct Entries {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

/// Lists a folder in the order of the names' characters.
fn list(folder: &Path, limits: &Limits) -> Result<Entries, ReadError> {
    let io = |source| ReadError::from_io(folder, source);
    let mut entries = Entries {
        files: Vec::new(),
        folders: Vec::new(),
    };
    for (index, entry) in fs::read_dir(folder).map_err(io)?.enumerate() {
        if index == limits.rows {
            let limit = limits.rows as u64;
            return Err(ReadError::Limit {
                path: folder.into(),
                limit,
                unit: "entries",
                name: "rows",
            });
        }
        let path = entry.map_err(io)?.path();
        if name(&path).starts_with('.') {
            continue;
        }
        // Links are followed: a folder of links to the real files is a common way to lay out a set.
        let kind = fs::metadata(&path).map_err(|source| ReadError::from_io(&path, source))?;
        if kind.is_dir() {
            entries.folders.push(path);
        } else if kind.is_file() {
            entries.files.push(path);
        }
    }
    entries.files.sort_unstable();
    entries.folders.sort_unstable();
    Ok(entries)
}

/// The last component of a path, for comparing and showing.
fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Which part a name speaks of: `train.csv`, `ag-test.jsonl`, `validation`, ...
fn part_of(name: &str) -> Option<usize> {
    let lower = name.to_lowercase();
    let mut found = lower
        .split(['.', '-', '_', ' '])
        .filter_map(|word| match word {
            "train" | "training" => Some(0),
            "dev" | "val" | "valid" | "validation" => Some(1),
            "test" | "testing" | "t10k" => Some(2),
            _ => None,
        });
    // Two parts in one name (`test-train.csv`) say nothing.
    found.next().filter(|_| found.next().is_none())
}

/// Takes the test part away, unopened, where the options ask for it; returns whether there was one.
fn withhold<T>(parts: &mut [Option<T>; 3], options: &OpenOptions) -> bool {
    options.withhold_test && parts[2].take().is_some()
}

/// The names of the parts that are there.
fn names_of<T>(parts: &[Option<T>; 3]) -> String {
    let there = PARTS.iter().zip(parts).filter(|(_, part)| part.is_some());
    there.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// What `path` holds. `readable` says which files may hold rows.
fn look(
    path: &Path,
    limits: &Limits,
    readable: impl Fn(&Path) -> bool,
) -> Result<Source, DataError> {
    let kind = fs::metadata(path).map_err(|source| ReadError::from_io(path, source))?;
    if !kind.is_dir() {
        return Ok(Source::File(path.into()));
    }
    let Entries { files, folders } = list(path, limits)?;
    let files: Vec<PathBuf> = files.into_iter().filter(|file| readable(file)).collect();
    if let Some(parts) = by_part(path, &files)? {
        return Ok(Source::PartFiles(parts));
    }
    if let Some(parts) = by_part(path, &folders)? {
        return Ok(Source::PartFolders(parts));
    }
    if !folders.is_empty() {
        return Ok(Source::ClassFolders(path.into()));
    }
    match files.as_slice() {
        [file] => Ok(Source::File(file.clone())),
        _ => {
            let what =
                "neither a folder per class, nor files or folders called train, dev, test".into();
            Err(ReadError::Empty {
                path: path.into(),
                what,
            }
            .into())
        }
    }
}

/// The paths by part, if one of them is a training part.
fn by_part(folder: &Path, paths: &[PathBuf]) -> Result<Option<[Option<PathBuf>; 3]>, DataError> {
    let mut parts: [Option<PathBuf>; 3] = [None, None, None];
    for path in paths {
        let Some(part) = part_of(&name(path)) else {
            continue;
        };
        if let Some(other) = &parts[part] {
            let (first, second) = (name(other), name(path));
            return Err(DataError::Mismatch {
                name: folder.display().to_string(),
                what: format!(
                    "both `{first}` and `{second}` could be the {} part: keep one",
                    PARTS[part]
                ),
            });
        }
        parts[part] = Some(path.clone());
    }
    Ok(parts[0].is_some().then_some(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_names() {
        for (name, part) in [
            ("train.csv", Some(0)),
            ("ag_news-test.csv.gz", Some(2)),
            ("Validation", Some(1)),
            ("contest.csv", None),
            ("train-test.csv", None),
            ("readme.txt", None),
        ] {
            assert_eq!(part_of(name), part, "{name}");
        }
    }

    #[test]
    fn sources_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let source = |path: &Path| look(path, &Limits::DEFAULT, |_| true);
        assert!(matches!(
            source(folder.path()),
            Err(DataError::Read(ReadError::Empty { .. }))
        ));
        assert!(matches!(
            source(&at("nowhere")),
            Err(DataError::Read(ReadError::Io { .. }))
        ));
        fs::create_dir(at("spam")).unwrap();
        assert_eq!(
            source(folder.path()).unwrap(),
            Source::ClassFolders(folder.path().into())
        );
        fs::create_dir(at("train")).unwrap();
        fs::create_dir(at(".git")).unwrap();
        assert_eq!(
            source(folder.path()).unwrap(),
            Source::PartFolders([Some(at("train")), None, None])
        );
        fs::write(at("train.csv"), "").unwrap();
        fs::write(at("test.csv"), "").unwrap();
        let parts = [Some(at("train.csv")), None, Some(at("test.csv"))];
        assert_eq!(source(folder.path()).unwrap(), Source::PartFiles(parts));
        assert_eq!(
            source(&at("train.csv")).unwrap(),
            Source::File(at("train.csv"))
        );
        fs::write(at("train.jsonl"), "").unwrap();
        let error = source(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("both `train.csv` and `train.jsonl`"),
            "{error}"
        );
    }
}
