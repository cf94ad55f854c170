//! Sums of a few rows of a matrix, each times a factor: the matrix lies in strips as wide as a tile of registers.

use rayon::prelude::*;

use super::tuning::TUNING;
use crate::Isa;
use crate::scratch::Scratch;
use crate::simd::{Body, Part, Simd, dispatch, panel_width};
use crate::tree::CHAIN;

/// A row of a matrix and the factor that it is taken with.
pub(super) type Term = (u32, f32);

/// A matrix `[rows, columns]` cut into strips of columns, each stored row after row; columns beyond the last are zero.
pub(super) struct Strips {
    rows: usize,
    /// Numbers of a row of each strip, a multiple of the width of a panel.
    widths: Vec<usize>,
    numbers: Scratch,
}

impl Strips {
    /// Packs a matrix: `fill(first, width, strip)` writes the columns from `first` on, as many as there are, into `strip
    /// [rows, width]`.
    pub(super) fn pack(
        isa: Isa,
        [rows, columns]: [usize; 2],
        fill: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) -> Self {
        let panel = panel_width(isa);
        let panels = columns.div_ceil(panel);
        let most = TUNING.strip_numbers / (rows * panel).max(1);
        let most = most.clamp(TUNING.strip_panels[0], TUNING.strip_panels[1]);
        let count = panels.div_ceil(most).max(1);
        let widths: Vec<usize> = (0..count)
            .map(|strip| (panels / count + usize::from(strip < panels % count)) * panel)
            .collect();
        let mut numbers = Scratch::take(rows * panels * panel);
        let mut strips = Vec::with_capacity(count);
        let (mut rest, mut first) = (&mut numbers[..], 0);
        for &width in &widths {
            let (strip, others) = rest.split_at_mut(rows * width);
            strips.push((first, width, strip));
            first += width;
            rest = others;
        }
        strips
            .into_par_iter()
            .with_max_len(1)
            .for_each(|(first, width, strip)| fill(first, width, strip));
        Self {
            rows,
            widths,
            numbers,
        }
    }

    /// `sums[i] = Σ factor · matrix[row]` over the terms `from..to` of list `i`.
    ///
    /// Strip after strip, all lists each, so that a strip stays in the cache of the core that works on it.
    pub(super) fn combine(&self, isa: Isa, terms: &[Term], lists: &[(u32, u32)]) -> Sums<'_> {
        let mut numbers = Scratch::take(lists.len() * self.widths.iter().sum::<usize>());
        let mut tasks =
            Vec::with_capacity(self.widths.len() * lists.len().div_ceil(TUNING.lists_of_task));
        let mut rest = &mut numbers[..];
        for (strip, &width) in self.strips().zip(&self.widths) {
            for lists in lists.chunks(TUNING.lists_of_task) {
                let (sums, others) = rest.split_at_mut(lists.len() * width);
                rest = others;
                tasks.push(Combine {
                    strip,
                    width,
                    terms,
                    lists,
                    sums,
                });
            }
        }
        tasks
            .into_par_iter()
            .with_max_len(1)
            .for_each(|task| dispatch(isa, task));
        Sums {
            widths: &self.widths,
            lists: lists.len(),
            numbers,
        }
    }

    fn strips(&self) -> impl Iterator<Item = &[f32]> {
        let mut rest = &self.numbers[..];
        self.widths.iter().map(move |width| {
            let (strip, others) = rest.split_at(self.rows * width);
            rest = others;
            strip
        })
    }
}

/// Sums in strips as their terms were.
pub(super) struct Sums<'a> {
    widths: &'a [usize],
    lists: usize,
    numbers: Scratch,
}

impl Sums<'_> {
    /// For each strip its first column, its width and the sums `[count, width]` of the lists from `list` on.
    pub(super) fn of(
        &self,
        list: usize,
        count: usize,
    ) -> impl Iterator<Item = (usize, usize, &[f32])> {
        let mut first = 0;
        self.widths.iter().map(move |&width| {
            let sums = &self.numbers[first * self.lists + list * width..][..count * width];
            first += width;
            (first - width, width, sums)
        })
    }
}

struct Combine<'a> {
    strip: &'a [f32],
    width: usize,
    terms: &'a [Term],
    lists: &'a [(u32, u32)],
    sums: &'a mut [f32],
}

impl Body for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            strip,
            width,
            terms,
            lists,
            sums,
        } = self;
        for (sum, &(from, to)) in sums.chunks_exact_mut(width).zip(lists) {
            let terms = &terms[from as usize..to as usize];
            match width / (NV * S::LANES) {
                1 => simd.call(Tile::<1, NV> { strip, terms, sum }),
                2 => simd.call(Tile::<2, NV> { strip, terms, sum }),
                3 => simd.call(Tile::<3, NV> { strip, terms, sum }),
                4 => simd.call(Tile::<4, NV> { strip, terms, sum }),
                5 => simd.call(Tile::<5, NV> { strip, terms, sum }),
                _ => simd.call(Tile::<6, NV> { strip, terms, sum }),
            }
        }
    }
}

/// `sum = Σ factor · strip[row]`, `NP` panels wide.
struct Tile<'a, const NP: usize, const NV: usize> {
    strip: &'a [f32],
    terms: &'a [Term],
    sum: &'a mut [f32],
}

impl<const NP: usize, const NV: usize> Part for Tile<'_, NP, NV> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { strip, terms, sum } = self;
        let width = NP * NV * S::LANES;
        let sum = &mut sum[..width];
        if terms.is_empty() {
            sum.fill(0.0);
        }
        for (block, terms) in terms.chunks(CHAIN).enumerate() {
            let mut tile = [[simd.splat(0.0); NV]; NP];
            for &(row, factor) in terms {
                let row = &strip[row as usize * width..][..width];
                let factor = simd.splat(factor);
                for p in 0..NP {
                    for v in 0..NV {
                        let numbers = simd.load(&row[(p * NV + v) * S::LANES..]);
                        tile[p][v] = simd.mul_add(factor, numbers, tile[p][v]);
                    }
                }
            }
            for p in 0..NP {
                for v in 0..NV {
                    let place = &mut sum[(p * NV + v) * S::LANES..];
                    let total = match block {
                        0 => tile[p][v],
                        _ => simd.add(simd.load(place), tile[p][v]),
                    };
                    simd.store(total, place);
                }
            }
        }
    }
}
