//! The squash in f64, by the standard library's `tanh`: the judge of the kernels.

/// `a tanh(b x)`.
pub fn squash_forward(a: f64, b: f64, x: &[f64]) -> Vec<f64> {
    x.iter().map(|&x| a * (b * x).tanh()).collect()
}

/// `grad * a b (1 - tanh²(b x))`, from the *input*.
pub fn squash_backward(a: f64, b: f64, x: &[f64], grad: &[f64]) -> Vec<f64> {
    x.iter()
        .zip(grad)
        .map(|(&x, &grad)| {
            let t = (b * x).tanh();
            grad * a * b * (1.0 - t * t)
        })
        .collect()
}
