//! Holds calibration, label errors and bootstrap against SciPy, scikit-learn and cleanlab (`tests/fixtures/judge.json`).

use super::{PairedBootstrap, Reliability, Temperature, mean_loss, suspected_labels};
use serde_json::Value;

struct Case {
    classes: usize,
    labels: Vec<u32>,
    probabilities: Vec<f32>,
    predictions: Vec<u32>,
    other: Vec<u32>,
    expected: Value,
}

fn cases() -> Vec<Case> {
    let file: Value =
        serde_json::from_str(include_str!("../../tests/fixtures/judge.json")).unwrap();
    let list = |value: &Value| -> Vec<f64> {
        let list = value.as_array().unwrap();
        list.iter().map(|x| x.as_f64().unwrap()).collect()
    };
    let classes_of = |value: &Value| list(value).into_iter().map(|x| x as u32).collect();
    let sets = file["sets"].as_array().unwrap();
    assert_eq!(sets.len(), 5);
    sets.iter()
        .map(|set| {
            let classes = set["classes"].as_u64().unwrap() as usize;
            let probabilities: Vec<f32> = list(&set["probabilities"])
                .into_iter()
                .map(|p| p as f32)
                .collect();
            let most = |row: &[f32]| {
                (0..classes as u32)
                    .rev()
                    .max_by(|a, b| row[*a as usize].total_cmp(&row[*b as usize]))
            };
            Case {
                classes,
                labels: classes_of(&set["labels"]),
                predictions: probabilities.chunks(classes).filter_map(most).collect(),
                probabilities,
                other: classes_of(&set["other"]),
                expected: set.clone(),
            }
        })
        .collect()
}

fn close(ours: f64, theirs: &Value, tolerance: f64) {
    let theirs = theirs.as_f64().unwrap();
    assert!(
        (ours - theirs).abs() <= tolerance,
        "ours {ours}, theirs {theirs}"
    );
}

#[test]
fn calibration_error_and_temperature_are_numpys_and_scipys() {
    for case in cases() {
        let (classes, labels) = (case.classes, case.labels.as_slice());
        let reliability =
            Reliability::of_predictions(classes, &case.probabilities, &case.predictions, labels);
        let expected = &case.expected;
        close(
            reliability.expected_error,
            &expected["expected_calibration_error"],
            1e-6,
        );
        let fitted = Temperature::fit(classes, &case.probabilities, labels).unwrap();
        close(fitted.value(), &expected["temperature"], 1e-4);
        let scaled = fitted.apply(classes, &case.probabilities);
        close(
            mean_loss(classes, &scaled, labels),
            &expected["loss_at_temperature"],
            1e-6,
        );
        // Theirs is of rows that sum to 1; ours of what is written, which is rounded.
        close(
            mean_loss(classes, &case.probabilities, labels),
            &expected["loss"],
            1e-4,
        );
    }
}

#[test]
fn suspected_labels_are_cleanlabs() {
    for case in cases() {
        let found = suspected_labels(case.classes, &case.probabilities, &case.labels);
        assert!(found.is_sorted_by(|a, b| a.margin <= b.margin));
        let mut rows: Vec<u64> = found.iter().map(|found| found.row as u64).collect();
        rows.sort_unstable();
        let theirs = case.expected["suspected"].as_array().unwrap();
        let theirs: Vec<u64> = theirs.iter().map(|row| row.as_u64().unwrap()).collect();
        assert_eq!(rows, theirs);
    }
}

/// Both draw 10,000 times: the ends of the two intervals differ by chance, here by less than 0.006.
#[test]
fn bootstrap_intervals_are_scipys() {
    for case in cases() {
        let found = PairedBootstrap::compare(
            case.classes,
            &case.labels,
            &case.predictions,
            &case.other,
            1,
        );
        for (name, found) in [("accuracy", found.accuracy), ("macro_f1", found.macro_f1)] {
            let expected = &case.expected["bootstrap"][name];
            close(found.value, &expected[0], 1e-12);
            close(found.low, &expected[1], 0.007);
            close(found.high, &expected[2], 0.007);
        }
    }
}
