//! Softmax and cross-entropy in f64: the judge of the kernels.

/// `exp(x[k] - m) / sum`, row by row.
pub fn softmax(classes: usize, logits: &[f64]) -> Vec<f64> {
    let mut p = Vec::with_capacity(logits.len());
    for row in logits.chunks(classes.max(1)) {
        let greatest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|&x| (x - greatest).exp()).sum();
        p.extend(row.iter().map(|&x| (x - greatest).exp() / sum));
    }
    p
}

/// The mean of `ln(sum of exp x[k]) - x[target]`.
pub fn cross_entropy_forward(classes: usize, logits: &[f64], targets: &[u32]) -> f64 {
    let mut total = 0.0;
    for (row, &target) in logits.chunks(classes.max(1)).zip(targets) {
        let greatest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|&x| (x - greatest).exp()).sum();
        total += sum.ln() - (row[target as usize] - greatest);
    }
    total / targets.len() as f64
}

/// `scale * (p[k] - [k = target])`.
pub fn cross_entropy_backward(classes: usize, p: &[f64], targets: &[u32], scale: f64) -> Vec<f64> {
    let one_hot = |i: usize| f64::from(u8::from(i % classes == targets[i / classes] as usize));
    (0..p.len()).map(|i| scale * (p[i] - one_hot(i))).collect()
}
