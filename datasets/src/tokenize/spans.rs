//! Where in a text each of its tokens stands.
//!
//! Every cleaning turns characters into others one by one, drops some, and cuts what is left; it never moves any. So the
//! characters of the tokens, one token after another, are met again by walking over the text once; what is dropped never looks
//! like the beginning of a token.

use std::ops::Range;

use super::{Cleaning, Tokenizer};

impl Tokenizer {
    /// The bytes of `text` that each token of [`Tokenizer::encode`] was made from, in the same order.
    ///
    /// A range begins and ends at characters of `text`; ranges ascend and do not overlap.
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
        let cleaning = self.cleaning();
        let mut characters = Folded::new(cleaning, text).peekable();
        let mut spans = Vec::new();
        cleaning.for_each_token(text, &mut String::new(), |token| {
            let mut span: Option<Range<usize>> = None;
            for wanted in token.chars() {
                while characters.next_if(|(c, _)| *c != wanted).is_some() {}
                let Some((_, place)) = characters.next() else {
                    break;
                };
                span = Some(span.map_or(place.start, |span| span.start)..place.end);
            }
            spans.push(span.unwrap_or(text.len()..text.len()));
        });
        spans
    }
}

/// The characters of a text as the tokens have them, each with the bytes of the character that it was made from.
struct Folded<'a> {
    cleaning: Cleaning,
    text: &'a str,
    at: usize,
    /// What is left of a character that became several.
    pending: Option<(std::char::ToLowercase, Range<usize>)>,
}

impl<'a> Folded<'a> {
    fn new(cleaning: Cleaning, text: &'a str) -> Self {
        Self {
            cleaning,
            text,
            at: 0,
            pending: None,
        }
    }
}

impl Iterator for Folded<'_> {
    type Item = (char, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        const LINE_BREAK: &str = "<br />";
        if let Some((rest, place)) = &mut self.pending {
            if let Some(c) = rest.next() {
                return Some((c, place.clone()));
            }
            self.pending = None;
        }
        let mut rest = &self.text[self.at..];
        if self.cleaning == Cleaning::ImdbWords {
            while let Some(after) = rest.strip_prefix(LINE_BREAK) {
                self.at += LINE_BREAK.len();
                rest = after;
            }
        }
        let c = rest.chars().next()?;
        let place = self.at..self.at + c.len_utf8();
        self.at = place.end;
        let folded = match self.cleaning {
            Cleaning::KimWords { lowercase: true } | Cleaning::SstWords => c.to_ascii_lowercase(),
            Cleaning::KimWords { lowercase: false } | Cleaning::Characters => c,
            Cleaning::Words if c == '\u{2019}' => '\'',
            Cleaning::Words | Cleaning::ImdbWords => {
                let mut several = c.to_lowercase();
                let first = several.next()?;
                self.pending = Some((several, place.clone()));
                first
            }
        };
        Some((folded, place))
    }
}
