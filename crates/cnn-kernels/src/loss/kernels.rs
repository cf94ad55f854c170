//! Softmax and cross-entropy of a run of samples, compiled for each instruction set.

use crate::lanes::for_each_isa;
use crate::math::{exp, ln};
use crate::tree::CHAIN;

for_each_isa! {
    /// Probabilities of each row of `logits`.
    fn softmax(classes: usize, logits: &[f32], p: &mut [f32]) {
        for (p, logits) in p.chunks_exact_mut(classes).zip(logits.chunks_exact(classes)) {
            softmax_row(logits, p);
        }
    }
}

for_each_isa! {
    /// Probabilities and loss of each row of `logits`.
    fn cross_entropy(classes: usize, logits: &[f32], targets: &[u32], p: &mut [f32], losses: &mut [f32]) {
        let rows = p.chunks_exact_mut(classes).zip(logits.chunks_exact(classes));
        for ((p, logits), (&target, loss)) in rows.zip(targets.iter().zip(losses)) {
            let (greatest, sum) = softmax_row(logits, p);
            *loss = ln(sum) - (logits[target as usize] - greatest);
        }
    }
}

for_each_isa! {
    /// Probability of each entry of `logits`.
    fn sigmoid(logits: &[f32], p: &mut [f32]) {
        for (p, &x) in p.iter_mut().zip(logits) {
            *p = sigmoid_of(x, exp(-x.abs()));
        }
    }
}

for_each_isa! {
    /// Probability and loss of each entry of `logits`.
    fn binary_cross_entropy(logits: &[f32], targets: &[f32], p: &mut [f32], losses: &mut [f32]) {
        let entries = p.iter_mut().zip(losses).zip(logits.iter().zip(targets));
        for ((p, loss), (&x, &y)) in entries {
            let e = exp(-x.abs());
            *p = sigmoid_of(x, e);
            let positive = if x > 0.0 { x } else { 0.0 };
            *loss = (positive - x * y) + ln_1p(e);
        }
    }
}

/// The sigmoid of `x`, `e = exp(-|x|)`.
#[inline(always)]
fn sigmoid_of(x: f32, e: f32) -> f32 {
    let above = if x < 0.0 { e } else { 1.0 };
    above / (1.0 + e)
}

/// `ln(1 + e)` for `e` of [0, 1]: what `1 + e` loses in rounding is put back by its ratio to what is left of `e`.
#[inline(always)]
fn ln_1p(e: f32) -> f32 {
    let whole = 1.0 + e;
    let left = whole - 1.0;
    if left == 0.0 {
        e
    } else {
        ln(whole) * (e / left)
    }
}

/// Fills `p`; returns the greatest logit and the sum of the exponentials.
#[inline(always)]
fn softmax_row(logits: &[f32], p: &mut [f32]) -> (f32, f32) {
    let mut greatest = f32::NEG_INFINITY;
    for &logit in logits {
        greatest = if logit > greatest { logit } else { greatest };
    }
    for (p, &logit) in p.iter_mut().zip(logits) {
        *p = exp(logit - greatest);
    }
    let mut sum = 0.0;
    for block in p.chunks(CHAIN) {
        sum += block.iter().fold(0.0, |sum, &p| sum + p);
    }
    for p in p.iter_mut() {
        *p /= sum;
    }
    (greatest, sum)
}
