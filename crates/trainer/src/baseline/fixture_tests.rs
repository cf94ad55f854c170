//! Holds the text baseline against scikit-learn's scores in `tests/fixtures/baseline.json`.

use super::{TextBaseline, TextBaselineOptions};
use serde_json::Value;

fn documents(value: &Value) -> Vec<Vec<u32>> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn scores_equal_those_of_scikit_learn() {
    let fixture: Value =
        serde_json::from_str(include_str!("../../tests/fixtures/baseline.json")).unwrap();
    for case in fixture["cases"].as_array().unwrap() {
        let classes = case["classes"].as_u64().unwrap() as usize;
        let labels: Vec<u32> = serde_json::from_value(case["labels"].clone()).unwrap();
        let train = documents(&case["train"]);
        let options = TextBaselineOptions {
            tolerance: 1e-5,
            most_passes: 5000,
            class_weights: serde_json::from_value(case["class_weights"].clone()).unwrap(),
            ..TextBaselineOptions::default()
        };
        let baseline = TextBaseline::fit(&train, &labels, classes, &options).unwrap();
        assert_eq!(baseline.ngrams() as u64, case["ngrams"].as_u64().unwrap());
        let theirs: Vec<Vec<f32>> = serde_json::from_value(case["scores"].clone()).unwrap();
        for (document, theirs) in documents(&case["test"]).iter().zip(theirs) {
            let ours = baseline.scores(document);
            // For two classes scikit-learn tells the score of the second alone.
            let ours = if classes == 2 { &ours[1..] } else { &ours[..] };
            assert_eq!(ours.len(), theirs.len());
            for (a, b) in ours.iter().zip(&theirs) {
                assert!(
                    (a - b).abs() < 1e-3,
                    "{classes} classes: {ours:?} {theirs:?}"
                );
            }
        }
    }
}
