//! Activations and poolings on vectors, forward and back.

use super::{Activation, CHUNK, Pooling};
use crate::math::tanh_of_half_vector;
use crate::simd::{Part, Simd};

/// What becomes of the sums of a few maps at the four places of a tile; a function of its own, for it is long and the same for
/// every tile.
pub(super) struct Finish<'a> {
    /// `[map, place, lane]`; a vector of lanes, from the first of each.
    pub(super) sums: &'a [[[f32; CHUNK]; 4]],
    /// The lane of the results that the first of these is.
    pub(super) lane: usize,
    pub(super) activation: Activation,
    pub(super) pooling: Pooling,
    /// From place to place of `out` and `kept`, without pooling.
    pub(super) places: [usize; 4],
    /// Where the results of the first map go, and numbers from map to map; without pooling one for each place.
    pub(super) out: &'a mut [f32],
    pub(super) out_plane: usize,
    /// Where what the way back needs goes, if it is wanted.
    pub(super) kept: Option<&'a mut [f32]>,
    pub(super) kept_plane: usize,
}

impl Part for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        // Loops, for the closures of `map` are functions of their own, compiled without the instruction set.
        for (m, map) in self.sums.iter().enumerate() {
            let mut sums = [simd.splat(0.0); 4];
            for p in 0..4 {
                sums[p] = simd.load(&map[p]);
            }
            match self.activation {
                Activation::Identity => self.pool(simd, m, sums, None),
                Activation::Relu => {
                    for sum in &mut sums {
                        *sum = simd.max(simd.splat(0.0), *sum);
                    }
                    self.pool(simd, m, sums, Some(sums));
                }
                Activation::Tanh { scale, slope } => {
                    let (scale, minus_2b) = (simd.splat(scale), simd.splat(-2.0 * slope));
                    let mut values = sums;
                    for p in 0..4 {
                        sums[p] = tanh_of_half_vector(simd, simd.mul(minus_2b, sums[p]));
                        values[p] = simd.mul(scale, sums[p]);
                    }
                    self.pool(simd, m, values, Some(sums));
                }
            }
        }
    }
}

impl Finish<'_> {
    #[inline(always)]
    fn pool<S: Simd>(
        &mut self,
        simd: S,
        map: usize,
        values: [S::Vector; 4],
        keep: Option<[S::Vector; 4]>,
    ) {
        let lane = self.lane;
        let out = &mut self.out[map * self.out_plane..];
        let kept = match &mut self.kept {
            Some(kept) => Some(&mut kept[map * self.kept_plane..]),
            None => None,
        };
        let [a, b, c, d] = values;
        match self.pooling {
            Pooling::None => {
                for p in 0..4 {
                    simd.store(values[p], &mut out[self.places[p] + lane..]);
                }
            }
            Pooling::Average => {
                let sum = simd.add(simd.add(simd.add(a, b), c), d);
                let mean = simd.mul(sum, simd.splat(0.25));
                simd.store(mean, &mut out[lane..]);
            }
            Pooling::Max => {
                let marks = [0.0, 1.0, 2.0, 3.0];
                let top = simd.greater((a, simd.splat(marks[0])), (b, simd.splat(marks[1])));
                let three = simd.greater(top, (c, simd.splat(marks[2])));
                let (best, winner) = simd.greater(three, (d, simd.splat(marks[3])));
                simd.store(best, &mut out[lane..]);
                let Some(kept) = kept else { return };
                simd.store(winner, &mut kept[lane..]);
                if let Some(keep) = keep {
                    let mut of_winner = simd.where_equal(winner, simd.splat(0.0), keep[0]);
                    for p in 1..4 {
                        let other = simd.where_equal(winner, simd.splat(marks[p]), keep[p]);
                        of_winner = simd.or(of_winner, other);
                    }
                    simd.store(of_winner, &mut kept[CHUNK + lane..]);
                }
                return;
            }
        }
        let (Some(kept), Some(keep)) = (kept, keep) else {
            return;
        };
        let places = match self.pooling {
            Pooling::None => self.places,
            _ => [0, CHUNK, 2 * CHUNK, 3 * CHUNK],
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
