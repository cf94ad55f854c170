//! What is worth a look in a set, where, and what to do about it.

use serde::Serialize;

use crate::example::{ImageSet, TextSet};
use crate::origin::RowPlace;

/// Characters of a text that are shown.
const SHOWN: usize = 100;
/// Rows that are shown of one finding.
pub(super) const EXAMPLES: usize = 3;

/// Something worth a look.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// Rows that it concerns.
    pub rows: usize,
    /// What was found, as a sentence.
    pub what: String,
    /// What to do about it.
    pub advice: String,
    /// Some of the rows.
    pub examples: Vec<ShownRow>,
}

/// What a [`Finding`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Classes of very different or very small size.
    Balance,
    /// Too few rows to judge by.
    FewRows,
    /// Texts without a character, or without a known word.
    Blank,
    /// Texts that stand more than once.
    Duplicates,
    /// Rows of one part that stand in another, too.
    AcrossParts,
    /// Equal texts with different labels.
    Conflicts,
    /// Words that the training texts do not have.
    Unknown,
    /// Texts much longer than most.
    Long,
    /// Characters that were spoilt when the texts were saved.
    Encoding,
    /// Remains of a web page.
    Markup,
    /// Something that gives the label away.
    Leak,
    /// Rows without a label where they may have several, labels that say the same, several in one cell.
    Labels,
    /// Rows that are sorted by label.
    Order,
    /// Rows or pictures that cannot be read.
    Unreadable,
    /// Pictures in which little is to be seen.
    Tiny,
    /// Pictures of odd sizes.
    Sizes,
    /// Grey pictures among colours, or the other way round.
    Channels,
}

/// A row as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownRow {
    /// `train`, `dev` or `test`.
    pub part: &'static str,
    /// Which row of that part, counted from 1.
    pub row: usize,
    /// Its label.
    pub label: String,
    /// Its first characters, on one line; control characters are written as escapes. Of a picture its size.
    pub text: String,
    /// Where it was read.
    pub place: Option<RowPlace>,
}

impl ShownRow {
    /// Row `row` (from 0) of part `part` (train, dev, test) of `set`.
    pub(super) fn of(set: &TextSet, part: usize, row: usize) -> Self {
        let (name, rows) = set.split.parts()[part];
        let example = &rows[row];
        Self {
            part: name,
            row: row + 1,
            label: set.labels[example.label as usize].clone(),
            text: excerpt(&example.text),
            place: set.origins.place(example.origin),
        }
    }

    /// The same of a set of images.
    pub(super) fn of_image(set: &ImageSet, part: usize, row: usize) -> Self {
        let (name, rows) = set.split.parts()[part];
        let example = &rows[row];
        let size = example
            .picture
            .map_or((set.width as u32, set.height as u32), |facts| {
                (facts.width, facts.height)
            });
        Self {
            part: name,
            row: row + 1,
            label: set.labels[example.label as usize].clone(),
            text: format!("{} x {} pixels", size.0, size.1),
            place: set.origins.place(example.origin),
        }
    }
}

/// The first characters of a text on one line. What could move the cursor or turn the direction of writing is
/// written as an escape.
pub(super) fn excerpt(text: &str) -> String {
    let mut shown = String::new();
    for character in text.trim().chars().take(SHOWN) {
        match character {
            '\n' | '\r' | '\t' => shown.push(' '),
            _ if character.is_control() || is_invisible(character) => {
                shown.extend(character.escape_unicode());
            }
            _ => shown.push(character),
        }
    }
    if text.trim().chars().nth(SHOWN).is_some() {
        shown.push_str(" ...");
    }
    shown
}

/// Characters without a shape of their own: zero width, direction marks, byte order marks.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_harmless_line() {
        assert_eq!(excerpt(" a\nb\tc "), "a b c");
        assert_eq!(excerpt("a\u{1b}[31m\u{202e}b"), "a\\u{1b}[31m\\u{202e}b");
        assert_eq!(excerpt(&"x".repeat(101)), "x".repeat(100) + " ...");
    }
}
