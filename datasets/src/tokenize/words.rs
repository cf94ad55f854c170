//! Words of any language: what [`Cleaning::Words`](super::Cleaning::Words) takes for one.
//!
//! 1. `’` becomes `'`, then every character is lower-cased.
//! 2. A character of a script written without blanks (Han, Kana, Thai, Lao, Khmer, Myanmar) is a token of its own.
//! 3. A run of letters, digits and their combining marks is a word; an apostrophe *inside* a word belongs to it.
//! 4. English contractions are cut off the end of a word (`don't` = `do n't`, `it's` = `it 's`), as in the texts
//!    that the public word vectors were trained on.
//! 5. Every other visible character (punctuation, symbol, emoji) is a token of its own.
//! 6. Blanks, control characters and lone combining marks are dropped.

use std::sync::LazyLock;

use regex::Regex;

/// Scripts without blanks between words.
const UNSPACED: &str = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}";

/// The pattern of steps 2, 3 and 5; it needs neither look-around nor anything else that regular-expression
/// engines disagree about, since it is saved in `tokenizer.json`.
pub(super) static PATTERN: LazyLock<String> = LazyLock::new(|| {
    let letter = format!(r"[\p{{L}}\p{{N}}&&[^{UNSPACED}]]");
    let inner = format!(r"[\p{{L}}\p{{N}}\p{{M}}\x{{200C}}\x{{200D}}&&[^{UNSPACED}]]");
    format!(r"[{UNSPACED}]|{letter}{inner}*(?:'{letter}{inner}*)*|[^\s\p{{C}}\p{{Z}}\p{{M}}]")
});

/// The pattern of step 4, applied to one word at a time.
pub(super) const CONTRACTION: &str = r"n't$|'(?:s|ve|re|d|ll|m)$";

/// The endings of [`CONTRACTION`], longest first.
const ENDINGS: [&str; 7] = ["n't", "'ve", "'re", "'ll", "'s", "'d", "'m"];

static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&PATTERN).expect("the pattern is a constant"));

static UNSPACED_CHARACTER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("^[{UNSPACED}]")).expect("the pattern is a constant"));

/// Whether `c` belongs to a script written without blanks.
pub(super) fn is_unspaced(c: char) -> bool {
    !c.is_ascii() && UNSPACED_CHARACTER.is_match(c.encode_utf8(&mut [0; 4]))
}

/// Step 1; `placed` as for [`Cleaning::fold`](super::Cleaning::fold).
pub(super) fn fold(text: &str, folded: &mut String, mut placed: impl FnMut(usize, usize)) {
    folded.clear();
    for (at, c) in text.char_indices() {
        match c {
            '\u{2019}' => folded.push('\''),
            'A'..='Z' => folded.push(c.to_ascii_lowercase()),
            _ if c.is_ascii() => folded.push(c),
            // Character by character, as `tokenizers` does: str::to_lowercase treats a final sigma differently.
            _ => folded.extend(c.to_lowercase()),
        }
        placed(at + c.len_utf8(), folded.len());
    }
}

/// Cuts folded text into words and hands each to `each`, with its first byte.
pub(super) fn for_each_word(folded: &str, mut each: impl FnMut(&str, usize)) {
    for found in WORD.find_iter(folded) {
        let word = found.as_str();
        let ending = ENDINGS.iter().find(|ending| word.ends_with(**ending));
        let (stem, ending) = word.split_at(word.len() - ending.map_or(0, |ending| ending.len()));
        if !stem.is_empty() {
            each(stem, found.start());
        }
        if !ending.is_empty() {
            each(ending, found.start() + stem.len());
        }
    }
}

/// Characters of the longest run; longer ones are cut, which bounds the work on a text without blanks.
const LONGEST_RUN: usize = 64;

/// What subwords are looked for in: runs of letters, digits and marks, in every script; any other visible character alone.
pub(super) static RUN_PATTERN: LazyLock<String> = LazyLock::new(|| {
    let more = LONGEST_RUN - 1;
    format!(
        r"[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}\p{{M}}\x{{200C}}\x{{200D}}]{{0,{more}}}|[^\s\p{{C}}\p{{Z}}\p{{M}}]"
    )
});

static RUN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&RUN_PATTERN).expect("the pattern is a constant"));

/// Cuts folded text into runs and hands each to `each`, with its first byte.
pub(super) fn for_each_run(folded: &str, mut each: impl FnMut(&str, usize)) {
    for found in RUN.find_iter(folded) {
        each(found.as_str(), found.start());
    }
}
