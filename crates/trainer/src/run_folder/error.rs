//! What can go wrong with a run folder, and how to mend it.

use crate::checkpoint::IoFailure;
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// The process that holds a run folder, as it wrote itself into the lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Its process number.
    pub pid: Option<u32>,
    /// The machine it runs on.
    pub host: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "process {pid}")?,
            None => f.write_str("another process")?,
        }
        match &self.host {
            Some(host) => write!(f, " on {host}"),
            None => Ok(()),
        }
    }
}

/// Why a run folder cannot be used.
#[derive(Debug, Error)]
pub enum RunFolderError {
    /// An operation on a file or folder failed.
    #[error(transparent)]
    Io(#[from] IoFailure),
    /// Another process is writing this run.
    #[error("the run {} is in use by {holder}: wait for it, or choose another folder with --out",
            path.display())]
    Busy {
        /// The run's folder.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// The run is finished and would be overwritten.
    #[error("{} holds a finished run: choose another folder with --out, or give --force to overwrite it",
            path.display())]
    Finished {
        /// The run's folder.
        path: PathBuf,
    },
    /// The run was begun and would be overwritten.
    #[error("{} holds an unfinished run: give --resume to go on with it, or --force to start over",
            path.display())]
    Unfinished {
        /// The run's folder.
        path: PathBuf,
    },
    /// The folder holds something else, which is never touched, not even by force.
    #[error("{} holds files that are no run: choose an empty or new folder with --out", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// No folder at all.
    #[error("there is no folder {}{}", path.display(), match beside.as_slice() {
        [] => String::new(),
        beside => format!("; the runs beside it are {}", beside.join(", ")),
    })]
    NoFolder {
        /// The folder.
        path: PathBuf,
        /// The runs in the folder where it would lie.
        beside: Vec<String>,
    },
    /// Not a run folder.
    #[error("{} is no run folder: it has no {missing}", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// The file that every run has.
        missing: &'static str,
    },
    /// A run that was finished before such a file was kept, or from which it was taken away.
    #[error("the run {path} has no {missing}: it is unfinished, or was trained by a version that kept none; train it again with \
             `train` and `--config {path}/config.toml --out` a new folder", path = path.display())]
    Older {
        /// The run's folder.
        path: PathBuf,
        /// What it lacks.
        missing: &'static str,
    },
    /// There is no run of this name yet.
    #[error("there is no run {} to go on with: leave out --resume, or name its folder with --out",
            path.display())]
    NothingToResume {
        /// Where it would lie.
        path: PathBuf,
    },
    /// All numbers of this name are taken.
    #[error("{} and its numbered successors up to {last} are all taken: remove some, or use --out",
            path.display())]
    NumbersExhausted {
        /// The name without a number.
        path: PathBuf,
        /// The last number tried.
        last: u32,
    },
    /// A file of the run does not hold what it should.
    #[error("{} is malformed: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A score that is not a number would be written.
    #[error("the result's {field} is {value}, which no score can be; nothing was written")]
    NotFinite {
        /// The field of `result.json`.
        field: &'static str,
        /// Its value.
        value: f64,
    },
}
