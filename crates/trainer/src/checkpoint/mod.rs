//! Checkpoints that survive a kill, a power cut and a full disk (promise 4).
//!
//! One checkpoint is one folder, `step-N`. [`CheckpointStore::save`] goes through these steps, each of
//! which leaves the previous checkpoint usable:
//!
//! 1. write every file into `.tmp-step-N`, created with "must not exist" so that a planted link is an
//!    error and never followed, and fsync each;
//! 2. write `state.json`: step, the caller's state, length and SHA-256 of each file, sealed by its own
//!    SHA-256; fsync it, then the folder;
//! 3. rename `.tmp-step-N` to `step-N`: the one commit point;
//! 4. fsync the parent, so that the new name is on disk;
//! 5. read everything back and compare the hashes;
//! 6. only now remove older checkpoints, so that two valid ones stay ([`KEPT`]).
//!
//! A failed fsync is never repeated on the same file: after one the kernel may have dropped the very
//! pages it could not write, and the next fsync would succeed without them. The whole temporary folder is
//! thrown away instead.
//!
//! There is no `latest` pointer that could go stale: [`CheckpointStore::latest_valid`] takes the newest
//! folder that verifies, and says which ones it skipped and why.
//!
//! All output goes through the [`Storage`] trait, so that tests can fail the n-th operation, stop after
//! it, or drop what was not yet fsynced.

mod error;
mod record;
mod storage;
mod store;

pub use error::{CheckpointError, Damage, IoFailure};
pub(crate) use record::sha256_hex;
pub(crate) use storage::remove_tree;
pub use storage::{Disk, Entry, Storage, StorageFile, write_atomically};
pub use store::{Checkpoint, CheckpointStore, KEPT, Latest, Saved, Skipped};

#[cfg(test)]
mod crash_model_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(all(test, target_os = "linux"))]
mod full_disk_tests;
