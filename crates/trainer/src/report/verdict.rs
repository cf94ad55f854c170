//! The one sentence that a reader of a result must not miss: is the network worth more than the linear baseline?

use super::figures::model_name;
use crate::run_folder::{BaselineScore, RunResult};
use crate::statistics::Verdict;

/// What the figures say of the network against its baseline; `None` without one.
pub fn verdict(result: &RunResult) -> Option<Verdict> {
    let baseline = result.baseline.as_ref()?;
    let is_clear = baseline.mcnemar_p.is_some_and(|p| p < 0.05);
    Some(match result.test.accuracy > baseline.accuracy {
        _ if !is_clear => Verdict::CannotBeTold,
        true => Verdict::FirstBetter,
        false => Verdict::SecondBetter,
    })
}

/// The sentence. Without a baseline it says that one is lacking.
pub fn sentence(result: &RunResult) -> String {
    let (model, count) = (model_name(&result.model), result.test.count);
    let accuracy = 100.0 * result.test.accuracy;
    let Some(baseline) = &result.baseline else {
        return format!(
            "{model} answers {accuracy:.2} % of {count} test examples right; without a baseline beside it nobody can say whether \
             that is good"
        );
    };
    let scores = format!(
        "{accuracy:.2} % against {:.2} % of {count} test examples right, {}",
        100.0 * baseline.accuracy,
        difference(result.test.accuracy, baseline)
    );
    match verdict(result).expect("there is a baseline") {
        Verdict::FirstBetter => {
            format!("{model} is better than the linear baseline: {scores}")
        }
        Verdict::SecondBetter => format!(
            "{model} is WORSE than the linear baseline: {scores}. Use the baseline, or give the network more data or training"
        ),
        Verdict::CannotBeTold => format!(
            "{model} is NOT better than the linear baseline, as far as these examples can tell: {scores}"
        ),
    }
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
    match known.is_empty() {
        true => format!("{points:+.2} points"),
        false => format!("{points:+.2} points ({})", known.join(", ")),
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
    use crate::run_folder::TestScore;
    use crate::statistics::ConfusionMatrix;

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
    fn small_p_values_keep_their_size() {
        for (p, text) in [(0.5, "0.50"), (0.00213, "0.0021"), (1.23e-5, "1.2e-5")] {
            assert_eq!(p_value(p), text);
        }
    }
}
