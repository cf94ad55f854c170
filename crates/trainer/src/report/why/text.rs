//! Why a text was answered wrong: what each of its words gave to the answer rather than to its label.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::figures::clip;
use super::{Why, Wrong, WrongAnswer};
use crate::explain::{Explanation, Method};
use crate::html::Markup;
use crate::prediction::{PredictionError, Predictor};

/// N-grams that are named, and characters of one.
const NGRAMS: usize = 5;
const NGRAM: usize = 60;

/// Words of the texts that are explained by integrals, together: some seconds. A constant, so that a report that is written again is the same.
const MOST_WORDS: usize = 4096;

/// What spoke for the answer and what for the label.
#[derive(Clone, Debug, PartialEq)]
pub struct TextWhy {
    /// How it was found.
    method: Method,
    /// Whether it is about the score of one label alone: where a text may have any number of them.
    alone: bool,
    /// Bytes of each word that was read, with what it gave to the answer's score minus to the label's.
    words: Vec<(Range<usize>, f64)>,
    /// The n-grams of the greatest such difference, or the words where there are no n-grams.
    ngrams: Vec<(Range<usize>, f64)>,
    /// What the parts leave of the one score minus the other.
    residual: f64,
}

/// The reasons of texts, as many as may be explained.
pub(super) fn reasons(
    predictor: &Predictor,
    wrong: &[Wrong<str>],
) -> Result<BTreeMap<usize, Why>, PredictionError> {
    if wrong.is_empty() {
        return Ok(BTreeMap::new());
    }
    let wrong = match predictor.is_exact()? {
        true => wrong,
        false => &wrong[..within(predictor, wrong)],
    };
    let texts: Vec<&str> = wrong.iter().map(|wrong| wrong.input).collect();
    let explanations =
        predictor.explain_classes(&texts, |number| wrong[number].answer.classes())?;
    let reason = |(wrong, explanation): (&Wrong<str>, &Explanation)| {
        (wrong.row, Why::Text(TextWhy::of(explanation, wrong.answer)))
    };
    Ok(wrong.iter().zip(&explanations).map(reason).collect())
}

/// How many texts, from the first on, have no more words together than may be explained by integrals; one at least.
fn within(predictor: &Predictor, wrong: &[Wrong<str>]) -> usize {
    let limit = predictor.longest_text();
    let mut words = 0;
    let fits = |wrong: &&Wrong<str>| {
        let own = predictor
            .tokenizer()
            .map_or(0, |t| t.encode(wrong.input).len());
        words += own.min(limit);
        words <= MOST_WORDS
    };
    wrong.iter().take_while(fits).count().max(1)
}

impl TextWhy {
    /// What an explanation says of a wrong answer.
    fn of(explanation: &Explanation, answer: WrongAnswer) -> Self {
        let words = explanation.words.iter().enumerate().map(|(number, word)| {
            let gave = answer.of(|class| explanation.share(number, class));
            (word.span.clone(), gave)
        });
        let classes = explanation.logits.len().max(1);
        let gave = explanation.contributions.chunks_exact(classes);
        let ngrams = explanation.ngrams.iter().zip(gave).map(|(ngram, gave)| {
            let gave = answer.of(|class| gave[class]);
            (explanation.span_of(&ngram.words), gave)
        });
        let mut ngrams: Vec<_> = ngrams.filter(|(span, _)| !span.is_empty()).collect();
        ngrams.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        ngrams.truncate(NGRAMS);
        Self {
            method: explanation.method,
            alone: !matches!(answer, WrongAnswer::Class(_)),
            words: words.collect(),
            ngrams,
            residual: answer.of(|class| explanation.residual[class]),
        }
    }
}

/// What the colours mean, where so many texts are explained as this one.
pub(super) fn legend(page: &mut Markup, why: &TextWhy, count: usize) {
    page.put(
        "<p class=\"soft\">Words in <mark class=\"w3\">red</mark> spoke for the wrong answer, words in <mark class=\"r3\">green</mark> ",
        &[],
    );
    let what = match why.alone {
        true => "against it: what each gave to that score, ",
        false => "for the label: what each gave to the one score minus the other, ",
    };
    page.put(what, &[]);
    match why.method {
        Method::Exact => page.put(
            "exactly, as cnn explain has it. Below each text, the n-grams that gave most.</p>",
            &[],
        ),
        Method::IntegratedGradients { .. } => page.put(
            "estimated by integrated gradients from a text of as many skipped words, as cnn explain has it. Below each of the first {} \
             texts, the words that gave most, and what the estimate misses.</p>",
            &[&count],
        ),
    };
}

/// The beginning of a text with its words in the colours of what they spoke for, and the strongest n-grams below it.
pub fn show(page: &mut Markup, text: &str, why: &TextWhy, most: usize) {
    let end = text
        .char_indices()
        .nth(most)
        .map_or(text.len(), |(end, _)| end);
    let strongest = why
        .words
        .iter()
        .map(|(_, gave)| gave.abs())
        .fold(0.0, f64::max);
    page.put("<p class=\"said\" dir=\"auto\">", &[]);
    let mut at = 0;
    for (span, gave) in why.words.iter().filter(|(span, _)| span.end <= end) {
        let (Some(between), Some(word)) = (text.get(at..span.start), text.get(span.clone())) else {
            continue;
        };
        let shade = (5.0 * gave.abs() / strongest.max(f64::MIN_POSITIVE)).round() as usize;
        match shade {
            0 => page.put("{}{}", &[&between, &word]),
            shade => page.put(
                "{}<mark class=\"{}{}\" title=\"{}\">{}</mark>",
                &[
                    &between,
                    &if *gave > 0.0 { 'w' } else { 'r' },
                    &shade.min(5),
                    &format!("{gave:+.3}"),
                    &word,
                ],
            ),
        };
        at = span.end;
    }
    page.put("{}", &[&text.get(at..end).unwrap_or_default()]);
    page.put(if end < text.len() { " …</p>" } else { "</p>" }, &[]);
    if why.ngrams.is_empty() {
        return;
    }
    page.put("<p class=\"soft\">", &[]);
    for (place, (span, gave)) in why.ngrams.iter().enumerate() {
        let words = clip(text.get(span.clone()).unwrap_or_default(), NGRAM);
        page.put(
            if place > 0 {
                " · “{}” {}"
            } else {
                "“{}” {}"
            },
            &[&words, &format!("{gave:+.2}")],
        );
    }
    if why.method != Method::Exact {
        page.put(" · missed {}", &[&format!("{:+.2}", why.residual)]);
    }
    page.put("</p>", &[]);
}
