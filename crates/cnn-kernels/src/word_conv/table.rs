//! The same operation for a trained network: the product of a word with the taps is kept from call to call.

use rayon::prelude::*;

use super::tuning::TUNING;
use super::{by_input, check, check_weights, places};
use crate::entries::{Entries, Entry};
use crate::matmul::{Panels, rows_times_panels_here};
use crate::scratch::Scratch;
use crate::simd::{Body, Simd, dispatch};
use crate::{Conv1dShape, Isa, Offsets, SKIP};

/// Channels are padded to whole vectors of the widest instruction set, on every one: the layout is the same.
const LANES: usize = 16;

/// A trained convolution of words. A word meets the filters when it is met for the first time; from then on a position costs
/// `kernel_size` additions for each channel. The outputs have the bits of [`word_conv_forward`](crate::word_conv_forward).
pub struct WordConvTable {
    isa: Isa,
    shape: Conv1dShape,
    /// `[words, channels_in]`
    words: Vec<f32>,
    panels: Panels,
    /// `[padded channels_out]`
    bias: Vec<f32>,
    /// `[kernel_size, padded channels_out]` each.
    entries: Entries,
}

impl WordConvTable {
    /// `words` `[words, channels_in]` are the vectors of the whole vocabulary, `weight` and `bias` those of
    /// [`word_conv_forward`](crate::word_conv_forward).
    ///
    /// # Panics
    ///
    /// If a length disagrees with these shapes, or `kernel_size` or `channels_in` is 0.
    pub fn new(shape: &Conv1dShape, words: Vec<f32>, weight: &[f32], bias: &[f32]) -> Self {
        Self::new_on(Isa::active(), shape, words, weight, bias)
    }

    pub(crate) fn new_on(
        isa: Isa,
        shape: &Conv1dShape,
        words: Vec<f32>,
        weight: &[f32],
        bias: &[f32],
    ) -> Self {
        check(shape, &Offsets::from_lengths([]), &[], words.len(), 0);
        check_weights(shape, weight.len());
        assert_eq!(
            bias.len(),
            shape.channels_out,
            "bias must be [channels_out]"
        );
        let padded = shape.channels_out.next_multiple_of(LANES);
        let mut bias = bias.to_vec();
        bias.resize(padded, 0.0);
        let count = words.len() / shape.channels_in;
        Self {
            isa,
            shape: *shape,
            panels: by_input(isa, shape, weight),
            entries: Entries::new(count, shape.kernel_size * padded),
            words,
            bias,
        }
    }

    /// The number of words.
    pub fn words(&self) -> usize {
        self.entries.words()
    }

    /// `y` `[positions, channels_out]`, as [`word_conv_forward`](crate::word_conv_forward) gives it for `ids` of the vocabulary.
    ///
    /// # Panics
    ///
    /// If a length disagrees with these shapes, or an id is neither a word nor [`SKIP`](crate::SKIP).
    pub fn forward(&self, offsets: &Offsets, ids: &[u32], y: &mut [f32]) {
        check(&self.shape, offsets, ids, self.words.len(), y.len());
        if y.is_empty() {
            return;
        }
        self.ensure(ids);
        let Conv1dShape {
            channels_out,
            kernel_size,
            ..
        } = self.shape;
        let places = places(&self.shape, offsets, ids, SKIP);
        let places: Vec<&Entry> = places.iter().map(|id| self.entries.of(*id)).collect();
        let task = |(y, places): (&mut [f32], &[&Entry])| {
            let sums = AddTaps {
                channels: channels_out,
                places,
                bias: &self.bias,
                y,
            };
            dispatch(self.isa, sums);
        };
        if places.len() <= TUNING.positions_of_task * kernel_size {
            task((y, &places));
        } else {
            y.par_chunks_mut(TUNING.positions_of_task * channels_out)
                .zip(places.par_chunks(TUNING.positions_of_task * kernel_size))
                .for_each(task);
        }
    }

    fn ensure(&self, ids: &[u32]) {
        let (channels_in, channels_out) = (self.shape.channels_in, self.shape.channels_out);
        self.entries.ensure(ids, |words, entries| {
            let vector = |word: &u32| &self.words[*word as usize * channels_in..][..channels_in];
            let rows: Vec<&[f32]> = words.iter().map(vector).collect();
            let columns = self.panels.columns;
            let mut product = Scratch::take(words.len() * columns);
            rows_times_panels_here(self.isa, &rows, &self.panels, None, &mut product);
            for (entry, product) in entries.iter_mut().zip(product.chunks_exact(columns)) {
                for (tap, numbers) in product.chunks_exact(channels_out).enumerate() {
                    entry.tail_mut(tap * self.bias.len())[..channels_out].copy_from_slice(numbers);
                }
            }
        });
    }
}

/// `y[p] = places[p, 0][0] + places[p, 1][1] + … + bias`.
struct AddTaps<'a> {
    channels: usize,
    /// `[positions, kernel_size]`
    places: &'a [&'a Entry],
    bias: &'a [f32],
    y: &'a mut [f32],
}

impl Body for AddTaps<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
        let Self {
            channels,
            places,
            bias,
            y,
        } = self;
        let taps = places.len() / (y.len() / channels);
        for (y, places) in y.chunks_exact_mut(channels).zip(places.chunks_exact(taps)) {
            for channel in (0..channels).step_by(S::LANES) {
                let mut sum = simd.load(places[0].tail(channel));
                for (tap, entry) in places.iter().enumerate().skip(1) {
                    sum = simd.add(sum, simd.load(entry.tail(tap * bias.len() + channel)));
                }
                sum = simd.add(sum, simd.load(&bias[channel..]));
                let y = &mut y[channel..];
                if y.len() >= S::LANES {
                    simd.store(sum, y);
                } else {
                    let mut numbers = [0.0; LANES];
                    simd.store(sum, &mut numbers);
                    y.copy_from_slice(&numbers[..y.len()]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::cases;
    use super::*;
    use crate::testing::{bits, normals, same_on_threads};
    use crate::trial::{for_each_isa, poisoned};

    /// Its bits are those of the operation that networks learn with, whatever was asked before.
    #[test]
    fn a_table_answers_with_the_bits_of_training() {
        for case in cases(normals) {
            let (shape, offsets, ids) = (&case.shape, &case.offsets, &case.ids);
            let positions = shape.output_offsets(offsets);
            for_each_isa(|isa| {
                let [expected, ..] = case.kernels(isa);
                let words = case.rows.clone();
                let table = WordConvTable::new_on(isa, shape, words, &case.weight, &case.bias);
                for d in (0..offsets.documents()).rev() {
                    let document = &ids[offsets.range(d)];
                    let alone = Offsets::from_lengths([document.len()]);
                    let range = positions.range(d);
                    let channels = shape.channels_out;
                    let expected = &expected[range.start * channels..range.end * channels];
                    let y = poisoned(expected.len(), |y| table.forward(&alone, document, y));
                    assert_eq!(bits(&y), bits(expected), "{isa}");
                }
                let y = poisoned(expected.len(), |y| table.forward(offsets, ids, y));
                assert_eq!(bits(&y), bits(&expected), "{isa}");
            });
        }
    }

    #[test]
    fn threads_do_not_matter() {
        for case in cases(normals) {
            same_on_threads(|| {
                let words = case.rows.clone();
                let table = WordConvTable::new(&case.shape, words, &case.weight, &case.bias);
                let (offsets, ids) = (&case.offsets, &case.ids);
                bits(&poisoned(case.grad.len(), |y| {
                    table.forward(offsets, ids, y)
                }))
            });
        }
    }
}
