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

use super::kinds::Kinds;

/// Scripts without blanks between words; this and the following are what stands between the brackets of a class.
pub(super) const UNSPACED: &str =
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}";
/// What a word or a run begins with.
pub(super) const LETTER: &str = r"\p{L}\p{N}";
/// What it goes on with: letters, digits, combining marks, joiners.
pub(super) const INSIDE: &str = r"\p{L}\p{N}\p{M}\x{200C}\x{200D}";
/// Any other character that can be seen.
pub(super) const VISIBLE: &str = r"^\s\p{C}\p{Z}\p{M}";

/// The pattern of steps 2, 3 and 5; it needs neither look-around nor anything else that regular-expression
/// engines disagree about, since it is saved in `tokenizer.json`.
pub(super) static PATTERN: LazyLock<String> = LazyLock::new(|| {
    let letter = format!("[{LETTER}&&[^{UNSPACED}]]");
    let inner = format!("[{INSIDE}&&[^{UNSPACED}]]");
    format!(r"[{UNSPACED}]|{letter}{inner}*(?:'{letter}{inner}*)*|[{VISIBLE}]")
});

/// The pattern of step 4, applied to one word at a time.
pub(super) const CONTRACTION: &str = r"n't$|'(?:s|ve|re|d|ll|m)$";

/// The endings of [`CONTRACTION`], longest first.
const ENDINGS: [&str; 7] = ["n't", "'ve", "'re", "'ll", "'s", "'d", "'m"];

/// Whether `c` belongs to a script written without blanks.
pub(super) fn is_unspaced(c: char) -> bool {
    !c.is_ascii() && Kinds::of_unicode().of(c).is_unspaced()
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

/// Cuts folded text into words, as [`PATTERN`] and [`CONTRACTION`] do, and hands each to `each`, with its first byte.
pub(super) fn for_each_word(folded: &str, mut each: impl FnMut(&str, usize)) {
    let kinds = Kinds::of_unicode();
    let begins = |c| !kinds.of(c).is_unspaced() && kinds.of(c).begins();
    let goes_on = |c| !kinds.of(c).is_unspaced() && kinds.of(c).is_inside();
    let mut rest = folded.chars();
    loop {
        let start = folded.len() - rest.as_str().len();
        let Some(c) = rest.next() else { break };
        if !begins(c) {
            if kinds.of(c).is_unspaced() || kinds.of(c).is_visible() {
                each(&folded[start..start + c.len_utf8()], start);
            }
            continue;
        }
        let mut apostrophe = false;
        loop {
            let before = rest.clone();
            match rest.next() {
                Some(c) if goes_on(c) => {}
                Some('\'') if rest.clone().next().is_some_and(begins) => apostrophe = true,
                _ => {
                    rest = before;
                    break;
                }
            }
        }
        let word = &folded[start..folded.len() - rest.as_str().len()];
        let ending = ENDINGS
            .iter()
            .find(|ending| apostrophe && word.ends_with(**ending));
        let (stem, ending) = word.split_at(word.len() - ending.map_or(0, |ending| ending.len()));
        if !stem.is_empty() {
            each(stem, start);
        }
        if !ending.is_empty() {
            each(ending, start + stem.len());
        }
    }
}

/// Characters of the longest run; longer ones are cut, which bounds the work on a text without blanks.
const LONGEST_RUN: usize = 64;

/// What subwords are looked for in: runs of letters, digits and marks, in every script; any other visible character alone.
pub(super) static RUN_PATTERN: LazyLock<String> = LazyLock::new(|| {
    let more = LONGEST_RUN - 1;
    format!("[{LETTER}][{INSIDE}]{{0,{more}}}|[{VISIBLE}]")
});

/// Cuts folded text into runs, as [`RUN_PATTERN`] does, and hands each to `each`, with its first byte.
pub(super) fn for_each_run(folded: &str, mut each: impl FnMut(&str, usize)) {
    let kinds = Kinds::of_unicode();
    let mut at = 0;
    while let Some(c) = folded[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        if kinds.of(c).begins() {
            let more = folded[at..].chars().take(LONGEST_RUN - 1);
            at += more
                .take_while(|c| kinds.of(*c).is_inside())
                .map(char::len_utf8)
                .sum::<usize>();
        } else if !kinds.of(c).is_visible() {
            continue;
        }
        each(&folded[start..at], start);
    }
}
