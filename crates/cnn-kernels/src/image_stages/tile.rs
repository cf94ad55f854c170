//! The innermost loops of the way forward: a few maps at the four places of a block, and what becomes of their sums.

use std::ops::Range;

use super::activation::Finish;
use super::layout::Stage;
use super::{Activation, CHUNK, Pooling};
use crate::cuts::cuts;
use crate::simd::{Part, Simd};

/// A row of tiles: each 4 places of 16 lanes, neighbouring tiles a constant distance apart.
#[derive(Clone, Copy)]
pub(super) struct Runs {
    /// How many.
    pub(super) count: usize,
    /// Numbers of the image from tile to tile.
    pub(super) step: usize,
    /// The most that a tile may be from the first: the last one moves back instead of reaching over the end.
    pub(super) last: usize,
    /// The same for `out`.
    pub(super) out_step: usize,
    pub(super) out_last: usize,
    /// The same for `kept`.
    pub(super) kept_step: usize,
    pub(super) kept_last: usize,
    /// From place to place of `out`, without pooling.
    pub(super) places: [usize; 4],
}

/// Where the results of some maps go: slices that begin at the first tile of the first of them, and numbers from map to map.
pub(super) struct Output<'a> {
    pub(super) out: &'a mut [f32],
    pub(super) out_plane: usize,
    pub(super) kept: Option<&'a mut [f32]>,
    pub(super) kept_plane: usize,
}

/// A row of tiles of all maps.
pub(super) struct Row<'a> {
    pub(super) stage: &'a Stage,
    /// The groups of channels.
    pub(super) groups: &'a [Range<usize>],
    /// The image from the first tile on.
    pub(super) image: &'a [f32],
    /// Numbers from channel to channel.
    pub(super) plane: usize,
    /// Where each tap finds the numbers of the four places.
    pub(super) taps: &'a [[u32; 4]],
    pub(super) runs: Runs,
    /// As [`pack`] brings them.
    pub(super) weights: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) output: Output<'a>,
}

/// The heights of the tiles that cover a number of maps.
pub(super) fn heights(maps: usize) -> impl Iterator<Item = (usize, usize)> {
    cuts(maps, [6, 4, 2, 1])
}

/// Brings weights `[maps, channels · taps]` into the order in which tiles read them, `[tile][channel, tap, map of the tile]`.
pub(super) fn pack(maps: usize, weights: &[f32], packed: &mut [f32]) {
    let terms = weights.len() / maps;
    let mut places = packed.iter_mut();
    for (map, height) in heights(maps) {
        for term in 0..terms {
            for (m, place) in (map..map + height).zip(&mut places) {
                *place = weights[m * terms + term];
            }
        }
    }
}

impl Row<'_> {
    /// Computes it.
    #[inline(always)]
    pub(super) fn run<S: Simd, const MR: usize>(self, simd: S) {
        let Self { mut output, .. } = self;
        let terms = self.stage.of.conv.channels_in * self.taps.len();
        for (map, height) in heights(self.bias.len()) {
            let tiles = Tiles {
                activation: self.stage.of.activation,
                pooling: self.stage.of.pooling,
                groups: self.groups,
                image: self.image,
                plane: self.plane,
                taps: self.taps,
                runs: self.runs,
                weights: &self.weights[map * terms..][..height * terms],
                bias: &self.bias[map..][..height],
                output: Output {
                    out: &mut output.out[map * output.out_plane..],
                    out_plane: output.out_plane,
                    kept: match &mut output.kept {
                        Some(kept) => Some(&mut kept[map * output.kept_plane..]),
                        None => None,
                    },
                    kept_plane: output.kept_plane,
                },
            };
            // 32 registers hold 6 by 4 sums, 4 vectors and a weight; 16 hold 6 by 2. (A `const` block, so that the other is not
            // even compiled.)
            macro_rules! call {
                ($height:literal) => {
                    if const { MR >= 12 } {
                        simd.call(Places::<$height, 4>(tiles))
                    } else {
                        simd.call(Places::<$height, 2>(tiles))
                    }
                };
            }
            match height {
                6 => call!(6),
                4 => call!(4),
                2 => call!(2),
                _ => call!(1),
            }
        }
    }
}

/// A row of tiles of a few maps.
struct Tiles<'a> {
    activation: Activation,
    pooling: Pooling,
    groups: &'a [Range<usize>],
    image: &'a [f32],
    plane: usize,
    taps: &'a [[u32; 4]],
    runs: Runs,
    /// `[channel, tap, map]`
    weights: &'a [f32],
    bias: &'a [f32],
    output: Output<'a>,
}

/// [`Tiles`] of `R` maps, `P` places at a time.
struct Places<'a, const R: usize, const P: usize>(Tiles<'a>);

impl<const R: usize, const P: usize> Part for Places<'_, R, P> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Tiles {
            activation,
            pooling,
            groups,
            image,
            plane,
            taps,
            runs,
            weights,
            bias,
            mut output,
        } = self.0;
        let (weights, _) = weights.as_chunks::<R>();
        for r in 0..runs.count {
            let image = &image[(r * runs.step).min(runs.last)..];
            let out = (r * runs.out_step).min(runs.out_last);
            let kept = (r * runs.kept_step).min(runs.kept_last);
            for lane in (0..CHUNK).step_by(S::LANES) {
                let mut sums = [[simd.splat(0.0); 4]; R];
                for places in (0..4).step_by(P) {
                    for (g, group) in groups.iter().enumerate() {
                        let mut tile = [[simd.splat(0.0); P]; R];
                        for c in group.clone() {
                            let image = &image[c * plane + lane..];
                            let weights = &weights[c * taps.len()..][..taps.len()];
                            for (tap, weights) in taps.iter().zip(weights) {
                                let mut vectors = [simd.splat(0.0); P];
                                for p in 0..P {
                                    vectors[p] = simd.load(&image[tap[places + p] as usize..]);
                                }
                                for m in 0..R {
                                    let weight = simd.splat(weights[m]);
                                    for p in 0..P {
                                        tile[m][p] = simd.mul_add(weight, vectors[p], tile[m][p]);
                                    }
                                }
                            }
                        }
                        for m in 0..R {
                            for p in 0..P {
                                // A bias of -0 counts as +0, as in the convolution alone.
                                let other = match g {
                                    0 => simd.splat(bias[m] + 0.0),
                                    _ => sums[m][places + p],
                                };
                                sums[m][places + p] = simd.add(other, tile[m][p]);
                            }
                        }
                    }
                }
                let mut numbers = [[[0.0; CHUNK]; 4]; R];
                for m in 0..R {
                    for p in 0..4 {
                        simd.store(sums[m][p], &mut numbers[m][p]);
                    }
                }
                simd.call(Finish {
                    sums: &numbers,
                    lane,
                    activation,
                    pooling,
                    places: runs.places,
                    out: &mut output.out[out..],
                    out_plane: output.out_plane,
                    kept: match &mut output.kept {
                        Some(all) => Some(&mut all[kept..]),
                        None => None,
                    },
                    kept_plane: output.kept_plane,
                });
            }
        }
    }
}
