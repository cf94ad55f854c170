//! Examples in memory, ready to be cut into batches: images as bytes, documents as token ids.

use burn::tensor::{Device, Tensor};
use cnn_core::{Documents, random};
use models_vision::LeNet5;

/// Numbered examples with labels, from which the loop draws batches by index.
pub trait Examples {
    /// What the network reads.
    type Batch;

    /// The label of every example.
    fn labels(&self) -> &[u32];

    /// The examples with these numbers, in this order.
    fn batch(&self, indices: &[u32], device: &Device) -> Self::Batch;

    /// How many there are.
    fn count(&self) -> usize {
        self.labels().len()
    }

    /// The labels of the examples with these numbers.
    fn targets(&self, indices: &[u32]) -> Vec<u32> {
        indices.iter().map(|&i| self.labels()[i as usize]).collect()
    }
}

/// The order of one epoch's examples: a permutation that depends on seed and epoch alone.
pub fn epoch_order(seed: u64, epoch: usize, count: usize) -> Vec<u32> {
    random::permutation(
        seed,
        random::mix(random::stream("epoch order"), epoch as u64),
        count,
    )
}

/// Images of one size, one byte per pixel and channel; grey: 255 = ink.
pub struct Images {
    /// `[count, channels, height, width]`.
    pub pixels: Vec<u8>,
    /// Planes of an image: 1 for grey, 3 for red, green and blue.
    pub channels: usize,
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
    /// One label per image.
    pub labels: Vec<u32>,
}

impl Images {
    /// The pixels of each image, `[channels * height * width]`.
    pub fn images(&self) -> impl Iterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.size().max(1))
    }

    /// The images of several sets of one size, one after another.
    ///
    /// # Panics
    ///
    /// If there is no set.
    pub fn joined(sets: Vec<Self>) -> Self {
        let mut sets = sets.into_iter();
        let mut all = sets.next().expect("one set at least");
        for set in sets {
            all.pixels.extend(set.pixels);
            all.labels.extend(set.labels);
        }
        all
    }

    /// Numbers of an image.
    fn size(&self) -> usize {
        self.channels * self.height * self.width
    }
}

impl Examples for Images {
    type Batch = Tensor<4>;

    fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// `[batch, channels, 32, 32]`, as [`LeNet5::planes`] makes them.
    fn batch(&self, indices: &[u32], device: &Device) -> Tensor<4> {
        let size = self.size();
        let mut pixels = Vec::with_capacity(indices.len() * size);
        for &index in indices {
            pixels.extend_from_slice(&self.pixels[index as usize * size..][..size]);
        }
        LeNet5::planes(&pixels, [self.channels, self.height, self.width], device)
            .expect("the size was checked when the set was opened")
    }
}

/// Documents as token ids.
pub struct Texts {
    /// The token ids of each document.
    pub documents: Vec<Vec<u32>>,
    /// One label per document.
    pub labels: Vec<u32>,
}

impl Texts {
    /// The documents of several sets, one after another.
    pub fn joined(sets: Vec<Self>) -> Self {
        let mut all = Self {
            documents: Vec::new(),
            labels: Vec::new(),
        };
        for set in sets {
            all.documents.extend(set.documents);
            all.labels.extend(set.labels);
        }
        all
    }
}

impl Examples for Texts {
    type Batch = Documents;

    fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The documents packed one after another; there is no padding.
    fn batch(&self, indices: &[u32], _: &Device) -> Documents {
        let documents: Vec<&[u32]> = indices
            .iter()
            .map(|&i| self.documents[i as usize].as_slice())
            .collect();
        Documents::new(&documents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cnn_core::backend::Backend;

    #[test]
    fn an_epoch_visits_every_example_once_in_an_order_of_its_own() {
        let (first, second) = (epoch_order(7, 0, 100), epoch_order(7, 1, 100));
        assert_ne!(first, second);
        assert_eq!(first, epoch_order(7, 0, 100));
        for mut order in [first, second] {
            order.sort_unstable();
            assert_eq!(order, (0..100).collect::<Vec<u32>>());
        }
    }

    #[test]
    fn the_border_of_an_image_is_background_and_full_ink_is_ink() {
        let images = Images {
            pixels: vec![255; 28 * 28],
            channels: 1,
            height: 28,
            width: 28,
            labels: vec![0],
        };
        let device = Backend::compiled()[0].device().unwrap();
        let values = crate::weights::values_of(images.batch(&[0], &device));
        assert_eq!(values[0], LeNet5::BACKGROUND);
        assert!((values[16 * LeNet5::SIDE + 16] - LeNet5::INK).abs() < 1e-6);
        let ink = values.iter().filter(|v| **v > 0.0).count();
        assert_eq!(ink, 28 * 28);
    }
}
