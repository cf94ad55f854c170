//! How bytes become characters.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// A character encoding whose line ends, tabs, commas and quotes are ASCII bytes, so that a file can be cut
/// into rows before it is decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// ISO-8859-1 as it was before the web: each byte is the character of that number, 0x80-0x9f included.
    Latin1,
    /// An encoding of the WHATWG list (`windows-1252`, `gbk`, `shift_jis`, ...).
    Legacy(&'static encoding_rs::Encoding),
}

impl Encoding {
    /// The encoding of that name; `None` if the name is unknown or the encoding has no ASCII line ends (UTF-16).
    pub fn for_label(label: &str) -> Option<Self> {
        match label.trim().to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            // The WHATWG list reads these two as windows-1252, which changes 0x80-0x9f.
            "iso-8859-1" | "latin1" => Some(Self::Latin1),
            other => encoding_rs::Encoding::for_label(other.as_bytes())
                .filter(|encoding| encoding.is_ascii_compatible())
                .map(Self::Legacy),
        }
    }

    /// Decodes `bytes`, or tells the first byte that is no text in this encoding.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<String, usize> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|error| error.valid_up_to()),
            Self::Latin1 => Ok(bytes.iter().map(|&byte| char::from(byte)).collect()),
            Self::Legacy(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .map(|text| text.into_owned())
                .ok_or(0),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "utf-8",
            Self::Latin1 => "iso-8859-1",
            Self::Legacy(encoding) => encoding.name(),
        })
    }
}

impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let label = String::deserialize(deserializer)?;
        Self::for_label(&label).ok_or_else(|| {
            serde::de::Error::custom(format!("`{label}` is no encoding that rows can be cut in"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin1_keeps_the_control_range_that_windows_1252_changes() {
        assert_eq!(Encoding::for_label("ISO-8859-1"), Some(Encoding::Latin1));
        assert_eq!(
            Encoding::Latin1.decode(b"caf\xe9\x96").unwrap(),
            "caf\u{e9}\u{96}"
        );
        assert_eq!(
            Encoding::for_label("windows-1252")
                .unwrap()
                .decode(b"\x96")
                .unwrap(),
            "\u{2013}"
        );
    }

    #[test]
    fn the_first_bad_byte_is_told() {
        assert_eq!(Encoding::Utf8.decode(b"abc\xff"), Err(3));
        assert!(Encoding::for_label("gbk").unwrap().decode(b"\x81").is_err());
    }

    #[test]
    fn encodings_whose_rows_cannot_be_cut_are_refused() {
        for label in ["utf-16", "utf-16le", "iso-2022-jp", "klingon", ""] {
            assert_eq!(Encoding::for_label(label), None, "{label}");
        }
    }
}
