//! From pixels to the network's 32 x 32 input.
use burn::tensor::{Device, Tensor, TensorData};
use thiserror::Error;

use super::LeNet5;

/// Why pixels could not become an input.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InputError {
    /// The image does not fit.
    #[error("an image of {height} x {width} pixels does not fit into 32 x 32: scale it down first")]
    TooLarge {
        /// Rows of the image.
        height: usize,
        /// Columns of the image.
        width: usize,
    },
    /// The pixels are not a whole number of images.
    #[error(
        "{pixels} pixels are no whole number of images of {channels} x {height} x {width}: pass channels * height * width pixels per image"
    )]
    Incomplete {
        /// Pixels that were passed.
        pixels: usize,
        /// Planes of an image.
        channels: usize,
        /// Rows of an image.
        height: usize,
        /// Columns of an image.
        width: usize,
    },
}

impl LeNet5 {
    /// Side of the square input, in pixels.
    pub const SIDE: usize = 32;
    /// Input value of blank paper (grey value 0).
    pub const BACKGROUND: f32 = -0.1;
    /// Input value of full ink (grey value 255).
    pub const INK: f32 = 1.175;

    /// Puts images into the middle of 32 x 32 and maps grey values to `grey / 255 * 1.275 - 0.1`.
    ///
    /// `grey`: `[batch, height, width]` row by row, 255 = ink. Result: `[batch, 1, 32, 32]`. The border is *background*, -0.1, as
    /// around the digit itself: a border of zeros would be a grey frame. The paper chose the two values to bring the mean to about
    /// 0 and the variance to about 1 (section III-A); on MNIST they give mean 0.028 and standard deviation 0.351. Where the margin is
    /// odd, the bottom and right sides get the pixel more.
    ///
    /// # Errors
    /// [`InputError`] if an image exceeds 32 x 32 or the pixels are no whole number of images.
    pub fn images(
        grey: &[u8],
        [height, width]: [usize; 2],
        device: &Device,
    ) -> Result<Tensor<4>, InputError> {
        Self::planes(grey, [1, height, width], device)
    }

    /// The same with several planes to an image, such as red, green and blue: `pixels` `[batch, channels, height, width]`, each
    /// plane as a grey image is. Result: `[batch, channels, 32, 32]`.
    ///
    /// # Errors
    /// [`InputError`] if an image exceeds 32 x 32 or the pixels are no whole number of images.
    pub fn planes(
        pixels: &[u8],
        [channels, height, width]: [usize; 3],
        device: &Device,
    ) -> Result<Tensor<4>, InputError> {
        let side = Self::SIDE;
        if height > side || width > side {
            return Err(InputError::TooLarge { height, width });
        }
        let size = height * width;
        if size * channels == 0 || !pixels.len().is_multiple_of(size * channels) {
            return Err(InputError::Incomplete {
                pixels: pixels.len(),
                channels,
                height,
                width,
            });
        }
        let planes = pixels.len() / size;
        let (top, left) = ((side - height) / 2, (side - width) / 2);
        let mut values = vec![Self::BACKGROUND; planes * side * side];
        for (plane, input) in pixels
            .chunks_exact(size)
            .zip(values.chunks_exact_mut(side * side))
        {
            for (row, pixels) in plane.chunks_exact(width).enumerate() {
                let start = (top + row) * side + left;
                for (value, pixel) in input[start..start + width].iter_mut().zip(pixels) {
                    *value = f32::from(*pixel) / 255.0 * (Self::INK - Self::BACKGROUND)
                        + Self::BACKGROUND;
                }
            }
        }
        Ok(Tensor::from_data(
            TensorData::new(values, [planes / channels, channels, side, side]),
            device,
        ))
    }
}
