//! Softmax and cross-entropy: against f64, finite differences and the ends of the range; same bits everywhere.

use super::*;
use crate::testing::*;

fn targets(seed: u64, samples: usize, classes: usize) -> Vec<u32> {
    ids(seed, samples, classes as u64, 0)
}

#[test]
fn both_ways_agree_with_f64() {
    for (samples, classes) in [(0, 3), (1, 1), (1, 2), (50, 2), (129, 10), (3, 1000)] {
        for spread in [1.0, 30.0] {
            let logits: Vec<f32> = normals(1, samples * classes)
                .iter()
                .map(|x| x * spread)
                .collect();
            let targets = targets(2, samples, classes);
            let mut p = vec![f32::NAN; logits.len()];
            let loss = cross_entropy_forward(classes, &logits, &targets, &mut p);
            let exact = reference::softmax(classes, &to_f64(&logits));
            for (&p, &exact) in p.iter().zip(&exact) {
                // The rounding of x - m, up to half an ulp, comes out of exp multiplied by |x - m|.
                let slack = exact * (1e-6 + 1.2e-7 * exact.ln().abs()) + 1e-37;
                assert!((f64::from(p) - exact).abs() <= slack, "{p}, not {exact}");
            }
            let mut alone = vec![f32::NAN; logits.len()];
            softmax(classes, &logits, &mut alone);
            assert_same_bits("softmax and cross-entropy", &alone, &p);

            if samples == 0 {
                assert_eq!(loss, 0.0);
                continue;
            }
            let exact_loss = reference::cross_entropy_forward(classes, &to_f64(&logits), &targets);
            assert!(
                (f64::from(loss) - exact_loss).abs() <= 1e-6 * (1.0 + exact_loss),
                "{loss}, not {exact_loss}"
            );

            let scale = 1.0 / samples as f32;
            let mut dlogits = vec![f32::NAN; logits.len()];
            cross_entropy_backward(classes, &p, &targets, scale, &mut dlogits);
            let wanted =
                reference::cross_entropy_backward(classes, &exact, &targets, f64::from(scale));
            for (&got, &wanted) in dlogits.iter().zip(&wanted) {
                assert!(
                    (f64::from(got) - wanted).abs() <= 1e-6 * f64::from(scale),
                    "{got}, not {wanted}"
                );
            }
        }
    }
}

#[test]
fn the_reference_is_the_gradient_of_the_mean() {
    let (samples, classes) = (5, 4);
    let logits = to_f64(&normals(1, samples * classes));
    let targets = targets(2, samples, classes);
    let p = reference::softmax(classes, &logits);
    let dlogits = reference::cross_entropy_backward(classes, &p, &targets, 1.0 / samples as f64);
    assert_is_gradient(&logits, &dlogits, |x| {
        reference::cross_entropy_forward(classes, x, &targets)
    });
}

/// Weights of very different size, as rare classes get them.
fn weights(classes: usize) -> Vec<f32> {
    (0..classes)
        .map(|k| 0.25 * 3f32.powi(k as i32 % 5))
        .collect()
}

#[test]
fn weights_agree_with_f64_both_ways() {
    for (samples, classes) in [(1, 1), (1, 2), (50, 2), (129, 10), (3, 1000)] {
        let logits = normals(1, samples * classes);
        let (targets, weights) = (targets(2, samples, classes), weights(classes));
        let mut p = vec![f32::NAN; logits.len()];
        let loss = weighted_cross_entropy_forward(classes, &logits, &targets, &weights, &mut p);
        let mut plain = vec![f32::NAN; logits.len()];
        cross_entropy_forward(classes, &logits, &targets, &mut plain);
        assert_same_bits("probabilities know no weights", &p, &plain);
        let (logits, weights64) = (to_f64(&logits), to_f64(&weights));
        let exact =
            reference::weighted_cross_entropy_forward(classes, &logits, &targets, &weights64);
        assert!(
            (f64::from(loss) - exact).abs() <= 1e-6 * (1.0 + exact),
            "{loss}, not {exact}"
        );
        let mut dlogits = vec![f32::NAN; p.len()];
        weighted_cross_entropy_backward(classes, &p, &targets, &weights, 2.5, &mut dlogits);
        let p = reference::softmax(classes, &logits);
        let wanted =
            reference::weighted_cross_entropy_backward(classes, &p, &targets, &weights64, 2.5);
        for (&got, &wanted) in dlogits.iter().zip(&wanted) {
            assert!(
                (f64::from(got) - wanted).abs() <= 2e-6,
                "{got}, not {wanted}"
            );
        }
    }
}

#[test]
fn equal_weights_are_no_weights() {
    let (samples, classes) = (50, 3);
    let (logits, targets) = (normals(1, samples * classes), targets(2, samples, classes));
    let mut p = vec![f32::NAN; logits.len()];
    let plain = cross_entropy_forward(classes, &logits, &targets, &mut p);
    for weight in [1.0, 0.125] {
        let weights = vec![weight; classes];
        let loss = weighted_cross_entropy_forward(classes, &logits, &targets, &weights, &mut p);
        assert!((loss - plain).abs() <= 1e-6, "{loss}, not {plain}");
    }
}

#[test]
fn samples_without_weight_say_nothing() {
    let (logits, weights) = ([1.0, 2.0, 5.0, -1.0], [0.0, 2.0]);
    let mut p = [f32::NAN; 4];
    let both = weighted_cross_entropy_forward(2, &logits, &[0, 1], &weights, &mut p);
    let mut dlogits = [f32::NAN; 4];
    weighted_cross_entropy_backward(2, &p, &[0, 1], &weights, 1.0, &mut dlogits);
    assert_eq!(dlogits[..2], [0.0; 2]);
    let alone = cross_entropy_forward(2, &logits[2..], &[1], &mut p[2..]);
    assert_eq!(both, alone);
    let none = weighted_cross_entropy_forward(2, &logits, &[0, 0], &weights, &mut p);
    assert_eq!(none, 0.0);
    weighted_cross_entropy_backward(2, &p, &[0, 0], &weights, 1.0, &mut dlogits);
    assert_eq!(dlogits, [0.0; 4]);
}

#[test]
fn the_weighted_reference_is_the_gradient_of_the_weighted_mean() {
    let (samples, classes) = (7, 4);
    let logits = to_f64(&normals(1, samples * classes));
    let (targets, weights) = (targets(2, samples, classes), to_f64(&weights(classes)));
    let p = reference::softmax(classes, &logits);
    let dlogits = reference::weighted_cross_entropy_backward(classes, &p, &targets, &weights, 1.0);
    assert_is_gradient(&logits, &dlogits, |x| {
        reference::weighted_cross_entropy_forward(classes, x, &targets, &weights)
    });
}

#[test]
#[should_panic(expected = "there must be one weight per class")]
fn a_weight_too_few_is_refused() {
    weighted_cross_entropy_forward(3, &[0.0; 6], &[2, 1], &[1.0; 2], &mut [0.0; 6]);
}

#[test]
fn equal_logits_give_exactly_equal_shares() {
    let mut p = [f32::NAN; 8];
    let loss = cross_entropy_forward(4, &[7.5; 8], &[0, 3], &mut p);
    assert_eq!(p, [0.25; 8]);
    assert!((f64::from(loss) - 4f64.ln()).abs() < 1e-7);
}

#[test]
fn huge_logits_neither_overflow_nor_lose_the_loss() {
    let mut p = [f32::NAN; 2];
    assert_eq!(cross_entropy_forward(2, &[1e30, 0.0], &[0], &mut p), 0.0);
    assert_eq!(p, [1.0, 0.0]);
    // The probability rounds to 0, the loss does not become infinite.
    assert_eq!(
        cross_entropy_forward(2, &[1000.0, 0.0], &[1], &mut p),
        1000.0
    );
    assert_eq!(
        cross_entropy_forward(2, &[f32::NEG_INFINITY, 3.0], &[1], &mut p),
        0.0
    );
    assert_eq!(p, [0.0, 1.0]);
}

#[test]
fn nan_and_infinity_stay_in_their_sample() {
    let clean = normals(1, 30);
    let mut wanted = vec![0.0; 30];
    softmax(3, &clean, &mut wanted);
    for poison in [f32::NAN, f32::INFINITY] {
        let mut logits = clean.clone();
        logits[13] = poison;
        let mut p = vec![0.0; 30];
        softmax(3, &logits, &mut p);
        assert!(p[12..15].iter().all(|p| p.is_nan()));
        assert_same_bits("before", &p[..12], &wanted[..12]);
        assert_same_bits("after", &p[15..], &wanted[15..]);
    }
}

#[test]
fn every_thread_count_and_batch_split_gives_the_same_bits() {
    let (samples, classes) = (1003, 7);
    let logits = normals(1, samples * classes);
    let targets = targets(2, samples, classes);
    let whole = || {
        let mut p = vec![f32::NAN; logits.len()];
        let loss = cross_entropy_forward(classes, &logits, &targets, &mut p);
        let weights = weights(classes);
        let weighted = weighted_cross_entropy_forward(classes, &logits, &targets, &weights, &mut p);
        ([loss.to_bits(), weighted.to_bits()], bits(&p))
    };
    same_on_threads(whole);
    let (_, p) = whole();
    for (i, logits) in logits.chunks(classes).enumerate() {
        let mut alone = vec![f32::NAN; classes];
        cross_entropy_forward(classes, logits, &targets[i..=i], &mut alone);
        assert_eq!(bits(&alone), p[i * classes..(i + 1) * classes]);
    }
}

#[test]
fn every_isa_gives_the_same_bits() {
    for classes in [1, 2, 5, 8, 10, 33, 600] {
        let logits = normals(1, 9 * classes);
        let targets = targets(2, 9, classes);
        let on = |isa| {
            let (mut p, mut losses) = (vec![f32::NAN; logits.len()], vec![f32::NAN; 9]);
            kernels::cross_entropy(isa, classes, &logits, &targets, &mut p, &mut losses);
            let mut alone = vec![f32::NAN; logits.len()];
            kernels::softmax(isa, classes, &logits, &mut alone);
            (bits(&p), bits(&losses), bits(&alone))
        };
        for isa in Isa::available() {
            assert_eq!(on(isa), on(Isa::Portable), "{isa}");
        }
    }
}

#[test]
#[should_panic(expected = "sample 1 has target 3, but there are 3 classes")]
fn a_target_outside_is_refused() {
    cross_entropy_forward(3, &[0.0; 6], &[2, 3], &mut [0.0; 6]);
}
