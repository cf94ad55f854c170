//! An explanation as one line of JSON, written from where its numbers lie: nothing is copied or collected on the way.

use std::ops::Range;

use predictor::Floor;
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::explanation::{Explanation, Method, Ngram};

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
        serde_json::to_writer(&mut *into, self).expect("texts and numbers are JSON");
        into.push(b'\n');
    }

    fn part(&self, span: &Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or("")
    }

    /// The n-grams that are shown, and those that are not.
    fn contributions(&self) -> Vec<Contribution<'_>> {
        let strongest = self.explanation.strongest(self.class);
        let (shown, others) = strongest.split_at(self.top.min(strongest.len()));
        let shown = shown.iter().map(|ngram| Contribution::One(self, ngram));
        let others = (!others.is_empty()).then(|| Contribution::Others(self, others.to_vec()));
        shown.chain(others).collect()
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let it = self.explanation;
        let named = |values| Named(self.labels, values);
        let classes = it.logits.len().max(1);
        let words = it.words.iter().zip(it.shares.chunks_exact(classes));
        // The number of fields matters to formats that are not JSON.
        let mut line = serializer.serialize_struct("Line", 20)?;
        line.serialize_field("text", self.text)?;
        match &it.given {
            None => {
                line.serialize_field("label", &self.labels[it.class])?;
                line.serialize_field("probability", &it.probabilities[it.class])?;
                line.serialize_field("explained", &self.labels[self.class])?;
            }
            Some(given) => {
                let labels = given.labels.iter().map(|class| &self.labels[*class]);
                line.serialize_field("labels", &labels.collect::<Vec<_>>())?;
                line.serialize_field("probability", &it.probabilities[self.class])?;
                line.serialize_field("explained", &self.labels[self.class])?;
                line.serialize_field("threshold", &given.thresholds[self.class])?;
                line.serialize_field("given", &given.labels.contains(&self.class))?;
            }
        }
        line.serialize_field("logits", &Named(self.labels, &it.logits[..]))?;
        line.serialize_field("bias", &named(&it.bias))?;
        line.serialize_field("contributions", &self.contributions())?;
        line.serialize_field("residual", &named(&it.residual))?;
        line.serialize_field("method", it.method.name())?;
        if let Method::IntegratedGradients { steps } = it.method {
            line.serialize_field("steps", &steps)?;
        }
        line.serialize_field("filter_bias", &named(&it.filter_bias))?;
        line.serialize_field(
            "words",
            &Each(|| {
                words.clone().map(|(word, shares)| WordLine {
                    word: self.part(&word.span),
                    start: word.span.start,
                    end: word.span.end,
                    known: word.known,
                    by_class: Short(shares),
                })
            }),
        )?;
        line.serialize_field("tokens", &it.tokens)?;
        line.serialize_field("unknown", &it.unknown)?;
        line.serialize_field("truncated", &it.truncated)?;
        if !it.floors.is_empty() {
            let floors: Vec<FloorLine> = it.floors.iter().map(FloorLine::of).collect();
            line.serialize_field("pyramid", &floors)?;
        }
        line.end()
    }
}

/// An n-gram that is shown, or all that are not.
enum Contribution<'a> {
    One(&'a Line<'a>, &'a Ngram),
    Others(&'a Line<'a>, Vec<&'a Ngram>),
}

impl Serialize for Contribution<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(line, ngram) => {
                let span = line.explanation.span_of(&ngram.words);
                let mut own = serializer.serialize_struct("Ngram", 4)?;
                own.serialize_field("ngram", line.part(&span))?;
                own.serialize_field("words", &[ngram.words.start, ngram.words.end])?;
                own.serialize_field("filters", &ngram.filters)?;
                own.serialize_field("value", &(ngram.contributions[line.class] as f32))?;
                own.end()
            }
            Self::Others(line, ngrams) => {
                let filters: usize = ngrams.iter().map(|ngram| ngram.filters).sum();
                let values = ngrams.iter().map(|ngram| ngram.contributions[line.class]);
                let mut own = serializer.serialize_struct("Ngrams", 4)?;
                own.serialize_field("ngram", &None::<&str>)?;
                own.serialize_field("ngrams", &ngrams.len())?;
                own.serialize_field("filters", &filters)?;
                own.serialize_field("value", &(values.sum::<f64>() as f32))?;
                own.end()
            }
        }
    }
}

#[derive(serde::Serialize)]
struct WordLine<'a> {
    word: &'a str,
    start: usize,
    end: usize,
    known: bool,
    by_class: Short<'a>,
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

/// A list that is made while it is written.
struct Each<F>(F);

impl<F: Fn() -> I, I: Iterator<Item: Serialize>> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0())
    }
}

/// One value for each label.
struct Named<'a, T>(&'a [String], &'a [T]);

impl<T: Copy + Into<f64>> Serialize for Named<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (label, value) in self.0.iter().zip(self.1) {
            let value: f64 = (*value).into();
            map.serialize_entry(label, &(value as f32))?;
        }
        map.end()
    }
}
