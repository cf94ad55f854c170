//! The output layer of 1998: squared distances to fixed codes.
use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::ConfigError;
use super::config_error::check_sizes;

/// The ten digits as 7 x 12 bitmaps, row by row; bit 6 is the left column. Our own drawing in the style of figure 3 of LeCun
/// et al. 1998, where the codes are a picture only. The two closest, 6 and 8, differ in 11 pixels.
const DIGITS: [[u8; 12]; 10] = [
    [
        0x1c, 0x36, 0x63, 0x63, 0x63, 0x63, 0x63, 0x63, 0x36, 0x1c, 0x00, 0x00,
    ],
    [
        0x0c, 0x1c, 0x3c, 0x0c, 0x0c, 0x0c, 0x0c, 0x0c, 0x0c, 0x3f, 0x00, 0x00,
    ],
    [
        0x3e, 0x63, 0x63, 0x03, 0x06, 0x0c, 0x18, 0x30, 0x60, 0x7f, 0x00, 0x00,
    ],
    [
        0x7f, 0x03, 0x06, 0x0c, 0x1e, 0x03, 0x03, 0x03, 0x63, 0x3e, 0x00, 0x00,
    ],
    [
        0x06, 0x0e, 0x1e, 0x36, 0x66, 0x66, 0x7f, 0x06, 0x06, 0x06, 0x00, 0x00,
    ],
    [
        0x7f, 0x60, 0x60, 0x7e, 0x63, 0x03, 0x03, 0x03, 0x63, 0x3e, 0x00, 0x00,
    ],
    [
        0x1e, 0x30, 0x60, 0x60, 0x7e, 0x73, 0x63, 0x63, 0x63, 0x3e, 0x00, 0x00,
    ],
    [
        0x7f, 0x03, 0x03, 0x06, 0x06, 0x0c, 0x0c, 0x18, 0x18, 0x18, 0x00, 0x00,
    ],
    [
        0x3e, 0x63, 0x63, 0x63, 0x3e, 0x63, 0x63, 0x63, 0x63, 0x3e, 0x00, 0x00,
    ],
    [
        0x3e, 0x63, 0x63, 0x63, 0x67, 0x3f, 0x03, 0x03, 0x06, 0x3c, 0x00, 0x00,
    ],
];

/// Configuration of an [`RbfOutput`] layer.
#[derive(Config, Debug)]
pub struct RbfOutputConfig {
    /// One code per class, all of one length.
    pub codes: Vec<Vec<f32>>,
}

/// Euclidean radial basis functions (LeCun et al. 1998, section II.B, equation 7): the penalty of a class is the squared
/// distance to its code.
///
/// `y[i, k] = Σ_j (x[i, j] - code[k, j])²`
///
/// The prediction is the class with the *least* penalty. The codes are fixed: they move with the layer from device to device,
/// but they are no parameters, and they are not saved, since the config makes them again.
#[derive(Module, Debug)]
pub struct RbfOutput {
    /// `[classes, features]`.
    pub codes: Tensor<2>,
}

impl RbfOutputConfig {
    /// The ten digits as 7 x 12 bitmaps of ±1, ink being +1: 84 features.
    pub fn digits() -> Self {
        let pixel = |ink: bool| if ink { 1.0 } else { -1.0 };
        let code = |rows: [u8; 12]| {
            let pixels = rows
                .into_iter()
                .flat_map(|row| (0..7).rev().map(move |bit| row >> bit & 1 == 1));
            pixels.map(pixel).collect()
        };
        Self::new(DIGITS.map(code).to_vec())
    }

    /// Makes the layer on a device.
    ///
    /// # Errors
    /// If there are no codes, codes of different lengths, or entries that are not finite.
    pub fn init(&self, device: &Device) -> Result<RbfOutput, ConfigError> {
        let (classes, features) = (self.codes.len(), self.codes.first().map_or(0, Vec::len));
        check_sizes("RbfOutput", &[("codes", classes), ("codes[0]", features)])?;
        for (class, code) in self.codes.iter().enumerate() {
            if code.len() != features {
                let (found, expected) = (code.len(), features);
                return Err(ConfigError::CodeLength {
                    class,
                    found,
                    expected,
                });
            }
        }
        let values = self.codes.concat();
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            let (layer, field, expected) = ("RbfOutput", "codes", "finite");
            return Err(ConfigError::Number {
                layer,
                field,
                value: *value,
                expected,
            });
        }
        let codes = Tensor::from_data(TensorData::new(values, [classes, features]), device);
        Ok(RbfOutput { codes })
    }
}

impl RbfOutput {
    /// `[rows, features]` -> penalties `[rows, classes]`.
    ///
    /// # Panics
    /// If `x` does not have `features` columns.
    ///
    /// ```
    /// # #[cfg(feature = "flex")] {
    /// # use burn::tensor::{Device, Tensor};
    /// # use cnn_core::layers::RbfOutputConfig;
    /// let device = Device::flex();
    /// let output = RbfOutputConfig::digits().init(&device).unwrap();
    /// let at_the_centre = output.forward(Tensor::zeros([1, 84], &device));
    /// assert_eq!(at_the_centre.into_data().try_to_vec::<f32>().unwrap(), [84.0; 10]);
    /// # }
    /// ```
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let ([rows, found], [classes, features]) = (x.dims(), self.codes.dims());
        assert_eq!(
            found, features,
            "RbfOutput: x is [{rows}, {found}] for codes of {features}"
        );
        if rows == 0 {
            let nothing = TensorData::new(Vec::<f32>::new(), [0, classes]);
            return Tensor::from_data(nothing, &x.device());
        }
        // The difference is squared, not the square expanded: near a code the expansion would cancel to noise.
        let x: Tensor<3> = x.unsqueeze_dim(1); // [rows, 1, features]
        let codes: Tensor<3> = self.codes.clone().unsqueeze_dim(0); // [1, classes, features]
        let difference = x - codes;
        let square = difference.clone() * difference; // [rows, classes, features]
        square.sum_dim(2).squeeze_dim(2)
    }
}

#[cfg(test)]
mod tests {
    use super::RbfOutputConfig;

    #[test]
    fn the_closest_digits_are_6_and_8_at_11_pixels() {
        let codes = RbfOutputConfig::digits().codes;
        assert!(
            codes
                .iter()
                .all(|code| code.len() == 84 && code.iter().all(|c| c.abs() == 1.0))
        );
        let distance = |a: usize, b: usize| {
            codes[a]
                .iter()
                .zip(&codes[b])
                .filter(|(a, b)| a != b)
                .count()
        };
        let pairs = (0..10).flat_map(|a| (0..a).map(move |b| (b, a)));
        let closest = pairs
            .min_by_key(|(a, b)| distance(*a, *b))
            .expect("45 pairs");
        assert_eq!((closest, distance(6, 8)), ((6, 8), 11));
    }
}
