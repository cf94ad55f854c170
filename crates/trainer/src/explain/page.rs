//! `explain.html` of texts: words coloured by their exact share in a class's score, and the n-grams behind them.

use std::ops::Range;

use serde::Serialize;

use super::line::{FloorLine, Short};
use super::{Explanation, Method};
use crate::html::{Json, Markup, Page, visible};

const STYLE: &str = concat!(include_str!("common.css"), include_str!("page.css"));
const SCRIPT: &str = concat!(include_str!("common.js"), include_str!("page.js"));

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
    /// Where a text may have any number of labels: those it is given, and the probability that each has to reach.
    given: Option<&'a [usize]>,
    thresholds: Option<&'a [f32]>,
    logits: &'a [f32],
    bias: Short<'a>,
    filter_bias: Short<'a>,
    residual: Short<'a>,
    tokens: usize,
    unknown: usize,
    truncated: bool,
    /// The text in pieces: each with the number of its word, or -1 between words.
    pieces: Vec<(String, i64)>,
    /// What each word gives to each class.
    words: Vec<Short<'a>>,
    ngrams: Vec<NgramData<'a>>,
    pyramid: Vec<FloorLine<'a>>,
}

#[derive(Serialize)]
struct NgramData<'a> {
    from: usize,
    to: usize,
    filters: usize,
    text: String,
    by_class: Short<'a>,
}

/// The page of explained texts of the run named `run`; `labels` are the names of the classes.
pub fn text_page(run: &str, labels: &[String], texts: &[(&str, &Explanation)]) -> String {
    let data = Data {
        labels: labels.iter().map(|label| visible(label)).collect(),
        exact: texts.iter().all(|(_, e)| e.method == Method::Exact),
        texts: texts.iter().map(|(text, e)| text_data(text, e)).collect(),
    };
    let title = format!("Why {run} answered so");
    drawn(&title, STYLE, SCRIPT, &data)
}

/// A page that its script draws from `data`.
pub(super) fn drawn<T: Serialize>(
    title: &str,
    style: &'static str,
    script: &'static str,
    data: &T,
) -> String {
    let body = Markup::of(
        "<main id=\"page\"><noscript><p>This page is drawn by the script in it; allow scripts to see it.</p></noscript></main>\n",
        &[],
    );
    Page {
        title,
        style,
        body,
        data: Some(Json::of(data)),
        script,
    }
    .render()
}

fn text_data<'a>(text: &str, explanation: &'a Explanation) -> TextData<'a> {
    let classes = explanation.logits.len().max(1);
    let shown = |span: Range<usize>| visible(text.get(span).unwrap_or(""));
    let contributions = explanation.contributions.chunks_exact(classes);
    let ngrams = explanation.ngrams.iter().zip(contributions);
    let ngrams = ngrams.map(|(ngram, contributions)| NgramData {
        from: ngram.words.start,
        to: ngram.words.end,
        filters: ngram.filters,
        text: shown(explanation.span_of(&ngram.words)),
        by_class: Short(contributions),
    });
    TextData {
        class: explanation.class,
        probabilities: &explanation.probabilities,
        given: explanation
            .given
            .as_ref()
            .map(|given| given.labels.as_slice()),
        thresholds: explanation
            .given
            .as_ref()
            .map(|given| given.thresholds.as_slice()),
        logits: &explanation.logits,
        bias: Short(&explanation.bias),
        filter_bias: Short(&explanation.filter_bias),
        residual: Short(&explanation.residual),
        tokens: explanation.tokens,
        unknown: explanation.unknown,
        truncated: explanation.truncated,
        pieces: pieces(text, explanation),
        words: explanation
            .shares
            .chunks_exact(classes)
            .map(Short)
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
