//! Softmax and cross-entropy with class numbers as targets.
//!
//! # Equations
//!
//! For one sample with logits `x` `[classes]` and target `t`:
//!
//! ```text
//! m = max x,   e[k] = exp(x[k] - m),   s = sum of e[k] in the order of k
//! p[k] = e[k] / s
//! loss = ln s - (x[t] - m)                  the batch: the mean of the samples
//! dx[k] = scale * (p[k] - [k = t])          scale = the incoming gradient / samples
//! ```
//!
//! `exp` and `ln` are [`crate::math`]'s. Subtracting the maximum keeps `exp` from overflowing; the loss is taken from
//! `ln s` and not from `ln p[t]`, which would be infinite where `p[t]` rounds to 0. A sample's numbers depend on nothing
//! but its own logits; the mean is a fixed pairwise tree over the samples. NaN or an infinite maximum makes all
//! probabilities of that sample NaN, and no other's.

mod kernels;
pub mod reference;

use crate::{Isa, tree};
use rayon::prelude::*;

/// Samples of one task, a constant.
const SAMPLES: usize = 64;

/// `p[i] = softmax(logits[i])`, row by row; both `[samples, classes]`.
///
/// # Panics
///
/// If the lengths differ, or are no multiple of `classes`.
pub fn softmax(classes: usize, logits: &[f32], p: &mut [f32]) {
    check("softmax", classes, logits, p.len());
    if classes == 0 {
        return;
    }
    let isa = Isa::active();
    p.par_chunks_mut(SAMPLES * classes)
        .zip(logits.par_chunks(SAMPLES * classes))
        .for_each(|(p, logits)| kernels::softmax(isa, classes, logits, p));
}

/// The mean cross-entropy of `targets` `[samples]` under `logits` `[samples, classes]`, and on the way `p`
/// `[samples, classes]`, the probabilities, which [`cross_entropy_backward`] needs. 0 for a batch without samples.
///
/// # Panics
///
/// If a length disagrees with these shapes, or a target is no class.
pub fn cross_entropy_forward(
    classes: usize,
    logits: &[f32],
    targets: &[u32],
    p: &mut [f32],
) -> f32 {
    check("cross_entropy_forward", classes, logits, p.len());
    check_targets("cross_entropy_forward", classes, targets, p.len());
    if targets.is_empty() {
        return 0.0;
    }
    let isa = Isa::active();
    let mut losses = vec![0.0; targets.len()];
    p.par_chunks_mut(SAMPLES * classes)
        .zip(logits.par_chunks(SAMPLES * classes))
        .zip(
            targets
                .par_chunks(SAMPLES)
                .zip(losses.par_chunks_mut(SAMPLES)),
        )
        .for_each(|((p, logits), (targets, losses))| {
            kernels::cross_entropy(isa, classes, logits, targets, p, losses);
        });
    let sum = tree::sum(losses.len(), &|i| f64::from(losses[i]));
    (sum / losses.len() as f64) as f32
}

/// `dlogits[i, k] = scale * (p[i, k] - [k = targets[i]])`; `p` and `dlogits` `[samples, classes]`. For the gradient of
/// the mean, `scale` is the incoming gradient divided by the number of samples.
///
/// # Panics
///
/// If a length disagrees with these shapes, or a target is no class.
pub fn cross_entropy_backward(
    classes: usize,
    p: &[f32],
    targets: &[u32],
    scale: f32,
    dlogits: &mut [f32],
) {
    check("cross_entropy_backward", classes, p, dlogits.len());
    check_targets("cross_entropy_backward", classes, targets, p.len());
    if classes == 0 {
        return;
    }
    let rows = dlogits
        .chunks_exact_mut(classes)
        .zip(p.chunks_exact(classes));
    for ((dlogits, p), &target) in rows.zip(targets) {
        for (k, (dlogit, &p)) in dlogits.iter_mut().zip(p).enumerate() {
            *dlogit = scale * if k == target as usize { p - 1.0 } else { p };
        }
    }
}

fn check(name: &str, classes: usize, logits: &[f32], p: usize) {
    assert_eq!(
        logits.len(),
        p,
        "{name}: both sides must be [samples, classes]"
    );
    assert!(
        logits.is_empty() || (classes > 0 && logits.len().is_multiple_of(classes)),
        "{name}: {} numbers are no [samples, {classes}]",
        logits.len()
    );
}

fn check_targets(name: &str, classes: usize, targets: &[u32], p: usize) {
    assert_eq!(
        targets.len() * classes,
        p,
        "{name}: there must be one target per sample"
    );
    for (sample, &target) in targets.iter().enumerate() {
        assert!(
            (target as usize) < classes,
            "{name}: sample {sample} has target {target}, but there are {classes} classes"
        );
    }
}

#[cfg(test)]
mod tests;
