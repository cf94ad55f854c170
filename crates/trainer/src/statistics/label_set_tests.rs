//! Holds the scores of label sets against scikit-learn, and their intervals and tests against SciPy (`tests/fixtures/label_sets.json`).

use super::label_sets::FEWEST_ROWS;
use super::{
    LabelSetScores, Reliability, SetComparison, SetIntervals, Temperature, best_thresholds,
    mean_loss, pairs_of, sets_of,
};
use serde_json::Value;

struct Case {
    classes: usize,
    truths: Vec<Vec<u32>>,
    given: Vec<Vec<u32>>,
    other: Vec<Vec<u32>>,
    probabilities: Vec<f32>,
    table: Vec<bool>,
    expected: Value,
}

fn cases() -> Vec<Case> {
    let file: Value =
        serde_json::from_str(include_str!("../../tests/fixtures/label_sets.json")).unwrap();
    let sets = file["sets"].as_array().unwrap();
    assert_eq!(sets.len(), 6);
    sets.iter()
        .map(|set| {
            let read = |name: &str| serde_json::from_value(set[name].clone()).unwrap();
            let classes = set["classes"].as_u64().unwrap() as usize;
            let truths: Vec<Vec<u32>> = read("truths");
            let has = |set: &Vec<u32>| (0..classes as u32).map(|c| set.contains(&c)).collect();
            Case {
                classes,
                table: truths
                    .iter()
                    .flat_map(|set| -> Vec<bool> { has(set) })
                    .collect(),
                given: read("given"),
                other: read("other"),
                probabilities: serde_json::from_value(set["probabilities"].clone()).unwrap(),
                truths,
                expected: set.clone(),
            }
        })
        .collect()
}

fn close(ours: f64, theirs: &Value, tolerance: f64, what: &str) {
    let theirs = theirs.as_f64().unwrap();
    assert!(
        (ours - theirs).abs() <= tolerance,
        "{what}: ours {ours}, theirs {theirs}"
    );
}

#[test]
fn scores_are_those_of_scikit_learn() {
    for case in cases() {
        let scores = LabelSetScores::of_sets(case.classes, &case.truths, &case.given);
        let expected = &case.expected["scores"];
        for (ours, name) in [
            (scores.micro_f1(), "micro_f1"),
            (scores.macro_f1(), "macro_f1"),
            (scores.hamming_loss(), "hamming_loss"),
            (scores.subset_accuracy(), "subset_accuracy"),
        ] {
            close(ours, &expected[name], 1e-12, name);
        }
        for class in 0..case.classes {
            let ours = scores.class_scores(class);
            let theirs = &expected["classes"][class];
            close(ours.precision, &theirs[0], 1e-12, "precision");
            close(ours.recall, &theirs[1], 1e-12, "recall");
            close(ours.f1, &theirs[2], 1e-12, "f1");
            assert_eq!(Some(ours.support), theirs[3].as_u64());
        }
    }
}

/// The best F1 of any threshold, from scikit-learn's curve of precision over recall.
#[test]
fn no_threshold_of_scikit_learns_curve_is_better() {
    for case in cases() {
        let thresholds = best_thresholds(case.classes, &case.probabilities, &case.table);
        let rows = case.probabilities.chunks_exact(case.classes);
        let given: Vec<bool> = rows
            .flat_map(|row| row.iter().zip(&thresholds).map(|(p, t)| p >= t))
            .collect();
        let found = sets_of(case.classes, &given);
        let scores = LabelSetScores::of_sets(case.classes, &case.truths, &found);
        let has_its_own = |class: &usize| scores.class_scores(*class).support >= FEWEST_ROWS as u64;
        for class in (0..case.classes).filter(has_its_own) {
            let best = &case.expected["best_f1"][class];
            close(scores.class_scores(class).f1, best, 1e-9, "best F1");
        }
    }
}

/// Both draw 10,000 times: the ends of two intervals differ by chance.
#[test]
fn intervals_and_differences_are_scipys() {
    for case in cases() {
        let Case {
            classes,
            truths,
            given,
            other,
            expected,
            ..
        } = &case;
        let own = SetIntervals::of(*classes, truths, given, 1);
        let both = SetComparison::of(*classes, truths, given, other, 1);
        let near = |found: [f64; 3], name: &str| {
            let theirs = &expected["bootstrap"][name];
            close(found[0], &theirs[0], 1e-12, name);
            close(found[1], &theirs[1], 0.008, name);
            close(found[2], &theirs[2], 0.008, name);
        };
        for (score, name) in [
            (own.micro_f1, "micro_f1"),
            (own.macro_f1, "macro_f1"),
            (own.hamming_loss, "hamming_loss"),
        ] {
            near([score.value, score.low, score.high], name);
        }
        for (found, name) in [
            (both.micro_f1, "micro_f1_difference"),
            (both.macro_f1, "macro_f1_difference"),
            (both.exact, "exact_difference"),
        ] {
            near([found.value, found.low, found.high], name);
        }
    }
}

#[test]
fn the_randomization_test_is_scipys() {
    for case in cases() {
        let Case {
            classes,
            truths,
            given,
            other,
            expected,
            ..
        } = &case;
        let found = SetComparison::of(*classes, truths, given, other, 1).randomization;
        let theirs = &expected["randomization"];
        // All ways tried by both, or 10,000 drawn: then 0.02 is four standard deviations of theirs.
        let exact = theirs["exact"].as_bool().unwrap();
        assert!(found.samples < 10_000 || !exact, "{found:?}");
        let tolerance = if exact { 1e-9 } else { 0.02 };
        close(found.p_value, &theirs["p_value"], tolerance, "p");
    }
}

/// Every answer about a label is a row of two classes.
#[test]
fn calibration_of_answers_is_numpys_and_scipys() {
    for case in cases() {
        let pairs = pairs_of(&case.probabilities);
        let labels: Vec<u32> = case.table.iter().map(|is| u32::from(*is)).collect();
        let confidences: Vec<f64> = case.probabilities.iter().map(|p| f64::from(*p)).collect();
        let reliability = Reliability::of(&confidences, &case.table, 15);
        let expected = &case.expected["calibration"];
        close(
            reliability.expected_error,
            &expected["expected_error"],
            1e-6,
            "error",
        );
        close(
            mean_loss(2, &pairs, &labels),
            &expected["loss"],
            1e-5,
            "loss",
        );
        let fitted = Temperature::fit(2, &pairs, &labels).unwrap();
        close(
            fitted.value(),
            &expected["temperature"],
            1e-3,
            "temperature",
        );
        let scaled = fitted.apply(2, &pairs);
        close(
            mean_loss(2, &scaled, &labels),
            &expected["loss_at_temperature"],
            1e-5,
            "loss",
        );
    }
}
