//! The classes one by one, and which is taken for which.

use super::figures::{clip, grouped};
use super::{Judgement, Material};
use crate::html::Markup;

/// Classes up to which the whole matrix is shown.
pub(super) const MATRIX: usize = 25;
/// Rows of the table of classes, and pairs of the list of confusions, at most.
const CLASSES: usize = 500;
pub(super) const PAIRS: usize = 25;
/// Characters of a label.
pub(super) const LABEL: usize = 60;

/// The table of classes.
pub(super) fn table(page: &mut Markup, material: &Material, judgement: &Judgement) {
    page.put(
        "<section id=\"classes\"><h2>Class by class</h2><div class=\"wide tall\"><table><thead><tr><th>class</th><th>precision</th>\
         <th>recall</th><th>F1</th><th>test rows</th><th>training rows</th></tr></thead><tbody>",
        &[],
    );
    let matrix = &judgement.matrix;
    for (class, label) in material.labels.iter().enumerate().take(CLASSES) {
        let scores = matrix.class_scores(class);
        let [precision, recall, f1] =
            [scores.precision, scores.recall, scores.f1].map(|score| format!("{score:.4}"));
        let train = material.data.train.get(class).copied().unwrap_or(0);
        page.put(
            "<tr><td class=\"name\">{}</td><td>{}</td><td>{}</td><td class=\"r{}\">{}</td><td>{}</td><td>{}</td></tr>",
            &[
                &clip(label, LABEL),
                &precision,
                &recall,
                &shade(scores.f1),
                &f1,
                &grouped(scores.support),
                &grouped(train),
            ],
        );
    }
    page.put("</tbody></table></div>", &[]);
    if material.labels.len() > CLASSES {
        let more = grouped((material.labels.len() - CLASSES) as u64);
        page.put("<p>And {} classes more, in result.json.</p>", &[&more]);
    }
    page.put(
        "<p class=\"soft\">Precision: of the rows given this class, the share that is of it. Recall: of the rows of this class, the \
         share that was found. F1: their harmonic mean.</p></section>\n",
        &[],
    );
}

/// The confusion matrix, where it can be read, and the most frequent confusions.
pub(super) fn confusions(page: &mut Markup, material: &Material, judgement: &Judgement) {
    let (matrix, labels) = (&judgement.matrix, &material.labels);
    page.put(
        "<section id=\"confusions\"><h2>What is taken for what</h2>",
        &[],
    );
    if labels.len() <= MATRIX {
        page.put(
            "<div class=\"wide\"><table class=\"matrix\"><caption>A row for each true class, a column for each answer; shades are \
             shares of the row</caption><thead><tr><th></th>",
            &[],
        );
        for label in labels {
            page.put(
                "<th title=\"{}\">{}</th>",
                &[&clip(label, LABEL), &clip(label, 12)],
            );
        }
        page.put("</tr></thead><tbody>", &[]);
        for (truth, label) in labels.iter().enumerate() {
            let support = matrix.class_scores(truth).support;
            page.put(
                "<tr><th title=\"{}\">{}</th>",
                &[&clip(label, LABEL), &clip(label, 18)],
            );
            for answer in 0..labels.len() {
                let count = matrix.count(truth, answer);
                let share = count as f64 / support.max(1) as f64;
                let kind = match (count, truth == answer) {
                    (0, _) => "zero".to_owned(),
                    (_, true) => format!("r{}", shade(share)),
                    (_, false) => format!("w{}", shade(share.sqrt())),
                };
                page.put("<td class=\"{}\">{}</td>", &[&kind, &grouped(count)]);
            }
            page.put("</tr>", &[]);
        }
        page.put("</tbody></table></div>", &[]);
    }
    let mut pairs: Vec<(u64, usize, usize)> = (0..labels.len())
        .flat_map(|truth| (0..labels.len()).map(move |answer| (truth, answer)))
        .filter(|(truth, answer)| truth != answer)
        .map(|(truth, answer)| (matrix.count(truth, answer), truth, answer))
        .filter(|(count, ..)| *count > 0)
        .collect();
    pairs.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    if pairs.is_empty() {
        page.put(
            "<p>Nothing: every test row was answered right.</p></section>\n",
            &[],
        );
        return;
    }
    let shown = if labels.len() <= MATRIX { 5 } else { PAIRS };
    page.put("<h3>Most often</h3><ul>", &[]);
    for (count, truth, answer) in pairs.into_iter().take(shown) {
        let support = matrix.class_scores(truth).support;
        page.put(
            "<li><b>{}</b> taken for <b>{}</b>: {} of {}</li>",
            &[
                &clip(&labels[truth], LABEL),
                &clip(&labels[answer], LABEL),
                &grouped(count),
                &grouped(support),
            ],
        );
    }
    page.put("</ul></section>\n", &[]);
}

/// One of five shades of a share.
pub(super) fn shade(share: f64) -> usize {
    ((5.0 * share).ceil() as usize).clamp(1, 5)
}
