//! The scores of the network and of the baseline, on the page and on the model card.

use super::SetJudgement;
use crate::html::Markup;
use crate::report::card::Card;
use crate::report::figures::{clip, grouped, interval, model_name, percent};
use crate::report::{Material, p_value};
use crate::run_folder::{RunResult, SetScore};
use crate::statistics::Difference;

/// The largest figures of the page: each with what it is.
pub(in crate::report) fn tiles(result: &RunResult, sets: &SetScore) -> Vec<(String, String)> {
    let test = &result.test;
    let mut tiles = vec![
        (
            format!("{:.4}", sets.micro_f1),
            format!("micro-F1 on test{}", within(sets.micro_f1_ci95)),
        ),
        (
            format!("{:.4}", test.macro_f1),
            format!("macro-F1 on test{}", within(sets.macro_f1_ci95)),
        ),
        (
            percent(test.accuracy),
            format!("of the rows wholly right, {}", interval(test.ci95)),
        ),
    ];
    let baseline = result.baseline.as_ref();
    if let Some(baseline) = baseline.and_then(|baseline| baseline.sets.as_ref()) {
        tiles.push((
            format!("{:.4}", baseline.micro_f1),
            "micro-F1 of the linear baseline".to_owned(),
        ));
    }
    tiles
}

fn within(ends: Option<[f64; 2]>) -> String {
    ends.map_or(String::new(), |[low, high]| {
        format!(", {low:.4} to {high:.4}")
    })
}

/// A score, and its interval or nothing.
type Cell = [String; 2];

fn cell(value: f64, ends: Option<[f64; 2]>) -> Cell {
    let ends = ends.map(|[low, high]| format!("({low:.4} to {high:.4})"));
    [format!("{value:.4}"), ends.unwrap_or_default()]
}

/// The machines by their names, with micro-F1, macro-F1, Hamming loss, rows wholly right.
fn machines(result: &RunResult) -> Vec<(String, [Cell; 4])> {
    let row = |name: &str, sets: &SetScore, macro_f1: f64, exact: f64, ends: [f64; 2]| {
        let cells = [
            cell(sets.micro_f1, sets.micro_f1_ci95),
            cell(macro_f1, sets.macro_f1_ci95),
            cell(sets.hamming_loss, sets.hamming_loss_ci95),
            [percent(exact), format!("({})", interval(ends))],
        ];
        (name.to_owned(), cells)
    };
    let test = &result.test;
    let network = test.sets.as_ref().map(|sets| {
        let name = model_name(&result.model);
        row(name, sets, test.macro_f1, test.accuracy, test.ci95)
    });
    let baseline = result.baseline.as_ref().and_then(|baseline| {
        let b = baseline;
        let sets = b.sets.as_ref()?;
        Some(row(&b.name, sets, b.macro_f1, b.accuracy, b.ci95))
    });
    network.into_iter().chain(baseline).collect()
}

/// The section.
pub(super) fn section(page: &mut Markup, material: &Material, judgement: &SetJudgement) {
    let result = &material.result;
    page.put(
        "<section id=\"scores\"><h2>Scores on the test set</h2><div class=\"wide\"><table><thead><tr><th>machine</th>\
         <th>micro-F1</th><th>macro-F1</th><th>Hamming loss</th><th>rows wholly right</th></tr></thead><tbody>",
        &[],
    );
    for (name, cells) in machines(result) {
        page.put("<tr><td>{}</td>", &[&name]);
        for [score, ends] in cells {
            page.put(
                "<td>{}<br><span class=\"soft\">{}</span></td>",
                &[&score, &ends],
            );
        }
        page.put("</tr>", &[]);
    }
    page.put("</tbody></table></div>", &[]);
    if let Some(comparison) = &judgement.comparison {
        let shown = |d: &Difference, by: f64, digits: usize| {
            let [value, low, high] = [d.value, d.low, d.high].map(|x| by * x);
            format!("{value:+.digits$} ({low:+.digits$} to {high:+.digits$})")
        };
        page.put(
            "<p>Network minus baseline, with 95 % intervals of the paired bootstrap over rows ({} resamples): micro-F1 {}, macro-F1 {}, \
             rows wholly right {} points. The paired randomization test of micro-F1, which swaps the two answers of a row, gives p = {}. \
             The network alone has {} rows wholly right, the baseline alone {}: McNemar&#39;s exact test gives p = {}.</p>",
            &[
                &grouped(comparison.resamples as u64),
                &shown(&comparison.micro_f1, 1.0, 4),
                &shown(&comparison.macro_f1, 1.0, 4),
                &shown(&comparison.exact, 100.0, 2),
                &p_value(comparison.randomization.p_value),
                &grouped(comparison.mcnemar.only_first),
                &grouped(comparison.mcnemar.only_second),
                &p_value(comparison.mcnemar.p_value),
            ],
        );
    }
    if let Some(unseen) = &judgement.unseen {
        page.put(
            "<p><b>{} test rows also stand in the training part.</b> Of the other {} the network has {} wholly right ({}).</p>",
            &[
                &grouped(result.test.count - unseen.count),
                &grouped(unseen.count),
                &percent(unseen.accuracy),
                &interval(unseen.interval.to_array()),
            ],
        );
    }
    page.put(
        "<p class=\"soft\">The test set was read once, after every choice had been made on dev. Micro-F1 is F1 over all answers, one for each row \
         and label; macro-F1 the mean of the labels&#39;, 0 where undefined; Hamming loss the share of wrong answers. Intervals of these three \
         draw rows with replacement; those of rows wholly right are Wilson&#39;s.</p></section>\n",
        &[],
    );
}

/// The two tables of the model card, of at most so many labels.
pub(in crate::report) fn card(card: &mut Card, result: &RunResult, sets: &SetScore, most: usize) {
    card.put(
        "| machine | micro-F1 | macro-F1 | Hamming loss | rows wholly right |\n|---|---|---|---|---|\n",
        &[],
    );
    for (name, cells) in machines(result) {
        let [micro, overall, hamming, exact] = cells.map(|cell| cell.join(" "));
        card.put(
            "| {} | {} | {} | {} | {} |\n",
            &[&name, &micro, &overall, &hamming, &exact],
        );
    }
    card.put(
        "\nIn parentheses 95 % intervals. A text is given each label whose probability reaches its threshold, chosen on dev:\n\n\
         | label | threshold | precision | recall | F1 | test rows |\n|---|---|---|---|---|---|\n",
        &[],
    );
    for label in sets.labels.iter().take(most) {
        let [precision, recall, f1] =
            [label.precision, label.recall, label.f1].map(|score| format!("{score:.4}"));
        card.put(
            "| {} | {} | {} | {} | {} | {} |\n",
            &[
                &clip(&label.label, 60),
                &label.threshold.map_or(String::new(), |t| format!("{t:.3}")),
                &precision,
                &recall,
                &f1,
                &grouped(label.support),
            ],
        );
    }
}
