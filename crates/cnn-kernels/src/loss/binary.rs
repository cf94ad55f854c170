//! The binary cross-entropy of logits, where every class is a question of its own: yes or no.
//!
//! # Equations
//!
//! For one entry with logit `x` and target `y` of [0, 1]:
//!
//! ```text
//! e = exp(-|x|)
//! p = 1 / (1 + e) if x >= 0, e / (1 + e) otherwise        the sigmoid
//! loss = max(x, 0) - x y + ln(1 + e)                       = -y ln p - (1 - y) ln(1 - p)
//! dx = scale * (p - y)                                     scale = the incoming gradient / entries
//! ```
//!
//! No exponential of a positive number is taken, so nothing overflows, and the loss of a hopeless entry is `|x|` and not
//! infinite. The mean is a fixed pairwise tree over the entries.

use super::kernels;
use super::tuning::TUNING;
use crate::{Isa, tree};
use rayon::prelude::*;

/// `p[i] = 1 / (1 + exp(-logits[i]))`, entry by entry.
///
/// # Panics
///
/// If the lengths differ.
pub fn sigmoid(logits: &[f32], p: &mut [f32]) {
    assert_eq!(logits.len(), p.len(), "sigmoid: one result per logit");
    let isa = Isa::active();
    p.par_chunks_mut(TUNING.entries_of_task)
        .zip(logits.par_chunks(TUNING.entries_of_task))
        .for_each(|(p, logits)| kernels::sigmoid(isa, logits, p));
}

/// The mean over all entries of the binary cross-entropy of `targets` under `logits`, and on the way `p`, the
/// probabilities, which [`binary_cross_entropy_backward`] needs. 0 without entries.
///
/// # Panics
///
/// If the lengths differ.
pub fn binary_cross_entropy_forward(logits: &[f32], targets: &[f32], p: &mut [f32]) -> f32 {
    assert_eq!(
        (logits.len(), logits.len()),
        (targets.len(), p.len()),
        "binary_cross_entropy_forward: one target and one result per logit"
    );
    if logits.is_empty() {
        return 0.0;
    }
    let isa = Isa::active();
    let mut losses = vec![0.0; logits.len()];
    p.par_chunks_mut(TUNING.entries_of_task)
        .zip(losses.par_chunks_mut(TUNING.entries_of_task))
        .zip(
            logits
                .par_chunks(TUNING.entries_of_task)
                .zip(targets.par_chunks(TUNING.entries_of_task)),
        )
        .for_each(|((p, losses), (logits, targets))| {
            kernels::binary_cross_entropy(isa, logits, targets, p, losses);
        });
    let sum = tree::sum(losses.len(), &|i| f64::from(losses[i]));
    (sum / losses.len() as f64) as f32
}

/// `dlogits[i] = scale * (p[i] - targets[i])`. For the gradient of the mean, `scale` is the incoming gradient divided by the
/// number of entries.
///
/// # Panics
///
/// If the lengths differ.
pub fn binary_cross_entropy_backward(p: &[f32], targets: &[f32], scale: f32, dlogits: &mut [f32]) {
    assert_eq!(
        (p.len(), p.len()),
        (targets.len(), dlogits.len()),
        "binary_cross_entropy_backward: one target and one result per probability"
    );
    for ((dlogit, p), y) in dlogits.iter_mut().zip(p).zip(targets) {
        *dlogit = scale * (p - y);
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference;
    use super::*;
    use crate::testing::*;

    fn targets(seed: u64, entries: usize) -> Vec<f32> {
        ids(seed, entries, 2, 0).iter().map(|&y| y as f32).collect()
    }

    #[test]
    fn both_ways_agree_with_f64() {
        for entries in [0, 1, 7, 1024, 5001] {
            for spread in [0.01, 1.0, 40.0] {
                let logits: Vec<f32> = normals(1, entries).iter().map(|x| x * spread).collect();
                let targets = targets(2, entries);
                let mut p = vec![f32::NAN; entries];
                let loss = binary_cross_entropy_forward(&logits, &targets, &mut p);
                let (logits64, targets64) = (to_f64(&logits), to_f64(&targets));
                for (&p, &x) in p.iter().zip(&logits64) {
                    let exact = reference::sigmoid(x);
                    // The sigmoid is at least half its exponential, so that their errors are alike.
                    let slack = exact * 5e-7 + 1e-37;
                    assert!((f64::from(p) - exact).abs() <= slack, "{p}, not {exact}");
                }
                let mut alone = vec![f32::NAN; entries];
                sigmoid(&logits, &mut alone);
                assert_same_bits("sigmoid and cross-entropy", &alone, &p);
                if entries == 0 {
                    assert_eq!(loss, 0.0);
                    continue;
                }
                let exact = reference::binary_cross_entropy_forward(&logits64, &targets64);
                let error = (f64::from(loss) - exact).abs();
                assert!(error <= 1e-6 * exact, "{loss}, not {exact}");
                let mut dlogits = vec![f32::NAN; entries];
                let scale = 1.0 / entries as f32;
                binary_cross_entropy_backward(&p, &targets, scale, &mut dlogits);
                for ((&got, &x), &y) in dlogits.iter().zip(&logits64).zip(&targets64) {
                    let wanted = f64::from(scale) * (reference::sigmoid(x) - y);
                    let error = (f64::from(got) - wanted).abs();
                    assert!(error <= 1e-6 * f64::from(scale), "{got}, not {wanted}");
                }
            }
        }
    }

    #[test]
    fn the_reference_is_the_gradient_of_the_mean() {
        let (logits, targets) = (to_f64(&normals(1, 12)), to_f64(&targets(2, 12)));
        let errors = logits.iter().zip(&targets);
        let gradient: Vec<f64> = errors
            .map(|(&x, &y)| (reference::sigmoid(x) - y) / 12.0)
            .collect();
        assert_is_gradient(&logits, &gradient, |x| {
            reference::binary_cross_entropy_forward(x, &targets)
        });
    }

    #[test]
    fn huge_logits_neither_overflow_nor_lose_the_loss() {
        let mut p = [f32::NAN; 2];
        let right = binary_cross_entropy_forward(&[1e30, -1e30], &[1.0, 0.0], &mut p);
        assert_eq!((right, p), (0.0, [1.0, 0.0]));
        let wrong = binary_cross_entropy_forward(&[1000.0, -3000.0], &[0.0, 1.0], &mut p);
        assert_eq!(wrong, 2000.0);
        // Far from the border the loss keeps its relative accuracy: it is the exponential itself.
        let small = binary_cross_entropy_forward(&[20.0], &[1.0], &mut p[..1]);
        assert!(
            (f64::from(small) / (-20f64).exp() - 1.0).abs() < 1e-6,
            "{small}"
        );
        let undecided = binary_cross_entropy_forward(&[0.0], &[1.0], &mut p[..1]);
        assert!((f64::from(undecided) - 2f64.ln()).abs() < 1e-7);
        assert_eq!(p[0], 0.5);
    }

    #[test]
    fn nan_stays_in_its_entry() {
        let mut logits = normals(1, 40);
        let mut clean = vec![0.0; 40];
        sigmoid(&logits, &mut clean);
        logits[13] = f32::NAN;
        let mut p = vec![0.0; 40];
        sigmoid(&logits, &mut p);
        assert!(p[13].is_nan());
        assert_same_bits("before", &p[..13], &clean[..13]);
        assert_same_bits("after", &p[14..], &clean[14..]);
    }

    #[test]
    fn every_thread_count_and_isa_gives_the_same_bits() {
        let (logits, targets) = (normals(1, 5001), targets(2, 5001));
        same_on_threads(|| {
            let mut p = vec![f32::NAN; logits.len()];
            let loss = binary_cross_entropy_forward(&logits, &targets, &mut p);
            (loss.to_bits(), bits(&p))
        });
        let on = |isa| {
            let (mut p, mut losses) = (vec![f32::NAN; 5001], vec![f32::NAN; 5001]);
            kernels::binary_cross_entropy(isa, &logits, &targets, &mut p, &mut losses);
            let mut alone = vec![f32::NAN; 5001];
            kernels::sigmoid(isa, &logits, &mut alone);
            (bits(&p), bits(&losses), bits(&alone))
        };
        for isa in Isa::available() {
            assert_eq!(on(isa), on(Isa::Portable), "{isa}");
        }
    }

    #[test]
    #[should_panic(expected = "one target and one result per logit")]
    fn a_target_too_few_is_refused() {
        binary_cross_entropy_forward(&[0.0; 3], &[1.0; 2], &mut [0.0; 3]);
    }
}
