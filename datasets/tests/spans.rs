//! Where the tokens of a text stand in it. (The reference library is no judge here: it places a contraction that Kim's cleaning cuts off one
//! byte too late.)

use proptest::prelude::*;

use datasets::tokenize::{Cleaning, Tokenizer, VocabularyOptions};

/// Each token is what stands in its span, as its cleaning folds it, and nothing between two spans is a token.
fn spans_hold_their_tokens(text: &str) {
    for cleaning in Cleaning::ALL {
        let tokenizer = Tokenizer::train(cleaning, [text], &VocabularyOptions::default());
        let (spans, tokens) = (tokenizer.spans(text), cleaning.tokens(text));
        assert_eq!(spans.len(), tokens.len());
        let mut at = 0;
        for (span, token) in spans.into_iter().zip(tokens) {
            assert!(
                at <= span.start && span.start < span.end,
                "{cleaning}: {text:?}"
            );
            let between = &text[at..span.start];
            assert_eq!(cleaning.tokens(between), [""; 0], "{cleaning}: {text:?}");
            let own = &text[span.clone()];
            let lower: String = own.chars().flat_map(char::to_lowercase).collect();
            let lower = lower.replace('\u{2019}', "'");
            // A character may become several, of which the token has the first.
            let is_longer = lower.chars().count() > own.chars().count();
            assert!(
                own == token || lower == token || (is_longer && lower.contains(&token)),
                "{cleaning}: {own:?} is not {token:?} in {text:?}"
            );
            at = span.end;
        }
        assert_eq!(
            cleaning.tokens(&text[at..]),
            [""; 0],
            "{cleaning}: {text:?}"
        );
    }
}

#[test]
fn tokens_are_found_in_texts_that_the_cleanings_change() {
    for text in [
        "",
        "  \t\n",
        "It's well-made, isn't it?",
        "(they've) we're DON'T don't 'swept away' $5",
        "Great!<br /><br />b<br />r<br / ><br />Don't\u{a0}MISS: 10/10",
        "caf\u{e9} \u{2019}s Don\u{2019}t 5\u{20ac}.",
        "\u{212A}\u{130}x \u{3a3}\u{3a3} cafe\u{301} a\u{0}b\u{7}\u{301}",
        "\u{5929}\u{6c14}ok\u{3001}\u{1f600}!",
    ] {
        spans_hold_their_tokens(text);
    }
}

proptest! {
    #[test]
    fn tokens_are_found_in_any_text(text in "(<br />|[a-cR'n t,!\u{e9}\u{130}\u{212A}\u{2019}\u{5929}\u{301}\\x00]|\\PC){0,30}") {
        spans_hold_their_tokens(&text);
    }
}
