//! Examples to look at: the worst errors, and the labels that are probably wrong.

use super::classes::LABEL;
use super::figures::{clip, grouped};
use super::judgement::probability;
use super::why::{self, Why};
use super::{Judgement, Material};
use crate::html::Markup;
use crate::run_folder::{Input, PartAnswers, Predictions};
use std::collections::BTreeMap;

/// Characters of a text that are shown at once, and with the rest unfolded.
const SHORT: usize = 400;
const LONG: usize = 1_500;
/// Characters of a place.
pub(super) const PLACE: usize = 120;
/// Characters of a text whose words are coloured; each word costs some fifty bytes of page.
const EXPLAINED: usize = 500;

/// The answers of a run and what follows from them.
type Judged<'a> = (&'a Predictions, &'a Judgement);

/// The test rows whose label was thought least likely.
pub(super) fn worst(
    page: &mut Markup,
    material: &Material,
    (predictions, judgement): Judged<'_>,
    rows: usize,
) {
    let (errors, test) = (&judgement.errors, &predictions.test);
    page.put("<section id=\"errors\"><h2>The worst errors</h2>", &[]);
    if errors.is_empty() {
        page.put(
            "<p>There is none: every test row was answered right.</p></section>\n",
            &[],
        );
        return;
    }
    page.put(
        "<p class=\"soft\">{} of {} test rows were answered wrong; these {} are those whose label the network thought least likely. \
         Rows of the test part are counted from 0, as in predictions.jsonl; behind each stands where it was read.</p>",
        &[
            &grouped(errors.len() as u64),
            &grouped(test.labels.len() as u64),
            &errors.len().min(rows),
        ],
    );
    why::legend(page, &material.reasons);
    page.put("<ol class=\"rows\">", &[]);
    for &row in errors.iter().take(rows) {
        let (label, answer) = (test.labels[row], test.predictions[row]);
        page.put(
            "<li><div class=\"head\"><span class=\"soft\">test row {}{}</span>",
            &[&row, &place(test, row)],
        );
        show(page, material, "good", "is ", (test, row, label));
        show(page, material, "bad", "answered ", (test, row, answer));
        let said = ["baseline right", "baseline wrong too"];
        finish(page, material, test, row, said);
    }
    page.put("</ol></section>\n", &[]);
}

/// The rows of dev and test whose label is probably wrong.
pub(super) fn suspected(
    page: &mut Markup,
    material: &Material,
    (predictions, judgement): Judged<'_>,
    rows: usize,
) {
    let suspected = &judgement.suspected;
    page.put(
        "<section id=\"labels\"><h2>Suspected labels</h2><p class=\"soft\">The rule (confident learning): a class&#39;s threshold is the mean \
         probability that its own rows get for it; a row is suspected when, of the classes whose threshold it reaches, the most \
         probable is not its label. Asked of dev and test, from which the weights did not learn (dev chose among the looks). A suspicion \
         is a reason to look, not a proof.</p>",
        &[],
    );
    let total = predictions.dev.labels.len() + predictions.test.labels.len();
    page.put(
        "<p>{} of {} rows are suspected",
        &[&grouped(suspected.len() as u64), &grouped(total as u64)],
    );
    if suspected.is_empty() || rows == 0 {
        page.put(".</p></section>\n", &[]);
        return;
    }
    page.put(
        "; the {} most suspicious:</p><ol class=\"rows\">",
        &[&suspected.len().min(rows)],
    );
    for (part, found) in suspected.iter().take(rows) {
        let answers = predictions.part(*part);
        page.put(
            "<li><div class=\"head\"><span class=\"soft\">{} row {}{}</span>",
            &[&part.name(), &found.row, &place(answers, found.row)],
        );
        let [given, suggested] = [found.given, found.suggested];
        show(
            page,
            material,
            "bad",
            "labelled ",
            (answers, found.row, given),
        );
        show(
            page,
            material,
            "good",
            "rather ",
            (answers, found.row, suggested),
        );
        page.put("</div>", &[]);
        input(page, &answers.inputs, found.row, None);
        page.put("</li>", &[]);
    }
    page.put("</ol></section>\n", &[]);
}

/// `, reviews.csv, line 74`, or nothing.
pub(super) fn place<A>(answers: &PartAnswers<A>, row: usize) -> String {
    let place = answers.place(row);
    place.map_or_else(String::new, |place| {
        format!(", {}", clip(&place.to_string(), PLACE))
    })
}

/// A class with its probability for a row.
fn show(
    page: &mut Markup,
    material: &Material,
    kind: &'static str,
    word: &'static str,
    (answers, row, class): (&PartAnswers, usize, u32),
) {
    let label = &material.labels[class as usize];
    chip(page, kind, word, label, probability(answers, row, class));
}

/// A label with a probability.
pub(super) fn chip(
    page: &mut Markup,
    kind: &'static str,
    word: &'static str,
    label: &str,
    probability: f32,
) {
    let p = match probability {
        p if p < 0.001 => format!("{p:.1e}"),
        p => format!("{p:.3}"),
    };
    page.put(
        "<span class=\"chip {}\">{}<b>{}</b> {}</span>",
        &[&kind, &word, &clip(label, LABEL), &p],
    );
}

/// The end of an error's entry: what is `said` of the baseline's answer where it is right and where it is not, whether the row
/// was learned from, and the example.
pub(super) fn finish<A: PartialEq>(
    page: &mut Markup,
    material: &Material,
    answers: &PartAnswers<A>,
    row: usize,
    said: [&'static str; 2],
) {
    if let Some(baseline) = &answers.baseline {
        let said = said[usize::from(baseline[row] != answers.labels[row])];
        page.put("<span class=\"soft\">{}</span>", &[&said]);
    }
    if answers.in_train.binary_search(&row).is_ok() {
        page.put("<span class=\"soft\">also in the training part</span>", &[]);
    }
    page.put("</div>", &[]);
    input(page, &answers.inputs, row, material.reasons.get(&row));
    page.put("</li>", &[]);
}

/// The example itself.
pub(super) fn input(
    page: &mut Markup,
    inputs: &BTreeMap<usize, Input>,
    row: usize,
    why: Option<&Why>,
) {
    match (inputs.get(&row), why) {
        (Some(Input::Text(text)), Some(Why::Text(why))) => {
            why::text::show(page, text, why, EXPLAINED);
        }
        (Some(Input::Text(text)), _) => {
            let short = clip(text, SHORT);
            page.put("<p class=\"said\" dir=\"auto\">{}</p>", &[&short]);
            if text.chars().nth(SHORT).is_some() {
                page.put(
                    "<details><summary>more</summary><p class=\"said\" dir=\"auto\">{}</p></details>",
                    &[&clip(text, LONG)],
                );
            }
        }
        (Some(Input::Image(png)), why) => {
            page.put(
                "<div class=\"shown\"><img alt=\"row {}\" src=\"data:image/png;base64,{}\">",
                &[&row, png],
            );
            if let Some(Why::Picture(why)) = why {
                why::picture::show(page, png, why);
            }
            page.put("</div>", &[]);
        }
        (None, _) => {
            page.put("<p class=\"soft\">(not kept)</p>", &[]);
        }
    }
}
