//! The ways a text is cleaned and cut into tokens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::words;
use crate::Language;

/// How a text becomes tokens.
///
/// Each published recipe is kept to the letter, oddities included, so that vocabulary sizes and lengths equal the
/// published ones; [`Cleaning::Words`] and [`Cleaning::Characters`] are the ones for your own texts
/// ([`Cleaning::for_set`] knows which is whose, [`Cleaning::suggest`] looks at the texts).
///
/// | name | what it does |
/// |---|---|
/// | `kim-words` | Kim 2014: keeps ``A-Za-z0-9(),!?'` ``, cuts before `'s 've n't 're 'd 'll` and around `, ! ( ) ?`, lower-cases |
/// | `kim-words-cased` | the same without lower-casing (Kim's TREC) |
/// | `sst-words` | Kim's filter for the Stanford treebank: the same characters, lower-cased, cut at blanks only |
/// | `imdb-words` | `<br />` becomes a blank; lower-case runs of `a-z`, `0-9` and `'` |
/// | `words` | any language: lower-case words, contractions cut, every other mark a token, unspaced scripts by character |
/// | `characters` | every character is a token, blanks included (THUCNews) |
/// | `jieba` | words of Chinese as the jieba dictionary cuts them, lower-cased, blanks dropped (feature `jieba`) |
///
/// Kim's contractions are looked for *before* lower-casing, as in his code: `DON'T` stays one token, `don't` is two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Cleaning {
    /// Kim 2014's `clean_str`; TREC keeps its case.
    KimWords {
        /// Whether letters are lower-cased at the end.
        lowercase: bool,
    },
    /// Kim 2014's `clean_str_sst`.
    SstWords,
    /// Words of the IMDB reviews, as fastText and DPCNN comparisons commonly cut them.
    ImdbWords,
    /// Words of any language; for texts of one's own.
    Words,
    /// Every Unicode scalar value is one token; for THUCNews and other unspaced scripts.
    Characters,
    /// Words of Chinese by dictionary and hidden Markov model.
    #[cfg(feature = "jieba")]
    Jieba,
}

/// A name that is no cleaning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no cleaning; choose one of {}", Cleaning::names().join(", "))]
pub struct UnknownCleaning {
    /// What was asked for.
    pub name: String,
}

impl Cleaning {
    /// Every cleaning that this build has, in the order of the table above.
    pub const ALL: [Cleaning; 6 + cfg!(feature = "jieba") as usize] = [
        Cleaning::KimWords { lowercase: true },
        Cleaning::KimWords { lowercase: false },
        Cleaning::SstWords,
        Cleaning::ImdbWords,
        Cleaning::Words,
        Cleaning::Characters,
        #[cfg(feature = "jieba")]
        Cleaning::Jieba,
    ];

    /// The name used in configuration files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Cleaning::KimWords { lowercase: true } => "kim-words",
            Cleaning::KimWords { lowercase: false } => "kim-words-cased",
            Cleaning::SstWords => "sst-words",
            Cleaning::ImdbWords => "imdb-words",
            Cleaning::Words => "words",
            Cleaning::Characters => "characters",
            #[cfg(feature = "jieba")]
            Cleaning::Jieba => "jieba",
        }
    }

    /// All names, for messages.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|cleaning| cleaning.name()).collect()
    }

    /// A sensible cleaning for texts nobody has described: [`Cleaning::Characters`] when more than half of the
    /// letters belong to scripts written without blanks (Chinese, Japanese, Thai, …), else [`Cleaning::Words`].
    ///
    /// Looks at no more than a million characters, from the front.
    pub fn suggest<'a>(texts: impl IntoIterator<Item = &'a str>) -> Cleaning {
        const LOOK_AT: usize = 1_000_000;
        let (mut letters, mut unspaced) = (0usize, 0usize);
        let characters = texts.into_iter().flat_map(str::chars).take(LOOK_AT);
        for c in characters.filter(|c| c.is_alphabetic()) {
            letters += 1;
            unspaced += usize::from(words::is_unspaced(c));
        }
        if 2 * unspaced > letters {
            Cleaning::Characters
        } else {
            Cleaning::Words
        }
    }

    /// The cleaning of a known set, as published; for any other set the one that fits its language
    /// ([`Cleaning::for_language`]).
    pub fn for_set(name: &str, language: Language) -> Cleaning {
        match name {
            "mr" | "phrases" | "long_documents" => Cleaning::KimWords { lowercase: true },
            "trec" => Cleaning::KimWords { lowercase: false },
            "sst2" => Cleaning::SstWords,
            "imdb" => Cleaning::ImdbWords,
            "thucnews" => Cleaning::Characters,
            _ => Cleaning::for_language(language),
        }
    }

    /// The cleaning for texts of one's own in a language.
    pub fn for_language(language: Language) -> Cleaning {
        match language {
            Language::English | Language::Other => Cleaning::Words,
            Language::Chinese => Cleaning::Characters,
        }
    }

    /// Cuts `text` and hands each token to `each`, in order, with its first byte in the folded text (see
    /// [`Cleaning::fold`]), which is left in `folded`; `folded` is reused between calls.
    pub(super) fn for_each_token(
        self,
        text: &str,
        folded: &mut String,
        mut each: impl FnMut(&str, usize),
    ) {
        match self {
            Cleaning::Characters => {
                let mut bytes = [0; 4];
                text.char_indices()
                    .for_each(|(at, c)| each(c.encode_utf8(&mut bytes), at));
            }
            #[cfg(feature = "jieba")]
            Cleaning::Jieba => super::jieba::for_each_word(text, folded, each),
            _ => {
                self.fold(text, folded, |_, _| {});
                match self {
                    Cleaning::KimWords { lowercase } => kim(folded, lowercase, each),
                    Cleaning::SstWords => each_run(folded, |c| c != ' ', each),
                    Cleaning::ImdbWords => {
                        each_run(folded, |c| matches!(c, 'a'..='z' | '0'..='9' | '\''), each)
                    }
                    _ => words::for_each_word(folded, each),
                }
            }
        }
    }

    /// Puts the text that is cut into `folded`: characters replaced or lower-cased, none moved. `placed` is told, for
    /// each piece of `text` that was folded by itself, where it ends in `text` and where its folding ends.
    pub(super) fn fold(
        self,
        text: &str,
        folded: &mut String,
        mut placed: impl FnMut(usize, usize),
    ) {
        folded.clear();
        match self {
            // Kim lower-cases at the end, see there.
            Cleaning::KimWords { .. } => keep_kims_characters(text, folded, placed),
            Cleaning::SstWords => {
                keep_kims_characters(text, folded, placed);
                folded.make_ascii_lowercase();
            }
            Cleaning::ImdbWords => {
                let mut at = 0;
                for (number, part) in text.split(BREAK).enumerate() {
                    if number > 0 {
                        folded.push(' ');
                        at += BREAK.len();
                        placed(at, folded.len());
                    }
                    // Lower-casing comes before the filter: U+212A (kelvin) is a `k`, U+0130 an `i` and a mark.
                    for c in part.chars() {
                        folded.extend(c.to_lowercase());
                        at += c.len_utf8();
                        placed(at, folded.len());
                    }
                }
            }
            Cleaning::Words => words::fold(text, folded, placed),
            Cleaning::Characters => {
                folded.push_str(text);
                text.char_indices().for_each(|(at, c)| {
                    let end = at + c.len_utf8();
                    placed(end, end);
                });
            }
            #[cfg(feature = "jieba")]
            Cleaning::Jieba => {
                for (at, c) in text.char_indices() {
                    folded.extend(c.to_lowercase());
                    placed(at + c.len_utf8(), folded.len());
                }
            }
        }
    }

    /// The tokens of `text`; for looking at, not for speed (see [`Tokenizer::encode`](super::Tokenizer::encode)).
    pub fn tokens(self, text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        self.for_each_token(text, &mut String::new(), |token, _| {
            tokens.push(token.to_owned());
        });
        tokens
    }
}

/// A line break of the IMDB reviews.
const BREAK: &str = "<br />";

/// Kim's filter: every character outside his set becomes one blank. What is left is ASCII.
fn keep_kims_characters(text: &str, out: &mut String, mut placed: impl FnMut(usize, usize)) {
    for (at, c) in text.char_indices() {
        out.push(match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '(' | ')' | ',' | '!' | '?' | '\'' | '`' => c,
            _ => ' ',
        });
        placed(at + c.len_utf8(), out.len());
    }
}

/// The longest runs of characters that `keep` keeps, each with its first byte.
pub(super) fn each_run(text: &str, keep: impl Fn(char) -> bool, mut each: impl FnMut(&str, usize)) {
    let mut at = 0;
    for run in text.split(|c| !keep(c)) {
        if !run.is_empty() {
            each(run, at);
        }
        // What parts two runs is one character.
        let parting = text[at + run.len()..].chars().next();
        at += run.len() + parting.map_or(0, char::len_utf8);
    }
}

/// Kim's `clean_str`: his substitutions put a blank *before* each contraction and blanks around `, ! ( ) ?`; none of
/// them can break another's match, so one pass that cuts at those places gives the same words.
fn kim(folded: &mut String, lowercase: bool, mut each: impl FnMut(&str, usize)) {
    let mut start = 0;
    let bytes = folded.len();
    let mut emit = |folded: &mut String, from: usize, to: usize| {
        if from < to {
            // Everything from `to` on keeps its case until it is cut itself: the contractions are matched in the
            // original case, as Kim does.
            if lowercase {
                folded[from..to].make_ascii_lowercase();
            }
            each(&folded[from..to], from);
        }
    };
    for at in 0..bytes {
        match folded.as_bytes()[at] {
            b' ' => {
                emit(folded, start, at);
                start = at + 1;
            }
            b',' | b'!' | b'(' | b')' | b'?' => {
                emit(folded, start, at);
                emit(folded, at, at + 1);
                start = at + 1;
            }
            b'\'' | b'n' if begins_contraction(&folded.as_bytes()[at..]) => {
                emit(folded, start, at);
                start = at;
            }
            _ => {}
        }
    }
    emit(folded, start, bytes);
}

/// Whether one of Kim's six contractions begins here.
fn begins_contraction(rest: &[u8]) -> bool {
    const CONTRACTIONS: [&[u8]; 6] = [b"'s", b"'ve", b"n't", b"'re", b"'d", b"'ll"];
    CONTRACTIONS.iter().any(|c| rest.starts_with(c))
}

impl fmt::Display for Cleaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Cleaning {
    type Err = UnknownCleaning;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|c| c.name() == name);
        found.ok_or_else(|| UnknownCleaning {
            name: name.to_owned(),
        })
    }
}

impl TryFrom<String> for Cleaning {
    type Error = UnknownCleaning;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Cleaning> for String {
    fn from(cleaning: Cleaning) -> Self {
        cleaning.name().to_owned()
    }
}
