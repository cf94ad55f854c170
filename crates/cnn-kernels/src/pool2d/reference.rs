//! Pooling of images as the equations say it: the judge of the kernels.

use super::Pool2dShape;
use crate::Real;

/// Calls `visit(map, output, pixels)` for each block; outputs and pixels count through all maps.
fn for_each_block(shape: &Pool2dShape, maps: usize, mut visit: impl FnMut(usize, &[usize])) {
    let [rows, columns] = shape.output_size();
    for map in 0..maps {
        for i in 0..rows {
            for j in 0..columns {
                let mut pixels = Vec::new();
                for u in 0..shape.size[0] {
                    for v in 0..shape.size[1] {
                        let (row, column) = (i * shape.size[0] + u, j * shape.size[1] + v);
                        pixels.push((map * shape.height + row) * shape.width + column);
                    }
                }
                visit((map * rows + i) * columns + j, &pixels);
            }
        }
    }
}

/// The mean of each block of each map.
pub fn average_pool2d_forward<R: Real>(shape: &Pool2dShape, maps: usize, x: &[R]) -> Vec<R> {
    let mut y = vec![R::ZERO; maps * shape.outputs()];
    for_each_block(shape, maps, |output, pixels| {
        let mut sum = R::ZERO;
        for pixel in pixels {
            sum += x[*pixel];
        }
        y[output] = sum / R::from_f64(pixels.len() as f64);
    });
    y
}

/// The gradient of `x` under the mean.
pub fn average_pool2d_backward<R: Real>(shape: &Pool2dShape, maps: usize, grad: &[R]) -> Vec<R> {
    let mut dx = vec![R::ZERO; maps * shape.inputs()];
    for_each_block(shape, maps, |output, pixels| {
        for pixel in pixels {
            dx[*pixel] = grad[output] / R::from_f64(pixels.len() as f64);
        }
    });
    dx
}

/// The maximum of each block, and which pixel of its map it is.
pub fn max_pool2d_forward<R: Real>(
    shape: &Pool2dShape,
    maps: usize,
    x: &[R],
) -> (Vec<R>, Vec<u32>) {
    let mut y = vec![R::ZERO; maps * shape.outputs()];
    let mut winners = vec![0; maps * shape.outputs()];
    for_each_block(shape, maps, |output, pixels| {
        let is_nan = |value: R| value.partial_cmp(&value).is_none();
        let mut winner = pixels[0];
        for pixel in pixels {
            let beats = x[*pixel] > x[winner] || is_nan(x[*pixel]);
            if beats && !is_nan(x[winner]) {
                winner = *pixel;
            }
        }
        y[output] = x[winner];
        winners[output] = (winner % shape.inputs()) as u32;
    });
    (y, winners)
}

/// The gradient of `x` under the maximum.
pub fn max_pool2d_backward<R: Real>(
    shape: &Pool2dShape,
    maps: usize,
    winners: &[u32],
    grad: &[R],
) -> Vec<R> {
    let mut dx = vec![R::ZERO; maps * shape.inputs()];
    for (output, (grad, winner)) in grad.iter().zip(winners).enumerate() {
        let map = output / shape.outputs();
        dx[map * shape.inputs() + *winner as usize] += *grad;
    }
    dx
}
