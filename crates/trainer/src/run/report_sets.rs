//! A result in words where rows may have any number of labels.

use std::fmt::Write;

use crate::run_folder::{BaselineScore, SetScore, TestScore};

/// Labels shown one by one.
const SHOWN: usize = 30;

/// `micro-F1 0.8123 (95 % interval 0.7951 to 0.8290, 1000 rows), macro-F1 0.7410, all labels right 61.20 % (…), …`
pub fn scores(test: &TestScore, sets: &SetScore) -> String {
    let within = sets
        .micro_f1_ci95
        .map(|[low, high]| format!("95 % interval {low:.4} to {high:.4}, "));
    format!(
        "micro-F1 {:.4} ({}{} rows), macro-F1 {:.4}, all labels right {:.2} % (95 % interval {:.2} to {:.2}), Hamming loss {:.4}, loss {:.4}",
        sets.micro_f1,
        within.unwrap_or_default(),
        test.count,
        test.macro_f1,
        100.0 * test.accuracy,
        100.0 * test.ci95[0],
        100.0 * test.ci95[1],
        sets.hamming_loss,
        test.loss
    )
}

/// `baseline      micro-F1 0.7901 (95 % interval 0.7702 to 0.8089), …: tf-idf of words, one linear SVM a label, 1.5 s`.
pub(super) fn baseline_line(baseline: &BaselineScore, sets: &SetScore) -> String {
    let within = sets
        .micro_f1_ci95
        .map(|[low, high]| format!(" (95 % interval {low:.4} to {high:.4})"));
    format!(
        "baseline      micro-F1 {:.4}{}, macro-F1 {:.4}, all labels right {:.2} %, Hamming loss {:.4}: {}, {:.1} s",
        sets.micro_f1,
        within.unwrap_or_default(),
        baseline.macro_f1,
        100.0 * baseline.accuracy,
        sets.hamming_loss,
        baseline.name,
        baseline.seconds
    )
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
