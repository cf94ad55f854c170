//! The baselines on small sets: determinism, order of words, classes that are missing, bad input.

use super::*;

const TEXTS: [&str; 6] = [
    "a good film",
    "not good",
    "bad",
    "not bad at all",
    "bad , bad , bad",
    "good fun",
];
const LABELS: [u32; 6] = [1, 0, 0, 1, 0, 1];

fn fit(texts: &[&str], labels: &[u32], classes: usize) -> Result<TextBaseline, BaselineError> {
    let options = TextBaselineOptions::default();
    TextBaseline::fit_texts(texts, labels, classes, Units::Words, &options)
}

#[test]
fn word_order_is_learned() {
    let baseline = fit(&TEXTS, &LABELS, 2).unwrap();
    assert_eq!(baseline.predict_texts(&TEXTS), LABELS);
    assert_eq!(baseline.predict_text("NOT GOOD"), 0);
}

#[test]
fn threads_do_not_change_a_bit() {
    let texts: Vec<String> = (0..700u64)
        .map(|i| (0..i % 9).map(|k| format!("w{} ", i * k % 57)).collect())
        .collect();
    let labels: Vec<u32> = (0..700).map(|i| i * i % 11).collect();
    let scores = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let options = TextBaselineOptions::default();
            let baseline =
                TextBaseline::fit_texts(&texts, &labels, 11, Units::Characters, &options).unwrap();
            let scores = texts.iter().flat_map(|text| baseline.text_scores(text));
            scores.map(f32::to_bits).collect::<Vec<_>>()
        })
    };
    let one = scores(1);
    for threads in [2, 3, 8] {
        assert_eq!(scores(threads), one, "{threads} threads");
    }
}

#[test]
fn a_class_without_rows_is_never_predicted() {
    let labels = LABELS.map(|label| label * 2 + 1);
    let baseline = fit(&TEXTS, &labels, 5).unwrap();
    assert_eq!(baseline.predict_texts(&TEXTS), labels);
    assert_eq!(baseline.text_scores("good")[0], f32::NEG_INFINITY);
    let one = fit(&TEXTS, &[2; 6], 3).unwrap();
    assert_eq!(one.predict_text("anything"), 2);
}

#[test]
fn empty_and_unknown_texts_have_an_answer() {
    let baseline = fit(&["", "x", "  ", "y y"], &[0, 1, 0, 1], 2).unwrap();
    for text in ["", "never seen", "\u{0}", "x"] {
        let scores = baseline.text_scores(text);
        assert!(scores.iter().all(|score| score.is_finite()), "{text:?}");
    }
    let nothing = fit(&["", ""], &[0, 1], 2).unwrap();
    assert!(nothing.text_scores("x").iter().all(|s| s.is_finite()));
}

#[test]
fn bad_input_is_named() {
    assert_eq!(fit(&[], &[], 2).unwrap_err(), BaselineError::NoRows);
    assert_eq!(
        fit(&TEXTS, &[0, 1], 2).unwrap_err(),
        BaselineError::LengthMismatch { rows: 6, labels: 2 }
    );
    assert_eq!(
        fit(&TEXTS, &[0, 1, 2, 0, 1, 0], 2).unwrap_err(),
        BaselineError::LabelOutOfRange {
            row: 2,
            label: 2,
            classes: 2
        }
    );
    let images = [vec![0u8; 4], vec![0u8; 5]];
    let options = PixelBaselineOptions::default();
    assert_eq!(
        PixelBaseline::fit(&images, &[0, 1], 2, &options).unwrap_err(),
        BaselineError::PixelCount {
            row: 1,
            expected: 4,
            found: 5
        }
    );
}

#[test]
fn pictures_are_told_apart_whatever_their_ink() {
    // Class = the quarter that holds the most ink.
    let images: Vec<Vec<u8>> = (0..200u32)
        .map(|i| {
            let mut image = vec![0u8; 16];
            for k in 0..4 {
                image[(i % 4 * 4 + k) as usize] = (20 + (i * 7 + k * 31) % 200) as u8;
                image[((i / 4 + k * 5) % 16) as usize] |= 9;
            }
            image
        })
        .collect();
    let labels: Vec<u32> = (0..200).map(|i| i % 4).collect();
    let parts = Parts {
        train: &images[..150],
        train_labels: &labels[..150],
        test: &images[150..],
        test_labels: &labels[150..],
        classes: 4,
        class_weights: &[],
    };
    let run = run_pixel_baseline(&parts).unwrap();
    assert!(run.matrix.accuracy() >= 0.95, "{:?}", run.matrix);
    let baseline =
        PixelBaseline::fit(&images, &labels, 4, &PixelBaselineOptions::default()).unwrap();
    assert!(baseline.scores(&[0; 16]).iter().all(|s| s.is_finite()));
}

#[test]
fn a_text_may_have_both_classes_or_none() {
    let texts = [
        "red apple",
        "green apple",
        "red pear",
        "green pear",
        "red",
        "a plain thing",
        "green",
        "nothing here",
    ];
    // red, green
    let truths: Vec<bool> = texts
        .iter()
        .flat_map(|text| [text.contains("red"), text.contains("green")])
        .collect();
    let options = TextBaselineOptions::default();
    let baseline = TextBaseline::fit_sets(&texts, &truths, 2, Units::Words, &options).unwrap();
    let speaks = |text: &str| -> Vec<bool> {
        let scores = baseline.text_scores(text).into_iter();
        scores.map(|score| score > 0.0).collect()
    };
    assert_eq!(speaks("red or green"), [true, true]);
    assert_eq!(speaks("nothing here"), [false, false]);
    // Each machine is the one that its class alone would get.
    let alone: Vec<u32> = truths.iter().step_by(2).map(|is| u32::from(*is)).collect();
    let alone = TextBaseline::fit_texts(&texts, &alone, 2, Units::Words, &options).unwrap();
    let scores = baseline.text_scores("a red pear");
    assert_eq!(
        scores[0].to_bits(),
        alone.text_scores("a red pear")[1].to_bits()
    );
    let none = TextBaseline::fit_sets::<&str>(&[], &[], 2, Units::Words, &options);
    assert!(matches!(none, Err(BaselineError::NoRows)));
}

#[test]
fn a_weight_on_a_class_finds_more_of_it_and_none_changes_nothing() {
    // A rare class whose words the other one uses, too.
    let texts: Vec<String> = (0..200)
        .map(|i| match i % 10 {
            0 => format!("rare word {}", i % 7),
            n => format!(
                "often word {} {}",
                i % 7,
                if n == 1 { "rare" } else { "plain" }
            ),
        })
        .collect();
    let labels: Vec<u32> = (0..200).map(|i| u32::from(i % 10 == 0)).collect();
    let scores = |class_weights: Vec<f32>| {
        let options = TextBaselineOptions {
            class_weights,
            ..TextBaselineOptions::default()
        };
        let baseline = TextBaseline::fit_texts(&texts, &labels, 2, Units::Words, &options);
        baseline.unwrap().text_scores("rare")
    };
    let plain = scores(Vec::new());
    assert_eq!(scores(vec![1.0, 1.0]), plain);
    assert!(scores(vec![0.5, 5.0])[1] > plain[1]);
}

/// The word decides, and 0 is no good cut where a class is rare: on dev a better one is found, for the machines as for a network.
#[test]
fn a_rare_class_is_found_by_its_cut() {
    let text = |i: usize| match i % 20 {
        0 => format!("row {i} is rather rare"),
        7 => format!("row {i} is rather plain"),
        _ => format!("row {i} is plain"),
    };
    let texts: Vec<String> = (0..200).map(text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let truths: Vec<bool> = texts.iter().map(|text| text.contains("rare")).collect();
    let parts = SetParts {
        train: &texts[..100],
        train_truths: &truths[..100],
        dev: &texts[100..150],
        dev_truths: &truths[100..150],
        test: &texts[150..],
        classes: 1,
    };
    let run = run_set_baseline(&parts, Units::Words).unwrap();
    assert_eq!(run.predictions, truths[150..]);
    assert!(run.name.contains("one linear SVM a label with its cut"));
    // Without a row on dev there is nothing to choose by: 0 decides.
    let none = SetParts {
        dev: &[],
        dev_truths: &[],
        ..parts
    };
    assert_eq!(
        run_set_baseline(&none, Units::Words)
            .unwrap()
            .predictions
            .len(),
        50
    );
}
