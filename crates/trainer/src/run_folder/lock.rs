//! The lock that keeps two processes from writing one run.

use super::error::{Holder, RunFolderError};
use crate::checkpoint::IoFailure;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind, Read, Write};
use std::path::Path;

/// The lock file of a run. It stays when the run ends. A run that wrote nothing takes it away with its folder, so that who takes a lock
/// looks whether its file is still the one that is there.
pub(super) const LOCK_FILE: &str = ".lock";

/// A lock held until dropped, or until the process ends in whatever way: the system releases it, so a
/// stale file is no obstacle.
#[derive(Debug)]
pub(super) struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock of `folder`, or tells who has it.
    pub(super) fn take(folder: &Path) -> Result<Self, RunFolderError> {
        let path = folder.join(LOCK_FILE);
        // A link would let the two lines below overwrite a file elsewhere.
        if path.is_symlink() {
            let error = Error::new(ErrorKind::InvalidInput, "it is a link");
            return Err(IoFailure::new("lock", &path)(error).into());
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(IoFailure::new("open", &path))?;
        match file.try_lock() {
            Ok(()) if is_there(&file, &path) => {}
            // Another process had it, and took it away.
            Ok(()) => {
                return Err(RunFolderError::Busy {
                    path: folder.to_path_buf(),
                    holder: read_holder(file),
                });
            }
            Err(TryLockError::WouldBlock) => {
                return Err(RunFolderError::Busy {
                    path: folder.to_path_buf(),
                    holder: read_holder(file),
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(IoFailure::new("lock", &path)(error).into());
            }
        }
        let host = host_name().unwrap_or_default();
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}\n{host}", std::process::id()))
            .map_err(IoFailure::new("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// Whether the open file is the one at `path`.
#[cfg(unix)]
fn is_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let number = |found: std::fs::Metadata| (found.dev(), found.ino());
    let [open, there] = [file.metadata(), path.metadata()].map(|found| found.ok().map(number));
    open == there
}

/// Elsewhere an open file cannot be taken away.
#[cfg(not(unix))]
fn is_there(_: &File, _: &Path) -> bool {
    true
}

/// Reads what the holder wrote; it may not have come to that yet.
fn read_holder(file: File) -> Holder {
    let mut text = String::new();
    // Unreadable on systems whose locks forbid it: then the holder stays unknown.
    let _ = file.take(1000).read_to_string(&mut text);
    let mut lines = text.lines();
    Holder {
        pid: lines.next().and_then(|line| line.parse().ok()),
        host: lines
            .next()
            .filter(|line| !line.is_empty() && line.chars().all(|c| !c.is_control()))
            .map(str::to_owned),
    }
}

fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it_and_a_stale_file_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join(LOCK_FILE),
            "4194305\nlong-gone-machine\nx",
        )
        .unwrap();
        let lock = RunLock::take(folder.path()).unwrap();
        let error = RunLock::take(folder.path()).unwrap_err();
        let RunFolderError::Busy { path, holder } = &error else {
            panic!("{error}");
        };
        assert_eq!(path, folder.path());
        assert_eq!(holder.pid, Some(std::process::id()));
        let pid = std::process::id().to_string();
        assert!(error.to_string().contains(&pid), "{error}");
        drop(lock);
        RunLock::take(folder.path()).unwrap();
    }

    #[test]
    fn a_holder_that_has_not_written_yet_is_another_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK_FILE);
        let file = File::create(&path).unwrap();
        file.try_lock().unwrap();
        let error = RunLock::take(folder.path()).unwrap_err();
        assert!(error.to_string().contains("another process"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("precious");
        std::fs::write(&target, "precious").unwrap();
        std::os::unix::fs::symlink(&target, folder.path().join(LOCK_FILE)).unwrap();
        assert!(RunLock::take(folder.path()).is_err());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "precious");
    }
}
