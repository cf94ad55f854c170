//! Why a text was answered wrong: what each of its words gave to the answer rather than to its label.

use super::figures::clip;
use super::{Judgement, Markup, SHOWN};
use crate::prediction::{PredictionError, Predictor};
use crate::run_folder::{Input, PartAnswers};
use std::collections::BTreeMap;
use std::ops::Range;

/// N-grams that are named, and characters of one.
const NGRAMS: usize = 5;
const NGRAM: usize = 60;

/// What spoke for the answer and what for the label.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// Bytes of each word that was read, with what it gave to the answer's score minus to the label's.
    words: Vec<(Range<usize>, f64)>,
    /// The n-grams of the greatest such difference.
    ngrams: Vec<(Range<usize>, f64)>,
}

/// The reasons of the errors that are shown, by their rows, where the network can be taken apart.
///
/// # Errors
/// [`PredictionError`] of a network that reads images or cannot be taken apart.
pub fn reasons(
    predictor: &Predictor,
    test: &PartAnswers,
    judgement: &Judgement,
) -> Result<BTreeMap<usize, Why>, PredictionError> {
    let text = |row: &usize| match test.inputs.get(row) {
        Some(Input::Text(text)) => Some((*row, text.as_str())),
        _ => None,
    };
    let shown: Vec<(usize, &str)> = judgement
        .errors
        .iter()
        .take(SHOWN)
        .filter_map(text)
        .collect();
    let texts: Vec<&str> = shown.iter().map(|(_, text)| *text).collect();
    let explanations = predictor.explain(&texts)?;
    let why = |((row, _), explanation): (&(usize, &str), crate::explain::Explanation)| {
        let [answer, label] = [test.predictions[*row], test.labels[*row]].map(|c| c as usize);
        let words = explanation.words.iter().enumerate();
        let words = words.map(|(number, word)| {
            let gave = explanation.share(number, answer) - explanation.share(number, label);
            (word.span.clone(), gave)
        });
        let mut ngrams: Vec<(Range<usize>, f64)> = explanation
            .ngrams
            .iter()
            .map(|ngram| {
                let gave = ngram.contributions[answer] - ngram.contributions[label];
                (explanation.span_of(&ngram.words), gave)
            })
            .filter(|(span, _)| !span.is_empty())
            .collect();
        ngrams.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        ngrams.truncate(NGRAMS);
        let words = words.collect();
        (*row, Why { words, ngrams })
    };
    Ok(shown.iter().zip(explanations).map(why).collect())
}

/// The beginning of a text with its words in the colours of what they spoke for, and the strongest n-grams below it.
pub(super) fn show(page: &mut Markup, text: &str, why: &Why, most: usize) {
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
    page.put("</p>", &[]);
}
