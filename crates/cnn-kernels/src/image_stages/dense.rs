//! The dense layers at the end of a network, on rows `[image, feature]`.

use super::CHUNK;
use super::activation::activate;
use super::chunk::take;
use super::packed::ImageStagesPacked;
use crate::Isa;
use crate::matmul::rows_times_panels_here;
use crate::simd::Simd;

/// The dense layers of a few images: from `rows`, the input of the first, to `output`. The inputs of the others and perhaps the
/// output are left in `rest`.
#[inline(always)]
pub(super) fn forward<S: Simd>(
    simd: S,
    isa: Isa,
    packed: &ImageStagesPacked,
    keep: bool,
    rows: &[f32],
    mut rest: &mut [f32],
    output: &mut [f32],
) {
    let stages = &packed.stages;
    let count = output.len() / stages.outputs();
    let (mut input, mut output) = (rows, Some(output));
    for (d, (stage, dense)) in stages.denses().iter().zip(&packed.denses).enumerate() {
        let features = stage.outputs();
        let last = d + 1 == stages.denses().len();
        let y = match output.take_if(|_| last) {
            Some(output) => output,
            None => &mut take(&mut rest, CHUNK * features)[..count * features],
        };
        with_rows(input, count, |rows| {
            rows_times_panels_here(isa, rows, &dense.panels, Some(&dense.bias), y);
        });
        activate(simd, stage.of.activation, y);
        input = y;
    }
    if keep && stages.keeps_output() {
        rest[..input.len()].copy_from_slice(input);
    }
}

/// Calls `work` with the `count` rows of a matrix, at most [`CHUNK`].
#[inline(always)]
pub(super) fn with_rows(matrix: &[f32], count: usize, work: impl FnOnce(&[&[f32]])) {
    let mut rows: [&[f32]; CHUNK] = [&[]; CHUNK];
    let width = matrix.len() / count;
    for (row, numbers) in rows.iter_mut().zip(matrix.chunks_exact(width)) {
        *row = numbers;
    }
    work(&rows[..count]);
}
