//! The two losses of 1998 over the penalties of an RBF output.
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
        let ([rows, classes], device) = (penalties.dims(), penalties.device());
        if let Some(target) = targets.iter().find(|target| **target as usize >= classes) {
            panic!("MapLoss: target {target} among {classes} classes");
        }
        if rows == 0 {
            return ops::cross_entropy(penalties, targets);
        }
        // y + ln(e^-j + Σ e^-y) is the cross-entropy of the logits -y with one more class of logit -j.
        let rubbish = Tensor::full([rows, 1], -self.rubbish_penalty, &device);
        ops::cross_entropy(Tensor::cat(vec![penalties.neg(), rubbish], 1), targets)
    }
}
