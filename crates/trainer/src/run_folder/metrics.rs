//! `metrics.jsonl`: one JSON object per line, appended while training, cut back on resume.

use super::error::RunFolderError;
use super::events::EventFile;
use crate::checkpoint::{IoFailure, Storage, StorageFile, write_atomically};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The log of a run. Each line is an object that begins with `"step"`.
pub struct MetricsLog {
    path: PathBuf,
    file: Box<dyn StorageFile>,
    /// A failed write may have left half a line, which the next line must not be glued to.
    torn: bool,
    /// The same for TensorBoard, where it is wanted.
    events: Option<EventFile>,
}

/// What was cut from the log on resume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Whole lines of steps after the checkpoint, which will be written again.
    pub later: usize,
    /// Lines that are no JSON object with a step: torn by a kill or a power cut.
    pub torn: usize,
}

#[derive(Serialize)]
struct Line<'a, T> {
    step: u64,
    #[serde(flatten)]
    fields: &'a T,
}

#[derive(Deserialize)]
struct StepOnly {
    step: u64,
}

impl std::fmt::Debug for MetricsLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MetricsLog").field(&self.path).finish()
    }
}

impl MetricsLog {
    /// Opens the log to go on after `step`: torn lines and lines of later steps are cut, so that no step
    /// is there twice. A fresh run goes on after no step at all (`None`) and begins with an empty log.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(super) fn open(
        storage: &dyn Storage,
        path: &Path,
        step: Option<u64>,
    ) -> Result<(Self, Cut), RunFolderError> {
        let (kept, cut, whole) = match step {
            None => (Vec::new(), Cut::default(), false),
            Some(step) => read_until(storage, path, step)?,
        };
        if !whole {
            write_atomically(storage, path, &kept)?;
        }
        let file = storage.append(path).map_err(IoFailure::new("open", path))?;
        let log = Self {
            path: path.to_path_buf(),
            file,
            torn: false,
            events: None,
        };
        Ok((log, cut))
    }

    /// Also writes an event file for TensorBoard, from the lines that are there on.
    ///
    /// # Errors
    /// When the log cannot be read or the file cannot be written.
    pub(super) fn with_events(
        mut self,
        storage: &dyn Storage,
        path: &Path,
    ) -> Result<Self, RunFolderError> {
        let mut lines = String::new();
        let (mut reader, _) = storage
            .open(&self.path)
            .map_err(IoFailure::new("read", &self.path))?;
        reader
            .read_to_string(&mut lines)
            .map_err(IoFailure::new("read", &self.path))?;
        self.events = Some(EventFile::open(storage, path, &lines)?);
        Ok(self)
    }

    /// Appends one line: `{"step":…, fields…}`. The fields are a struct or a map; a float that is not
    /// finite is written as `null`.
    ///
    /// # Errors
    /// When the file cannot be written, or `fields` is no struct or map.
    pub fn append(&mut self, step: u64, fields: &impl Serialize) -> Result<(), RunFolderError> {
        let malformed = |error: serde_json::Error| RunFolderError::Malformed {
            path: self.path.clone(),
            what: error.to_string(),
        };
        let mut line = Vec::new();
        if self.torn {
            line.push(b'\n');
        }
        serde_json::to_writer(&mut line, &Line { step, fields }).map_err(malformed)?;
        line.push(b'\n');
        // One write for the whole line, so that a kill between two lines is all a kill can do.
        let written = self.file.write(&line);
        self.torn = written.is_err();
        written.map_err(IoFailure::new("write", &self.path))?;
        match &mut self.events {
            Some(events) => events.append(&line),
            None => Ok(()),
        }
    }

    /// Returns once all lines are on the disk. Called before each checkpoint, so that the log has every
    /// line up to it.
    ///
    /// # Errors
    /// When the file cannot be synced.
    pub fn sync(&mut self) -> Result<(), RunFolderError> {
        Ok(self
            .file
            .sync()
            .map_err(IoFailure::new("sync", &self.path))?)
    }
}

/// The lines up to `step`, what was cut, and whether the file is already exactly these lines.
fn read_until(
    storage: &dyn Storage,
    path: &Path,
    step: u64,
) -> Result<(Vec<u8>, Cut, bool), RunFolderError> {
    let (mut kept, mut cut) = (Vec::new(), Cut::default());
    let reader = match storage.open(path) {
        Ok((reader, _)) => reader,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok((kept, cut, false));
        }
        Err(error) => return Err(IoFailure::new("read", path)(error).into()),
    };
    let mut reader = BufReader::new(reader);
    let (mut line, mut whole) = (Vec::new(), true);
    loop {
        line.clear();
        let read = reader
            .read_until(b'\n', &mut line)
            .map_err(IoFailure::new("read", path))?;
        if read == 0 {
            return Ok((kept, cut, whole));
        }
        match serde_json::from_slice::<StepOnly>(&line) {
            Ok(found) if found.step <= step => {
                kept.extend_from_slice(&line);
                if !line.ends_with(b"\n") {
                    kept.push(b'\n');
                    whole = false;
                }
            }
            Ok(_) => {
                cut.later += 1;
                whole = false;
            }
            Err(_) => {
                cut.torn += 1;
                whole = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Disk;
    use serde_json::json;
    use std::fs;

    fn log(folder: &Path, step: Option<u64>) -> (MetricsLog, Cut) {
        MetricsLog::open(&Disk, &folder.join("metrics.jsonl"), step).unwrap()
    }

    fn text(folder: &Path) -> String {
        fs::read_to_string(folder.join("metrics.jsonl")).unwrap()
    }

    #[test]
    fn lines_are_objects_that_begin_with_their_step() {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, _) = log(folder.path(), None);
        log.append(10, &json!({"loss": 0.5, "rate": f64::INFINITY}))
            .unwrap();
        log.sync().unwrap();
        assert_eq!(
            text(folder.path()),
            "{\"step\":10,\"loss\":0.5,\"rate\":null}\n"
        );
        let error = log.append(11, &[1, 2]).unwrap_err();
        assert!(matches!(error, RunFolderError::Malformed { .. }));
    }

    /// Trust list 35, at every byte where a kill or a power cut can end the file.
    #[test]
    fn wherever_the_file_ends_no_step_is_there_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, _) = log(folder.path(), None);
        for step in [10, 20, 30, 40] {
            first
                .append(step, &json!({"loss": 1.0 / step as f64}))
                .unwrap();
        }
        let whole = text(folder.path());
        let kept: String = whole.split_inclusive('\n').take(2).collect();
        for end in kept.len()..=whole.len() {
            fs::write(folder.path().join("metrics.jsonl"), &whole[..end]).unwrap();
            let (mut log, _) = log(folder.path(), Some(20));
            assert_eq!(text(folder.path()), kept, "cut at {end}");
            log.append(30, &json!({"loss": 1.0 / 30.0})).unwrap();
            log.append(40, &json!({"loss": 1.0 / 40.0})).unwrap();
            assert_eq!(text(folder.path()), whole, "cut at {end}");
        }
    }

    #[test]
    fn what_was_cut_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        fs::write(
            &path,
            "{\"step\":1}\nnot json\n{\"step\":2}\n{\"step\":9}\n{\"st",
        )
        .unwrap();
        let (_, cut) = log(folder.path(), Some(2));
        assert_eq!(cut, Cut { later: 1, torn: 2 });
        assert_eq!(text(folder.path()), "{\"step\":1}\n{\"step\":2}\n");
        let (_, cut) = log(folder.path(), Some(2));
        assert_eq!(cut, Cut::default());
    }

    #[test]
    fn a_last_line_that_lacks_only_its_end_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("metrics.jsonl"), "{\"step\":1}").unwrap();
        let (_, cut) = log(folder.path(), Some(1));
        assert_eq!(cut, Cut::default());
        assert_eq!(text(folder.path()), "{\"step\":1}\n");
    }

    #[test]
    fn a_missing_log_begins_empty_and_a_fresh_run_forgets_an_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, _) = log(folder.path(), Some(5));
        first.append(6, &json!({})).unwrap();
        assert_eq!(text(folder.path()), "{\"step\":6}\n");
        let _ = log(folder.path(), None);
        assert_eq!(text(folder.path()), "");
    }
}
