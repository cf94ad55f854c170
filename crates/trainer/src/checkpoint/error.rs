//! What can go wrong with a checkpoint, and how to mend it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// An operation on a file or folder that failed: what was tried, where, why, and how to mend it.
#[derive(Debug)]
pub struct IoFailure {
    /// What was tried, as in "cannot {action} PATH": `"write"`, `"rename"`, …
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// The system's answer.
    pub source: io::Error,
}

impl IoFailure {
    /// For `map_err`: names what was tried and where.
    pub fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self {
            action,
            path: path.to_path_buf(),
            source,
        }
    }
}

impl fmt::Display for IoFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            action,
            path,
            source,
        } = self;
        write!(f, "cannot {action} {}: {source}", path.display())?;
        match source.kind() {
            io::ErrorKind::StorageFull => {
                f.write_str("; free some space (or inodes) on that disk, then go on with --resume")
            }
            io::ErrorKind::QuotaExceeded => {
                f.write_str("; free some of your quota, then go on with --resume")
            }
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                f.write_str("; make the folder writable or choose another one with --out")
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for IoFailure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Why a checkpoint could not be written or read.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// An operation on a file or folder failed. The last good checkpoint is untouched.
    #[error(transparent)]
    Io(#[from] IoFailure),
    /// A file name that could leave the folder or clash with the store's own files.
    #[error(
        "{name:?} cannot name a checkpoint file: use 1 to 100 of A-Z a-z 0-9 . _ -, not starting with a \
         full stop, not state.json, each name once"
    )]
    FileName {
        /// The name.
        name: String,
    },
    /// What was just written does not read back as it was written.
    #[error("the checkpoint {} did not verify after writing: {damage}; the disk may be failing; \
             the previous checkpoint is untouched", path.display())]
    NotVerified {
        /// The checkpoint's folder.
        path: PathBuf,
        /// What differs.
        damage: Damage,
    },
    /// An intact checkpoint of another version of this program.
    #[error("the checkpoint {} has format {found}, this program reads format {supported}: resume it with \
             the version that wrote it, or start over with --force", path.display())]
    OtherFormat {
        /// The checkpoint's folder.
        path: PathBuf,
        /// Its format number.
        found: u64,
        /// The format number of this program.
        supported: u64,
    },
}

/// What makes a checkpoint unusable.
#[derive(Debug, Error)]
pub enum Damage {
    /// A file is missing or cannot be read.
    #[error("{0}")]
    Unreadable(IoFailure),
    /// `state.json` is not of the sealed form, or its seal does not match.
    #[error("state.json is damaged: {what}")]
    State {
        /// What does not hold.
        what: &'static str,
    },
    /// The folder's name and `state.json` speak of different steps.
    #[error("the folder is named after step {folder}, but state.json is of step {state}")]
    Step {
        /// Step in the folder's name.
        folder: u64,
        /// Step in `state.json`.
        state: u64,
    },
    /// A file is shorter or longer than written.
    #[error("{name} has {found} bytes instead of {expected}")]
    Length {
        /// The file.
        name: String,
        /// Bytes written.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// A file's bytes are not those written.
    #[error("the SHA-256 of {name} does not match")]
    Hash {
        /// The file.
        name: String,
    },
    /// The checkpoint is intact, but of another format.
    #[error("its format is {found}, not {supported}")]
    Format {
        /// Its format number.
        found: u64,
        /// The format number of this program.
        supported: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_with_its_path_and_cure() {
        let failure =
            IoFailure::new("write", Path::new("runs/x/a"))(io::Error::from_raw_os_error(28));
        let text = failure.to_string();
        assert!(text.starts_with("cannot write runs/x/a: "), "{text}");
        #[cfg(unix)]
        assert!(text.contains("free some space"), "{text}");
    }
}
