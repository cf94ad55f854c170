//! `events.out.tfevents.cnn`: the metrics as TensorBoard reads them, one record for each line of the log.
//!
//! The file is a row of TFRecords: the length (u64, little-endian), its checksum, the bytes, their checksum, where a checksum is
//! the CRC-32C turned by 15 bits plus a constant. The bytes are `Event` protocol buffers: 1 wall time (double), 2 step
//! (varint), 3 file version (string), 5 summary, which is 1 values of 1 tag (string) and 2 value (float).

use super::error::RunFolderError;
use crate::checkpoint::{IoFailure, Storage, StorageFile, write_atomically};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The event file of a run that goes on.
pub(super) struct EventFile {
    path: PathBuf,
    file: Box<dyn StorageFile>,
}

impl EventFile {
    /// Writes the file anew from the lines of a log, so that a resumed run has no step twice, and opens it to go on.
    pub(super) fn open(
        storage: &dyn Storage,
        path: &Path,
        log: &str,
    ) -> Result<Self, RunFolderError> {
        write_atomically(storage, path, &events(log, wall_time()))?;
        let file = storage.append(path).map_err(IoFailure::new("open", path))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
        })
    }

    /// Appends the event of a line of the log. One write for all of it; a reader waits for the rest of a torn record.
    pub(super) fn append(&mut self, line: &[u8]) -> Result<(), RunFolderError> {
        let mut bytes = Vec::new();
        if let Ok(line) = serde_json::from_slice(line) {
            record_of_line(&line, wall_time(), &mut bytes);
        }
        let written = self.file.write(&bytes);
        Ok(written.map_err(IoFailure::new("write", &self.path))?)
    }
}

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "TensorBoard's axis of time; the run itself never reads it"
)]
fn wall_time() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0.0, |since| since.as_secs_f64())
}

/// The whole file for the lines of a log.
fn events(log: &str, wall_time: f64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut event = Vec::new();
    double(1, wall_time, &mut event);
    delimited(3, b"brain.Event:2", &mut event);
    record(&event, &mut bytes);
    for line in log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
    {
        record_of_line(&line, wall_time, &mut bytes);
    }
    bytes
}

/// A line's numbers as scalars named `kind/field`; nothing for a line without any.
fn record_of_line(line: &Map<String, Value>, wall_time: f64, into: &mut Vec<u8>) {
    let kind = line.get("kind").and_then(Value::as_str).unwrap_or("run");
    let mut summary = Vec::new();
    for (name, value) in line {
        if let (Some(number), false) = (value.as_f64(), name == "step" || name == "epoch") {
            let mut scalar = Vec::new();
            delimited(1, format!("{kind}/{name}").as_bytes(), &mut scalar);
            scalar.push(2 << 3 | 5);
            scalar.extend((number as f32).to_le_bytes());
            delimited(1, &scalar, &mut summary);
        }
    }
    if summary.is_empty() {
        return;
    }
    let mut event = Vec::new();
    double(1, wall_time, &mut event);
    event.push(2 << 3);
    varint(
        line.get("step").and_then(Value::as_u64).unwrap_or(0),
        &mut event,
    );
    delimited(5, &summary, &mut event);
    record(&event, into);
}

fn double(field: u8, value: f64, into: &mut Vec<u8>) {
    into.push(field << 3 | 1);
    into.extend(value.to_le_bytes());
}

fn delimited(field: u8, bytes: &[u8], into: &mut Vec<u8>) {
    into.push(field << 3 | 2);
    varint(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

fn varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// One TFRecord.
fn record(bytes: &[u8], into: &mut Vec<u8>) {
    let length = (bytes.len() as u64).to_le_bytes();
    into.extend(length);
    into.extend(masked(crc32c(&length)).to_le_bytes());
    into.extend_from_slice(bytes);
    into.extend(masked(crc32c(bytes)).to_le_bytes());
}

fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli), bit by bit: records are short and few.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Disk;

    /// RFC 3720, B.4.
    #[test]
    fn the_checksums_are_the_standards() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let ascending: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&ascending), 0x46dd_794e);
    }

    /// The first record of every file that TensorFlow writes, with the time set to 0.
    #[test]
    fn a_file_begins_as_tensorflows_do() {
        let bytes = events("", 0.0);
        assert_eq!(bytes[..8], 24u64.to_le_bytes());
        assert_eq!(bytes[12..21], [0x09, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[21..36], *b"\x1a\x0dbrain.Event:2");
        assert_eq!(bytes.len(), 8 + 4 + 24 + 4);
        // The masked checksum of the length 24, as those files have it.
        assert_eq!(bytes[8..12], [0xa3, 0x7f, 0x4b, 0x22]);
    }

    #[test]
    fn a_file_that_goes_on_is_the_one_that_is_written_at_once() {
        let lines = [
            r#"{"step":300,"kind":"train","epoch":1,"loss":0.5}"#,
            r#"{"step":400,"kind":"dev","loss":null,"accuracy":0.75,"best":true}"#,
            r#"{"step":500,"note":"no number"}"#,
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        let mut file = EventFile::open(&Disk, &path, lines[0]).unwrap();
        lines[1..]
            .iter()
            .for_each(|line| file.append(line.as_bytes()).unwrap());
        let strip_times = |bytes: &[u8]| -> Vec<Vec<u8>> {
            let (mut records, mut rest) = (Vec::new(), bytes);
            while !rest.is_empty() {
                let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
                let body = &rest[12..12 + length];
                assert_eq!(rest[8..12], masked(crc32c(&rest[..8])).to_le_bytes());
                assert_eq!(rest[12 + length..][..4], masked(crc32c(body)).to_le_bytes());
                records.push(body[9..].to_vec());
                rest = &rest[16 + length..];
            }
            records
        };
        let found = strip_times(&std::fs::read(&path).unwrap());
        assert_eq!(found, strip_times(&events(&lines.join("\n"), 7.0)));
        assert_eq!(found.len(), 3);
        // Step 300, one summary of 17 bytes with one value of 15: the tag of 10 letters and 0.5.
        assert_eq!(found[1][..3], [0x10, 0xac, 0x02]);
        assert_eq!(found[1][3..9], [0x2a, 19, 0x0a, 17, 0x0a, 10]);
        assert_eq!(found[1][9..19], *b"train/loss");
        assert_eq!(found[1][19..], [0x15, 0, 0, 0, 0x3f]);
    }
}
