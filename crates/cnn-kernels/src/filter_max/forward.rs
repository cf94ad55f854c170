//! Forward: a table of words times filters, and the walk over the windows that adds up its entries.

use rayon::prelude::*;

use super::Windows;
use super::places::Places;
use super::shape::{Batch, Bundle};
use super::tuning::TUNING;
use crate::matmul::{Panels, rows_of, rows_times_panels_here};
use crate::scratch::Scratch;
use crate::simd::{Body, Simd, dispatch, panel_width};
use crate::{Isa, NO_WINNER};

pub(crate) fn forward_on(
    isa: Isa,
    batch: Batch<'_>,
    rows: &[f32],
    weight: &[f32],
    bias: &[f32],
    y: &mut [f32],
    winners: &mut [u32],
) {
    if y.is_empty() {
        return;
    }
    let shape = batch.shape;
    let (documents, filters) = (batch.offsets.documents(), shape.filters());
    let distinct = rows.len() / shape.dimension;
    let rows = rows_of(rows, shape.dimension, distinct);
    let places = Places::new(batch, distinct as u32);
    let lanes = panel_width(isa);
    let bundles: Vec<Bundle> = shape.bundles(lanes).collect();

    // [bundle, document, greatest sum and its window, lane]
    let mut best = Scratch::take(bundles.len() * documents * 2 * lanes);
    best.par_chunks_mut(documents * 2 * lanes)
        .zip(&bundles)
        .with_max_len(1)
        .for_each(|(best, bundle)| {
            let width = bundle.width;
            let taps = &weight[bundle.weights..][..bundle.filters * shape.dimension * width];
            let panels = Panels::of_taps(isa, taps, [bundle.filters, shape.dimension, width]);
            // [distinct and a row of zeros, width, lanes]
            let mut table = Scratch::take((distinct + 1) * width * lanes);
            for (rows, table) in rows
                .chunks(TUNING.words_of_pass)
                .zip(table.chunks_mut(TUNING.words_of_pass * width * lanes))
            {
                let table = &mut table[..rows.len() * width * lanes];
                rows_times_panels_here(isa, rows, &panels, None, table);
            }
            table[distinct * width * lanes..].fill(0.0);
            dispatch(
                isa,
                Walk {
                    batch,
                    places: &places,
                    width,
                    table: &table,
                    best,
                },
            );
        });

    y.par_chunks_mut(TUNING.documents_of_task * filters)
        .zip(winners.par_chunks_mut(TUNING.documents_of_task * filters))
        .enumerate()
        .for_each(|(chunk, (y, winners))| {
            let outputs = y
                .chunks_exact_mut(filters)
                .zip(winners.chunks_exact_mut(filters));
            for (d, (y, winners)) in (chunk * TUNING.documents_of_task..).zip(outputs) {
                for (i, bundle) in bundles.iter().enumerate() {
                    let here = bundle.first..bundle.first + bundle.filters;
                    let (y, winners) = (&mut y[here.clone()], &mut winners[here.clone()]);
                    if shape.windows == Windows::Valid && batch.offsets.len_of(d) < bundle.width {
                        y.fill(0.0);
                        winners.fill(NO_WINNER);
                        continue;
                    }
                    let best = &best[(i * documents + d) * 2 * lanes..][..2 * lanes];
                    let (sums, windows) = best.split_at(lanes);
                    for (l, bias) in bias[here].iter().enumerate() {
                        let value = bias + sums[l];
                        let shut = value <= 0.0;
                        y[l] = if shut { 0.0 } else { value };
                        winners[l] = if shut { NO_WINNER } else { windows[l] as u32 };
                    }
                }
            }
        });
}

/// The greatest sum over the windows of each document, for as many filters as a panel has lanes.
struct Walk<'a> {
    batch: Batch<'a>,
    places: &'a Places,
    width: usize,
    table: &'a [f32],
    best: &'a mut [f32],
}

impl Body for Walk<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            batch,
            places,
            width,
            table,
            best,
        } = self;
        let lanes = NV * S::LANES;
        let one = simd.splat(1.0);
        for (d, best) in best.chunks_exact_mut(2 * lanes).enumerate() {
            let windows = batch.windows(d, width);
            let words = places.of(batch, d, width);
            let mut top = [(simd.splat(0.0), simd.splat(0.0)); NV];
            let mut number = simd.splat(0.0);
            if windows > 0 {
                let sum = sum_of_entries::<S, NV>(simd, table, &words[..width]);
                for v in 0..NV {
                    top[v].0 = sum[v];
                }
                number = one;
            }
            for window in 1..windows {
                let words = &words[window..][..width];
                let sum = sum_of_entries::<S, NV>(simd, table, words);
                for v in 0..NV {
                    top[v] = simd.greater(top[v], (sum[v], number));
                }
                number = simd.add(number, one);
            }
            for v in 0..NV {
                if batch.shape.windows == Windows::Touching {
                    top[v] = simd.greater(top[v], (simd.splat(0.0), number));
                }
                simd.store(top[v].0, &mut best[v * S::LANES..]);
                simd.store(top[v].1, &mut best[lanes + v * S::LANES..]);
            }
        }
    }
}

/// The sum of the entries of a window's words, tap after tap.
#[inline(always)]
fn sum_of_entries<S: Simd, const NV: usize>(
    simd: S,
    table: &[f32],
    words: &[u32],
) -> [S::Vector; NV] {
    let (width, lanes) = (words.len(), NV * S::LANES);
    let mut sum = [simd.splat(0.0); NV];
    for (tap, &word) in words.iter().enumerate() {
        let entry = &table[(word as usize * width + tap) * lanes..][..lanes];
        for v in 0..NV {
            let number = simd.load(&entry[v * S::LANES..]);
            sum[v] = match tap {
                0 => number,
                _ => simd.add(sum[v], number),
            };
        }
    }
    sum
}
