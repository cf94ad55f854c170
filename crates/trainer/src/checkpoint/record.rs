//! `state.json`: the list of a checkpoint's files with their hashes, and the caller's state, sealed.
//!
//! The file is one JSON object of exactly this form, so that every one of its bytes is covered: the
//! hash is that of the bytes of `content`, and all others are fixed.
//!
//! ```text
//! {"sha256":"<64 hexadecimal digits>","content":<content>}\n
//! ```

use super::error::Damage;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The name of the file described here.
pub(super) const STATE_FILE: &str = "state.json";

/// The format this program writes and reads.
pub(super) const FORMAT: u64 = 1;

const BEFORE_HASH: &str = "{\"sha256\":\"";
const HASH_LENGTH: usize = 64;
const BEFORE_CONTENT: &str = "\",\"content\":";
const AFTER_CONTENT: &str = "}\n";

/// The content of `state.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Format number, [`FORMAT`].
    pub(super) format: u64,
    /// Step after which the checkpoint was taken.
    pub(super) step: u64,
    /// The other files.
    pub(super) files: Vec<FileRecord>,
    /// What the caller wants back.
    pub(super) state: Value,
}

/// One file of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileRecord {
    /// Its name in the folder.
    pub(super) name: String,
    /// Its length.
    pub(super) bytes: u64,
    /// Its hash, in lower-case hexadecimal.
    pub(super) sha256: String,
}

/// All that is known of a record before its format is.
#[derive(Deserialize)]
struct FormatOnly {
    format: u64,
}

impl Record {
    /// The record of these files.
    pub(super) fn new(step: u64, files: &[(&str, &[u8])], state: &Value) -> Self {
        let files = files
            .iter()
            .map(|(name, bytes)| FileRecord {
                name: (*name).to_owned(),
                bytes: bytes.len() as u64,
                sha256: sha256_hex(bytes),
            })
            .collect();
        Self {
            format: FORMAT,
            step,
            files,
            state: state.clone(),
        }
    }

    /// The bytes of `state.json`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let content = serde_json::to_string_pretty(self)
            .expect("a record has string keys and no failing serializer");
        let hash = sha256_hex(content.as_bytes());
        [BEFORE_HASH, &hash, BEFORE_CONTENT, &content, AFTER_CONTENT]
            .concat()
            .into_bytes()
    }

    /// Reads and checks the bytes of `state.json`.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Damage> {
        let damage = |what| Damage::State { what };
        let rest = bytes
            .strip_prefix(BEFORE_HASH.as_bytes())
            .ok_or(damage("it does not begin with a seal"))?;
        let (hash, rest) = rest
            .split_at_checked(HASH_LENGTH)
            .ok_or(damage("it ends within its seal"))?;
        let content = rest
            .strip_prefix(BEFORE_CONTENT.as_bytes())
            .and_then(|rest| rest.strip_suffix(AFTER_CONTENT.as_bytes()))
            .ok_or(damage("it was cut off or added to"))?;
        if sha256_hex(content).as_bytes() != hash {
            return Err(damage("its SHA-256 does not match"));
        }
        let FormatOnly { format } =
            serde_json::from_slice(content).map_err(|_| damage("it names no format"))?;
        if format != FORMAT {
            return Err(Damage::Format {
                found: format,
                supported: FORMAT,
            });
        }
        serde_json::from_slice(content).map_err(|_| damage("it lacks what its format demands"))
    }
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Record {
        Record::new(
            7,
            &[("model.safetensors", b"weights"), ("empty", b"")],
            &json!({"seed": u64::MAX, "best": (0.1f64 + 0.2).to_bits(), "epoch": 3}),
        )
    }

    #[test]
    fn a_record_comes_back_and_is_valid_json() {
        let bytes = sample().encode();
        assert_eq!(Record::decode(&bytes).unwrap(), sample());
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["content"]["step"], 7);
        assert_eq!(
            json["content"]["files"][1]["sha256"],
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn the_bits_of_floats_come_back() {
        let mut value = 1.0f64;
        for _ in 0..2000 {
            value = (value * 1.618_033_988_749_895).rem_euclid(1e5);
            let record = Record::new(1, &[], &json!({"x": value.to_bits()}));
            let back = Record::decode(&record.encode()).unwrap();
            assert_eq!(back.state["x"].as_u64(), Some(value.to_bits()));
        }
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_seen() {
        let bytes = sample().encode();
        for length in 0..bytes.len() {
            assert!(Record::decode(&bytes[..length]).is_err(), "cut at {length}");
        }
        for offset in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[offset] ^= 1 << bit;
                assert!(
                    matches!(Record::decode(&damaged), Err(Damage::State { .. })),
                    "bit {bit} of byte {offset}"
                );
            }
        }
        let mut longer = bytes.clone();
        longer.push(b'\n');
        assert!(Record::decode(&longer).is_err());
    }

    #[test]
    fn another_format_is_named_and_not_called_damage() {
        let record = Record {
            format: 2,
            ..sample()
        };
        assert!(matches!(
            Record::decode(&record.encode()),
            Err(Damage::Format {
                found: 2,
                supported: FORMAT
            })
        ));
    }
}
