//! The labels one by one, which of them go together, and which is given in place of which.

use super::SetAnswers;
use crate::html::Markup;
use crate::report::Material;
use crate::report::classes::{LABEL, MATRIX, PAIRS, shade};
use crate::report::figures::{clip, grouped, percent};
use crate::run_folder::Predictions;

/// Rows of the table of labels, at most.
const LABELS: usize = 500;

/// The table of labels.
pub(super) fn table(page: &mut Markup, material: &Material, predictions: &Predictions<Vec<u32>>) {
    page.put(
        "<section id=\"classes\"><h2>Label by label</h2><div class=\"wide tall\"><table><thead><tr><th>label</th><th>threshold</th>\
         <th>precision</th><th>recall</th><th>F1</th><th>test rows</th><th>of all</th><th>given</th><th>training rows</th></tr></thead><tbody>",
        &[],
    );
    let labels = material.result.test.sets.as_ref();
    let labels = labels.map_or(&[][..], |sets| sets.labels.as_slice());
    let given = counts(&predictions.test.predictions, labels.len());
    let rows = predictions.test.labels.len().max(1) as f64;
    for (class, label) in labels.iter().enumerate().take(LABELS) {
        let [precision, recall, f1] =
            [label.precision, label.recall, label.f1].map(|score| format!("{score:.4}"));
        let train = material.data.train.get(class).copied().unwrap_or(0);
        page.put(
            "<tr><td class=\"name\">{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"r{}\">{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td></tr>",
            &[
                &clip(&label.label, LABEL),
                &label.threshold.map_or(String::new(), |t| format!("{t:.3}")),
                &precision,
                &recall,
                &shade(label.f1),
                &f1,
                &grouped(label.support),
                &percent(label.support as f64 / rows),
                &grouped(given[class]),
                &grouped(train),
            ],
        );
    }
    page.put("</tbody></table></div>", &[]);
    if labels.len() > LABELS {
        let more = grouped((labels.len() - LABELS) as u64);
        page.put("<p>And {} labels more, in result.json.</p>", &[&more]);
    }
    page.put(
        "<p class=\"soft\">A row is given a label if its probability reaches the threshold, which is that of the best F1 on dev (of a label that fewer than ten dev rows \
         have: that of the best micro-F1 of all labels). Precision: of \
         the rows given the label, the share that has it. Recall: of the rows that have it, the share that was given it. F1: their harmonic \
         mean.</p></section>\n",
        &[],
    );
}

fn counts(sets: &[Vec<u32>], labels: usize) -> Vec<u64> {
    let mut counts = vec![0; labels];
    sets.iter()
        .flatten()
        .for_each(|class| counts[*class as usize] += 1);
    counts
}

/// How often two labels go together, by the rows and by the answers, and which is given where which is missed.
pub(super) fn together(
    page: &mut Markup,
    material: &Material,
    predictions: &Predictions<Vec<u32>>,
) {
    let (test, labels) = (&predictions.test, &material.labels);
    page.put(
        "<section id=\"confusions\"><h2>What goes together</h2>",
        &[],
    );
    if labels.len() <= MATRIX {
        matrix(page, test, labels);
    }
    let instead = instead(test);
    page.put("<h3>Given in place of what was missed</h3>", &[]);
    if instead.is_empty() {
        page.put(
            "<p>Nothing: no test row lacks a label and has a wrong one.</p></section>\n",
            &[],
        );
        return;
    }
    let support = counts(&test.labels, labels.len());
    let shown = if labels.len() <= MATRIX { 5 } else { PAIRS };
    page.put("<ul>", &[]);
    for &(count, missed, given) in instead.iter().take(shown) {
        page.put(
            "<li><b>{}</b> missed and <b>{}</b> given: {} of {}</li>",
            &[
                &clip(&labels[missed], LABEL),
                &clip(&labels[given], LABEL),
                &grouped(count),
                &grouped(support[missed]),
            ],
        );
    }
    page.put("</ul></section>\n", &[]);
}

/// For each two labels the rows that have both and, behind a stroke, the rows that were given both.
fn matrix(page: &mut Markup, test: &SetAnswers, labels: &[String]) {
    let pairs = |sets: &[Vec<u32>]| {
        let mut counts = vec![vec![0u64; labels.len()]; labels.len()];
        for set in sets {
            for &a in set {
                for &b in set {
                    counts[a as usize][b as usize] += 1;
                }
            }
        }
        counts
    };
    let (truth, given) = (pairs(&test.labels), pairs(&test.predictions));
    page.put(
        "<div class=\"wide\"><table class=\"matrix\"><caption>Test rows that have both labels / that were given both; on the diagonal the label \
         alone. Shades are shares of the label at the left, red where the two numbers differ by a fifth of the larger or more</caption><thead><tr><th></th>",
        &[],
    );
    for label in labels {
        page.put(
            "<th title=\"{}\">{}</th>",
            &[&clip(label, LABEL), &clip(label, 12)],
        );
    }
    page.put("</tr></thead><tbody>", &[]);
    for (a, label) in labels.iter().enumerate() {
        page.put(
            "<tr><th title=\"{}\">{}</th>",
            &[&clip(label, LABEL), &clip(label, 18)],
        );
        for b in 0..labels.len() {
            let (is, gave) = (truth[a][b], given[a][b]);
            let share = is.max(gave) as f64 / truth[a][a].max(given[a][a]).max(1) as f64;
            let kind = match (is.max(gave), is.abs_diff(gave)) {
                (0, _) => "zero".to_owned(),
                (most, off) if 5 * off >= most => format!("w{}", shade(share.sqrt())),
                _ => format!("r{}", shade(share)),
            };
            page.put(
                "<td class=\"{}\">{} / {}</td>",
                &[&kind, &grouped(is), &grouped(gave)],
            );
        }
        page.put("</tr>", &[]);
    }
    page.put("</tbody></table></div>", &[]);
}

/// How often a label was missed in a row that was given a wrong one: count, missed, given; the most frequent first.
fn instead(test: &SetAnswers) -> Vec<(u64, usize, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for (labels, given) in test.labels.iter().zip(&test.predictions) {
        for missed in labels.iter().filter(|class| !given.contains(class)) {
            for wrong in given.iter().filter(|class| !labels.contains(class)) {
                *counts.entry((*missed, *wrong)).or_insert(0u64) += 1;
            }
        }
    }
    let pairs = counts.into_iter();
    let mut pairs: Vec<(u64, usize, usize)> = pairs
        .map(|((missed, given), count)| (count, missed as usize, given as usize))
        .collect();
    // Stable: equal counts keep the order of the labels.
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.0));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_given_for_another_is_counted_once_a_row() {
        let test = SetAnswers {
            labels: vec![vec![0, 2], vec![0], vec![1], vec![0]],
            predictions: vec![vec![1, 2], vec![1, 2], vec![1], vec![]],
            ..SetAnswers::default()
        };
        assert_eq!(instead(&test), [(2, 0, 1), (1, 0, 2)]);
        assert_eq!(counts(&test.predictions, 3), [0, 3, 2]);
    }
}
