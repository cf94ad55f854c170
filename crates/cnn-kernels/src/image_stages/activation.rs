//! Activations and poolings on vectors, forward and back.

use super::{Activation, Pooling};
use crate::math::tanh_of_half_vector;
use crate::simd::Simd;

/// The four numbers under a tile's places, one vector of lanes each, become a result.
pub(super) struct Finish<'a> {
    pub(super) activation: Activation,
    pub(super) pooling: Pooling,
    /// Where the result goes: the first place, or one for each number if there is no pooling.
    pub(super) out: &'a mut [f32],
    /// Where what the way back needs goes, if it is wanted.
    pub(super) kept: Option<&'a mut [f32]>,
    /// From place to place of `out` and `kept`, without pooling.
    pub(super) places: [usize; 4],
}

impl Finish<'_> {
    /// Writes the results of `sums`, `LANES` lanes from `lane` on.
    #[inline(always)]
    pub(super) fn write<S: Simd>(self, simd: S, sums: [S::Vector; 4], lane: usize) {
        // Loops, for the closures of `map` are functions of their own, compiled without the instruction set.
        let mut values = [simd.splat(0.0); 4];
        let mut kept = sums;
        match self.activation {
            Activation::Identity => return self.pool(simd, sums, None, lane),
            Activation::Relu => {
                for p in 0..4 {
                    kept[p] = simd.max(simd.splat(0.0), sums[p]);
                }
                values = kept;
            }
            Activation::Tanh { scale, slope } => {
                let (scale, minus_2b) = (simd.splat(scale), simd.splat(-2.0 * slope));
                for p in 0..4 {
                    kept[p] = tanh_of_half_vector(simd, simd.mul(minus_2b, sums[p]));
                    values[p] = simd.mul(scale, kept[p]);
                }
            }
        }
        self.pool(simd, values, Some(kept), lane);
    }

    #[inline(always)]
    fn pool<S: Simd>(
        self,
        simd: S,
        values: [S::Vector; 4],
        keep: Option<[S::Vector; 4]>,
        lane: usize,
    ) {
        let [a, b, c, d] = values;
        match self.pooling {
            Pooling::None => {
                for p in 0..4 {
                    simd.store(values[p], &mut self.out[self.places[p] + lane..]);
                }
            }
            Pooling::Average => {
                let sum = simd.add(simd.add(simd.add(a, b), c), d);
                let mean = simd.mul(sum, simd.splat(0.25));
                simd.store(mean, &mut self.out[lane..]);
            }
            Pooling::Max => {
                let marks = [0.0, 1.0, 2.0, 3.0];
                let top = simd.greater((a, simd.splat(marks[0])), (b, simd.splat(marks[1])));
                let three = simd.greater(top, (c, simd.splat(marks[2])));
                let (best, winner) = simd.greater(three, (d, simd.splat(marks[3])));
                simd.store(best, &mut self.out[lane..]);
                let Some(kept) = self.kept else { return };
                simd.store(winner, &mut kept[lane..]);
                if let Some(keep) = keep {
                    let mut of_winner = simd.where_equal(winner, simd.splat(0.0), keep[0]);
                    for p in 1..4 {
                        let other = simd.where_equal(winner, simd.splat(marks[p]), keep[p]);
                        of_winner = simd.or(of_winner, other);
                    }
                    simd.store(of_winner, &mut kept[16 + lane..]);
                }
                return;
            }
        }
        let (Some(kept), Some(keep)) = (self.kept, keep) else {
            return;
        };
        let places = match self.pooling {
            Pooling::None => self.places,
            _ => [0, 16, 32, 48],
        };
        for p in 0..4 {
            simd.store(keep[p], &mut kept[places[p] + lane..]);
        }
    }
}

/// The gradient of what went into an activation, from that of what came out, and what was kept.
#[inline(always)]
pub(super) fn slope<S: Simd>(
    simd: S,
    activation: Activation,
    kept: Option<S::Vector>,
    grad: S::Vector,
) -> S::Vector {
    match (activation, kept) {
        (Activation::Relu, Some(y)) => simd.where_greater(y, simd.splat(0.0), grad),
        (Activation::Tanh { scale, slope }, Some(t)) => {
            let one = simd.splat(1.0);
            let slopes = simd.mul(simd.sub(one, t), simd.add(one, t));
            simd.mul(grad, simd.mul(simd.splat(scale * slope), slopes))
        }
        _ => grad,
    }
}

/// [`slope`] from the output of the activation.
#[inline(always)]
fn slope_at<S: Simd>(simd: S, activation: Activation, y: S::Vector, grad: S::Vector) -> S::Vector {
    let kept = match activation {
        Activation::Tanh { scale, .. } => simd.div(y, simd.splat(scale)),
        _ => y,
    };
    slope(simd, activation, Some(kept), grad)
}

/// The activation of `x`.
#[inline(always)]
fn value<S: Simd>(simd: S, activation: Activation, x: S::Vector) -> S::Vector {
    match activation {
        Activation::Identity => x,
        Activation::Relu => simd.max(simd.splat(0.0), x),
        Activation::Tanh { scale, slope } => {
            let z = simd.mul(simd.splat(-2.0 * slope), x);
            simd.mul(simd.splat(scale), tanh_of_half_vector(simd, z))
        }
    }
}

/// Applies an activation in place.
#[inline(always)]
pub(super) fn activate<S: Simd>(simd: S, activation: Activation, numbers: &mut [f32]) {
    if activation == Activation::Identity {
        return;
    }
    let mut vectors = numbers.chunks_exact_mut(S::LANES);
    for numbers in &mut vectors {
        simd.store(value(simd, activation, simd.load(numbers)), numbers);
    }
    let rest = vectors.into_remainder();
    let mut lanes = [0.0; 16];
    lanes[..rest.len()].copy_from_slice(rest);
    simd.store(value(simd, activation, simd.load(&lanes)), &mut lanes);
    rest.copy_from_slice(&lanes[..rest.len()]);
}

/// Turns the gradient of an activation's output `y` into that of its input, in place.
#[inline(always)]
pub(super) fn deactivate<S: Simd>(simd: S, activation: Activation, y: &[f32], grad: &mut [f32]) {
    if activation == Activation::Identity {
        return;
    }
    let mut vectors = grad.chunks_exact_mut(S::LANES);
    let mut ys = y.chunks_exact(S::LANES);
    for (grad, y) in vectors.by_ref().zip(&mut ys) {
        simd.store(
            slope_at(simd, activation, simd.load(y), simd.load(grad)),
            grad,
        );
    }
    let (rest, y) = (vectors.into_remainder(), ys.remainder());
    let (mut lanes, mut y_lanes) = ([0.0; 16], [0.0; 16]);
    lanes[..rest.len()].copy_from_slice(rest);
    y_lanes[..y.len()].copy_from_slice(y);
    simd.store(
        slope_at(simd, activation, simd.load(&y_lanes), simd.load(&lanes)),
        &mut lanes,
    );
    rest.copy_from_slice(&lanes[..rest.len()]);
}
