//! The few operations through which runs and checkpoints are written, and their form on a real disk.

use super::error::IoFailure;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// A file being written.
pub trait StorageFile {
    /// Writes all of `bytes` at the end of the file.
    ///
    /// # Errors
    /// Whatever the system answers; part of the bytes may then be in the file.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns once everything written is on the disk.
    ///
    /// # Errors
    /// After an error the file must be given up, never synced again (see the module's page).
    fn sync(&mut self) -> io::Result<()>;
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name, without its folder.
    pub name: OsString,
    /// Whether it is a folder; a link to one is not.
    pub is_dir: bool,
}

/// Everything a run does to the file system. [`Disk`] does it; tests have storages that fail or forget.
///
/// Each method is one system call or close to it, so that "stop after the n-th operation" covers every
/// state in which a killed process can leave the folder.
pub trait Storage: Send + Sync + fmt::Debug {
    /// Creates a file that must not exist; an existing link, even a dangling one, is an error.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>>;

    /// Opens a file for appending, created when missing.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn append(&self, path: &Path) -> io::Result<Box<dyn StorageFile>>;

    /// Creates a folder whose parent exists and that must not exist itself.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Returns once the names in this folder are on the disk.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Renames a file or folder, replacing a file or an empty folder of the new name.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file or a link.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn remove_dir(&self, path: &Path) -> io::Result<()>;

    /// Opens a regular file for reading and tells its length.
    ///
    /// # Errors
    /// Whatever the system answers; [`io::ErrorKind::InvalidInput`] when it is no regular file.
    fn open(&self, path: &Path) -> io::Result<(Box<dyn Read>, u64)>;

    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// Whatever the system answers.
    fn list(&self, path: &Path) -> io::Result<Vec<Entry>>;
}

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl StorageFile for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Storage for Disk {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(
            OpenOptions::new().write(true).create_new(true).open(path)?,
        ))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn StorageFile>> {
        Ok(Box::new(
            OpenOptions::new().append(true).create(true).open(path)?,
        ))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    #[cfg(unix)]
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Windows keeps no handle on a folder to sync; its file systems log renames themselves.
    #[cfg(not(unix))]
    fn sync_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn open(&self, path: &Path) -> io::Result<(Box<dyn Read>, u64)> {
        // Asked before opening, since opening a pipe would wait for its other end.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok((Box::new(file), length))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            entries.push(Entry {
                name: entry.file_name(),
                is_dir: entry.file_type()?.is_dir(),
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }
}

/// Writes one file so that readers, even after a crash, find the old bytes or the new ones: scratch file
/// `.tmp-NAME` beside it, fsync, rename, fsync of the folder. On an error the scratch file is removed.
///
/// # Errors
/// The step that failed, with its path.
pub fn write_atomically(storage: &dyn Storage, path: &Path, bytes: &[u8]) -> Result<(), IoFailure> {
    let folder = folder_of(path);
    let mut scratch_name = OsString::from(".tmp-");
    scratch_name.push(path.file_name().unwrap_or(OsStr::new("file")));
    let scratch = folder.join(scratch_name);
    remove_tree(storage, &scratch)?;
    let written = write_synced(storage, &scratch, bytes).and_then(|()| {
        storage
            .rename(&scratch, path)
            .map_err(IoFailure::new("rename the finished file to", path))
    });
    if let Err(failure) = written {
        // The first failure is the one to tell; the scratch file goes at the next try if not now.
        let _ = storage.remove_file(&scratch);
        return Err(failure);
    }
    storage
        .sync_dir(folder)
        .map_err(IoFailure::new("sync the folder", folder))
}

/// Creates a file, writes it and waits until it is on the disk.
pub(super) fn write_synced(
    storage: &dyn Storage,
    path: &Path,
    bytes: &[u8],
) -> Result<(), IoFailure> {
    let mut file = storage
        .create_new(path)
        .map_err(IoFailure::new("create", path))?;
    file.write(bytes).map_err(IoFailure::new("write", path))?;
    file.sync().map_err(IoFailure::new("sync", path))
}

/// Removes a file, a link, or a folder with what is in it; nothing there is no error.
pub(crate) fn remove_tree(storage: &dyn Storage, path: &Path) -> Result<(), IoFailure> {
    let folder = folder_of(path);
    let name = path.file_name().unwrap_or_default();
    let entries = storage
        .list(folder)
        .map_err(IoFailure::new("list the folder", folder))?;
    match entries.iter().find(|entry| entry.name == name) {
        None => Ok(()),
        Some(entry) if entry.is_dir => remove_folder(storage, path),
        Some(_) => storage
            .remove_file(path)
            .map_err(IoFailure::new("remove", path)),
    }
}

fn remove_folder(storage: &dyn Storage, path: &Path) -> Result<(), IoFailure> {
    let entries = storage
        .list(path)
        .map_err(IoFailure::new("list the folder", path))?;
    for entry in entries {
        let inner = path.join(&entry.name);
        if entry.is_dir {
            remove_folder(storage, &inner)?;
        } else {
            storage
                .remove_file(&inner)
                .map_err(IoFailure::new("remove", &inner))?;
        }
    }
    storage
        .remove_dir(path)
        .map_err(IoFailure::new("remove the folder", path))
}

/// The folder that holds `path`; `.` for a bare name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_atomic_write_replaces_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        for text in ["first", "second, longer", ""] {
            write_atomically(&Disk, &path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(Disk.list(folder.path()).unwrap().len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_planted_at_the_scratch_name_is_removed_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("precious");
        fs::write(&target, "precious").unwrap();
        std::os::unix::fs::symlink(&target, folder.path().join(".tmp-config.toml")).unwrap();
        let path = folder.path().join("config.toml");
        write_atomically(&Disk, &path, b"new").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_missing_folder_and_a_long_name_are_errors_that_name_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("gone").join("config.toml");
        let failure = write_atomically(&Disk, &missing, b"x").unwrap_err();
        assert_eq!(failure.path, folder.path().join("gone"));
        let long = folder.path().join("n".repeat(300));
        let failure = write_atomically(&Disk, &long, b"x").unwrap_err();
        assert!(failure.to_string().contains("nnn"));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_or_device_is_no_file_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let kind = |path: &Path| Disk.open(path).map(|_| ()).unwrap_err().kind();
        assert_eq!(kind(folder.path()), io::ErrorKind::InvalidInput);
        assert_eq!(kind(Path::new("/dev/zero")), io::ErrorKind::InvalidInput);
    }
}
