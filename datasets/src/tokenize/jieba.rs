//! Words of Chinese, as the jieba dictionary and its hidden Markov model cut them.
//!
//! `tokenizer.json` has no name for this cut. The pipeline saved there reads a text that is cut already, with
//! [`BETWEEN`] between the words; in Python: `tokenizer.encode("\x1f".join(jieba.cut(text)))`.

use std::sync::LazyLock;

use jieba_rs::Jieba;

use super::cleaning::each_run;

/// What stands between two words of a text that is cut already.
pub(super) const BETWEEN: char = '\u{1f}';

/// Read when first needed: it takes half a second.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Cuts `text` into words and hands each to `each`, lower-cased and without blanks, with its first byte in the
/// lower-cased text, which is left in `folded`.
pub(super) fn for_each_word(text: &str, folded: &mut String, mut each: impl FnMut(&str, usize)) {
    folded.clear();
    for word in cut(text) {
        let start = folded.len();
        folded.extend(word.chars().flat_map(char::to_lowercase));
        let kept = |c: char| c != BETWEEN && !c.is_whitespace();
        each_run(&folded[start..], kept, |word, at| each(word, start + at));
    }
}

/// The words of `text`, which put together are `text` again.
pub(super) fn cut(text: &str) -> impl Iterator<Item = &str> {
    JIEBA.cut(text, true).into_iter().map(|token| token.word)
}
