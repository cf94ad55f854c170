//! Which encoding a file is in, told from its bytes: marks first, then what is valid, then what is likely.
//!
//! 1. A byte order mark decides.
//! 2. Many zero bytes, and line ends of two bytes: UTF-16 without its mark.
//! 3. What is valid UTF-8, or is but for a few broken rows, is UTF-8: no other encoding looks like it by chance.
//! 4. Anything else is guessed from the frequencies of its letters, by the detector of Firefox (`chardetng`).
//!
//! The whole file is looked at, since a file may hold its first foreign letter in its last row; only what is needed
//! is kept.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::{Encoding, Input, Limits, ReadError};

/// Bytes kept from the start of the file, to tell UTF-16 by.
const START: usize = 1 << 14;
/// Bytes kept of the blocks that hold other than ASCII.
const FOREIGN: usize = 1 << 18;
/// Bytes read at a time.
const BLOCK: u64 = 1 << 16;

/// Bytes other than ASCII that are too few to tell encodings of Latin letters apart.
const FEW_ACCENTS: usize = 20;
/// The other encodings of Latin letters with one byte each.
const LATIN: [&str; 12] = [
    "windows-1250",
    "windows-1254",
    "windows-1257",
    "windows-1258",
    "ISO-8859-2",
    "ISO-8859-3",
    "ISO-8859-4",
    "ISO-8859-10",
    "ISO-8859-13",
    "ISO-8859-14",
    "ISO-8859-15",
    "ISO-8859-16",
];

/// Looks at bytes and tells their encoding.
#[derive(Debug, Default)]
pub(crate) struct Detector {
    start: Vec<u8>,
    foreign: Vec<u8>,
    /// The end of a block that may be the start of a character.
    tail: Vec<u8>,
    characters: u64,
    faults: u64,
}

impl Detector {
    /// Looks at the next bytes of the file.
    pub fn feed(&mut self, block: &[u8]) {
        let room = START - self.start.len().min(START);
        self.start
            .extend_from_slice(&block[..block.len().min(room)]);
        if !block.is_ascii() && self.foreign.len() < FOREIGN {
            self.foreign.extend_from_slice(block);
        }
        if self.tail.is_empty() {
            self.count(block);
        } else {
            let mut joined = std::mem::take(&mut self.tail);
            joined.extend_from_slice(block);
            self.count(&joined);
        }
    }

    /// Counts the characters of more than one byte that are valid UTF-8, and the places that are not.
    fn count(&mut self, mut bytes: &[u8]) {
        let leads = |valid: &[u8]| valid.iter().filter(|&&byte| byte >= 0xc0).count() as u64;
        loop {
            match std::str::from_utf8(bytes) {
                Ok(_) => {
                    self.characters += leads(bytes);
                    return;
                }
                Err(error) => {
                    let (valid, rest) = bytes.split_at(error.valid_up_to());
                    self.characters += leads(valid);
                    let Some(length) = error.error_len() else {
                        self.tail = rest.to_vec();
                        return;
                    };
                    self.faults += 1;
                    bytes = &rest[length..];
                }
            }
        }
    }

    /// The encoding of all that was fed.
    pub fn finish(mut self) -> Encoding {
        if let Some((encoding, _)) = Encoding::of_mark(&self.start) {
            return encoding;
        }
        self.faults += u64::from(!self.tail.is_empty());
        if let Some(encoding) = unmarked_utf16(&self.start) {
            return encoding;
        }
        // Some broken rows make no other encoding: they are counted and shown when the rows are read.
        if self.faults == 0 || self.characters >= 2 * self.faults {
            return Encoding::Utf8;
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(&self.foreign, true);
        let guess = detector.guess(None, Utf8Detection::Deny);
        // The detector gives GBK up at a character of four bytes, which real headlines hold.
        if guess.is_single_byte() && is_gb18030(&self.foreign) {
            return Encoding::Legacy(encoding_rs::GB18030);
        }
        // A few accents in Latin letters tell little between east and west: then the encoding of most such files.
        let accents = self.foreign.iter().filter(|byte| !byte.is_ascii()).count();
        if accents < FEW_ACCENTS && LATIN.contains(&guess.name()) {
            return Encoding::Legacy(encoding_rs::WINDOWS_1252);
        }
        // The larger of two encodings that share their common part.
        if guess == encoding_rs::GBK {
            return Encoding::Legacy(encoding_rs::GB18030);
        }
        Encoding::Legacy(guess)
    }
}

/// Whether nearly all that is not ASCII stands in pairs of the first Chinese standard (GB 2312): two high bytes. Accents
/// among Latin letters make pairs of a high and a low byte, words of Cyrillic letters have odd lengths as often as even.
fn is_gb18030(bytes: &[u8]) -> bool {
    let (mut pairs, mut others, mut rest) = (0, 0, bytes);
    loop {
        rest = match rest {
            [] => return pairs > 0 && pairs >= 9 * others,
            [0..=0x7f, rest @ ..] => rest,
            [
                0x81..=0xfe,
                b'0'..=b'9',
                0x81..=0xfe,
                b'0'..=b'9',
                rest @ ..,
            ] => rest,
            [0xa1..=0xf7, 0xa1..=0xfe, rest @ ..] => {
                pairs += 1;
                rest
            }
            [_, rest @ ..] => {
                others += 1;
                rest
            }
        };
    }
}

/// UTF-16 without a mark: zero bytes, and whole units that end lines.
fn unmarked_utf16(start: &[u8]) -> Option<Encoding> {
    let (units, _) = start.as_chunks::<2>();
    let zeros = start.iter().filter(|&&byte| byte == 0).count();
    // A headline of thirty characters has a separator and a line end: two zero bytes in sixty.
    if zeros == 0 || zeros * 100 < start.len() {
        return None;
    }
    let plain = |unit: u16| matches!(unit, 0x9 | 0xa | 0xd | 0x20..=0x7e);
    let judge = |unit: fn([u8; 2]) -> u16| {
        let values = || units.iter().map(|&pair| unit(pair));
        // The last unit may be the first half of a character.
        let whole = &units[..units.len().saturating_sub(1)];
        let broken = char::decode_utf16(whole.iter().map(|&pair| unit(pair)))
            .any(|decoded| decoded.is_err() || decoded == Ok('\0'));
        let ends = values().any(|value| value == 0xa);
        (!broken && ends).then(|| values().filter(|&value| plain(value)).count())
    };
    match (judge(u16::from_le_bytes), judge(u16::from_be_bytes)) {
        (None, None) => None,
        (little, big) if little >= big => Some(Encoding::Utf16Le),
        _ => Some(Encoding::Utf16Be),
    }
}

/// Reads `path` from end to end and tells its encoding.
pub(crate) fn detect_encoding(
    path: &std::path::Path,
    limits: &Limits,
) -> Result<Encoding, ReadError> {
    let mut input = Input::open(path, limits)?;
    let mut detector = Detector::default();
    loop {
        let block = input.read_up_to(BLOCK)?;
        if block.is_empty() {
            return Ok(detector.finish());
        }
        detector.feed(&block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(bytes: &[u8]) -> String {
        let mut detector = Detector::default();
        // Blocks of an odd size cut characters apart.
        for block in bytes.chunks(7) {
            detector.feed(block);
        }
        detector.finish().to_string()
    }

    fn encoded(label: &str, text: &str) -> Vec<u8> {
        match Encoding::for_label(label).unwrap() {
            Encoding::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Encoding::Legacy(legacy) => legacy.encode(text).0.into_owned(),
            _ => text.into(),
        }
    }

    const FRENCH: &str = "texte,avis\nle café était très bon,oui\nça m'a déçu et énervé,non\n";
    const CHINESE: &str = "词汇阅读是关键\t3\n中国人民公安大学硕士目录\t3\n一道上海高考题\t1\n";

    #[test]
    fn valid_utf8_is_utf8() {
        for text in ["", "text,label\na,b\n", FRENCH, CHINESE, "\u{feff}é"] {
            assert_eq!(detect(text.as_bytes()), "utf-8", "{text}");
        }
    }

    #[test]
    fn a_broken_row_makes_no_other_encoding() {
        let mut bytes = FRENCH.repeat(10).into_bytes();
        bytes.extend(b"caf\xe9,oui\n");
        assert_eq!(detect(&bytes), "utf-8");
        let mut cut = "été".repeat(3).into_bytes();
        cut.pop();
        assert_eq!(detect(&cut), "utf-8");
    }

    #[test]
    fn utf16_is_told_with_and_without_its_mark() {
        for label in ["utf-16le", "utf-16be"] {
            for text in [FRENCH, CHINESE, "一上,三\n"] {
                assert_eq!(detect(&encoded(label, text)), label, "{text}");
                let marked = encoded(label, &format!("\u{feff}{text}"));
                assert_eq!(detect(&marked), label, "{text}");
            }
        }
        // A stray zero byte in ASCII is no UTF-16, and neither are many.
        assert_eq!(detect(b"text,label\na\0b,c\n"), "utf-8");
        assert_eq!(detect(&b"text,label\na\0b,c\n".repeat(50)), "utf-8");
    }

    #[test]
    fn legacy_encodings_are_told_from_short_files() {
        assert_eq!(detect(&encoded("windows-1252", FRENCH)), "windows-1252");
        assert_eq!(detect(b"text,label\ncaf\xe9,a\nth\xe9,b\n"), "windows-1252");
        assert_eq!(
            detect(&encoded(
                "windows-1252",
                "it\u{2019}s fine,a\nna\u{ef}ve,b\n"
            )),
            "windows-1252"
        );
        assert_eq!(detect(&encoded("gb18030", CHINESE)), "gb18030");
        for line in CHINESE.lines() {
            assert_eq!(detect(&encoded("gb18030", line)), "gb18030", "{line}");
        }
        // A character of four bytes.
        assert_eq!(
            detect(&encoded(
                "gb18030",
                &format!("{CHINESE}比尔\u{30fb}盖茨\t1\n")
            )),
            "gb18030"
        );
        let russian = "хороший фильм,да\nплохая погода сегодня,нет\n";
        assert_eq!(detect(&encoded("windows-1251", russian)), "windows-1251");
        let japanese = "とても良い映画でした,はい\n天気が悪い,いいえ\n";
        assert_eq!(detect(&encoded("shift_jis", japanese)), "shift_jis");
    }
}
