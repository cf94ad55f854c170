//! Softmax, sigmoid and their cross-entropies in f64: the judge of the kernels.

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

/// The mean of the losses with the weights of their targets.
pub fn weighted_cross_entropy_forward(
    classes: usize,
    logits: &[f64],
    targets: &[u32],
    weights: &[f64],
) -> f64 {
    let (mut total, mut whole) = (0.0, 0.0);
    for (row, &target) in logits.chunks(classes.max(1)).zip(targets) {
        let weight = weights[target as usize];
        total += weight * cross_entropy_forward(classes, row, &[target]);
        whole += weight;
    }
    total / whole
}

/// `gradient * w[target] / W * (p[k] - [k = target])`.
pub fn weighted_cross_entropy_backward(
    classes: usize,
    p: &[f64],
    targets: &[u32],
    weights: &[f64],
    gradient: f64,
) -> Vec<f64> {
    let whole: f64 = targets.iter().map(|&t| weights[t as usize]).sum();
    let rows = p.chunks(classes.max(1)).zip(targets);
    rows.flat_map(|(p, &target)| {
        let scale = gradient * weights[target as usize] / whole;
        cross_entropy_backward(classes, p, &[target], scale)
    })
    .collect()
}

/// `1 / (1 + exp(-x))`.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The mean of `-y ln p - (1 - y) ln(1 - p)`, as `ln(1 + exp(x)) - x y`.
pub fn binary_cross_entropy_forward(logits: &[f64], targets: &[f64]) -> f64 {
    let entries = logits.iter().zip(targets);
    let sum: f64 = entries
        .map(|(&x, &y)| x.max(0.0) + (-x.abs()).exp().ln_1p() - x * y)
        .sum();
    sum / logits.len() as f64
}
