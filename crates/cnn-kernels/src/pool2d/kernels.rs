//! The loops of image pooling, compiled for each instruction set. Each takes whole maps.

use super::Pool2dShape;
use crate::lanes::for_each_isa;

for_each_isa! {
    /// The mean of each block.
    fn average(shape: Pool2dShape, x: &[f32], y: &mut [f32]) {
        let [_, columns] = shape.output_size();
        each_row(shape, x, y, |_, pixels, y| match shape.size {
            [2, 2] => {
                let (top, bottom) = pixels.split_at(shape.width);
                let (top, bottom) = (top.as_chunks::<2>().0, bottom.as_chunks::<2>().0);
                for ((y, top), bottom) in y.iter_mut().zip(top).zip(bottom) {
                    *y = (((top[0] + top[1]) + bottom[0]) + bottom[1]) * 0.25;
                }
            }
            [rows, width] => {
                let count = (rows * width) as f32;
                for (j, y) in y[..columns].iter_mut().enumerate() {
                    let block = pixels.chunks_exact(shape.width).map(|row| &row[j * width..][..width]);
                    let sum = block.flatten().fold(0.0, |sum: f32, x| sum + x);
                    *y = sum / count;
                }
            }
        });
    }
}

for_each_isa! {
    /// The gradient of the mean.
    fn average_back(shape: Pool2dShape, grad: &[f32], dx: &mut [f32]) {
        let pixels = (shape.size[0] * shape.size[1]) as f32;
        each_row_mut(shape, dx, grad, |rows, grad| {
            for row in rows.chunks_exact_mut(shape.width) {
                if shape.size[1] == 2 {
                    let (pairs, rest) = row.as_chunks_mut::<2>();
                    for (pair, grad) in pairs.iter_mut().zip(grad) {
                        *pair = [grad / pixels; 2];
                    }
                    rest.fill(0.0);
                } else {
                    let (blocks, rest) = row.split_at_mut(grad.len() * shape.size[1]);
                    for (block, grad) in blocks.chunks_exact_mut(shape.size[1]).zip(grad) {
                        block.fill(grad / pixels);
                    }
                    rest.fill(0.0);
                }
            }
        });
    }
}

for_each_isa! {
    /// The maximum of each block and its pixel.
    fn maximum(shape: Pool2dShape, x: &[f32], y: &mut [f32], winners: &mut [u32]) {
        let ([_, columns], width) = (shape.output_size(), shape.width as u32);
        let mut winners = winners.chunks_exact_mut(columns);
        each_row(shape, x, y, |row, pixels, y| {
            let winners = winners.next().expect("a row of winners for each row of y");
            let first = row as u32 * shape.size[0] as u32 * width; // the first of these pixels, in its map
            match shape.size {
                [2, 2] => {
                    let (top, bottom) = pixels.split_at(shape.width);
                    let (top, bottom) = (top.as_chunks::<2>().0, bottom.as_chunks::<2>().0);
                    let outputs = y.iter_mut().zip(winners).zip(first / 2..);
                    for (((y, winner), column), (top, bottom)) in outputs.zip(top.iter().zip(bottom)) {
                        let corner = 2 * column;
                        let (mut best, mut at) = (top[0], corner);
                        for (value, pixel) in [
                            (top[1], corner + 1),
                            (bottom[0], corner + width),
                            (bottom[1], corner + width + 1),
                        ] {
                            let wins = beats(value, best);
                            best = if wins { value } else { best };
                            at = if wins { pixel } else { at };
                        }
                        (*y, *winner) = (best, at);
                    }
                }
                [rows, block] => {
                    for (j, (y, winner)) in y.iter_mut().zip(winners).enumerate() {
                        let corner = j * block;
                        let (mut best, mut at) = (pixels[corner], corner);
                        for u in 0..rows {
                            for v in 0..block {
                                let pixel = u * shape.width + corner + v;
                                if beats(pixels[pixel], best) {
                                    (best, at) = (pixels[pixel], pixel);
                                }
                            }
                        }
                        (*y, *winner) = (best, first + at as u32);
                    }
                }
            }
        });
    }
}

/// Whether `value` takes the place of `best`: it is greater, or the first NaN.
#[inline(always)]
fn beats(value: f32, best: f32) -> bool {
    ((value > best) | value.is_nan()) & !best.is_nan()
}

/// Calls `visit` for each row of blocks with its number in the map, the `size[0]` rows of pixels under it, and its outputs.
#[inline(always)]
fn each_row(
    shape: Pool2dShape,
    x: &[f32],
    y: &mut [f32],
    mut visit: impl FnMut(usize, &[f32], &mut [f32]),
) {
    let [_, columns] = shape.output_size();
    let strip = shape.size[0] * shape.width;
    for (x, y) in x
        .chunks_exact(shape.inputs())
        .zip(y.chunks_exact_mut(shape.outputs()))
    {
        let blocks = x.chunks_exact(strip).zip(y.chunks_exact_mut(columns));
        for (row, (x, y)) in blocks.enumerate() {
            visit(row, x, y);
        }
    }
}

/// As [`each_row`], the pixels to be written; rows that fill no block become zeros.
#[inline(always)]
fn each_row_mut(
    shape: Pool2dShape,
    x: &mut [f32],
    y: &[f32],
    mut visit: impl FnMut(&mut [f32], &[f32]),
) {
    let [rows, columns] = shape.output_size();
    let strip = shape.size[0] * shape.width;
    for (x, y) in x
        .chunks_exact_mut(shape.inputs())
        .zip(y.chunks_exact(shape.outputs()))
    {
        let (blocks, rest) = x.split_at_mut(rows * strip);
        for (x, y) in blocks.chunks_exact_mut(strip).zip(y.chunks_exact(columns)) {
            visit(x, y);
        }
        rest.fill(0.0);
    }
}
