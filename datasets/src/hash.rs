//! SHA-256 of files and of sets.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::example::{ImageExample, Split, TextExample};

/// SHA-256 of a file, hexadecimal.
///
/// # Errors
///
/// The file cannot be read.
pub fn file_sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hexadecimal(&hasher.finalize())),
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A row as the bytes that a set's hash is made of.
pub(crate) trait Content {
    fn content(&self) -> (&[u8], u32);
}

impl Content for TextExample {
    fn content(&self) -> (&[u8], u32) {
        (self.text.as_bytes(), self.label)
    }
}

impl Content for ImageExample {
    fn content(&self) -> (&[u8], u32) {
        (&self.pixels, self.label)
    }
}

/// SHA-256 of what is learned and judged from: labels, then each part's rows in their order, every length in
/// front. Two sets have the same hash only if they hold the same rows in the same parts and order; how the
/// files were packed does not matter.
pub(crate) fn set_sha256<T: Content>(labels: &[String], split: &Split<T>) -> String {
    let mut hasher = Sha256::new();
    let number = |hasher: &mut Sha256, value: usize| hasher.update((value as u64).to_le_bytes());
    number(&mut hasher, labels.len());
    for label in labels {
        number(&mut hasher, label.len());
        hasher.update(label);
    }
    for (_, rows) in split.parts() {
        number(&mut hasher, rows.len());
        for row in rows {
            let (bytes, label) = row.content();
            number(&mut hasher, bytes.len());
            hasher.update(bytes);
            hasher.update(label.to_le_bytes());
        }
    }
    hexadecimal(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_test_vector() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(file_sha256(file.path()).unwrap(), expected);
    }

    #[test]
    fn moving_a_row_or_a_byte_changes_the_hash_of_a_set() {
        let row = |text: &str, label| TextExample::new(text, label);
        let labels = ["a".to_string(), "b".to_string()];
        let hash = |train: Vec<TextExample>, dev| {
            set_sha256(
                &labels,
                &Split {
                    train,
                    dev,
                    test: vec![],
                },
            )
        };
        let hashes = [
            hash(vec![row("xy", 0), row("z", 1)], vec![]),
            hash(vec![row("x", 0), row("yz", 1)], vec![]),
            hash(vec![row("z", 1), row("xy", 0)], vec![]),
            hash(vec![row("xy", 0)], vec![row("z", 1)]),
            hash(vec![row("xy", 1), row("z", 1)], vec![]),
        ];
        for (i, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..i].contains(hash));
        }
    }
}
