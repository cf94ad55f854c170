//! The innermost loops of a convolution: an output row of a few maps, tile by tile in registers.

use super::geometry::{Run, Tap};
use crate::matmul::multiply_add;
use crate::simd::{Part, Simd};

/// `out[m] = bias[m] + Σ_{c, tap} weights[c, tap, m]·image[c, tap]` for the numbers of an output row.
pub(super) struct Row<'a> {
    /// The channels that are summed over.
    pub(super) image: &'a [f32],
    /// Numbers from channel to channel.
    pub(super) plane: usize,
    /// `[channel, tap, map]`
    pub(super) weights: &'a [f32],
    /// Taps of the kernel.
    pub(super) kernel: usize,
    pub(super) runs: &'a [Run],
    pub(super) taps: &'a [Tap],
    /// A row of each map.
    pub(super) out: &'a mut [f32],
    /// Numbers from map to map.
    pub(super) out_stride: usize,
    pub(super) bias: Option<&'a [f32]>,
    /// Whether `out` holds nothing yet; later groups of channels add to it.
    pub(super) first_group: bool,
}

/// A [`Row`] of `R` maps in tiles of `R` maps by `NV` vectors.
pub(super) struct Tiles<'a, const R: usize, const NV: usize>(pub(super) Row<'a>);

impl<const R: usize, const NV: usize> Part for Tiles<'_, R, NV> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Row {
            image,
            plane,
            weights,
            kernel,
            runs,
            taps,
            out,
            out_stride,
            bias,
            first_group,
        } = self.0;
        let width = NV * S::LANES;
        let (weights, _) = weights.as_chunks::<R>();
        for (r, run) in runs.iter().enumerate() {
            let taps = &taps[run.taps.clone()];
            let mut tile = [[simd.splat(0.0); NV]; R];
            // A run without taps, or an image without channels, may have no such place.
            let mut image = image.get(run.image..).unwrap_or_default();
            for weights in weights.chunks_exact(kernel) {
                for tap in taps {
                    let numbers = &image[tap.image..][..width];
                    multiply_add(simd, &weights[tap.weight], numbers, &mut tile);
                }
                image = image.get(plane..).unwrap_or_default();
            }
            for m in 0..R {
                let out = &mut out[m * out_stride + r * width..][..width];
                // A bias of -0 counts as +0, so that the sign of a zero never tells which taps were left out.
                let bias = simd.splat(bias.map_or(0.0, |bias| bias[m]) + 0.0);
                for v in 0..NV {
                    let place = &mut out[v * S::LANES..];
                    let other = if first_group { bias } else { simd.load(place) };
                    simd.store(simd.add(other, tile[m][v]), place);
                }
            }
        }
    }
}
