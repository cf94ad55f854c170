//! The filters in the forms that the products take, packed.

use super::forms;
use crate::Isa;
use crate::matmul::Panels;
use crate::scratch::Scratch;
use crate::simd::{Body, Simd, dispatch};
use crate::transpose::transpose;

/// The filters of the forward pass, `weight [channels_out, channels_in, 3]` as panels `[products · channels_in, channels_out]`:
/// form after form.
pub(super) fn of_outputs(
    isa: Isa,
    products: usize,
    weight: &[f32],
    [outs, ins]: [usize; 2],
) -> Panels {
    Panels::pack(isa, [products * ins, outs], |column, lanes, panel| {
        let filters = &weight[column * 3 * ins..][..lanes * 3 * ins];
        dispatch(
            isa,
            Forward {
                filters,
                sizes: [lanes, ins],
                panel,
            },
        );
    })
}

/// The filters of the gradient of the input, `weight [channels_out, channels_in, 3]` with the taps reversed as panels
/// `[products · channels_out, channels_in]`: form after form.
pub(super) fn of_inputs(
    isa: Isa,
    products: usize,
    weight: &[f32],
    [outs, ins]: [usize; 2],
) -> Panels {
    Panels::pack(isa, [products * outs, ins], |column, lanes, panel| {
        dispatch(
            isa,
            Backward {
                weight,
                column,
                lanes,
                sizes: [outs, ins],
                panel,
            },
        );
    })
}

/// `filters [lanes, ins, 3]` into `panel [products, ins, width]`.
struct Forward<'a> {
    filters: &'a [f32],
    sizes: [usize; 2],
    panel: &'a mut [f32],
}

impl Body for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            filters,
            sizes: [lanes, ins],
            panel,
        } = self;
        let width = NV * S::LANES;
        let products = panel.len() / (ins * width);
        // [ins, 3, width]
        let mut turned = Scratch::take(3 * ins * width);
        if lanes < width {
            turned.fill(0.0);
        }
        transpose(simd, [lanes, 3 * ins], filters, 3 * ins, &mut turned, width);
        for (c, taps) in turned.chunks_exact(3 * width).enumerate() {
            for v in 0..NV {
                let lane = v * S::LANES;
                // No closures around vectors: the library's `map` is compiled without this instruction set.
                let taps = [
                    simd.load(&taps[lane..]),
                    simd.load(&taps[width + lane..]),
                    simd.load(&taps[2 * width + lane..]),
                ];
                let forms = forms::of_taps(simd, taps);
                for i in 0..products {
                    simd.store(forms[i], &mut panel[(i * ins + c) * width + lane..]);
                }
            }
        }
    }
}

/// The columns from `column` on of `weight [outs, ins, 3]`, taps reversed, into `panel [products, outs, width]`.
struct Backward<'a> {
    weight: &'a [f32],
    column: usize,
    lanes: usize,
    sizes: [usize; 2],
    panel: &'a mut [f32],
}

impl Body for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            weight,
            column,
            lanes,
            sizes: [outs, ins],
            panel,
        } = self;
        let width = NV * S::LANES;
        let products = panel.len() / (outs * width);
        for o in 0..outs {
            let (taps, _) = weight[(o * ins + column) * 3..][..lanes * 3].as_chunks::<3>();
            for v in 0..lanes.div_ceil(S::LANES) {
                let lane = v * S::LANES;
                let mut apart = [[0.0; 16]; 3];
                for (l, taps) in taps[lane..].iter().take(S::LANES).enumerate() {
                    for j in 0..3 {
                        apart[j][l] = taps[2 - j];
                    }
                }
                let [g0, g1, g2] = &apart;
                let taps = [simd.load(g0), simd.load(g1), simd.load(g2)];
                let forms = forms::of_taps(simd, taps);
                for i in 0..products {
                    simd.store(forms[i], &mut panel[(i * outs + o) * width + lane..]);
                }
            }
        }
    }
}
