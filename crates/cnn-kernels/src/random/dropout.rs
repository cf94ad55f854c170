//! Dropout masks, and the vectorised form of the generator that makes them.

use super::tuning::TUNING;
use super::{MULTIPLIERS, ROUNDS, WEYL, mix, unit_interval};
use crate::Isa;
use crate::lanes::for_each_isa;
use rayon::prelude::*;

/// Blocks of the generator that are computed side by side, at most.
const LANES: usize = TUNING.blocks_of_pass;

/// A dropout mask `[samples, units]`: `scale` where a unit is kept, 0 where it is dropped.
///
/// `mask[i * units + unit]` depends on `(seed, step, stream, samples[i], unit)` alone: not on the other samples, nor on
/// the sample's place in the batch. A unit is kept if a uniform number of 24 bits is less than `keep_probability`, so
/// 1 keeps all and 0 none. One Philox block serves four units: word `unit % 4` of the block of index `unit / 4`, stream
/// `mix(stream, sample)` and seed `mix(seed, step)`.
///
/// Inverted dropout takes `scale = 1 / keep_probability`; the older convention, in which the weights are multiplied by
/// `keep_probability` at prediction instead, takes 1.
///
/// # Panics
///
/// If `mask` does not have `samples.len() * units` entries.
#[allow(clippy::too_many_arguments)] // the five parts of the key, and what is made of them
pub fn dropout_mask(
    seed: u64,
    step: u64,
    stream: u64,
    samples: &[u64],
    units: usize,
    keep_probability: f32,
    scale: f32,
    mask: &mut [f32],
) {
    assert_eq!(
        mask.len(),
        samples.len() * units,
        "dropout_mask: mask must be [samples, units] = [{}, {units}]",
        samples.len()
    );
    if units == 0 {
        return;
    }
    let isa = Isa::active();
    let seed = mix(seed, step);
    mask.par_chunks_mut(units)
        .zip(samples)
        .for_each(|(row, &sample)| {
            mask_row(isa, seed, mix(stream, sample), keep_probability, scale, row);
        });
}

for_each_isa! {
    /// The mask of one sample.
    fn mask_row(seed: u64, stream: u64, keep_probability: f32, scale: f32, row: &mut [f32]) {
        let mut words = [[0; LANES]; 4];
        for (group, row) in row.chunks_mut(4 * LANES).enumerate() {
            let lanes = row.len().div_ceil(4);
            blocks(seed, stream, (group * LANES) as u64, &mut words.each_mut().map(|words| &mut words[..lanes]));
            let value = |word: u32| {
                let kept = unit_interval(word >> 8) < keep_probability;
                if kept { scale } else { 0.0 }
            };
            let (fours, rest) = row.as_chunks_mut::<4>();
            for (lane, four) in fours.iter_mut().enumerate() {
                *four = words.each_ref().map(|words| value(words[lane]));
            }
            for (value_of_unit, words) in rest.iter_mut().zip(&words) {
                *value_of_unit = value(words[lanes - 1]);
            }
        }
    }
}

/// The blocks of the indices from `first` on: word `w` of block `first + lane` goes to `words[w][lane]`.
///
/// `first` is a multiple of [`LANES`], and there are at most so many lanes, so that the high half of the index is one
/// for all. Each round is a loop over the lanes, which the compiler vectorises.
#[inline(always)]
fn blocks(seed: u64, stream: u64, first: u64, words: &mut [&mut [u32]; 4]) {
    let mut key = [seed as u32, (seed >> 32) as u32];
    let [words0, words1, words2, words3] = words;
    for (lane, word) in words0.iter_mut().enumerate() {
        *word = first as u32 + lane as u32;
    }
    words1.fill((first >> 32) as u32);
    words2.fill(stream as u32);
    words3.fill((stream >> 32) as u32);
    for round in 0..ROUNDS {
        if round > 0 {
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        let lanes = words0
            .iter_mut()
            .zip(&mut **words1)
            .zip(words2.iter_mut().zip(&mut **words3));
        for ((word0, word1), (word2, word3)) in lanes {
            // Both halves by themselves: vectors have an instruction for each, but none for the whole product.
            let high = |multiplier: u32, word: u32| {
                ((u64::from(multiplier) * u64::from(word)) >> 32) as u32
            };
            let (high0, high1) = (high(MULTIPLIERS[0], *word0), high(MULTIPLIERS[1], *word2));
            let (low0, low1) = (
                MULTIPLIERS[0].wrapping_mul(*word0),
                MULTIPLIERS[1].wrapping_mul(*word2),
            );
            *word0 = high1 ^ *word1 ^ key[0];
            *word1 = low1;
            *word2 = high0 ^ *word3 ^ key[1];
            *word3 = low0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::block;

    #[test]
    fn blocks_side_by_side_are_the_blocks_one_by_one() {
        for (seed, stream, first) in [
            (0, 0, 0),
            (u64::MAX, 3, 800),
            (5, u64::MAX, (7 << 32) - 64),
            (1 << 40, 1 << 50, 1 << 33),
        ] {
            let mut words = [[0; LANES]; 4];
            blocks(
                seed,
                stream,
                first,
                &mut words.each_mut().map(|words| &mut words[..]),
            );
            (0..LANES).for_each(|lane| {
                let wanted = block(seed, stream, first + lane as u64);
                assert_eq!(wanted, words.each_ref().map(|words| words[lane]));
            });
        }
    }

    #[test]
    fn every_isa_gives_the_same_mask_at_every_width() {
        for units in [1, 3, 4, 31, 255, 256, 257, 300] {
            let on = |isa| {
                let mut row = vec![f32::NAN; units];
                mask_row(isa, 1, 2, 0.5, 2.0, &mut row);
                row
            };
            for isa in Isa::available() {
                assert_eq!(on(isa), on(Isa::Portable), "{isa}");
            }
            let one_by_one: Vec<f32> = (0..units as u64)
                .map(|unit| block(1, 2, unit / 4)[unit as usize % 4])
                .map(|word| {
                    if unit_interval(word >> 8) < 0.5 {
                        2.0
                    } else {
                        0.0
                    }
                })
                .collect();
            assert_eq!(on(Isa::Portable), one_by_one);
        }
    }
}
