//! What kinds of characters there are to those who cut texts.
//!
//! The classes are those of the saved patterns, taken from the same tables of Unicode that the engine of regular expressions
//! reads: asking them costs a tenth of a millisecond once, compiling the patterns 2 ms for words and 25 ms for runs.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

use super::words::{INSIDE, LETTER, UNSPACED, VISIBLE};

/// The kinds of one character.
#[derive(Clone, Copy)]
pub(super) struct Kind(u8);

impl Kind {
    const LETTER: u8 = 1;
    const INSIDE: u8 = 2;
    const UNSPACED: u8 = 4;
    const VISIBLE: u8 = 8;

    /// A letter or digit: a word or a run may begin with it.
    pub(super) fn begins(self) -> bool {
        self.0 & Self::LETTER != 0
    }

    /// A letter, a digit, a combining mark or a joiner.
    pub(super) fn is_inside(self) -> bool {
        self.0 & Self::INSIDE != 0
    }

    /// Of a script written without blanks.
    pub(super) fn is_unspaced(self) -> bool {
        self.0 & Self::UNSPACED != 0
    }

    /// Neither blank nor control character nor combining mark.
    pub(super) fn is_visible(self) -> bool {
        self.0 & Self::VISIBLE != 0
    }
}

/// The kinds of all characters: a table of those of two bytes of UTF-16 at most, ranges of the others.
pub(super) struct Kinds {
    table: Box<[u8]>,
    /// First, last, kind; in order.
    above: Vec<(u32, u32, u8)>,
}

/// Characters of the table.
const TABLE: usize = 0x1_0000;

static KINDS: LazyLock<Kinds> = LazyLock::new(|| {
    let mut kinds = Kinds {
        table: vec![0; TABLE].into(),
        above: Vec::new(),
    };
    for (class, kind) in [
        (LETTER, Kind::LETTER),
        (INSIDE, Kind::INSIDE),
        (UNSPACED, Kind::UNSPACED),
        (VISIBLE, Kind::VISIBLE),
    ] {
        let class = regex_syntax::parse(&format!("[{class}]")).expect("the class is a constant");
        if let HirKind::Class(Class::Unicode(class)) = class.kind() {
            for range in class.ranges() {
                kinds.add(range.start() as u32, range.end() as u32, kind);
            }
        }
    }
    kinds
});

impl Kinds {
    /// Those of Unicode.
    pub(super) fn of_unicode() -> &'static Self {
        &KINDS
    }

    fn add(&mut self, first: u32, last: u32, kind: u8) {
        let end = TABLE.min(last as usize + 1);
        if let Some(range) = self.table.get_mut(first as usize..end) {
            range.iter_mut().for_each(|kinds| *kinds |= kind);
        }
        if last as usize >= TABLE {
            self.above.push((first, last, kind));
        }
    }

    /// The kinds of `c`.
    pub(super) fn of(&self, c: char) -> Kind {
        let c = c as u32;
        match self.table.get(c as usize) {
            Some(kind) => Kind(*kind),
            // Emoji and rare scripts: seldom enough for a walk.
            None => Kind(
                self.above
                    .iter()
                    .filter(|(first, last, _)| (*first..=*last).contains(&c))
                    .fold(0, |kinds, (_, _, kind)| kinds | kind),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn every_character_is_what_the_patterns_say() {
        let classes = [LETTER, INSIDE, UNSPACED, VISIBLE]
            .map(|class| Regex::new(&format!("^[{class}]")).unwrap());
        let kinds = Kinds::of_unicode();
        for c in '\0'..=char::MAX {
            let kind = kinds.of(c);
            let found = [
                kind.begins(),
                kind.is_inside(),
                kind.is_unspaced(),
                kind.is_visible(),
            ];
            let text = c.encode_utf8(&mut [0; 4]).to_owned();
            let expected = [0, 1, 2, 3].map(|at| classes[at].is_match(&text));
            assert_eq!(found, expected, "U+{:04X}", c as u32);
        }
    }
}
