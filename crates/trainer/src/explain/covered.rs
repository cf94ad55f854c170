//! Where in a picture an answer hangs: what becomes of it when a patch of the picture is covered.
//!
//! Nothing is estimated here: each number is the difference of two answers of the network. It is no share of a sum either: two strokes that
//! each suffice lose nothing one by one.

use crate::examples::Images;
use crate::prediction::{PredictionError, Predictor};

/// Rows and columns of a place.
pub const COVER_CELL: usize = 2;

/// Rows and columns of the patch around a place that is covered.
pub const COVER_PATCH: usize = 4;

/// What covering each place of a picture takes from the score of one class less that of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Covered {
    /// The one score less the other, of the whole picture.
    pub margin: f64,
    /// Places from top to bottom.
    pub rows: usize,
    /// Places from left to right.
    pub columns: usize,
    /// How much smaller that difference is when the place is covered, `[rows, columns]`.
    pub lost: Vec<f64>,
}

impl Predictor {
    /// Covers one place of `image` after another with its commonest brightness (of each channel the median) and tells what that takes from the
    /// score of `classes[0]` less that of `classes[1]`.
    ///
    /// # Errors
    ///
    /// [`PredictionError::WrongInput`] if the network reads text, [`PredictionError::Channels`] if other images.
    pub fn covered(&self, image: &Images, classes: [usize; 2]) -> Result<Covered, PredictionError> {
        let Images {
            channels,
            height,
            width,
            ..
        } = *image;
        let whole = image.images().next().unwrap_or_default();
        let paper = medians(whole, height * width);
        let (rows, columns) = (height.div_ceil(COVER_CELL), width.div_ceil(COVER_CELL));
        // The whole picture, then one for each place where a cover is to be seen.
        let (mut pixels, mut places) = (whole.to_vec(), Vec::new());
        for place in 0..rows * columns {
            let [top, bottom] = around(place / columns, height);
            let [left, right] = around(place % columns, width);
            let mut covered = whole.to_vec();
            for (plane, paper) in covered.chunks_exact_mut(height * width).zip(&paper) {
                for row in plane[top * width..bottom * width].chunks_exact_mut(width) {
                    row[left..right].fill(*paper);
                }
            }
            if covered != whole {
                pixels.extend(covered);
                places.push(place);
            }
        }
        let images = Images {
            pixels,
            channels,
            height,
            width,
            labels: vec![0; 1 + places.len()],
        };
        let scores = self.image_logits(&images)?;
        let [class, other] = classes;
        let margin = |scores: &[f32]| f64::from(scores[class]) - f64::from(scores[other]);
        let mut margins = scores.chunks_exact(self.labels.len().max(1)).map(margin);
        let whole = margins.next().unwrap_or_default();
        let mut lost = vec![0.0; rows * columns];
        for (place, margin) in places.into_iter().zip(margins) {
            lost[place] = whole - margin;
        }
        Ok(Covered {
            margin: whole,
            rows,
            columns,
            lost,
        })
    }
}

/// The first pixel and the one behind the last that are covered around a place, of so many.
fn around(place: usize, pixels: usize) -> [usize; 2] {
    let beside = (COVER_PATCH - COVER_CELL) / 2;
    let first = place * COVER_CELL;
    [
        first.saturating_sub(beside),
        (first + COVER_CELL + beside).min(pixels),
    ]
}

/// The median of each plane of so many pixels.
fn medians(pixels: &[u8], size: usize) -> Vec<u8> {
    let median = |plane: &[u8]| {
        let mut plane = plane.to_vec();
        let middle = plane.len() / 2;
        *plane.select_nth_unstable(middle).1
    };
    pixels.chunks_exact(size.max(1)).map(median).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_lies_around_its_place_and_within_the_picture() {
        assert_eq!(
            [0, 1, 13].map(|place| around(place, 28)),
            [[0, 3], [1, 5], [25, 28]]
        );
        assert_eq!(around(1, 3), [1, 3]);
    }

    #[test]
    fn paper_is_the_commonest_brightness_of_each_channel() {
        assert_eq!(medians(&[0, 0, 9, 0, 7, 7, 7, 1], 4), [0, 7]);
    }
}
