//! Which sets are known, which of their files are here, and whether they are the published ones.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::hash::file_sha256;
use crate::known::find;
use crate::made::MADE;
use crate::manifest::{Kind, Manifest, SetFile, manifests};
use crate::readers::ReadError;

/// One line of the list of sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The name by which it is opened.
    pub name: String,
    /// The full name.
    pub title: String,
    /// Texts or images.
    pub kind: Kind,
    /// Number of classes.
    pub classes: usize,
    /// Published rows: train, dev, test.
    pub rows: [usize; 3],
    /// Bytes to fetch.
    pub bytes: u64,
    /// Where it is.
    pub presence: Presence,
}

/// How much of a set is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Made by this crate: nothing to fetch.
    Generated,
    /// Every file is here.
    Here,
    /// Some files are here.
    Partly,
    /// No file is here.
    Absent,
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Generated => "generated",
            Self::Here => "here",
            Self::Partly => "partly here",
            Self::Absent => "not here",
        })
    }
}

/// The generated sets, then the known ones and which of them are in `data_folder`.
pub fn list(data_folder: &Path) -> Vec<Listing> {
    let listing = |manifest: Manifest| {
        let folder = data_folder.join(&manifest.name);
        let here = manifest
            .files
            .iter()
            .filter(|file| find(&folder, file).is_some())
            .count();
        Listing {
            presence: match here {
                0 => Presence::Absent,
                all if all == manifest.files.len() => Presence::Here,
                _ => Presence::Partly,
            },
            classes: manifest.labels.len(),
            rows: [manifest.rows.train, manifest.rows.dev, manifest.rows.test],
            bytes: manifest.files.iter().map(|file| file.bytes).sum(),
            kind: manifest.kind,
            name: manifest.name,
            title: manifest.title,
        }
    };
    let generated = MADE.iter().map(|made| Listing {
        name: made.name.into(),
        title: made.title.into(),
        kind: made.kind,
        classes: made.classes,
        rows: [made.rows, 0, 0],
        bytes: 0,
        presence: Presence::Generated,
    });
    generated
        .chain(manifests().into_iter().map(listing))
        .collect()
}

/// What stands where a file of a set should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCheck {
    /// The file, or where it would be.
    pub path: PathBuf,
    /// What was found.
    pub state: FileState,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// The published file.
    Published,
    /// Another packing of the published rows, as the manifest knows it.
    Repacked,
    /// A file with other bytes.
    Different {
        /// Its SHA-256.
        found: String,
        /// The published one.
        published: String,
    },
    /// Nothing.
    Missing,
}

impl FileCheck {
    /// Whether the file is what it should be.
    pub fn is_good(&self) -> bool {
        matches!(self.state, FileState::Published | FileState::Repacked)
    }
}

impl fmt::Display for FileCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.state {
            FileState::Published => write!(f, "{path}: as published"),
            FileState::Repacked => write!(f, "{path}: the published rows in another packing"),
            FileState::Different { found, published } => {
                write!(
                    f,
                    "{path}: not as published (sha256 {found}, published {published}): fetch it again"
                )
            }
            FileState::Missing => write!(f, "{path}: missing"),
        }
    }
}

/// Compares every file of a set in `data_folder` with its manifest.
///
/// # Errors
///
/// [`ReadError::Io`] if a file that is there cannot be read.
pub fn verify(manifest: &Manifest, data_folder: &Path) -> Result<Vec<FileCheck>, ReadError> {
    let folder = data_folder.join(&manifest.name);
    let check = |file: &SetFile| -> Result<FileCheck, ReadError> {
        let published = folder.join(&file.path);
        let Some(found) = find(&folder, file) else {
            return Ok(FileCheck {
                path: published,
                state: FileState::Missing,
            });
        };
        let sha256 =
            file_sha256(&found.path).map_err(|source| ReadError::from_io(&found.path, source))?;
        let state = match (sha256 == found.sha256, found.path == published) {
            (true, true) => FileState::Published,
            (true, false) => FileState::Repacked,
            (false, _) => FileState::Different {
                found: sha256,
                published: found.sha256,
            },
        };
        Ok(FileCheck {
            path: found.path,
            state,
        })
    };
    manifest.files.iter().map(check).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::manifest::manifest;

    #[test]
    fn missing_different_and_good_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join("tiny").join(name);
        fs::create_dir(folder.path().join("tiny")).unwrap();
        fs::write(at("good.txt"), "abc").unwrap();
        fs::write(at("bad.txt"), "abd").unwrap();
        fs::write(at("other.txt"), "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let file = |name: &str, repacked: &str| {
            format!(
                "[[files]]\npath='{name}'\npart='train'\nformat='label-text'\nbytes=3\nsha256='{abc}'\nurls=[]\n{repacked}"
            )
        };
        let text = "name='tiny'\ntitle='t'\nkind='text'\nhomepage=''\nlicence=''\ncitation=''\nlabels=['a']\nrows={train=1}\n"
            .to_owned()
            + &file("good.txt", "")
            + &file("bad.txt", "")
            + &file("gone.txt", "")
            + &file("packed.gz", &format!("repacked=[{{path='other.txt',sha256='{abc}'}}]\n"));
        let tiny = Manifest::parse(&text).unwrap();
        let states: Vec<_> = verify(&tiny, folder.path()).unwrap();
        assert_eq!(states[0].state, FileState::Published);
        assert!(
            matches!(&states[1].state, FileState::Different { published, .. } if published == abc)
        );
        assert_eq!(states[2].state, FileState::Missing);
        assert_eq!(
            (&states[3].state, &states[3].path),
            (&FileState::Repacked, &at("other.txt"))
        );
        assert_eq!(
            states.iter().map(FileCheck::is_good).collect::<Vec<_>>(),
            [true, false, false, true]
        );
        assert!(states[1].to_string().contains("fetch it again"));
    }

    #[test]
    fn the_list_tells_what_is_here() {
        let folder = tempfile::tempdir().unwrap();
        let presence = |name: &str| {
            list(folder.path())
                .into_iter()
                .find(|listing| listing.name == name)
                .unwrap()
                .presence
        };
        assert_eq!(presence("mr"), Presence::Absent);
        fs::create_dir(folder.path().join("mr")).unwrap();
        for file in manifest("mr").unwrap().files {
            assert_ne!(presence("mr"), Presence::Here);
            fs::write(folder.path().join("mr").join(file.path), "").unwrap();
        }
        assert_eq!(presence("mr"), Presence::Here);
    }
}
