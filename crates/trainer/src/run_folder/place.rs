//! Where a run lies: `runs/<model>-<data>`, numbered when taken, or where the user says.

use super::error::RunFolderError;
use crate::checkpoint::IoFailure;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The last number tried before giving up.
const LAST_NUMBER: u32 = 9_999;

/// Longest part of a folder's name that comes from a model or data set.
const LONGEST_PART: usize = 80;

/// Where a run is to lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `<runs>/<model>-<data>`, or `<model>-<data>-2`, `-3`, … when that is taken.
    Named {
        /// The folder of all runs.
        runs: PathBuf,
        /// The model's name.
        model: String,
        /// The data set's name; characters that do not belong in a file name are replaced.
        data: String,
    },
    /// Exactly here (`--out`).
    At(PathBuf),
}

impl Place {
    /// The folder without a number.
    pub fn first(&self) -> PathBuf {
        match self {
            Self::At(path) => path.clone(),
            Self::Named { runs, model, data } => runs.join(format!(
                "{}-{}",
                file_name_part(model),
                file_name_part(data)
            )),
        }
    }

    /// The folder with a number; the first has none.
    fn numbered(&self, number: u32) -> PathBuf {
        let first = self.first();
        if number == 1 {
            return first;
        }
        let mut name = first.file_name().unwrap_or_default().to_owned();
        name.push(format!("-{number}"));
        first.with_file_name(name)
    }

    /// Creates a folder that nobody has. Creating is the claim: of two processes that try the same name
    /// at once, one goes on to the next. With it come the folders that were made, the innermost first.
    pub(super) fn claim(&self) -> Result<(PathBuf, Vec<PathBuf>), RunFolderError> {
        let first = self.first();
        let mut made = make_folders(first.parent().unwrap_or(Path::new(".")))?;
        for number in 1..=LAST_NUMBER {
            let path = self.numbered(number);
            match fs::create_dir(&path) {
                Ok(()) => {
                    made.insert(0, path.clone());
                    return Ok((path, made));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(IoFailure::new("create the folder", &path)(error).into()),
            }
        }
        Err(RunFolderError::NumbersExhausted {
            path: first,
            last: LAST_NUMBER,
        })
    }

    /// The existing folder with the highest number, for `--resume` without a folder.
    pub(super) fn newest(&self) -> Result<PathBuf, RunFolderError> {
        let first = self.first();
        let nothing = || RunFolderError::NothingToResume {
            path: first.clone(),
        };
        if let Self::At(path) = self {
            return path.is_dir().then(|| path.clone()).ok_or_else(nothing);
        }
        (1..=LAST_NUMBER)
            .rev()
            .map(|number| self.numbered(number))
            .find(|path| path.is_dir())
            .ok_or_else(nothing)
    }
}

/// Creates a folder and those around it; returns the ones that were not there, the innermost first.
pub(super) fn make_folders(path: &Path) -> Result<Vec<PathBuf>, RunFolderError> {
    let missing = path.ancestors().take_while(|folder| !folder.exists());
    let missing = missing.filter(|folder| !folder.as_os_str().is_empty());
    let missing = missing.map(Path::to_path_buf).collect();
    fs::create_dir_all(path).map_err(IoFailure::new("create the folder", path))?;
    Ok(missing)
}

/// Makes a name safe as part of a folder's name on every system: letters, digits, `_` and `.`, other
/// characters turned into one `-`, neither at its ends.
fn file_name_part(name: &str) -> String {
    let mut part = String::new();
    for c in name.chars() {
        let c = match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') => c,
            _ => '-',
        };
        let repeats = matches!(c, '-' | '.') && part.ends_with(c);
        if part.len() < LONGEST_PART && !repeats {
            part.push(c);
        }
    }
    let part = part.trim_matches(['-', '.']);
    if part.is_empty() {
        "unnamed".to_owned()
    } else {
        part.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(runs: &Path, data: &str) -> Place {
        Place::Named {
            runs: runs.to_path_buf(),
            model: "textcnn".to_owned(),
            data: data.to_owned(),
        }
    }

    #[test]
    fn taken_names_are_numbered() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let place = place(&runs, "mr");
        let newest = place.newest().unwrap_err();
        assert!(matches!(newest, RunFolderError::NothingToResume { .. }));
        for name in ["textcnn-mr", "textcnn-mr-2", "textcnn-mr-3"] {
            assert_eq!(place.claim().unwrap().0, runs.join(name));
            assert_eq!(place.newest().unwrap(), runs.join(name));
        }
        fs::remove_dir(runs.join("textcnn-mr-2")).unwrap();
        assert_eq!(place.newest().unwrap(), runs.join("textcnn-mr-3"));
    }

    #[test]
    fn claims_at_once_get_different_folders() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path(), "mr");
        let paths: std::collections::BTreeSet<PathBuf> = std::thread::scope(|scope| {
            let claims: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| place.claim().unwrap().0))
                .collect();
            claims.into_iter().map(|c| c.join().unwrap()).collect()
        });
        assert_eq!(paths.len(), 8);
    }

    #[test]
    fn no_data_name_leaves_the_folder_of_runs() {
        let runs = Path::new("runs");
        let long = "x".repeat(300);
        for (data, expected) in [
            ("../../etc/passwd", "textcnn-etc-passwd"),
            ("my data: v2?.csv", "textcnn-my-data-v2-.csv"),
            ("..", "textcnn-unnamed"),
            ("", "textcnn-unnamed"),
            ("a\0b\nc", "textcnn-a-b-c"),
            ("数据", "textcnn-unnamed"),
            (&long, &format!("textcnn-{}", "x".repeat(LONGEST_PART))),
        ] {
            assert_eq!(place(runs, data).first(), runs.join(expected), "{data:?}");
        }
    }

    #[test]
    fn a_folder_of_runs_that_cannot_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = place(&file, "mr").claim().unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
    }
}
