//! A result in words where rows may have any number of labels.

use std::fmt::{self, Write};

use crate::run_folder::{BaselineScore, RunResult, SetScore};

/// Labels shown one by one.
const SHOWN: usize = 30;

/// `test micro-F1 0.8123, macro-F1 0.7410, all labels right 61.20 % (95 % interval 58.1 to 64.2, 1000 rows), …`
pub(super) fn score_line(result: &RunResult, sets: &SetScore) -> String {
    let test = &result.test;
    format!(
        "test micro-F1 {:.4}, macro-F1 {:.4}, all labels right {:.2} % (95 % interval {:.2} to {:.2}, {} rows), Hamming loss {:.4}, loss {:.4}",
        sets.micro_f1,
        test.macro_f1,
        100.0 * test.accuracy,
        100.0 * test.ci95[0],
        100.0 * test.ci95[1],
        test.count,
        sets.hamming_loss,
        test.loss
    )
}

/// The score, the labels one by one, the baseline.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    result: &RunResult,
    sets: &SetScore,
) -> fmt::Result {
    writeln!(f, "{}", score_line(result, sets))?;
    f.write_str(&table(sets))?;
    let baseline = result.baseline.as_ref();
    match baseline.and_then(|baseline| Some((baseline, baseline.sets.as_ref()?))) {
        Some((baseline, of_baseline)) => {
            writeln!(f, "{}", baseline_lines(result, sets, baseline, of_baseline))
        }
        None => Ok(()),
    }
}

/// One line a label, the frequent ones first.
pub fn table(sets: &SetScore) -> String {
    let mut labels: Vec<_> = sets.labels.iter().collect();
    labels.sort_by_key(|label| std::cmp::Reverse(label.support));
    let width = labels.iter().map(|score| score.label.chars().count());
    let width = width.max().unwrap_or(0).clamp(5, 40);
    let mut table = format!(
        "{:width$}  threshold  precision  recall      F1      rows\n",
        "label"
    );
    for score in labels.iter().take(SHOWN) {
        let threshold = score
            .threshold
            .map_or("-".to_owned(), |t| format!("{t:.3}"));
        let _ = writeln!(
            table,
            "{:width$}  {threshold:>9}  {:9.4}  {:6.4}  {:6.4}  {:8}",
            score.label, score.precision, score.recall, score.f1, score.support
        );
    }
    if labels.len() > SHOWN {
        let _ = writeln!(
            table,
            "and {} rarer labels in result.json",
            labels.len() - SHOWN
        );
    }
    table
}

fn baseline_lines(
    result: &RunResult,
    sets: &SetScore,
    baseline: &BaselineScore,
    of_baseline: &SetScore,
) -> String {
    let p = baseline.mcnemar_p;
    let said = p.map(|p| format!(" (McNemar p = {p:.1e} on rows all right)"));
    let points = 100.0 * (result.test.accuracy - baseline.accuracy);
    let verdict = match (points, p.is_some_and(|p| p < 0.05)) {
        (points, true) if points > 0.0 => {
            format!("the network has {points:.2} points more rows all right than the baseline")
        }
        (points, true) => format!(
            "the BASELINE has {:.2} points more rows all right than the network: use it instead, or give the network more data or training",
            -points
        ),
        (points, false) => format!(
            "the network is NOT clearly better than the baseline ({points:+.2} points of rows all right, {:+.4} micro-F1)",
            sets.micro_f1 - of_baseline.micro_f1
        ),
    };
    format!(
        "baseline      micro-F1 {:.4}, macro-F1 {:.4}, all labels right {:.2} %: {}, {:.1} s\n{verdict}{}",
        of_baseline.micro_f1,
        baseline.macro_f1,
        100.0 * baseline.accuracy,
        baseline.name,
        baseline.seconds,
        said.unwrap_or_default()
    )
}
