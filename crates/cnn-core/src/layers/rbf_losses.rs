//! The two losses of 1998 over the penalties of an RBF output.
use std::sync::Arc;

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};

use super::ConfigError;
use crate::ops;

/// The mean penalty of the correct class (LeCun et al. 1998, equation 8): `loss = mean_i y[i, target_i]`.
///
/// It needs fixed codes: trained ones would collapse into one point, where every penalty is 0.
#[derive(Module, Debug, Default)]
pub struct RbfLoss;

impl RbfLoss {
    /// Penalties `[rows, classes]` and one target per row -> `[1]`; 0 for an empty batch.
    ///
    /// # Panics
    /// If there is not one target per row, or a target is no class.
    pub fn forward(&self, penalties: Tensor<2>, targets: &[u32]) -> Tensor<1> {
        let [rows, classes] = penalties.dims();
        assert_eq!(
            rows,
            targets.len(),
            "RbfLoss: {} targets for {rows} rows",
            targets.len()
        );
        if let Some(target) = targets.iter().find(|target| **target as usize >= classes) {
            panic!("RbfLoss: target {target} among {classes} classes");
        }
        let device = penalties.device();
        if rows == 0 {
            return Tensor::zeros([1], &device);
        }
        let targets: Vec<i32> = targets.iter().map(|target| *target as i32).collect();
        let column = Tensor::<2, Int>::from_data(TensorData::new(targets, [rows, 1]), &device);
        penalties
            .gather(1, column)
            .sum_dim(0)
            .reshape([1])
            .div_scalar(rows as f32)
    }

    /// The same with a weight per class: `loss = Σ_i w[target_i] y[i, target_i] / Σ_i w[target_i]`; 0 where those sum to 0.
    ///
    /// # Panics
    /// As [`ops::weighted_cross_entropy`].
    pub fn weighted_forward(
        &self,
        penalties: Tensor<2>,
        targets: &[u32],
        weights: &Arc<[f32]>,
    ) -> Tensor<1> {
        let [rows, classes] = penalties.dims();
        check_weighted("RbfLoss", [rows, classes], targets, weights);
        let weight = |target: &u32| weights[*target as usize];
        let whole: f32 = targets.iter().map(weight).sum();
        let device = penalties.device();
        if whole == 0.0 {
            return Tensor::zeros([1], &device);
        }
        // Each row's share at its target, zeros elsewhere.
        let mut shares = vec![0.0; rows * classes];
        for (shares, target) in shares.chunks_exact_mut(classes).zip(targets) {
            shares[*target as usize] = weight(target) / whole;
        }
        let shares = Tensor::<2>::from_data(TensorData::new(shares, [rows, classes]), &device);
        (penalties * shares).sum()
    }
}

fn check_weighted(layer: &str, [rows, classes]: [usize; 2], targets: &[u32], weights: &[f32]) {
    assert_eq!(
        (rows, classes),
        (targets.len(), weights.len()),
        "{layer}: rows and classes, and so many targets and weights"
    );
    let classes = classes as u32;
    if let Some(target) = targets.iter().find(|target| **target >= classes) {
        panic!("{layer}: target {target} among {classes} classes");
    }
}

/// Configuration of a [`MapLoss`].
#[derive(Config, Debug)]
pub struct MapLossConfig {
    /// The penalty `j` of the rubbish class; finite and not negative. (The paper gives no number.)
    #[config(default = 1.0)]
    pub rubbish_penalty: f32,
}

/// Maximum a posteriori with a rubbish class (LeCun et al. 1998, equation 9):
/// `loss = mean_i ( y[i, target_i] + ln(e^-j + Σ_k e^-y[i, k]) )`, never negative.
///
/// Wrong classes are pushed away, but not beyond the penalty `j` of a class that is none of them.
#[derive(Module, Debug)]
pub struct MapLoss {
    /// The penalty `j` of the rubbish class.
    pub rubbish_penalty: f32,
}

impl MapLossConfig {
    /// Makes the loss.
    ///
    /// # Errors
    /// If the penalty is negative or not finite.
    pub fn init(&self) -> Result<MapLoss, ConfigError> {
        let value = self.rubbish_penalty;
        if !(value.is_finite() && value >= 0.0) {
            let expected = "finite and not negative";
            let (layer, field) = ("MapLoss", "rubbish_penalty");
            return Err(ConfigError::Number {
                layer,
                field,
                value,
                expected,
            });
        }
        Ok(MapLoss {
            rubbish_penalty: value,
        })
    }
}

impl MapLoss {
    /// Penalties `[rows, classes]` and one target per row -> `[1]`; 0 for an empty batch.
    ///
    /// # Panics
    /// If there is not one target per row, or a target is no class.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::layers::MapLossConfig;
    /// // All penalties equal, as when ten codes have collapsed: ln(10 + e^-j).
    /// let loss = MapLossConfig::new().init().unwrap();
    /// let loss = loss.forward(Tensor::<2>::zeros([2, 10], &Device::flex()), &[3, 9]);
    /// assert!((loss.into_scalar::<f32>() - 2.3387).abs() < 1e-4);
    /// # }
    /// ```
    pub fn forward(&self, penalties: Tensor<2>, targets: &[u32]) -> Tensor<1> {
        let [rows, classes] = penalties.dims();
        if let Some(target) = targets.iter().find(|target| **target as usize >= classes) {
            panic!("MapLoss: target {target} among {classes} classes");
        }
        if rows == 0 {
            return ops::cross_entropy(penalties, targets);
        }
        ops::cross_entropy(self.logits(penalties), targets)
    }

    /// The same with a weight per class: the weighted mean of the rows' losses, each with the weight of its target; 0 where
    /// those sum to 0.
    ///
    /// # Panics
    /// As [`ops::weighted_cross_entropy`].
    pub fn weighted_forward(
        &self,
        penalties: Tensor<2>,
        targets: &[u32],
        weights: &Arc<[f32]>,
    ) -> Tensor<1> {
        check_weighted("MapLoss", penalties.dims(), targets, weights);
        if targets.is_empty() {
            return ops::cross_entropy(penalties, targets);
        }
        // The rubbish class is nobody's target, so that its weight is never read.
        let weights: Arc<[f32]> = weights.iter().copied().chain([1.0]).collect();
        ops::weighted_cross_entropy(self.logits(penalties), targets, &weights)
    }

    /// y + ln(e^-j + Σ e^-y) is the cross-entropy of the logits -y with one more class of logit -j.
    fn logits(&self, penalties: Tensor<2>) -> Tensor<2> {
        let ([rows, _], device) = (penalties.dims(), penalties.device());
        let rubbish = Tensor::full([rows, 1], -self.rubbish_penalty, &device);
        Tensor::cat(vec![penalties.neg(), rubbish], 1)
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn a_class_of_twice_the_weight_counts_as_if_its_rows_were_there_twice() {
        let device = Device::flex();
        let rows = |rows: &[[f32; 3]]| {
            let values: Vec<f32> = rows.concat();
            Tensor::<2>::from_data(TensorData::new(values, [rows.len(), 3]), &device)
        };
        let (a, b, c) = ([0.5, 3.0, 2.0], [4.0, 0.25, 1.0], [9.0, 2.0, 0.5]);
        let weighted = || rows(&[a, b, c]);
        let twice = || rows(&[a, b, b, c]);
        let weights = [1.0, 2.0, 1.0].into();
        let near = |one: Tensor<1>, other: Tensor<1>| {
            let [one, other] = [one, other].map(|loss| loss.into_scalar::<f32>());
            assert!((one - other).abs() < 1e-6, "{one}, not {other}");
        };
        let map = MapLossConfig::new().init().expect("valid");
        near(
            map.weighted_forward(weighted(), &[0, 1, 2], &weights),
            map.forward(twice(), &[0, 1, 1, 2]),
        );
        near(
            RbfLoss.weighted_forward(weighted(), &[0, 1, 2], &weights),
            RbfLoss.forward(twice(), &[0, 1, 1, 2]),
        );
        let nothing = RbfLoss.weighted_forward(weighted(), &[1, 1, 1], &[1.0, 0.0, 1.0].into());
        assert_eq!(nothing.into_scalar::<f32>(), 0.0);
    }
}
