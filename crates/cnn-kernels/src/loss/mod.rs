//! Softmax and cross-entropy with class numbers as targets; beside it the binary cross-entropy of a sigmoid per class.
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
//! With a weight `w[k]` per class the batch is the weighted mean, whose weights sum to 1 as the plain one's do:
//!
//! ```text
//! W = sum of w[t] over the samples
//! loss = sum of w[t] loss / W               dx[k] = (the incoming gradient) w[t] / W * (p[k] - [k = t])
//! ```
//!
//! `exp` and `ln` are [`crate::math`]'s. Subtracting the maximum keeps `exp` from overflowing; the loss is taken from
//! `ln s` and not from `ln p[t]`, which would be infinite where `p[t]` rounds to 0. A sample's numbers depend on nothing
//! but its own logits; the mean is a fixed pairwise tree over the samples. NaN or an infinite maximum makes all
//! probabilities of that sample NaN, and no other's.

mod binary;
mod kernels;
pub mod reference;
mod tuning;

use crate::{Isa, tree};
use rayon::prelude::*;
use tuning::TUNING;

pub use binary::{binary_cross_entropy_backward, binary_cross_entropy_forward, sigmoid};

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
    p.par_chunks_mut(TUNING.samples_of_task * classes)
        .zip(logits.par_chunks(TUNING.samples_of_task * classes))
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
    let losses = losses("cross_entropy_forward", classes, logits, targets, p);
    if losses.is_empty() {
        return 0.0;
    }
    let sum = tree::sum(losses.len(), &|i| f64::from(losses[i]));
    (sum / losses.len() as f64) as f32
}

/// The same with a weight per class, `weights` `[classes]`: the mean of the samples' losses, each with the weight of its
/// target. 0 where those weights sum to 0.
///
/// # Panics
///
/// If a length disagrees with these shapes, or a target is no class.
pub fn weighted_cross_entropy_forward(
    classes: usize,
    logits: &[f32],
    targets: &[u32],
    weights: &[f32],
    p: &mut [f32],
) -> f32 {
    check_weights("weighted_cross_entropy_forward", classes, weights);
    let losses = losses(
        "weighted_cross_entropy_forward",
        classes,
        logits,
        targets,
        p,
    );
    let whole = weight_of(targets, weights);
    if whole == 0.0 {
        return 0.0;
    }
    let weighted = |i: usize| f64::from(weights[targets[i] as usize]) * f64::from(losses[i]);
    (tree::sum(losses.len(), &weighted) / whole) as f32
}

/// The sum of the weights of all samples.
fn weight_of(targets: &[u32], weights: &[f32]) -> f64 {
    tree::sum(targets.len(), &|i| f64::from(weights[targets[i] as usize]))
}

/// Fills `p`; returns the loss of each sample.
fn losses(name: &str, classes: usize, logits: &[f32], targets: &[u32], p: &mut [f32]) -> Vec<f32> {
    check(name, classes, logits, p.len());
    check_targets(name, classes, targets, p.len());
    let mut losses = vec![0.0; targets.len()];
    if targets.is_empty() {
        return losses;
    }
    let isa = Isa::active();
    p.par_chunks_mut(TUNING.samples_of_task * classes)
        .zip(logits.par_chunks(TUNING.samples_of_task * classes))
        .zip(
            targets
                .par_chunks(TUNING.samples_of_task)
                .zip(losses.par_chunks_mut(TUNING.samples_of_task)),
        )
        .for_each(|((p, logits), (targets, losses))| {
            kernels::cross_entropy(isa, classes, logits, targets, p, losses);
        });
    losses
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
    errors(
        "cross_entropy_backward",
        classes,
        p,
        targets,
        |_| scale,
        dlogits,
    );
}

/// The gradient of [`weighted_cross_entropy_forward`]: `dlogits[i, k] = gradient * w[t] / W * (p[i, k] - [k = t])`, `t` the
/// target of the sample and `W` the sum of all their weights. Zeros where that is 0.
///
/// # Panics
///
/// If a length disagrees with these shapes, or a target is no class.
pub fn weighted_cross_entropy_backward(
    classes: usize,
    p: &[f32],
    targets: &[u32],
    weights: &[f32],
    gradient: f32,
    dlogits: &mut [f32],
) {
    let name = "weighted_cross_entropy_backward";
    check_weights(name, classes, weights);
    check_targets(name, classes, targets, p.len());
    let whole = weight_of(targets, weights);
    let share = if whole == 0.0 {
        0.0
    } else {
        f64::from(gradient) / whole
    };
    let scale = |target: u32| (share * f64::from(weights[target as usize])) as f32;
    errors(name, classes, p, targets, scale, dlogits);
}

/// `dlogits[i, k] = scale(t) * (p[i, k] - [k = t])`.
fn errors(
    name: &str,
    classes: usize,
    p: &[f32],
    targets: &[u32],
    scale: impl Fn(u32) -> f32,
    dlogits: &mut [f32],
) {
    check(name, classes, p, dlogits.len());
    check_targets(name, classes, targets, p.len());
    if classes == 0 {
        return;
    }
    let rows = dlogits
        .chunks_exact_mut(classes)
        .zip(p.chunks_exact(classes));
    for ((dlogits, p), &target) in rows.zip(targets) {
        let scale = scale(target);
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

fn check_weights(name: &str, classes: usize, weights: &[f32]) {
    assert_eq!(
        weights.len(),
        classes,
        "{name}: there must be one weight per class"
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
