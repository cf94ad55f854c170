//! Holds the statistics against the values of SciPy and scikit-learn in `tests/fixtures/statistics.json`.

use super::{ConfusionMatrix, McNemar, Summary, wilson_interval};
use serde_json::Value;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/statistics.json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn close(ours: f64, theirs: f64, tolerance: f64, what: &str) {
    assert!(
        (ours - theirs).abs() <= tolerance * theirs.abs().max(1e-300),
        "{what}: ours {ours}, theirs {theirs}"
    );
}

#[test]
fn wilson_equals_scipy() {
    let fixture = fixture();
    let cases = fixture["wilson"].as_array().unwrap();
    assert!(cases.len() >= 200);
    for case in cases {
        let (k, n) = (case[0].as_u64().unwrap(), case[1].as_u64().unwrap());
        let interval = wilson_interval(k, n);
        // Absolute: near 0 the lower end is a difference of nearly equal numbers on both sides.
        assert!((interval.low - number(&case[2])).abs() < 1e-14, "{case}");
        assert!((interval.high - number(&case[3])).abs() < 1e-14, "{case}");
    }
}

#[test]
fn mcnemar_equals_scipy_binomtest() {
    let fixture = fixture();
    let cases = fixture["mcnemar"].as_array().unwrap();
    assert!(cases.len() >= 200);
    for case in cases {
        let (b, c) = (case[0].as_u64().unwrap(), case[1].as_u64().unwrap());
        let p = McNemar::from_counts(b, c).p_value;
        close(p, number(&case[2]), 1e-10, &case.to_string());
    }
}

#[test]
fn macro_f1_equals_scikit_learn_on_random_matrices() {
    let fixture = fixture();
    let cases = fixture["confusion"].as_array().unwrap();
    assert_eq!(cases.len(), 1000);
    for case in cases {
        let counts: Vec<u64> = case["counts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c.as_u64().unwrap())
            .collect();
        let classes = counts.len().isqrt();
        let (mut truths, mut predictions) = (Vec::new(), Vec::new());
        for (cell, &count) in counts.iter().enumerate() {
            for _ in 0..count {
                truths.push((cell / classes) as u32);
                predictions.push((cell % classes) as u32);
            }
        }
        let matrix = ConfusionMatrix::from_predictions(classes, &truths, &predictions).unwrap();
        let what = case.to_string();
        close(matrix.macro_f1(), number(&case["macro_f1"]), 1e-12, &what);
        close(matrix.accuracy(), number(&case["accuracy"]), 1e-12, &what);
        for class in 0..classes {
            let ours = matrix.class_scores(class);
            let theirs = &case["classes"][class];
            close(ours.precision, number(&theirs[0]), 1e-12, &what);
            close(ours.recall, number(&theirs[1]), 1e-12, &what);
            close(ours.f1, number(&theirs[2]), 1e-12, &what);
        }
    }
}

#[test]
fn mean_and_deviation_equal_numpy() {
    let fixture = fixture();
    for case in fixture["summary"].as_array().unwrap() {
        let values: Vec<f64> = case[0].as_array().unwrap().iter().map(number).collect();
        let summary = Summary::of(&values).unwrap();
        close(summary.mean, number(&case[1]), 1e-14, "mean");
        close(
            summary.standard_deviation.unwrap(),
            number(&case[2]),
            1e-11,
            "standard deviation",
        );
    }
}
