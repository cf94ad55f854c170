//! Checkpoints on a real disk that is full, out of inodes, or read-only: a small tmpfs in a mount
//! namespace of its own. Needs root; says aloud when it has to skip.

use super::{CheckpointError, CheckpointStore};
use serde_json::json;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

const INSIDE: &str = "CNN_TEST_MOUNT_FOLDER";
const WEIGHTS: usize = 200_000;

/// Not `eprintln!`, which the test harness swallows when a test passes.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Runs the test of this name once more as a child that may mount what it likes. `None`: this is the parent.
fn in_namespace(test: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(INSIDE) {
        return Some(folder.into());
    }
    let probe = Command::new("unshare")
        .args(["-m", "mount", "-t", "tmpfs", "none", "/mnt"])
        .output();
    if !probe.is_ok_and(|output| output.status.success()) {
        say(&format!(
            "SKIPPED {test}: no mount namespace (needs root and `unshare`)"
        ));
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_, module) = module_path!().split_once("::").unwrap();
    let output = Command::new("unshare")
        .arg("-m")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::{test}"), "--nocapture"])
        .env(INSIDE, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    None
}

fn mount(folder: &Path, options: &str) {
    let status = Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "none"])
        .arg(folder)
        .status()
        .unwrap();
    assert!(status.success(), "mount -o {options}");
}

fn unmount(folder: &Path) {
    assert!(
        Command::new("umount")
            .arg(folder)
            .status()
            .unwrap()
            .success()
    );
}

fn save(store: &mut CheckpointStore, step: u64) -> Result<(), CheckpointError> {
    let weights = vec![step as u8; WEIGHTS];
    let saved = store.save(step, &[("model", &weights)], &json!({ "step": step }))?;
    assert!(saved.not_removed.is_empty());
    Ok(())
}

fn latest(store: &CheckpointStore) -> Option<u64> {
    let latest = store.latest_valid().unwrap();
    assert!(latest.skipped.is_empty(), "{:?}", latest.skipped);
    let checkpoint = latest.checkpoint?;
    assert_eq!(
        checkpoint.files["model"],
        vec![checkpoint.step as u8; WEIGHTS]
    );
    Some(checkpoint.step)
}

/// Saves until the disk is full (or six times); the last good checkpoint is intact, nothing half-written
/// stays, and once there is space the same save succeeds.
fn fill(folder: &Path, options: &str, more: &str) -> bool {
    mount(folder, options);
    let place = folder.join("checkpoints");
    let mut was_full = false;
    if let Ok(mut store) = CheckpointStore::open(&place) {
        let mut last = None;
        for step in 1..=6 {
            match save(&mut store, step) {
                Ok(()) => last = Some(step),
                Err(CheckpointError::Io(failure)) => {
                    was_full = true;
                    assert_eq!(failure.source.kind(), ErrorKind::StorageFull, "{failure}");
                    assert!(failure.path.starts_with(&place), "{failure}");
                    assert_eq!(latest(&store), last, "{options}");
                    let left = store.steps().unwrap().len();
                    assert_eq!(std::fs::read_dir(&place).unwrap().count(), left);
                    mount_more(folder, more);
                    save(&mut store, step).unwrap();
                    assert_eq!(latest(&store), Some(step));
                    break;
                }
                Err(other) => panic!("{options}: {other}"),
            }
        }
    }
    unmount(folder);
    was_full
}

fn mount_more(folder: &Path, options: &str) {
    let status = Command::new("mount")
        .args(["-o", &format!("remount,{options}")])
        .arg(folder)
        .status()
        .unwrap();
    assert!(status.success(), "remount {options}");
}

/// Trust list 40.
#[test]
fn a_full_disk_leaves_the_last_good_checkpoint() {
    let Some(folder) = in_namespace("a_full_disk_leaves_the_last_good_checkpoint") else {
        return;
    };
    let (mut full, mut roomy) = (0, 0);
    for kilobytes in (64..=1024).step_by(64) {
        match fill(&folder, &format!("size={kilobytes}k"), "size=4m") {
            true => full += 1,
            false => roomy += 1,
        }
    }
    // Three checkpoints of 200 kB are there at once while the oldest waits to be removed.
    assert!(full >= 6 && roomy >= 4, "{full} full, {roomy} not");
    let mut full = 0;
    for inodes in 2..=20 {
        full += usize::from(fill(
            &folder,
            &format!("size=4m,nr_inodes={inodes}"),
            "nr_inodes=100",
        ));
    }
    assert!(full >= 5, "{full} out of inodes");
}

/// Trust list 43: the file system turns read-only during the run.
#[test]
fn a_read_only_disk_leaves_the_last_good_checkpoint() {
    let Some(folder) = in_namespace("a_read_only_disk_leaves_the_last_good_checkpoint") else {
        return;
    };
    mount(&folder, "size=4m");
    let mut store = CheckpointStore::open(&folder.join("checkpoints")).unwrap();
    save(&mut store, 1).unwrap();
    mount_more(&folder, "ro");
    let error = save(&mut store, 2).unwrap_err();
    let CheckpointError::Io(failure) = &error else {
        panic!("{error}");
    };
    assert_eq!(failure.source.kind(), ErrorKind::ReadOnlyFilesystem);
    assert!(error.to_string().contains("step-2"), "{error}");
    assert!(error.to_string().contains("make the folder writable"));
    assert_eq!(latest(&store), Some(1));
    // Reading for a resume elsewhere works on the read-only disk too.
    assert_eq!(
        latest(&CheckpointStore::open(&folder.join("checkpoints")).unwrap()),
        Some(1)
    );
    mount_more(&folder, "rw");
    save(&mut store, 2).unwrap();
    assert_eq!(latest(&store), Some(2));
    unmount(&folder);
}
