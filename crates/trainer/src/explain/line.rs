//! An explanation as one line of JSON, written from where its numbers lie: nothing is copied or collected on the way.

use std::ops::Range;

use predictor::Floor;
use serde::ser::{Serialize, Serializer};

use super::explanation::{Explanation, Method};

/// Bytes of the usual lines of some dozens of texts: lines are added where there is room, and not copied as they grow in number.
const USUAL: usize = 1 << 18;

/// A line of `explain --json`; its fields are told where [`Explanation::write_json`] is.
pub(super) struct Line<'a> {
    pub(super) explanation: &'a Explanation,
    pub(super) text: &'a str,
    pub(super) labels: &'a [String],
    pub(super) class: usize,
    pub(super) top: usize,
}

impl Line<'_> {
    /// Appends the line.
    pub(super) fn write(&self, into: &mut Vec<u8>) {
        if into.is_empty() {
            into.reserve(USUAL);
        }
        let (it, mut json) = (self.explanation, Json(into));
        json.raw("{\"text\":").value(self.text);
        match &it.given {
            None => {
                json.raw(",\"label\":").value(&self.labels[it.class]);
                let probability = &it.probabilities[it.class];
                json.raw(",\"probability\":").value(probability);
                json.raw(",\"explained\":").value(&self.labels[self.class]);
            }
            Some(given) => {
                let labels = given.labels.iter().map(|class| &self.labels[*class]);
                json.raw(",\"labels\":").value(&labels.collect::<Vec<_>>());
                let probability = &it.probabilities[self.class];
                json.raw(",\"probability\":").value(probability);
                json.raw(",\"explained\":").value(&self.labels[self.class]);
                let threshold = &given.thresholds[self.class];
                json.raw(",\"threshold\":").value(threshold);
                json.raw(",\"given\":")
                    .value(&given.labels.contains(&self.class));
            }
        }
        let logits = it.logits.iter().map(|logit| f64::from(*logit));
        json.raw(",\"logits\":").named(self.labels, logits);
        json.raw(",\"bias\":")
            .named(self.labels, it.bias.iter().copied());
        json.raw(",\"contributions\":[");
        self.write_contributions(&mut json);
        json.raw("],\"residual\":")
            .named(self.labels, it.residual.iter().copied());
        json.raw(",\"method\":").value(it.method.name());
        if let Method::IntegratedGradients { steps } = it.method {
            json.raw(",\"steps\":").value(&steps);
        }
        json.raw(",\"filter_bias\":")
            .named(self.labels, it.filter_bias.iter().copied());
        json.raw(",\"words\":[");
        let words = it
            .words
            .iter()
            .zip(it.shares.chunks_exact(it.logits.len().max(1)));
        for (place, (word, shares)) in words.enumerate() {
            json.raw(if place > 0 {
                ",{\"word\":"
            } else {
                "{\"word\":"
            });
            json.value(self.part(&word.span));
            json.raw(",\"start\":").value(&word.span.start);
            json.raw(",\"end\":").value(&word.span.end);
            json.raw(match word.known {
                true => ",\"known\":true,\"by_class\":",
                false => ",\"known\":false,\"by_class\":",
            });
            json.value(&Short(shares)).raw("}");
        }
        json.raw("],\"tokens\":").value(&it.tokens);
        json.raw(",\"unknown\":").value(&it.unknown);
        json.raw(",\"truncated\":").value(&it.truncated);
        if !it.floors.is_empty() {
            let floors: Vec<FloorLine> = it.floors.iter().map(FloorLine::of).collect();
            json.raw(",\"pyramid\":").value(&floors);
        }
        json.raw("}\n");
    }

    /// The n-grams that are shown, and those that are not.
    fn write_contributions(&self, json: &mut Json<'_>) {
        let strongest = self.explanation.strongest(self.class, self.top);
        for (place, (ngram, value)) in strongest.shown.iter().enumerate() {
            let span = self.explanation.span_of(&ngram.words);
            json.raw(if place > 0 {
                ",{\"ngram\":"
            } else {
                "{\"ngram\":"
            });
            json.value(self.part(&span));
            json.raw(",\"words\":")
                .value(&[ngram.words.start, ngram.words.end]);
            json.raw(",\"filters\":").value(&ngram.filters);
            json.raw(",\"value\":").value(&(*value as f32)).raw("}");
        }
        if strongest.others > 0 {
            json.raw(if strongest.shown.is_empty() { "" } else { "," });
            json.raw("{\"ngram\":null,\"ngrams\":")
                .value(&strongest.others);
            json.raw(",\"filters\":").value(&strongest.filters);
            json.raw(",\"value\":")
                .value(&(strongest.value as f32))
                .raw("}");
        }
    }

    fn part(&self, span: &Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or("")
    }
}

/// JSON that is appended piece by piece: the names of fields are half of a line, and need no second look.
struct Json<'a>(&'a mut Vec<u8>);

impl Json<'_> {
    #[inline]
    fn raw(&mut self, text: &'static str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> &mut Self {
        serde_json::to_writer(&mut *self.0, value).expect("texts and numbers are JSON");
        self
    }

    /// One value for each label.
    fn named(&mut self, labels: &[String], values: impl Iterator<Item = f64>) {
        for (place, (label, value)) in labels.iter().zip(values).enumerate() {
            self.raw(if place > 0 { "," } else { "{" }).value(label);
            self.raw(":").value(&(value as f32));
        }
        self.raw(if labels.is_empty() { "{}" } else { "}" });
    }
}

/// A floor of the pyramid as JSON and pages have it.
#[derive(serde::Serialize)]
pub(super) struct FloorLine<'a> {
    length: usize,
    strength: &'a [f32],
    won: &'a [u32],
    pull: Short<'a>,
}

impl<'a> FloorLine<'a> {
    pub(super) fn of(floor: &'a Floor) -> Self {
        Self {
            length: floor.strength.len(),
            strength: &floor.strength,
            won: &floor.won,
            pull: Short(&floor.pull),
        }
    }
}

/// Numbers with as many digits as an f32 has: of an f64 twice as many are printed, and the others belong to nothing that the network
/// computed.
pub(super) struct Short<'a>(pub(super) &'a [f64]);

impl Serialize for Short<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|value| *value as f32))
    }
}
