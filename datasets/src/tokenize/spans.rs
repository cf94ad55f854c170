//! Where each token stands in the text.

use std::ops::Range;

use super::Tokenizer;
use super::tokenizer::Kind;
use super::words;

impl Tokenizer {
    /// The bytes of `text` that each token of [`Tokenizer::encode`] was made from, in the same order.
    ///
    /// A range begins and ends at characters of `text`, that of a token that is part of one character (byte-level subwords)
    /// at that character's. Ranges ascend.
    ///
    /// ```
    /// use datasets::tokenize::{Cleaning, Tokenizer, VocabularyOptions};
    ///
    /// let text = "<br />CAFÉ isn’t it";
    /// let tokenizer = Tokenizer::train(Cleaning::Words, [text], &VocabularyOptions::default());
    /// let words: Vec<&str> = tokenizer.spans(text).into_iter().map(|span| &text[span]).collect();
    /// assert_eq!(words, ["<", "br", "/", ">", "CAFÉ", "is", "n’t", "it"]);
    /// ```
    pub fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let (mut folded, mut found) = (String::new(), Vec::new());
        let mut places = Places::default();
        match &self.kind {
            Kind::Words { cleaning, .. } => {
                cleaning.for_each_token(text, &mut folded, |token, at| {
                    found.push(at..at + token.len());
                });
                cleaning.fold(text, &mut folded, |from, to| places.add(from, to));
            }
            Kind::Subwords(subwords) => {
                words::fold(text, &mut folded, |from, to| places.add(from, to));
                words::for_each_run(&folded, |run, at| {
                    let pieces = subwords.pieces(run).into_iter();
                    found.extend(pieces.map(|(_, span)| at + span.start..at + span.end));
                });
            }
            Kind::Foreign(foreign) => {
                let whole = |span: Range<usize>| {
                    let mut span = span.start.min(text.len())..span.end.min(text.len());
                    while !text.is_char_boundary(span.start) {
                        span.start -= 1;
                    }
                    while !text.is_char_boundary(span.end) {
                        span.end += 1;
                    }
                    span
                };
                return foreign.spans(text).into_iter().map(whole).collect();
            }
        }
        found.into_iter().map(|span| places.in_text(span)).collect()
    }
}

/// Ends of the pieces that were folded each by itself: in the text, and folded.
#[derive(Default)]
struct Places {
    text: Vec<usize>,
    folded: Vec<usize>,
}

impl Places {
    fn add(&mut self, text: usize, folded: usize) {
        self.text.push(text);
        self.folded.push(folded);
    }

    /// The bytes of the text that were folded to these. A piece of a run that stands for none has an empty span.
    fn in_text(&self, span: Range<usize>) -> Range<usize> {
        let first = self.folded.partition_point(|end| *end <= span.start);
        let start = first.checked_sub(1).map_or(0, |before| self.text[before]);
        if span.is_empty() {
            return start..start;
        }
        let last = self.folded.partition_point(|end| *end < span.end);
        start..self.text.get(last).copied().unwrap_or(start)
    }
}
