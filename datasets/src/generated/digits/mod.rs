//! Handwritten-like digits: a skeleton of strokes, bent like handwriting, drawn with a pen, sized like MNIST.
//!
//! ```text
//! skeletons/     which strokes make a digit: several ways for each, all proportions random
//! hand.rs        an unsteady hand: jitter, slant, rotation, aspect, a smooth random warp of the plane
//! pen.rs         thickness, pressure, anti-aliasing; 20 x 20 box in 28 x 28, centred by mass
//! ```

use super::draw::Draw;

mod hand;
mod pen;
mod skeletons;
mod stroke;

/// Rows and columns of a generated digit.
pub const DIGIT_SIDE: usize = pen::SIDE;

/// `count` handwritten-like digits: `(pixels, label)`, pixels `[28, 28]` row by row, 255 = ink.
///
/// Made as MNIST was: the ink fills a 20 x 20 box by its longer side and its centre of mass lies in the middle of the
/// image. Every ten samples in a row hold each digit once, in random order.
pub fn digits(seed: u64, count: usize) -> Vec<(Vec<u8>, u32)> {
    (0..count as u64).map(|index| digit(seed, index)).collect()
}

fn digit(seed: u64, index: u64) -> (Vec<u8>, u32) {
    let mut labels: [u32; 10] = std::array::from_fn(|digit| digit as u32);
    Draw::new(seed, "digits: order", index / 10).shuffle(&mut labels);
    let label = labels[(index % 10) as usize];

    let mut draw = Draw::new(seed, "digits", index);
    let skeleton = skeletons::skeleton(label, &mut draw);
    let strokes = hand::write(skeleton, label, &mut draw);
    (pen::ink(&strokes, label, &mut draw), label)
}
