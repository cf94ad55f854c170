//! The folder of checkpoints: saving, finding the newest valid one, cleaning up.

use super::error::{CheckpointError, Damage, IoFailure};
use super::record::{Record, STATE_FILE, hex, sha256_hex};
use super::storage::{Disk, Storage, folder_of, remove_tree, write_synced};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many valid checkpoints stay in the folder.
pub const KEPT: usize = 2;

/// `state.json` holds numbers and names; a longer one is not ours.
const STATE_LIMIT: u64 = 64 << 20;

const PREFIX: &str = "step-";
/// A checkpoint being written.
const TEMPORARY: &str = ".tmp-step-";
/// A checkpoint being removed.
const REMOVED: &str = ".old-step-";
/// A checkpoint making room for another one of its step.
const REPLACED: &str = ".replaced-step-";

/// The folder that holds a run's checkpoints. One writer at a time: the run's lock sees to that.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// use serde_json::json;
/// use trainer::checkpoint::CheckpointStore;
///
/// let mut store = CheckpointStore::open(&folder.path().join("checkpoints"))?;
/// store.save(100, &[("weights", b"...")], &json!({"epoch": 1}))?;
/// let checkpoint = store.latest_valid()?.checkpoint.unwrap();
/// assert_eq!(checkpoint.step, 100);
/// assert_eq!(checkpoint.state["epoch"], 1);
/// # Ok::<(), trainer::checkpoint::CheckpointError>(())
/// ```
#[derive(Debug)]
pub struct CheckpointStore {
    folder: PathBuf,
    storage: Arc<dyn Storage>,
    /// Steps this process has read back and found valid.
    verified: BTreeSet<u64>,
    /// The step of the last save that went through to the end.
    committed: Option<u64>,
}

/// A checkpoint as it was saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The step after which it was taken.
    pub step: u64,
    /// What the caller handed to [`CheckpointStore::save`].
    pub state: Value,
    /// The files by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// The newest valid checkpoint, and the newer ones that had to be skipped.
#[derive(Debug)]
pub struct Latest {
    /// The checkpoint to go on from; `None` when there is no valid one.
    pub checkpoint: Option<Checkpoint>,
    /// Damaged checkpoints newer than it, newest first: worth a warning each.
    pub skipped: Vec<Skipped>,
}

/// A checkpoint that cannot be used.
#[derive(Debug)]
pub struct Skipped {
    /// Its folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What [`CheckpointStore::save`] did.
#[derive(Debug)]
pub struct Saved {
    /// The checkpoint's folder.
    pub path: PathBuf,
    /// Older checkpoints that could not be removed: worth a warning each, no more.
    pub not_removed: Vec<IoFailure>,
}

impl CheckpointStore {
    /// Opens the folder on the real disk, creating it when missing (its parent must exist), and removes
    /// what killed writes have left.
    ///
    /// # Errors
    /// When the folder cannot be created, listed or cleaned.
    pub fn open(folder: &Path) -> Result<Self, CheckpointError> {
        Self::open_with(folder, Arc::new(Disk))
    }

    /// As [`CheckpointStore::open`], on another storage.
    ///
    /// # Errors
    /// When the folder cannot be created, listed or cleaned.
    pub fn open_with(folder: &Path, storage: Arc<dyn Storage>) -> Result<Self, CheckpointError> {
        match storage.create_dir(folder) {
            Ok(()) => {
                let parent = folder_of(folder);
                storage
                    .sync_dir(parent)
                    .map_err(IoFailure::new("sync the folder", parent))?;
            }
            // An existing folder passes, anything else shows when it is listed.
            Err(_) if storage.list(folder).is_ok() => {}
            Err(error) => return Err(IoFailure::new("create the folder", folder)(error).into()),
        }
        let store = Self {
            folder: folder.to_path_buf(),
            storage,
            verified: BTreeSet::new(),
            committed: None,
        };
        store.clean()?;
        Ok(store)
    }

    /// Saves a checkpoint by the protocol of the [module's page](super), then removes older ones so that
    /// [`KEPT`] valid ones stay. Checkpoints of a later step go too: whoever saves step N has gone on from
    /// before it, so later ones belong to a past that is no more.
    ///
    /// Saving the step that was saved last once more, with the same content, does nothing; any other
    /// checkpoint of the same step is replaced.
    ///
    /// Keep floats in `state` as their bits (`f64::to_bits`): read from JSON text they may come back one unit
    /// in the last place off, and a checkpoint that does not read back equal is refused.
    ///
    /// # Errors
    /// On a bad file name, on any failed operation (with its path), and when what was written does not
    /// read back. The checkpoints that were there before are then still there.
    pub fn save(
        &mut self,
        step: u64,
        files: &[(&str, &[u8])],
        state: &Value,
    ) -> Result<Saved, CheckpointError> {
        check_names(files)?;
        let record = Record::new(step, files, state);
        let path = self.path(PREFIX, step);
        // One found on disk is written anew even if equal: whether its name was ever synced is unknown.
        let is_saved =
            self.committed == Some(step) && self.verify(step).ok().as_ref() == Some(&record);
        if !is_saved {
            self.committed = None;
            let temporary = self.path(TEMPORARY, step);
            remove_tree(&*self.storage, &temporary)?;
            if let Err(failure) = self.write(&temporary, files, &record) {
                // Best effort: what cannot be removed now goes at the next save or open.
                let _ = remove_tree(&*self.storage, &temporary);
                return Err(failure.into());
            }
            self.commit(&temporary, step, &record)?;
        }
        self.committed = Some(step);
        self.verified.insert(step);
        Ok(Saved {
            path,
            not_removed: self.remove_all_but_kept(step)?,
        })
    }

    /// The newest checkpoint that verifies.
    ///
    /// # Errors
    /// When the folder cannot be listed, or when the newest intact checkpoint has another format: going
    /// on from an older one would silently throw work away.
    pub fn latest_valid(&self) -> Result<Latest, CheckpointError> {
        let mut skipped = Vec::new();
        for step in self.steps()?.into_iter().rev() {
            let path = self.path(PREFIX, step);
            match self.load(step) {
                Ok(checkpoint) => {
                    return Ok(Latest {
                        checkpoint: Some(checkpoint),
                        skipped,
                    });
                }
                Err(Damage::Format { found, supported }) => {
                    return Err(CheckpointError::OtherFormat {
                        path,
                        found,
                        supported,
                    });
                }
                Err(damage) => skipped.push(Skipped { path, damage }),
            }
        }
        Ok(Latest {
            checkpoint: None,
            skipped,
        })
    }

    /// The steps of all checkpoints, valid or not, ascending.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn steps(&self) -> Result<Vec<u64>, CheckpointError> {
        let entries = self
            .storage
            .list(&self.folder)
            .map_err(IoFailure::new("list the folder", &self.folder))?;
        let mut steps: Vec<u64> = entries
            .iter()
            .filter(|entry| entry.is_dir)
            .filter_map(|entry| step_of(entry.name.to_str()?, PREFIX))
            .collect();
        steps.sort_unstable();
        Ok(steps)
    }

    /// Steps 1 and 2 of the protocol.
    fn write(
        &self,
        temporary: &Path,
        files: &[(&str, &[u8])],
        record: &Record,
    ) -> Result<(), IoFailure> {
        self.storage
            .create_dir(temporary)
            .map_err(IoFailure::new("create the folder", temporary))?;
        for (name, bytes) in files {
            write_synced(&*self.storage, &temporary.join(name), bytes)?;
        }
        write_synced(
            &*self.storage,
            &temporary.join(STATE_FILE),
            &record.encode(),
        )?;
        self.storage
            .sync_dir(temporary)
            .map_err(IoFailure::new("sync the folder", temporary))
    }

    /// Steps 3 to 5 of the protocol. A checkpoint of the same step waits under another name until the
    /// new one has verified, and comes back if that fails.
    fn commit(
        &mut self,
        temporary: &Path,
        step: u64,
        record: &Record,
    ) -> Result<(), CheckpointError> {
        let path = self.path(PREFIX, step);
        let replaced = self.path(REPLACED, step);
        let replaces = self.steps()?.contains(&step);
        self.verified.remove(&step);
        if replaces {
            remove_tree(&*self.storage, &replaced)?;
            self.rename(&path, &replaced)?;
        }
        if let Err(failure) = self.rename(temporary, &path) {
            if replaces {
                let _ = self.storage.rename(&replaced, &path);
            }
            let _ = remove_tree(&*self.storage, temporary);
            return Err(failure.into());
        }
        self.storage
            .sync_dir(&self.folder)
            .map_err(IoFailure::new("sync the folder", &self.folder))?;
        let damage = match self.verify(step) {
            Ok(found) if found == *record => {
                if replaces {
                    remove_tree(&*self.storage, &replaced)?;
                }
                return Ok(());
            }
            Ok(_) => Damage::State {
                what: "it is not what was written",
            },
            Err(damage) => damage,
        };
        if replaces && self.storage.rename(&path, temporary).is_ok() {
            let _ = self.storage.rename(&replaced, &path);
            let _ = remove_tree(&*self.storage, temporary);
        }
        Err(CheckpointError::NotVerified { path, damage })
    }

    /// Step 6 of the protocol.
    fn remove_all_but_kept(&mut self, newest: u64) -> Result<Vec<IoFailure>, CheckpointError> {
        let mut failures = Vec::new();
        let mut kept = 0;
        for step in self.steps()?.into_iter().rev() {
            let is_valid = || self.verified.contains(&step) || self.verify(step).is_ok();
            if step <= newest && kept < KEPT && is_valid() {
                self.verified.insert(step);
                kept += 1;
                continue;
            }
            self.verified.remove(&step);
            if let Err(failure) = self.remove(step) {
                failures.push(failure);
            }
        }
        Ok(failures)
    }

    /// Takes a checkpoint out of sight first, so that a kill in between leaves no half of one.
    fn remove(&self, step: u64) -> Result<(), IoFailure> {
        let removed = self.path(REMOVED, step);
        remove_tree(&*self.storage, &removed)?;
        self.rename(&self.path(PREFIX, step), &removed)?;
        remove_tree(&*self.storage, &removed)
    }

    /// Removes what killed processes have left, and nothing else.
    fn clean(&self) -> Result<(), CheckpointError> {
        let entries = self
            .storage
            .list(&self.folder)
            .map_err(IoFailure::new("list the folder", &self.folder))?;
        for entry in entries {
            let Some(name) = entry.name.to_str() else {
                continue;
            };
            let leftover = self.folder.join(name);
            if let Some(step) = step_of(name, REPLACED) {
                if self.verify(step).is_err() {
                    // Killed between the two renames, or before the new one was known to be good.
                    remove_tree(&*self.storage, &self.path(PREFIX, step))?;
                    self.rename(&leftover, &self.path(PREFIX, step))?;
                    continue;
                }
            } else if step_of(name, TEMPORARY)
                .or(step_of(name, REMOVED))
                .is_none()
            {
                continue;
            }
            remove_tree(&*self.storage, &leftover)?;
        }
        Ok(())
    }

    /// Reads and hashes a checkpoint without keeping its files in memory.
    fn verify(&self, step: u64) -> Result<Record, Damage> {
        let record = self.record(step)?;
        let folder = self.path(PREFIX, step);
        let mut buffer = vec![0; 1 << 16];
        for file in &record.files {
            let path = folder.join(&file.name);
            let (mut reader, length) = self.open_file(&path)?;
            check_length(&file.name, file.bytes, length)?;
            let mut hash = Sha256::new();
            loop {
                let read = reader.read(&mut buffer).map_err(|e| unreadable(&path, e))?;
                if read == 0 {
                    break;
                }
                hash.update(&buffer[..read]);
            }
            check_hash(&file.name, &file.sha256, &hex(&hash.finalize()))?;
        }
        Ok(record)
    }

    /// Reads a checkpoint into memory, and verifies what is in memory.
    fn load(&self, step: u64) -> Result<Checkpoint, Damage> {
        let record = self.record(step)?;
        let folder = self.path(PREFIX, step);
        let mut files = BTreeMap::new();
        for file in record.files {
            let bytes = self.read(&folder.join(&file.name), Some(file.bytes), &file.name)?;
            check_hash(&file.name, &file.sha256, &sha256_hex(&bytes))?;
            files.insert(file.name, bytes);
        }
        Ok(Checkpoint {
            step,
            state: record.state,
            files,
        })
    }

    fn record(&self, step: u64) -> Result<Record, Damage> {
        let path = self.path(PREFIX, step).join(STATE_FILE);
        let record = Record::decode(&self.read(&path, None, STATE_FILE)?)?;
        if record.step != step {
            return Err(Damage::Step {
                folder: step,
                state: record.step,
            });
        }
        // The seal proves that some program wrote this, not that it was a friendly one.
        for file in &record.files {
            if !is_file_name(&file.name) {
                return Err(Damage::State {
                    what: "it names a file outside its folder",
                });
            }
        }
        Ok(record)
    }

    /// Reads a whole file, of a known length or of at most [`STATE_LIMIT`] bytes.
    fn read(&self, path: &Path, expected: Option<u64>, name: &str) -> Result<Vec<u8>, Damage> {
        let (reader, length) = self.open_file(path)?;
        match expected {
            Some(expected) => check_length(name, expected, length)?,
            None if length > STATE_LIMIT => {
                return Err(Damage::State {
                    what: "it is too long to be one",
                });
            }
            None => {}
        }
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(length as usize)
            .map_err(|_| unreadable(path, std::io::ErrorKind::OutOfMemory.into()))?;
        reader
            .take(length)
            .read_to_end(&mut bytes)
            .map_err(|e| unreadable(path, e))?;
        check_length(name, length, bytes.len() as u64)?;
        Ok(bytes)
    }

    fn open_file(&self, path: &Path) -> Result<(Box<dyn Read>, u64), Damage> {
        self.storage.open(path).map_err(|e| unreadable(path, e))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), IoFailure> {
        self.storage
            .rename(from, to)
            .map_err(IoFailure::new("rename a checkpoint to", to))
    }

    fn path(&self, prefix: &str, step: u64) -> PathBuf {
        self.folder.join(format!("{prefix}{step}"))
    }
}

/// The step of a name `<prefix><step>`, written as this store writes it (no sign, no leading zero).
fn step_of(name: &str, prefix: &str) -> Option<u64> {
    let digits = name.strip_prefix(prefix)?;
    let step: u64 = digits.parse().ok()?;
    (step.to_string() == digits).then_some(step)
}

fn is_file_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=100).contains(&name.len())
        && name.chars().all(allowed)
        && !name.starts_with('.')
        && name != STATE_FILE
}

fn check_names(files: &[(&str, &[u8])]) -> Result<(), CheckpointError> {
    let mut seen = BTreeSet::new();
    for (name, _) in files {
        if !is_file_name(name) || !seen.insert(name) {
            return Err(CheckpointError::FileName {
                name: (*name).to_owned(),
            });
        }
    }
    Ok(())
}

fn check_length(name: &str, expected: u64, found: u64) -> Result<(), Damage> {
    if expected == found {
        return Ok(());
    }
    Err(Damage::Length {
        name: name.to_owned(),
        expected,
        found,
    })
}

fn check_hash(name: &str, expected: &str, found: &str) -> Result<(), Damage> {
    if expected == found {
        return Ok(());
    }
    Err(Damage::Hash {
        name: name.to_owned(),
    })
}

fn unreadable(path: &Path, source: std::io::Error) -> Damage {
    Damage::Unreadable(IoFailure::new("read", path)(source))
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
