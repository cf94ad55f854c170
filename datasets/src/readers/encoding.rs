//! How bytes become characters.

use std::fmt;

use encoding_rs::DecoderResult;
use serde::{Deserialize, Deserializer};

/// A character encoding whose lines can be cut before they are decoded: a line end is the byte LF (or, in UTF-16,
/// the aligned unit), and stands inside no other character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// UTF-16, the low byte first, with or without a byte order mark.
    Utf16Le,
    /// UTF-16, the high byte first, with or without a byte order mark.
    Utf16Be,
    /// ISO-8859-1 as it was before the web: each byte is the character of that number, 0x80-0x9f included.
    Latin1,
    /// An encoding of the WHATWG list (`windows-1252`, `gb18030`, `shift_jis`, ...).
    Legacy(&'static encoding_rs::Encoding),
}

impl Encoding {
    /// The encoding of that name; `None` if the name is unknown or lines cannot be cut in it (ISO-2022-JP).
    pub fn for_label(label: &str) -> Option<Self> {
        match label.trim().to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "utf-16" | "utf16" | "utf-16le" | "utf16le" => Some(Self::Utf16Le),
            "utf-16be" | "utf16be" => Some(Self::Utf16Be),
            // The WHATWG list reads these two as windows-1252, which changes 0x80-0x9f.
            "iso-8859-1" | "latin1" | "latin-1" => Some(Self::Latin1),
            other => encoding_rs::Encoding::for_label(other.as_bytes())
                .filter(|encoding| encoding.is_ascii_compatible())
                .map(Self::Legacy),
        }
    }

    /// The encoding that a byte order mark at the start of `bytes` names, and the bytes of the mark.
    pub(crate) fn of_mark(bytes: &[u8]) -> Option<(Self, usize)> {
        match bytes {
            [0xef, 0xbb, 0xbf, ..] => Some((Self::Utf8, 3)),
            [0xff, 0xfe, ..] => Some((Self::Utf16Le, 2)),
            [0xfe, 0xff, ..] => Some((Self::Utf16Be, 2)),
            _ => None,
        }
    }

    /// Bytes of the smallest character.
    pub(crate) fn unit(self) -> usize {
        match self {
            Self::Utf16Le | Self::Utf16Be => 2,
            Self::Utf8 | Self::Latin1 | Self::Legacy(_) => 1,
        }
    }

    /// Decodes `bytes` behind what `text` holds, or tells the first byte that is no text in this encoding; `text`
    /// then holds what came before it.
    pub(crate) fn decode_into(self, bytes: &[u8], text: &mut String) -> Result<(), usize> {
        match self {
            Self::Utf8 => match std::str::from_utf8(bytes) {
                Ok(decoded) => text.push_str(decoded),
                Err(error) => {
                    let valid = error.valid_up_to();
                    text.push_str(&String::from_utf8_lossy(&bytes[..valid]));
                    return Err(valid);
                }
            },
            Self::Latin1 => text.extend(bytes.iter().map(|&byte| char::from(byte))),
            Self::Utf16Le => return decode_utf16(bytes, u16::from_le_bytes, text),
            Self::Utf16Be => return decode_utf16(bytes, u16::from_be_bytes, text),
            Self::Legacy(encoding) => {
                let mut decoder = encoding.new_decoder_without_bom_handling();
                let most = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
                text.reserve(most.unwrap_or(4 * bytes.len()));
                let (result, read) =
                    decoder.decode_to_string_without_replacement(bytes, text, true);
                if let DecoderResult::Malformed(length, after) = result {
                    return Err(read.saturating_sub(usize::from(length) + usize::from(after)));
                }
            }
        }
        Ok(())
    }

    /// Decodes `bytes`, or tells the first byte that is no text in this encoding.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<String, usize> {
        let mut text = String::with_capacity(bytes.len());
        self.decode_into(bytes, &mut text).map(|()| text)
    }

    /// Bytes that `text` takes in this encoding: what a place in the decoded line is in the file.
    pub(crate) fn length_of(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Latin1 => text.chars().count(),
            Self::Utf16Le | Self::Utf16Be => 2 * text.encode_utf16().count(),
            Self::Legacy(encoding) => encoding.encode(text).0.len(),
        }
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, text: &mut String) -> Result<(), usize> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut at = 0;
    for decoded in char::decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        match decoded {
            Ok(character) => {
                text.push(character);
                at += 2 * character.len_utf16();
            }
            Err(_) => return Err(at),
        }
    }
    if odd.is_empty() { Ok(()) } else { Err(at) }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("utf-8"),
            Self::Utf16Le => f.write_str("utf-16le"),
            Self::Utf16Be => f.write_str("utf-16be"),
            Self::Latin1 => f.write_str("iso-8859-1"),
            Self::Legacy(encoding) => f.write_str(&encoding.name().to_ascii_lowercase()),
        }
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
        let named = |label| Encoding::for_label(label).unwrap();
        assert_eq!(Encoding::Utf8.decode(b"abc\xff"), Err(3));
        assert_eq!(named("gbk").decode(b"ab\x81"), Err(2));
        assert_eq!(named("gb18030").decode(b"\xd6\xd0\x81 x"), Err(2));
        assert_eq!(named("shift_jis").decode(b"abc\xa0\x20"), Err(3));
        assert_eq!(named("utf-16").decode(b"a\0\x00\xd8b\0"), Err(2));
        assert_eq!(named("utf-16be").decode(b"\0a\0b\0"), Err(4));
    }

    #[test]
    fn places_in_the_decoded_text_are_places_in_the_file() {
        for label in ["utf-8", "utf-16le", "utf-16be", "gb18030"] {
            let encoding = Encoding::for_label(label).unwrap();
            let text = "a中𠀀é";
            let bytes: Vec<u8> = match encoding {
                Encoding::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                Encoding::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
                Encoding::Legacy(legacy) => legacy.encode(text).0.into_owned(),
                _ => text.into(),
            };
            assert_eq!(encoding.decode(&bytes).as_deref(), Ok(text));
            assert_eq!(encoding.length_of(text), bytes.len(), "{label}");
        }
    }

    #[test]
    fn encodings_whose_rows_cannot_be_cut_are_refused() {
        for label in ["iso-2022-jp", "klingon", ""] {
            assert_eq!(Encoding::for_label(label), None, "{label}");
        }
    }
}
