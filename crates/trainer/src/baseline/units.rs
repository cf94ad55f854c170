//! Cutting a text into the units whose n-grams are counted.

/// What an n-gram is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// Lower-cased words, parted by white space. Within such a word each run of letters, digits and `_ ' -` is a unit
    /// and each other character another, so that `good.` and `good` are the same word.
    Words,
    /// Lower-cased characters, each run of white space counting as one blank: for Chinese and other
    /// languages that do not part their words.
    Characters,
}

impl Units {
    /// How a report calls the n-grams.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Words => "1-3-grams of words",
            Self::Characters => "1-3-grams of characters",
        }
    }

    /// Puts the 64-bit name of each unit of `text` into `units`, replacing what is there.
    pub(super) fn cut(self, text: &str, units: &mut Vec<u64>) {
        units.clear();
        let lower = text.to_lowercase();
        match self {
            Self::Words => {
                let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '-');
                for word in lower.split_whitespace() {
                    let mut rest = word;
                    while let Some(first) = rest.chars().next() {
                        let end = match inside(first) {
                            true => rest.find(|c| !inside(c)).unwrap_or(rest.len()),
                            false => first.len_utf8(),
                        };
                        units.push(word_name(&rest[..end]));
                        rest = &rest[end..];
                    }
                }
            }
            Self::Characters => {
                let mut after_blank = false;
                for c in lower.chars() {
                    let is_blank = c.is_whitespace();
                    if !(is_blank && after_blank) {
                        units.push(if is_blank { ' ' } else { c } as u64);
                    }
                    after_blank = is_blank;
                }
            }
        }
    }
}

/// FNV-1a. Two of a million different words share a name with a probability of 3 in 100 million.
fn word_name(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(units: Units, text: &str) -> Vec<u64> {
        let mut names = Vec::new();
        units.cut(text, &mut names);
        names
    }

    #[test]
    fn words_are_lower_cased_and_parted_by_any_white_space() {
        let names = cut(Units::Words, " Not\tbad ,\r\nNOT\u{a0}bad! ");
        assert_eq!(names.len(), 6);
        assert_eq!(names[..2], names[3..5]);
        assert_ne!(names[2], names[5]);
        assert_eq!(cut(Units::Words, "it's well-made...").len(), 2 + 3);
        assert!(cut(Units::Words, " \n").is_empty());
    }

    #[test]
    fn characters_keep_one_blank_of_a_run() {
        let names = cut(Units::Characters, "中A \t\u{3000}b");
        let expected: Vec<u64> = "中a b".chars().map(u64::from).collect();
        assert_eq!(names, expected);
    }
}
