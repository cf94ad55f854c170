//! `explain.html` of texts: words coloured by their exact share in a class's score, and the n-grams behind them.

use std::ops::Range;

use serde::Serialize;

use super::explanation::FloorLine;
use super::{Explanation, Method};
use crate::html::{Page, json, visible};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the script reads.
#[derive(Serialize)]
struct Data<'a> {
    labels: Vec<String>,
    exact: bool,
    texts: Vec<TextData<'a>>,
}

#[derive(Serialize)]
struct TextData<'a> {
    class: usize,
    probabilities: &'a [f32],
    logits: &'a [f32],
    bias: Vec<f32>,
    filter_bias: Vec<f32>,
    residual: Vec<f32>,
    tokens: usize,
    unknown: usize,
    truncated: bool,
    /// The text in pieces: each with the number of its word, or -1 between words.
    pieces: Vec<(String, i64)>,
    /// What each word gives to each class.
    words: Vec<Vec<f32>>,
    ngrams: Vec<NgramData>,
    pyramid: Vec<FloorLine<'a>>,
}

#[derive(Serialize)]
struct NgramData {
    from: usize,
    to: usize,
    filters: usize,
    text: String,
    by_class: Vec<f32>,
}

/// The page of explained texts of the run named `run`; `labels` are the names of the classes.
pub fn text_page(run: &str, labels: &[String], texts: &[(&str, &Explanation)]) -> String {
    let data = Data {
        labels: labels.iter().map(|label| visible(label)).collect(),
        exact: texts.iter().all(|(_, e)| e.method == Method::Exact),
        texts: texts.iter().map(|(text, e)| text_data(text, e)).collect(),
    };
    let title = format!("Why {run} answered so");
    Page {
        title: &title,
        style: STYLE,
        body: "<main id=\"page\"><noscript><p>This page is drawn by the script in it; allow scripts to see it.</p></noscript></main>",
        data: &json(&data),
        script: SCRIPT,
    }
    .render()
}

fn text_data<'a>(text: &str, explanation: &'a Explanation) -> TextData<'a> {
    let round = |values: &[f64]| {
        values
            .iter()
            .map(|value| *value as f32)
            .collect::<Vec<f32>>()
    };
    let classes = explanation.logits.len().max(1);
    let shown = |span: Range<usize>| visible(text.get(span).unwrap_or(""));
    let ngrams = explanation.ngrams.iter().map(|ngram| NgramData {
        from: ngram.words.start,
        to: ngram.words.end,
        filters: ngram.filters,
        text: shown(explanation.span_of(&ngram.words)),
        by_class: round(&ngram.contributions),
    });
    TextData {
        class: explanation.class,
        probabilities: &explanation.probabilities,
        logits: &explanation.logits,
        bias: round(&explanation.bias),
        filter_bias: round(&explanation.filter_bias),
        residual: round(&explanation.residual),
        tokens: explanation.tokens,
        unknown: explanation.unknown,
        truncated: explanation.truncated,
        pieces: pieces(text, explanation),
        words: explanation
            .shares
            .chunks_exact(classes)
            .map(round)
            .collect(),
        ngrams: ngrams.collect(),
        pyramid: explanation.floors.iter().map(FloorLine::of).collect(),
    }
}

/// The text, cut where its words begin and end.
fn pieces(text: &str, explanation: &Explanation) -> Vec<(String, i64)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for (number, word) in explanation.words.iter().enumerate() {
        // Several words may be made of one character; the later ones are shown without it.
        let start = word.span.start.max(at);
        let end = word.span.end.max(start);
        let between = text.get(at..start).unwrap_or("");
        if !between.is_empty() {
            pieces.push((visible(between), -1));
        }
        let own = text.get(start..end).unwrap_or("");
        pieces.push((visible(own), number as i64));
        at = end;
    }
    let rest = text.get(at..).unwrap_or("");
    if !rest.is_empty() {
        pieces.push((visible(rest), -1));
    }
    pieces
}
