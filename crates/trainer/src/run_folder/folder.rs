//! The writer of a run: claims the folder, holds its lock, writes its files.

use super::data_card::DataCard;
use super::environment::Environment;
use super::error::RunFolderError;
use super::files::{CHECKPOINTS, RunFile, RunFiles, check_labels};
use super::lock::{LOCK_FILE, RunLock};
use super::metrics::{Cut, MetricsLog};
use super::place::{Place, make_folders};
use super::result::RunResult;
use crate::checkpoint::{
    CheckpointError, CheckpointStore, Disk, IoFailure, Storage, remove_tree, write_atomically,
};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A run folder being written. The lock is held until this is dropped or the process ends. Where nothing was written by then, what
/// was made for it is removed: a run that is refused leaves no trace.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// use trainer::run_folder::{Place, RunFile, RunFolder};
///
/// let place = Place::Named {
///     runs: folder.path().join("runs"),
///     model: "lenet5".into(),
///     data: "digits".into(),
/// };
/// let run = RunFolder::create(&place, false)?;
/// run.begin()?;
/// run.write(RunFile::Config, b"seed = 1\n")?;
/// assert!(run.folder().ends_with("runs/lenet5-digits"));
/// # Ok::<(), trainer::run_folder::RunFolderError>(())
/// ```
#[derive(Debug)]
pub struct RunFolder {
    files: RunFiles,
    storage: Arc<dyn Storage>,
    /// The folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
    /// Whether there is a run that gives way to this one when it begins.
    replaces: AtomicBool,
    _lock: RunLock,
}

impl RunFolder {
    /// Claims a folder for a fresh run.
    ///
    /// A named place takes the next free number. A place given exactly must be new, empty, or hold a
    /// run that `force` allows to overwrite: then its files, and only those that belong to a run, are
    /// removed by [`RunFolder::begin`], so that a run which is refused before that costs nothing.
    ///
    /// # Errors
    /// [`RunFolderError::Finished`], [`RunFolderError::Unfinished`] and [`RunFolderError::Occupied`]
    /// when something is there, [`RunFolderError::Busy`] when another process is at it, and whatever
    /// fails on the disk.
    pub fn create(place: &Place, force: bool) -> Result<Self, RunFolderError> {
        Self::create_with(place, force, Arc::new(Disk))
    }

    /// As [`RunFolder::create`], with the run's files on another storage (the lock stays on the disk).
    ///
    /// # Errors
    /// As [`RunFolder::create`].
    pub fn create_with(
        place: &Place,
        force: bool,
        storage: Arc<dyn Storage>,
    ) -> Result<Self, RunFolderError> {
        let (path, made) = match place {
            Place::Named { .. } => place.claim()?,
            Place::At(path) => {
                let made = make_folders(path)?;
                if !is_run_or_empty(path)? {
                    return Err(RunFolderError::Occupied { path: path.clone() });
                }
                (path.clone(), made)
            }
        };
        let run = Self::lock(path, storage, made)?;
        // Only now, under the lock, is what is there sure to stay as it is.
        let path = run.folder().to_path_buf();
        let is_begun = run.files.path(RunFile::Config).exists() || run.files.checkpoints().exists();
        match (run.files.is_finished(), is_begun, force) {
            (true, _, false) => Err(RunFolderError::Finished { path }),
            (false, true, false) => Err(RunFolderError::Unfinished { path }),
            (false, false, _) => Ok(run),
            (_, _, true) => {
                run.replaces.store(true, Ordering::Relaxed);
                Ok(run)
            }
        }
    }

    /// From here on the folder is this run's: the files of one that it replaces are removed. To be called before the first file is
    /// written.
    ///
    /// # Errors
    /// Whatever fails on the disk.
    pub fn begin(&self) -> Result<(), RunFolderError> {
        match self.replaces.swap(false, Ordering::Relaxed) {
            true => self.clear(),
            false => Ok(()),
        }
    }

    /// Opens a run to go on with it: the folder given exactly, or the one of the highest number. A
    /// finished run can be opened too; see [`RunFiles::is_finished`].
    ///
    /// # Errors
    /// [`RunFolderError::NothingToResume`] and [`RunFolderError::NotARun`] when there is no run,
    /// [`RunFolderError::Busy`] when another process is at it, and whatever fails on the disk.
    pub fn resume(place: &Place) -> Result<Self, RunFolderError> {
        let path = place.newest()?;
        RunFiles::open(&path)?;
        Self::lock(path, Arc::new(Disk), Vec::new())
    }

    fn lock(
        path: PathBuf,
        storage: Arc<dyn Storage>,
        made: Vec<PathBuf>,
    ) -> Result<Self, RunFolderError> {
        let lock = RunLock::take(&path).inspect_err(|_| remove_empty(&made))?;
        Ok(Self {
            files: RunFiles::at(path),
            storage,
            made,
            replaces: false.into(),
            _lock: lock,
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.files.folder()
    }

    /// The files of the run, to read.
    pub fn files(&self) -> &RunFiles {
        &self.files
    }

    /// Writes a file of the run; readers find the old bytes or the new ones, never a mixture.
    ///
    /// # Errors
    /// The step that failed, with its path.
    pub fn write(&self, file: RunFile, bytes: &[u8]) -> Result<(), RunFolderError> {
        Ok(write_atomically(
            &*self.storage,
            &self.files.path(file),
            bytes,
        )?)
    }

    /// Writes `labels.json`.
    ///
    /// # Errors
    /// When there are no labels or one is there twice, and whatever fails on the disk.
    pub fn write_labels(&self, labels: &[String]) -> Result<(), RunFolderError> {
        check_labels(labels).map_err(|what| RunFolderError::Malformed {
            path: self.files.path(RunFile::Labels),
            what,
        })?;
        self.write_json(RunFile::Labels, &labels)
    }

    /// Writes `thresholds.json`.
    ///
    /// # Errors
    /// Whatever fails on the disk.
    pub fn write_thresholds(&self, thresholds: &[f32]) -> Result<(), RunFolderError> {
        self.write_json(RunFile::Thresholds, &thresholds)
    }

    /// Writes `environment.json`.
    ///
    /// # Errors
    /// Whatever fails on the disk.
    pub fn write_environment(&self, environment: &Environment) -> Result<(), RunFolderError> {
        self.write_json(RunFile::Environment, environment)
    }

    /// Writes `data.json`.
    ///
    /// # Errors
    /// Whatever fails on the disk.
    pub fn write_data(&self, data: &DataCard) -> Result<(), RunFolderError> {
        self.write_json(RunFile::Data, data)
    }

    /// Writes `result.json`, which ends the run: everything else must be written before.
    ///
    /// # Errors
    /// [`RunFolderError::NotFinite`], and whatever fails on the disk.
    pub fn write_result(&self, result: &RunResult) -> Result<(), RunFolderError> {
        result.check_finite()?;
        self.write_json(RunFile::Result, result)
    }

    /// Opens the metrics log, to go on after `step` or afresh, and with it an event file for TensorBoard where it is wanted;
    /// see [`MetricsLog`].
    ///
    /// # Errors
    /// Whatever fails on the disk.
    pub fn open_metrics(
        &self,
        step: Option<u64>,
        with_events: bool,
    ) -> Result<(MetricsLog, Cut), RunFolderError> {
        let path = self.files.path(RunFile::Metrics);
        let (log, cut) = MetricsLog::open(&*self.storage, &path, step)?;
        let events = self.files.path(RunFile::Events);
        match with_events {
            true => Ok((log.with_events(&*self.storage, &events)?, cut)),
            false => Ok((log, cut)),
        }
    }

    /// Opens the folder of checkpoints.
    ///
    /// # Errors
    /// As [`CheckpointStore::open`].
    pub fn open_checkpoints(&self) -> Result<CheckpointStore, CheckpointError> {
        CheckpointStore::open_with(&self.files.checkpoints(), self.storage.clone())
    }

    fn write_json<T: Serialize>(&self, file: RunFile, value: &T) -> Result<(), RunFolderError> {
        let mut bytes =
            serde_json::to_vec_pretty(value).map_err(|error| RunFolderError::Malformed {
                path: self.files.path(file),
                what: error.to_string(),
            })?;
        bytes.push(b'\n');
        self.write(file, &bytes)
    }

    /// Removes a run's files, the result first: half-cleared, the folder must not look finished.
    fn clear(&self) -> Result<(), RunFolderError> {
        let names = [RunFile::Result.name(), CHECKPOINTS];
        let names = names
            .into_iter()
            .chain(RunFile::ALL.into_iter().map(RunFile::name));
        for name in names {
            remove_tree(&*self.storage, &self.folder().join(name))?;
        }
        self.storage
            .sync_dir(self.folder())
            .map_err(IoFailure::new("sync the folder", self.folder()))?;
        Ok(())
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        let names = self.storage.list(self.folder()).unwrap_or_default();
        let untouched = names.iter().all(|entry| entry.name == LOCK_FILE);
        if untouched && !names.is_empty() {
            // The lock is still held; who has opened its file meanwhile looks whether that is still there. What cannot be removed
            // stays: an empty folder is no obstacle.
            let _ = fs::remove_file(self.folder().join(LOCK_FILE));
            remove_empty(&self.made);
        }
    }
}

/// Removes folders, the innermost first, as far as they are empty.
fn remove_empty(folders: &[PathBuf]) {
    let _ = folders.iter().try_for_each(fs::remove_dir);
}

/// Whether nothing is lost or littered by running here: the folder is empty, or a run has been here
/// (known by its lock file or, where only the visible files were copied, by two of them).
fn is_run_or_empty(path: &Path) -> Result<bool, RunFolderError> {
    let names = Disk
        .list(path)
        .map_err(IoFailure::new("list the folder", path))?;
    let has = |wanted: &str| names.iter().any(|entry| entry.name == wanted);
    Ok(names.is_empty()
        || has(LOCK_FILE)
        || (has(RunFile::Config.name()) && has(RunFile::Environment.name())))
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
