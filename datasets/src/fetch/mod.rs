//! Fetching the files of a known set: resumed, verified, then moved into place in one step.
//!
//! A file is downloaded beside its place as `.NAME.part`. What an earlier attempt left there is continued with a
//! `Range` request, and only the SHA-256 of the manifest decides whether the result is the file: then it is
//! flushed to disk and renamed. The data folder never holds an unverified file under a set's file name.

mod archive;
mod download;

use std::fs::{self, File, OpenOptions as FileOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::hash::file_sha256;
use crate::known::find;
use crate::manifest::{Address, Manifest, SetFile};

/// The most bytes of a fetched archive.
const ARCHIVE_BYTES: u64 = 1 << 30;
/// How often a download that broke off is continued from the same address, as long as each attempt brings bytes.
const CONTINUATIONS: usize = 5;
/// How long a connection may bring nothing before it is given up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What is happening, for whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The file is here already and verified.
    Present {
        /// The file's name.
        file: String,
    },
    /// A download starts or is continued.
    Started {
        /// The file's name.
        file: String,
        /// The address.
        url: String,
        /// Bytes kept from an earlier attempt.
        kept: u64,
        /// Bytes of the whole download, if known.
        bytes: Option<u64>,
    },
    /// Bytes have come.
    Advanced {
        /// The file's name.
        file: String,
        /// Bytes so far.
        done: u64,
        /// Bytes of the whole download, if known.
        bytes: Option<u64>,
    },
    /// An address failed; the next one is tried.
    Failed {
        /// The file's name.
        file: String,
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// The file is verified and in its place.
    Finished {
        /// The file's name.
        file: String,
        /// Where it is.
        path: PathBuf,
    },
}

/// Why a set could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The data folder cannot be written.
    #[error("{}: {source}: let CNN_DATA name a folder that can be written", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Another process is fetching into the same folder.
    #[error("{}: another fetch is at work here: wait for it", path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// Something that is no plain file stands where the download goes.
    #[error("{}: not a plain file: remove it", path.display())]
    InTheWay {
        /// The path.
        path: PathBuf,
    },
    /// No address gave the file.
    #[error("{set}: `{file}` could not be fetched:{}\nwith no network: copy the file to {}", listed(attempts), path.display())]
    NoAddress {
        /// The set.
        set: String,
        /// The file's name.
        file: String,
        /// Where the file belongs.
        path: PathBuf,
        /// Each address with the reason why it failed.
        attempts: Vec<(String, String)>,
    },
}

fn listed(attempts: &[(String, String)]) -> String {
    attempts
        .iter()
        .map(|(url, reason)| format!("\n  {url}: {reason}"))
        .collect()
}

/// Fetches every file of `manifest` that is not yet in `data_folder` (which holds one folder per set).
///
/// Returns where the files are. Running it again continues what was broken off.
///
/// # Errors
///
/// [`FetchError`] if the folder cannot be written, another fetch holds it, or no address gave the file that the
/// manifest's hash names.
pub fn fetch(
    manifest: &Manifest,
    data_folder: &Path,
    patience: Duration,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<PathBuf>, FetchError> {
    let folder = data_folder.join(&manifest.name);
    fs::create_dir_all(&folder).map_err(|source| FetchError::Folder {
        path: folder.clone(),
        source,
    })?;
    let _lock = lock(&folder)?;
    let mut paths = Vec::new();
    for file in &manifest.files {
        paths.push(
            Fetch {
                set: &manifest.name,
                file,
                folder: &folder,
                patience,
            }
            .run(progress)?,
        );
    }
    Ok(paths)
}

/// Holds the folder until dropped; the system lets go of it when the process ends, however it ends.
fn lock(folder: &Path) -> Result<File, FetchError> {
    let path = folder.join(".fetch.lock");
    let open = FileOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = open.map_err(|source| FetchError::Folder {
        path: path.clone(),
        source,
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(FetchError::Busy { path }),
        Err(fs::TryLockError::Error(source)) => Err(FetchError::Folder { path, source }),
    }
}

/// One file on its way.
struct Fetch<'a> {
    set: &'a str,
    file: &'a SetFile,
    folder: &'a Path,
    patience: Duration,
}

/// Why one address failed.
enum Failure {
    /// The address: the next one may do better.
    Address(String),
    /// The disk: no address can help.
    Disk(FetchError),
}

impl Fetch<'_> {
    fn run(&self, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, FetchError> {
        let file = self.file.path.clone();
        if let Some(found) = find(self.folder, self.file)
            && file_sha256(&found.path).is_ok_and(|sha256| sha256 == found.sha256)
        {
            progress(Progress::Present { file });
            return Ok(found.path);
        }
        let path = self.folder.join(&self.file.path);
        let mut attempts = Vec::new();
        for address in &self.file.urls {
            match self.try_address(address, progress) {
                Ok(()) => {
                    progress(Progress::Finished {
                        file,
                        path: path.clone(),
                    });
                    return Ok(path);
                }
                Err(Failure::Disk(error)) => return Err(error),
                Err(Failure::Address(reason)) => {
                    let url = address.url.clone();
                    progress(Progress::Failed {
                        file: file.clone(),
                        url: url.clone(),
                        reason: reason.clone(),
                    });
                    attempts.push((url, reason));
                }
            }
        }
        Err(FetchError::NoAddress {
            set: self.set.into(),
            file,
            path,
            attempts,
        })
    }

    /// The unverified file beside the place of the verified one.
    fn part(&self) -> PathBuf {
        self.folder.join(format!(".{}.part", self.file.path))
    }

    fn try_address(
        &self,
        address: &Address,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Failure> {
        let part = self.part();
        refuse_foreign(&part)?;
        match &address.member {
            None => self.download_file(&address.url, &part, progress)?,
            Some(member) => self.download_member(&address.url, member, &part, progress)?,
        }
        self.move_into_place(&part)
    }

    /// Downloads the file itself, continuing what is there; verified when it returns.
    fn download_file(
        &self,
        url: &str,
        part: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Failure> {
        let mut kept = length(part);
        let mut continuations = 0;
        loop {
            let started_from = kept;
            let result = download::download(
                &download::Request {
                    url,
                    file: &self.file.path,
                    bytes: Some(self.file.bytes),
                    patience: self.patience,
                },
                part,
                self.file.bytes,
                progress,
            );
            kept = length(part);
            match result {
                Ok(()) if self.verified(part)? => return Ok(()),
                Ok(()) => {
                    self.discard(part)?;
                    // Bytes kept from elsewhere may be the wrong ones: once more, from the first byte.
                    if started_from > 0 {
                        kept = 0;
                        continue;
                    }
                    let reason =
                        "the bytes are not the published ones (their SHA-256 differs)".to_owned();
                    return Err(Failure::Address(reason));
                }
                Err(Failure::Address(_))
                    if kept > started_from && continuations < CONTINUATIONS =>
                {
                    continuations += 1;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Downloads an archive and takes the file out of it; verified when it returns.
    fn download_member(
        &self,
        url: &str,
        member: &str,
        part: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Failure> {
        let archive = self.folder.join(format!(".{}.archive", self.file.path));
        refuse_foreign(&archive)?;
        // The archive's own bytes are not pinned, so nothing tells whether a kept piece fits: start anew.
        self.discard(&archive)?;
        let request = download::Request {
            url,
            file: &self.file.path,
            bytes: None,
            patience: self.patience,
        };
        let result =
            download::download(&request, &archive, ARCHIVE_BYTES, progress).and_then(|()| {
                archive::take_out(&archive, member, part, self.file.bytes).map_err(Failure::Address)
            });
        self.discard(&archive)?;
        result?;
        if self.verified(part)? {
            return Ok(());
        }
        self.discard(part)?;
        Err(Failure::Address(format!(
            "`{member}` in it is not the published file (its SHA-256 differs)"
        )))
    }

    fn verified(&self, part: &Path) -> Result<bool, Failure> {
        let sha256 = file_sha256(part).map_err(|source| self.disk(part, source))?;
        Ok(sha256 == self.file.sha256)
    }

    fn discard(&self, path: &Path) -> Result<(), Failure> {
        match fs::remove_file(path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.disk(path, source)),
            _ => Ok(()),
        }
    }

    /// Flushes the verified part and renames it; then flushes the folder, so that the name survives a crash.
    fn move_into_place(&self, part: &Path) -> Result<(), Failure> {
        let path = self.folder.join(&self.file.path);
        let moved = File::open(part)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(part, &path));
        moved.map_err(|source| self.disk(&path, source))?;
        // Some file systems refuse to flush a folder; the file itself is safe by then.
        let _ = File::open(self.folder).and_then(|folder| folder.sync_all());
        Ok(())
    }

    fn disk(&self, path: &Path, source: io::Error) -> Failure {
        Failure::Disk(FetchError::Folder {
            path: path.into(),
            source,
        })
    }
}

/// Refuses to write through a link, or into a folder, that stands where the download goes.
fn refuse_foreign(path: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(path) {
        Ok(kind) if !kind.is_file() => {
            Err(Failure::Disk(FetchError::InTheWay { path: path.into() }))
        }
        _ => Ok(()),
    }
}

/// Bytes of a file; 0 if there is none.
fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}
