//! Texts that were spoilt before they came here: UTF-8 read as another encoding, replacement characters, control
//! characters, invisible characters, remains of web pages, escapes that nobody undid.

use std::sync::LazyLock;

use regex::Regex;

use super::finding::{EXAMPLES, Finding, FindingKind, ShownRow, excerpt, is_invisible};
use crate::example::TextSet;

/// The characters of windows-1252 that are not those of their bytes' numbers.
const WINDOWS_1252: [(char, u8); 27] = [
    ('€', 0x80),
    ('‚', 0x82),
    ('ƒ', 0x83),
    ('„', 0x84),
    ('…', 0x85),
    ('†', 0x86),
    ('‡', 0x87),
    ('ˆ', 0x88),
    ('‰', 0x89),
    ('Š', 0x8a),
    ('‹', 0x8b),
    ('Œ', 0x8c),
    ('Ž', 0x8e),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
    ('˜', 0x98),
    ('™', 0x99),
    ('š', 0x9a),
    ('›', 0x9b),
    ('œ', 0x9c),
    ('ž', 0x9e),
    ('Ÿ', 0x9f),
];

static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)</?(?:br|p|div|span|a|b|i|u|em|strong|font|img|li|ul|ol|h[1-6]|table|tr|td|script|style)(?:\s[^<>]*)?/?>|&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9a-f]{1,6});",
    )
    .expect("the pattern is one")
});

static ESCAPES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|n|r|t)").expect("the pattern is one")
});

/// One kind of fault: how it is told, and what is said about it.
struct Fault {
    kind: FindingKind,
    in_text: fn(&str) -> bool,
    what: &'static str,
    advice: &'static str,
}

const FAULTS: [Fault; 6] = [
    Fault {
        kind: FindingKind::Encoding,
        in_text: |text| mojibake(text).is_some(),
        what: "hold UTF-8 that was read as another encoding",
        advice: "save the file anew from its source as UTF-8, or name the encoding it is in (--encoding)",
    },
    Fault {
        kind: FindingKind::Encoding,
        in_text: |text| text.contains('\u{fffd}') || text.contains("锟斤拷"),
        what: "hold replacement characters: letters are lost",
        advice: "the loss is in the file: export it anew, with the encoding set right",
    },
    Fault {
        kind: FindingKind::Encoding,
        in_text: |text| {
            text.chars()
                .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        },
        what: "hold control characters",
        advice: "take them out; 0x80 to 0x9f are often windows-1252 read as latin1 (--encoding windows-1252)",
    },
    Fault {
        kind: FindingKind::Encoding,
        in_text: |text| text.chars().any(is_invisible),
        what: "hold characters without a shape (zero width, direction marks)",
        advice: "take them out: they make other words of equal ones",
    },
    Fault {
        kind: FindingKind::Markup,
        in_text: |text| text.contains(['<', '&']) && MARKUP.is_match(text),
        what: "hold HTML tags or entities",
        advice: "turn them into plain text, unless the texts to be classified will hold them, too",
    },
    Fault {
        kind: FindingKind::Markup,
        in_text: |text| text.contains('\\') && ESCAPES.is_match(text),
        what: "hold escapes such as \\n or \\u00e9 as text",
        advice: "undo them when the file is written: they were encoded twice",
    },
];

/// Looks for each fault in every text.
pub(super) fn find_faults(set: &TextSet) -> Vec<Finding> {
    let mut found = Vec::new();
    for fault in &FAULTS {
        let (mut rows, mut examples) = (0, Vec::new());
        let mut seen = None;
        for (part, (_, texts)) in set.split.parts().into_iter().enumerate() {
            for (row, example) in texts.iter().enumerate() {
                if (fault.in_text)(&example.text) {
                    rows += 1;
                    if examples.len() < EXAMPLES {
                        examples.push(around(ShownRow::of(set, part, row), &example.text, fault));
                    }
                    seen = seen.or_else(|| mojibake(&example.text));
                }
            }
        }
        if rows > 0 {
            let such = match seen.filter(|_| fault.what.starts_with("hold UTF-8")) {
                Some((spoilt, right)) => format!(" (such as `{spoilt}` for `{right}`)"),
                None => String::new(),
            };
            found.push(Finding {
                kind: fault.kind,
                rows,
                what: format!("{rows} of {} texts {}{such}", set.split.rows(), fault.what),
                advice: fault.advice.into(),
                examples,
            });
        }
    }
    found
}

/// Shows the place of the fault instead of the start of the text: the first piece of it that holds one.
fn around(mut shown: ShownRow, text: &str, fault: &Fault) -> ShownRow {
    let pieces = text.split_inclusive([' ', '\n']).collect::<Vec<_>>();
    if let Some(place) = pieces.iter().position(|piece| (fault.in_text)(piece)) {
        let from = place.saturating_sub(5);
        let front = if from > 0 { "... " } else { "" };
        shown.text = front.to_owned() + &excerpt(&pieces[from..].concat());
    }
    shown
}

/// The first run of characters that is UTF-8 read as windows-1252 (or Latin-1), and what it stands for.
fn mojibake(text: &str) -> Option<(String, String)> {
    if text.is_ascii() {
        return None;
    }
    text.split(|c: char| c.is_ascii())
        .filter(|run| run.chars().nth(1).is_some())
        .find_map(|run| {
            let bytes: Vec<u8> = run.chars().map(byte_of).collect::<Option<_>>()?;
            let right = String::from_utf8(bytes).ok()?;
            Some((excerpt(run), excerpt(&right)))
        })
}

/// The byte that a character has in windows-1252, the unassigned ones as in Latin-1.
fn byte_of(character: char) -> Option<u8> {
    match u32::from(character) {
        number @ 0x80..=0xff => u8::try_from(number).ok(),
        _ => WINDOWS_1252
            .iter()
            .find(|(known, _)| *known == character)
            .map(|&(_, byte)| byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spoilt_characters_are_told_from_foreign_ones() {
        let pair = |spoilt: &str, right: &str| Some((spoilt.to_owned(), right.to_owned()));
        assert_eq!(mojibake("a cafÃ© here"), pair("Ã©", "é"));
        assert_eq!(mojibake("itâ€™s"), pair("â€™", "’"));
        assert_eq!(
            mojibake("\u{e4}\u{b8}\u{ad}\u{e6}\u{2013}\u{2021}"),
            pair("ä¸\\u{ad}æ–‡", "中文")
        );
        for good in [
            "café",
            "naïve “quotes”…",
            "Ã",
            "中文",
            "señor ÀÉ",
            "100 €",
            "a – b — c",
        ] {
            assert_eq!(mojibake(good), None, "{good}");
        }
    }

    /// Every character of windows-1252 agrees with the table of the WHATWG.
    #[test]
    fn bytes_are_those_of_the_standard() {
        for byte in 0x80..=0xffu8 {
            let bytes = [byte];
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes);
            assert_eq!(byte_of(text.chars().next().unwrap()), Some(byte));
        }
    }

    #[test]
    fn markup_is_told_from_comparisons() {
        for markup in ["a<br />b", "<BR>", "x &amp; y", "&#39;", "<a href=\"x\">"] {
            assert!(MARKUP.is_match(markup), "{markup}");
        }
        for plain in ["a < b > c", "AT&T", "<3", "R&D; x", "<angle>"] {
            assert!(!MARKUP.is_match(plain), "{plain}");
        }
    }
}
