//! An explanation as lines of a terminal: the text coloured word by word, and the sum that is the score.

use std::fmt::Write;

use super::may_colour;
use crate::explain::{Explanation, Method, Ngram};
use crate::html::visible;

/// Characters of the longest bar.
const BAR: usize = 24;

/// The longest n-gram that is shown whole, in characters.
const NGRAM: usize = 40;

/// Shows explanations.
pub struct Terminal<'a> {
    labels: &'a [String],
    /// The class to explain; `None` for the predicted one.
    class: Option<usize>,
    top: usize,
    colour: bool,
}

impl<'a> Terminal<'a> {
    /// Coloured where stdout may be.
    pub fn new(labels: &'a [String], class: Option<usize>, top: usize) -> Self {
        Self {
            labels,
            class,
            top,
            colour: may_colour(),
        }
    }

    /// The lines of one text.
    pub fn show(&self, text: &str, explanation: &Explanation) -> String {
        let mut out = String::new();
        line(&mut out, self.answer(explanation));
        for (place, class) in explanation.explained(self.class).into_iter().enumerate() {
            // Once without colours, which are another class's each time.
            if place == 0 || self.colour {
                let shown = self.coloured(text, explanation, class);
                line(&mut out, format!("  {shown}"));
            }
            if place == 0 {
                for remark in remarks(explanation) {
                    line(&mut out, format!("  ({remark})"));
                }
            }
            out.push_str(&self.score(text, explanation, class));
        }
        if !explanation.floors.is_empty() {
            let predicted = visible(&self.labels[explanation.class]);
            out.push_str(&pyramid(text, explanation, &predicted));
        }
        out.push('\n');
        out
    }

    /// The answer: the predicted class, or the labels that the text is given.
    fn answer(&self, explanation: &Explanation) -> String {
        let label = |class: usize| {
            let probability = 100.0 * explanation.probabilities[class];
            format!("{} {probability:.2} %", visible(&self.labels[class]))
        };
        match &explanation.given {
            None => label(explanation.class),
            Some(given) if given.labels.is_empty() => {
                format!(
                    "no label; the most probable is {}",
                    label(explanation.class)
                )
            }
            Some(given) => {
                let labels = given.labels.iter().map(|class| label(*class));
                labels.collect::<Vec<String>>().join(", ")
            }
        }
    }

    /// What adds up to the score of a class.
    fn score(&self, text: &str, explanation: &Explanation, class: usize) -> String {
        let mut out = String::new();
        let label = visible(&self.labels[class]);
        line(
            &mut out,
            format!("  what adds up to the score (logit) of {label}:"),
        );
        for (name, remark, value) in self.ledger(text, explanation, class) {
            line(
                &mut out,
                self.ledger_line(&name, &remark, value, explanation, class),
            );
        }
        let logit = f64::from(explanation.logits[class]);
        line(
            &mut out,
            format!("  = {logit:>+12.6}  score (logit) of {label}"),
        );
        if let Some(given) = &explanation.given {
            let threshold = f64::from(given.thresholds[class]);
            let reached = match given.labels.contains(&class) {
                true => "reached: the text is given it",
                false => "not reached: the text is not given it",
            };
            let least = (threshold / (1.0 - threshold)).ln();
            line(
                &mut out,
                format!(
                    "    {least:>+12.6}  its threshold, {:.2} %, {reached}",
                    100.0 * threshold
                ),
            );
        }
        if !self.colour {
            let words = self.strongest_words(text, explanation, class);
            line(&mut out, format!("  its words: {words}"));
        }
        out
    }

    /// The parts of a score, in the order in which they are shown: together they are the score.
    fn ledger(
        &self,
        text: &str,
        explanation: &Explanation,
        class: usize,
    ) -> Vec<(String, String, f64)> {
        let [start, end] = match explanation.method {
            Method::Exact => ["bias of the class", "residual (rounding)"],
            Method::IntegratedGradients { .. } => [
                "as many words, all skipped",
                "residual (what the integral misses)",
            ],
        };
        let mut parts = vec![(start.to_owned(), String::new(), explanation.bias[class])];
        let ngrams = explanation.strongest(class, self.top);
        for (ngram, value) in &ngrams.shown {
            let remark = match ngram.filters {
                0 => String::new(),
                1 => "1 filter".to_owned(),
                many => format!("{many} filters"),
            };
            parts.push((name(text, explanation, ngram), remark, *value));
        }
        if ngrams.others > 0 {
            let more = format!("{} more", ngrams.others);
            parts.push((more, String::new(), ngrams.value));
        }
        parts.push((end.to_owned(), String::new(), explanation.residual[class]));
        parts
    }

    fn ledger_line(
        &self,
        name: &str,
        remark: &str,
        value: f64,
        explanation: &Explanation,
        class: usize,
    ) -> String {
        let strongest = explanation.strongest(class, 1).shown;
        let most = strongest.first().map_or(0.0, |(_, value)| value.abs());
        let length = match most > 0.0 {
            true => ((value.abs() / most).min(1.0) * BAR as f64).round() as usize,
            false => 0,
        };
        let bar = if value < 0.0 { "-" } else { "+" }.repeat(length);
        let number = match value.abs() < 5e-5 && value != 0.0 {
            true => format!("{value:>+12.1e}"),
            false => format!("{value:>+12.6}"),
        };
        let bar = self.paint(&format!("{bar:BAR$}"), value.signum(), false);
        format!(
            "    {number}  {bar}  {name}{}",
            match remark {
                "" => String::new(),
                remark => format!("  ({remark})"),
            }
        )
    }

    /// The text with the background of each word as deep as its share is great.
    fn coloured(&self, text: &str, explanation: &Explanation, class: usize) -> String {
        if !self.colour {
            return visible(text);
        }
        let most = explanation.words.iter().enumerate();
        let most = most.fold(0f64, |most, (word, _)| {
            most.max(explanation.share(word, class).abs())
        });
        let (mut out, mut at) = (String::new(), 0);
        for (number, word) in explanation.words.iter().enumerate() {
            let start = word.span.start.max(at);
            let end = word.span.end.max(start);
            out.push_str(&visible(text.get(at..start).unwrap_or("")));
            let depth = match most > 0.0 {
                true => explanation.share(number, class) / most,
                false => 0.0,
            };
            out.push_str(&self.paint(&visible(text.get(start..end).unwrap_or("")), depth, true));
            at = end;
        }
        out.push_str(&visible(text.get(at..).unwrap_or("")));
        out
    }

    /// `text` in blue for a positive `depth` and orange for a negative one, up to 1: as its ground, or as its own colour.
    fn paint(&self, text: &str, depth: f64, ground: bool) -> String {
        /// The 256-colour palette from pale to deep.
        const FOR: [u8; 5] = [0, 153, 117, 75, 33];
        const AGAINST: [u8; 5] = [0, 223, 216, 209, 202];
        let step = (depth.abs() * 4.0).ceil().min(4.0) as usize;
        if !self.colour || step == 0 || text.trim().is_empty() {
            return text.to_owned();
        }
        let colour = if depth > 0.0 {
            FOR[step]
        } else {
            AGAINST[step]
        };
        match ground {
            true => format!("\u{1b}[30;48;5;{colour}m{text}\u{1b}[0m"),
            false => format!("\u{1b}[38;5;{colour}m{text}\u{1b}[0m"),
        }
    }

    /// The words by the size of their shares: what the colours say where there are none.
    fn strongest_words(&self, text: &str, explanation: &Explanation, class: usize) -> String {
        let share = |word: usize| explanation.share(word, class);
        let mut order: Vec<usize> = (0..explanation.words.len()).collect();
        order.sort_by(|a, b| share(*b).abs().total_cmp(&share(*a).abs()));
        let more = order.len().saturating_sub(self.top);
        let word = |number: &usize| {
            let span = explanation.words[*number].span.clone();
            format!(
                "{} {:+.3}",
                visible(text.get(span).unwrap_or("")),
                share(*number)
            )
        };
        let mut words: Vec<String> = order.iter().take(self.top).map(word).collect();
        if more > 0 {
            words.push(format!("and {more} more"));
        }
        if explanation.method == Method::Exact {
            let biases = explanation.filter_bias[class];
            words.push(format!("biases of the filters {biases:+.3}"));
        }
        words.join(", ")
    }
}

/// The pyramid of a DPCNN: how long each floor is, and where it gives most.
fn pyramid(text: &str, explanation: &Explanation, predicted: &str) -> String {
    let mut out = String::new();
    line(
        &mut out,
        format!("  the pyramid, and where each floor gives most to {predicted}:"),
    );
    for (number, floor) in explanation.floors.iter().enumerate() {
        let mut order: Vec<usize> = (0..floor.pull.len()).collect();
        order.sort_by(|a, b| floor.pull[*b].total_cmp(&floor.pull[*a]));
        let place = |position: &usize| {
            // A window of the pooling lies around every second position below.
            let (middle, around) = (position << number, (1usize << number) / 2);
            let end = (middle + around + 1).min(explanation.words.len());
            let words = middle.saturating_sub(around).min(end)..end;
            let near = visible(text.get(explanation.span_of(&words)).unwrap_or(""));
            let near: String = near.chars().take(16).collect();
            format!("{position} {:+.2} \"{near}\"", floor.pull[*position])
        };
        let places: Vec<String> = order.iter().take(3).map(place).collect();
        let length = floor.pull.len();
        line(
            &mut out,
            format!(
                "    floor {number}, {length:>3} positions: {}",
                places.join(", ")
            ),
        );
    }
    out
}

fn remarks(explanation: &Explanation) -> Vec<String> {
    let mut remarks = Vec::new();
    if explanation.words.is_empty() {
        remarks.push("no word was read: the answer comes from the biases alone".to_owned());
    }
    if explanation.unknown > 0 {
        remarks.push(format!(
            "{} of its words {} not in the training texts",
            explanation.unknown,
            if explanation.unknown == 1 {
                "was"
            } else {
                "were"
            }
        ));
    }
    if explanation.truncated {
        let read = explanation.words.len();
        let all = explanation.tokens;
        remarks.push(format!("only the first {read} of {all} words were read"));
    }
    remarks
}

fn name(text: &str, explanation: &Explanation, ngram: &Ngram) -> String {
    if ngram.words.is_empty() {
        return "(no word)".to_owned();
    }
    let shown = visible(text.get(explanation.span_of(&ngram.words)).unwrap_or(""));
    match shown.chars().count() > NGRAM {
        true => format!("\"{}…\"", shown.chars().take(NGRAM).collect::<String>()),
        false => format!("\"{shown}\""),
    }
}

fn line(out: &mut String, text: String) {
    writeln!(out, "{text}").expect("a string takes all");
}
