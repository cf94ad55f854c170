//! Fails or stops the n-th operation of a save, for every n, on a real folder: the newest valid
//! checkpoint is never lost, and a failure is never called a success.

use super::storage::{Disk, Entry, Storage, StorageFile};
use super::{CheckpointError, CheckpointStore};
use serde_json::json;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const ENOSPC: i32 = 28;
const EIO: i32 = 5;

/// What an operation does, so that a fault can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Create,
    Write,
    SyncFile,
    CreateDir,
    SyncDir,
    Rename,
    Remove,
    Read,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The n-th operation of those chosen fails, later ones work.
    Once(i32),
    /// The n-th and all later ones of those chosen fail.
    From(i32),
    /// The process ends within the n-th operation: nothing at all happens after it.
    Stop,
}

#[derive(Debug)]
struct Plan {
    fault: Fault,
    chosen: fn(Op) -> bool,
    at: usize,
    seen: usize,
    log: Vec<(Op, PathBuf)>,
}

/// The real disk, with a fault at a planned place.
#[derive(Clone, Debug)]
struct Faulty(Arc<Mutex<Plan>>);

impl Faulty {
    fn new(fault: Fault, chosen: fn(Op) -> bool, at: usize) -> Self {
        Self(Arc::new(Mutex::new(Plan {
            fault,
            chosen,
            at,
            seen: 0,
            log: Vec::new(),
        })))
    }

    /// Whether the planned operation was reached.
    fn struck(&self) -> bool {
        let plan = self.0.lock().unwrap();
        plan.seen > plan.at
    }

    fn check(&self, op: Op, path: &Path) -> io::Result<()> {
        let mut plan = self.0.lock().unwrap();
        plan.log.push((op, path.to_path_buf()));
        if !(plan.chosen)(op) {
            return match plan.fault {
                Fault::Stop if plan.seen > plan.at => Err(io::Error::other("stopped")),
                _ => Ok(()),
            };
        }
        let index = plan.seen;
        plan.seen += 1;
        match plan.fault {
            Fault::Once(code) if index == plan.at => Err(io::Error::from_raw_os_error(code)),
            Fault::From(code) if index >= plan.at => Err(io::Error::from_raw_os_error(code)),
            Fault::Stop if index >= plan.at => Err(io::Error::other("stopped")),
            _ => Ok(()),
        }
    }
}

struct FaultyFile {
    file: Box<dyn StorageFile>,
    faulty: Faulty,
    path: PathBuf,
}

impl StorageFile for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let was_struck = self.faulty.struck();
        let result = self.faulty.check(Op::Write, &self.path);
        match result {
            Ok(()) => self.file.write(bytes),
            // A write that fails has often written a part.
            Err(error) if was_struck => Err(error),
            Err(error) => self.file.write(&bytes[..bytes.len() / 2]).and(Err(error)),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.faulty.check(Op::SyncFile, &self.path)?;
        self.file.sync()
    }
}

impl Storage for Faulty {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        self.check(Op::Create, path)?;
        Ok(Box::new(FaultyFile {
            file: Disk.create_new(path)?,
            faulty: self.clone(),
            path: path.to_path_buf(),
        }))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        self.check(Op::Create, path)?;
        Disk.append(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.check(Op::CreateDir, path)?;
        Disk.create_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.check(Op::SyncDir, path)?;
        Disk.sync_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(Op::Rename, from)?;
        Disk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.check(Op::Remove, path)?;
        Disk.remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.check(Op::Remove, path)?;
        Disk.remove_dir(path)
    }

    fn open(&self, path: &Path) -> io::Result<(Box<dyn Read>, u64)> {
        self.check(Op::Read, path)?;
        Disk.open(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        self.check(Op::Read, path)?;
        Disk.list(path)
    }
}

/// A checkpoint whose content tells which save wrote it.
fn save(
    store: &mut CheckpointStore,
    step: u64,
    save_number: u64,
) -> Result<super::Saved, CheckpointError> {
    let weights = format!("weights of save {save_number}");
    store.save(
        step,
        &[("model", weights.as_bytes()), ("optimizer", b"momentum")],
        &json!({ "save": save_number }),
    )
}

/// The number of the save that a fresh process would go on from.
fn recovered(folder: &Path) -> u64 {
    let store = CheckpointStore::open(folder).unwrap();
    let checkpoint = store.latest_valid().unwrap().checkpoint.unwrap();
    let number = checkpoint.state["save"].as_u64().unwrap();
    let weights = format!("weights of save {number}");
    assert_eq!(checkpoint.files["model"], weights.as_bytes());
    let strays = Disk.list(folder).unwrap();
    assert!(
        strays
            .iter()
            .all(|entry| !entry.name.to_str().unwrap().starts_with('.')),
        "{strays:?}"
    );
    number
}

/// Saves 1 and 2 are there; save 3, of step `step`, meets the fault at every place in turn.
fn strike_everywhere(step: u64, fault: Fault, chosen: fn(Op) -> bool) {
    let mut places = 0;
    for at in 0.. {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("checkpoints");
        let mut store = CheckpointStore::open(&folder).unwrap();
        save(&mut store, 1, 1).unwrap();
        save(&mut store, 2, 2).unwrap();

        let faulty = Faulty::new(fault, chosen, at);
        let what = format!("step {step}, {fault:?} at {at}");
        let mut struck_store = match CheckpointStore::open_with(&folder, Arc::new(faulty.clone())) {
            Ok(store) => store,
            Err(error) => {
                assert!(error.to_string().contains("checkpoints"), "{what}: {error}");
                assert_eq!(recovered(&folder), 2, "{what}");
                continue;
            }
        };
        let result = save(&mut struck_store, step, 3);
        let again = match fault {
            Fault::Once(_) if result.is_err() => Some(save(&mut struck_store, step, 3).is_ok()),
            _ => None,
        };
        match (&result, again) {
            (Ok(_), _) | (_, Some(true)) => assert_eq!(recovered(&folder), 3, "{what}"),
            (Err(error), _) => {
                assert!(error.to_string().contains("checkpoints"), "{what}: {error}");
                let number = recovered(&folder);
                assert!(number == 2 || number == 3, "{what}: save {number}");
            }
        }
        assert_ne!(again, Some(false), "{what}: a passing fault must pass");
        // Life goes on for the next process.
        let mut store = CheckpointStore::open(&folder).unwrap();
        save(&mut store, 4, 4).unwrap();
        assert_eq!(recovered(&folder), 4, "{what}");
        if !faulty.struck() {
            break;
        }
        places += 1;
    }
    assert!(places >= 2, "only {places} places struck");
}

fn any(_: Op) -> bool {
    true
}

fn takes_space(op: Op) -> bool {
    matches!(op, Op::Create | Op::Write | Op::CreateDir | Op::SyncFile)
}

#[test]
fn a_process_stopped_anywhere_loses_no_valid_checkpoint() {
    strike_everywhere(3, Fault::Stop, any);
}

#[test]
fn a_process_stopped_while_replacing_a_step_loses_no_valid_checkpoint() {
    strike_everywhere(2, Fault::Stop, any);
}

#[test]
fn one_failing_operation_anywhere() {
    for step in [2, 3] {
        strike_everywhere(step, Fault::Once(EIO), any);
        strike_everywhere(step, Fault::Once(ENOSPC), takes_space);
    }
}

#[test]
fn a_disk_that_stays_full_or_broken() {
    for step in [2, 3] {
        strike_everywhere(step, Fault::From(ENOSPC), takes_space);
        strike_everywhere(step, Fault::From(EIO), any);
        strike_everywhere(step, Fault::From(EIO), |op| op == Op::Rename);
        strike_everywhere(step, Fault::From(EIO), |op| op == Op::Remove);
    }
}

/// Trust list 42: after a failed fsync the file is given up; a later fsync of it proves nothing.
#[test]
fn a_file_whose_fsync_failed_is_never_synced_again() {
    for at in 0..3 {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("checkpoints");
        let faulty = Faulty::new(Fault::Once(EIO), |op| op == Op::SyncFile, at);
        let mut store = CheckpointStore::open_with(&folder, Arc::new(faulty.clone())).unwrap();
        let error = save(&mut store, 1, 1).unwrap_err();
        assert!(error.to_string().contains("cannot sync"), "{error}");
        let log = faulty.0.lock().unwrap().log.clone();
        let failed = log.iter().rposition(|(op, _)| *op == Op::SyncFile).unwrap();
        assert!(
            log[failed + 1..]
                .iter()
                .all(|(op, _)| matches!(op, Op::Remove | Op::Read)),
            "{log:?}"
        );
        assert!(Disk.list(&folder).unwrap().is_empty());
    }
}

#[test]
fn old_checkpoints_that_stay_are_reported_and_no_failure() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("checkpoints");
    let faulty = Faulty::new(Fault::From(EIO), |op| op == Op::Remove, 0);
    let mut store = CheckpointStore::open_with(&folder, Arc::new(faulty)).unwrap();
    save(&mut store, 1, 1).unwrap();
    save(&mut store, 2, 2).unwrap();
    let saved = save(&mut store, 3, 3).unwrap();
    assert_eq!(saved.not_removed.len(), 1);
    assert_eq!(recovered(&folder), 3);
}
