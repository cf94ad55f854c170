//! `README.md`: the model card that goes along with the network.

use super::figures::{clip, grouped, interval, model_name, percent};
use super::{Material, repeat, sentence};
use crate::html::fill;
use crate::run_folder::RunResult;
use std::fmt::Display;

/// Classes that the card lists.
const CLASSES: usize = 100;

/// Markdown by the same door as HTML: templates from the source, values escaped.
pub(super) struct Card(String);

impl Card {
    pub(super) fn put(&mut self, template: &'static str, values: &[&dyn Display]) -> &mut Self {
        fill(&mut self.0, template, values, markdown);
        self
    }

    /// The same inside a fence, where nothing is escaped.
    fn put_code(&mut self, template: &'static str, values: &[&dyn Display]) -> &mut Self {
        fill(&mut self.0, template, values, code);
        self
    }
}

/// A character inside a fence: a line that does not begin with one cannot end it.
fn code(c: char, into: &mut String) {
    into.push(if matches!(c, '\n' | '\t') { ' ' } else { c });
}

/// A character that means nothing to Markdown, nor to the HTML that it lets through.
fn markdown(c: char, into: &mut String) {
    match c {
        '&' => into.push_str("&amp;"),
        '<' => into.push_str("&lt;"),
        '>' => into.push_str("&gt;"),
        '\n' | '\t' => into.push(' '),
        '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
            into.push('\\');
            into.push(c);
        }
        c => into.push(c),
    }
}

/// The card.
pub(super) fn card(material: &Material) -> String {
    let result = &material.result;
    let reads = if material.config.model.reads_images() {
        "images"
    } else {
        "texts"
    };
    let mut card = Card(String::new());
    card.put(
        "# {} on {}\n\n{}.\n\n",
        &[&model_name(&result.model), &result.data, &sentence(result)],
    );
    let sets = result.test.sets.as_ref();
    card.put(
        match sets {
            None => "## Intended use\n\nTo sort {} like those it learned from into these {} classes, and no others: ",
            Some(_) => "## Intended use\n\nTo give {} like those it learned from any number of these {} labels, and no others: ",
        },
        &[&reads, &material.labels.len()],
    );
    for (place, label) in material.labels.iter().take(CLASSES).enumerate() {
        card.put(if place > 0 { ", {}" } else { "{}" }, &[&clip(label, 60)]);
    }
    let more = if material.labels.len() > CLASSES {
        ", and those in labels.json"
    } else {
        ""
    };
    card.put(
        match sets {
            None => "{}. Everything gets one of them, also what is none of them; a decision on people needs a person.\n\n",
            Some(_) => "{}. What is none of them may be given one all the same; a decision on people needs a person.\n\n",
        },
        &[&more],
    );
    card.put(
        "## Scores\n\nOn {} test rows, read once after every choice had been made on dev:\n\n",
        &[&grouped(result.test.count)],
    );
    match sets {
        None => scores(&mut card, result),
        Some(of_labels) => super::sets::card(&mut card, result, of_labels, CLASSES),
    }
    calibration(&mut card, result);
    data(&mut card, material);
    card.put(
        "## Limits\n\n\
         - The scores hold for data like the test set. Other sources, other times and other ways of writing are not covered; judge it on \
         your own with `cnn eval --run . --data FILE`.\n\
         - Nothing was done about what the data may favour or leave out; the scores of each class show where it is weak.\n\n\
         ## How to use it\n\n```sh\ncnn predict --run . {}\n```\n\n`report.html` shows the run, `environment.json` tells what it ran on.\n\n\
         ## How to repeat it\n\nFrom the folder where it was trained, with the same data at the same place; `config.toml` holds all settings, \
         how the data are read among them:\n\n",
        &[&if material.config.model.reads_images() { "image.png" } else { "'a text'" }],
    );
    card.put_code("```sh\n{}\n```\n", &[&repeat::command(material)]);
    card.put(
        "\n## Licence\n\nNot chosen yet: that of the weights is for you to choose, and the data may have its own.\n",
        &[],
    );
    card.0
}

fn scores(card: &mut Card, result: &RunResult) {
    card.put(
        "| machine | accuracy | 95 % interval | macro-F1 |\n|---|---|---|---|\n",
        &[],
    );
    let test = &result.test;
    let mut row = |name: &str, accuracy: f64, ci95: [f64; 2], macro_f1: f64| {
        card.put(
            "| {} | {} | {} | {} |\n",
            &[
                &name,
                &percent(accuracy),
                &interval(ci95),
                &format!("{macro_f1:.4}"),
            ],
        );
    };
    row(
        model_name(&result.model),
        test.accuracy,
        test.ci95,
        test.macro_f1,
    );
    if let Some(baseline) = &result.baseline {
        row(
            &baseline.name,
            baseline.accuracy,
            baseline.ci95,
            baseline.macro_f1,
        );
    }
    card.put(
        "\n| class | precision | recall | F1 | test rows |\n|---|---|---|---|---|\n",
        &[],
    );
    for class in result.classes.iter().take(CLASSES) {
        let [precision, recall, f1] =
            [class.precision, class.recall, class.f1].map(|score| format!("{score:.4}"));
        card.put(
            "| {} | {} | {} | {} | {} |\n",
            &[
                &clip(&class.label, 60),
                &precision,
                &recall,
                &f1,
                &grouped(class.support),
            ],
        );
    }
}

fn calibration(card: &mut Card, result: &RunResult) {
    card.put("\n## Calibration\n\n", &[]);
    if let Some(calibration) = &result.calibration {
        card.put(
            "The expected calibration error on test is {} points.",
            &[&format!("{:.2}", 100.0 * calibration.expected_error)],
        );
        match (calibration.temperature, calibration.expected_error_scaled) {
            (Some(temperature), Some(scaled)) => card.put(
                " At temperature {}, fitted on dev, it is {}; `cnn predict --calibrated` answers at that temperature.\n\n",
                &[&format!("{temperature:.3}"), &format!("{:.2}", 100.0 * scaled)],
            ),
            _ => card.put(" Dev has too few errors to fit a temperature.\n\n", &[]),
        };
    }
}

fn data(card: &mut Card, material: &Material) {
    let data = &material.data;
    let [train, dev, test] = data.rows().map(grouped);
    card.put(
        "## Data\n\n{}: {} training, {} dev and {} test rows; sha256 `{}`.\n\n",
        &[&data.name, &train, &dev, &test, &data.sha256],
    );
    for note in data.notes.iter().take(CLASSES) {
        card.put("- {}\n", &[&clip(note, 1_000)]);
    }
    card.put("\n", &[]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_end_a_cell_a_line_or_begin_a_tag() {
        let mut card = Card(String::new());
        card.put("| {} |\n", &[&"a|b\n# c <script> `x` [l](u) \u{202e}"]);
        assert_eq!(
            card.0,
            "| a\\|b \\# c &lt;script&gt; \\`x\\` \\[l\\](u) [U+202E] |\n"
        );
    }
}
