//! The one sentence that a reader of a result must not miss: is the network worth more than the linear baseline?

use super::figures::model_name;
use crate::run_folder::{BaselineScore, RunResult, SetScore, TestScore};
use crate::statistics::Verdict;

/// What the figures say of the network against its baseline; `None` without one.
///
/// Where a row has one label McNemar's test of the accuracies decides, where it may have any number of them the randomization
/// test of the micro-F1 scores; a run of sets that was not tested so has no verdict.
pub fn verdict(result: &RunResult) -> Option<Verdict> {
    let baseline = result.baseline.as_ref()?;
    let (is_clear, is_more) = match (&result.test.sets, &baseline.sets) {
        (Some(network), Some(other)) => (
            baseline.randomization_p? < 0.05,
            network.micro_f1 > other.micro_f1,
        ),
        _ => (
            baseline.mcnemar_p.is_some_and(|p| p < 0.05),
            result.test.accuracy > baseline.accuracy,
        ),
    };
    Some(match is_more {
        _ if !is_clear => Verdict::CannotBeTold,
        true => Verdict::FirstBetter,
        false => Verdict::SecondBetter,
    })
}

/// The sentence. Without a baseline it says that one is lacking.
pub fn sentence(result: &RunResult) -> String {
    let model = model_name(&result.model);
    let Some(baseline) = &result.baseline else {
        let alone = match &result.test.sets {
            None => {
                let accuracy = 100.0 * result.test.accuracy;
                format!(
                    "answers {accuracy:.2} % of {} test examples right",
                    result.test.count
                )
            }
            Some(sets) => format!(
                "has a micro-F1 of {:.4} on {} test examples",
                sets.micro_f1, result.test.count
            ),
        };
        return format!(
            "{model} {alone}; without a baseline beside it nobody can say whether that is good"
        );
    };
    let scores = match (&result.test.sets, &baseline.sets) {
        (Some(network), Some(other)) => of_sets(network, other, baseline, result.test.count),
        _ => of_classes(&result.test, baseline),
    };
    match verdict(result) {
        Some(Verdict::FirstBetter) => {
            format!("{model} is better than the linear baseline: {scores}")
        }
        Some(Verdict::SecondBetter) => format!(
            "{model} is WORSE than the linear baseline: {scores}. Use the baseline, or give the network more data or training"
        ),
        Some(Verdict::CannotBeTold) => format!(
            "{model} is NOT better than the linear baseline, as far as these examples can tell: {scores}"
        ),
        None => format!("{model} was not tested against the linear baseline: {scores}"),
    }
}

fn of_classes(test: &TestScore, baseline: &BaselineScore) -> String {
    format!(
        "{:.2} % against {:.2} % of {} test examples right, {}",
        100.0 * test.accuracy,
        100.0 * baseline.accuracy,
        test.count,
        difference(test.accuracy, baseline)
    )
}

/// `micro-F1 0.8123 against 0.7901 on 1000 test examples, +0.0222 (95 % interval +0.0101 to +0.0343, randomization p = 0.0004)`.
fn of_sets(network: &SetScore, other: &SetScore, baseline: &BaselineScore, count: u64) -> String {
    let mut known: Vec<String> = Vec::new();
    if let Some(difference) = &baseline.micro_f1_difference {
        let [low, high] = difference.ci95;
        known.push(format!("95 % interval {low:+.4} to {high:+.4}"));
    }
    let p = baseline.randomization_p;
    known.extend(p.map(|p| format!("randomization p = {}", p_value(p))));
    format!(
        "micro-F1 {:.4} against {:.4} on {count} test examples, {}",
        network.micro_f1,
        other.micro_f1,
        with(format!("{:+.4}", network.micro_f1 - other.micro_f1), &known)
    )
}

/// `+1.25 points (95 % interval +0.80 to +1.70, McNemar p = 1.2e-5)`.
fn difference(accuracy: f64, baseline: &BaselineScore) -> String {
    let mut known: Vec<String> = Vec::new();
    if let Some(difference) = &baseline.accuracy_difference {
        let [low, high] = difference.ci95.map(|end| 100.0 * end);
        known.push(format!("95 % interval {low:+.2} to {high:+.2}"));
    }
    known.extend(
        baseline
            .mcnemar_p
            .map(|p| format!("McNemar p = {}", p_value(p))),
    );
    let points = 100.0 * (accuracy - baseline.accuracy);
    with(format!("{points:+.2} points"), &known)
}

/// A figure with what is known of it.
fn with(figure: String, known: &[String]) -> String {
    match known.is_empty() {
        true => figure,
        false => format!("{figure} ({})", known.join(", ")),
    }
}

/// A p-value as it is read: `0.37`, `0.0021`, `1.2e-5`.
pub fn p_value(p: f64) -> String {
    match p {
        p if p >= 0.01 => format!("{p:.2}"),
        p if p >= 0.0001 => format!("{p:.4}"),
        p => format!("{p:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{ConfusionMatrix, LabelSetScores, SetComparison};

    fn result(network: &[u32], baseline: Option<&[u32]>) -> RunResult {
        let labels = vec![0; network.len()];
        let matrix = |p: &[u32]| ConfusionMatrix::from_predictions(2, &labels, p).unwrap();
        let comparison = |b| crate::statistics::Comparison::of(2, &labels, network, b, 1).unwrap();
        RunResult {
            test: TestScore::new(&matrix(network), 0.5),
            baseline: baseline
                .map(|b| BaselineScore::new("tf-idf", &matrix(b), 1.0).compared(&comparison(b))),
            ..crate::run_folder::sample_result()
        }
    }

    #[test]
    fn it_says_better_only_where_chance_does_not_explain_it() {
        let right = |count: usize| -> Vec<u32> { (0..40).map(|i| u32::from(i >= count)).collect() };
        let said = |a: usize, b: usize| sentence(&result(&right(a), Some(&right(b))));
        assert!(said(36, 20).starts_with("TextCNN is better than the linear baseline: 90.00 %"));
        assert!(said(20, 36).starts_with("TextCNN is WORSE than the linear baseline: "));
        let unsure = said(36, 34);
        assert!(
            unsure.starts_with("TextCNN is NOT better than the linear baseline"),
            "{unsure}"
        );
        assert!(unsure.contains("+5.00 points (95 % interval "), "{unsure}");
        assert!(unsure.contains("McNemar p = 0.50)"), "{unsure}");
        assert!(said(34, 36).contains("NOT better"));
        assert!(sentence(&result(&right(30), None)).contains("without a baseline"));
    }

    #[test]
    fn of_sets_micro_f1_is_what_counts() {
        let truths = vec![vec![0, 1]; 40];
        let right = |count: usize| -> Vec<Vec<u32>> {
            (0..40)
                .map(|i| if i < count { vec![0, 1] } else { vec![0] })
                .collect()
        };
        let result = |network: usize, baseline: Option<usize>| {
            let labels = ["a".to_owned(), "b".to_owned()];
            let score = |given: &[Vec<u32>]| {
                let scores = LabelSetScores::of_sets(2, &truths, given);
                (SetScore::new(&scores, &labels, &[]), scores)
            };
            let (sets, scores) = score(&right(network));
            RunResult {
                test: TestScore::of_sets(&scores, sets, 0.5),
                baseline: baseline.map(|count| {
                    let (sets, scores) = score(&right(count));
                    let comparison =
                        SetComparison::of(2, &truths, &right(network), &right(count), 1);
                    BaselineScore::of_sets("tf-idf", &scores, sets, 1.0)
                        .compared_as_sets(&comparison)
                }),
                ..crate::run_folder::sample_result()
            }
        };
        let said = |a: usize, b: usize| sentence(&result(a, Some(b)));
        let better = said(36, 10);
        assert!(
            better.starts_with("TextCNN is better than the linear baseline: micro-F1 0.97"),
            "{better}"
        );
        assert!(better.contains("on 40 test examples, +0."), "{better}");
        assert!(better.contains("randomization p = 1.0e-4)"), "{better}");
        assert!(said(10, 36).starts_with("TextCNN is WORSE"));
        assert!(said(36, 34).contains("NOT better"));
        assert!(sentence(&result(30, None)).contains("without a baseline"));
        let mut older = result(36, Some(10));
        older.baseline.as_mut().unwrap().randomization_p = None;
        assert_eq!(verdict(&older), None);
        assert!(sentence(&older).contains("was not tested against"));
    }

    #[test]
    fn small_p_values_keep_their_size() {
        for (p, text) in [(0.5, "0.50"), (0.00213, "0.0021"), (1.23e-5, "1.2e-5")] {
            assert_eq!(p_value(p), text);
        }
    }
}
