//! Counter-based random numbers: every value is a pure function of (seed, stream, index), never of a hidden state.
//!
//! # The generator
//!
//! Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A block cipher
//! with few rounds turns a 128-bit counter and a 64-bit key into 128 bits. Here the key is the *seed* and the counter
//! is the pair (*index*, *stream*), so that for one seed no two (stream, index) pairs share a block: streams never
//! overlap, however long they are. The authors report that it passes all of TestU01's BigCrush.
//!
//! # Why no state
//!
//! A run that is killed and resumed, or split over another number of threads, has to see the same numbers. A counter
//! needs nothing saved but the numbers the run knows anyway: seed, step, sample, unit.
//!
//! # What is frozen
//!
//! The values of every function here are part of this crate's promise to itself: `tests/random.rs` holds golden
//! vectors, the authors' own known answers among them. Floats are made with additions, multiplications, divisions and
//! square roots of IEEE 754 only, so they have the same bits on every machine.

mod dropout;
mod normal;
mod tuning;

pub use dropout::dropout_mask;
pub use normal::{fill_normal, normal};

use rayon::prelude::*;
use tuning::TUNING;

/// The two multipliers of Philox4x32.
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// The Weyl increments of its key schedule: the golden ratio and sqrt(3) - 1, as 32-bit fractions.
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
/// Rounds; the authors found seven enough for BigCrush and recommend ten.
const ROUNDS: usize = 10;

/// One block of Philox4x32-10: 128 random bits for a 64-bit key and a 128-bit counter.
#[inline]
pub fn philox4x32(mut key: [u32; 2], mut counter: [u32; 4]) -> [u32; 4] {
    for round in 0..ROUNDS {
        if round > 0 {
            key[0] = key[0].wrapping_add(WEYL[0]);
            key[1] = key[1].wrapping_add(WEYL[1]);
        }
        let product0 = u64::from(MULTIPLIERS[0]) * u64::from(counter[0]);
        let product1 = u64::from(MULTIPLIERS[1]) * u64::from(counter[2]);
        counter = [
            (product1 >> 32) as u32 ^ counter[1] ^ key[0],
            product1 as u32,
            (product0 >> 32) as u32 ^ counter[3] ^ key[1],
            product0 as u32,
        ];
    }
    counter
}

/// The block of (seed, stream, index): four words of 32 random bits.
#[inline]
pub(crate) fn block(seed: u64, stream: u64, index: u64) -> [u32; 4] {
    philox4x32(
        [seed as u32, (seed >> 32) as u32],
        [
            index as u32,
            (index >> 32) as u32,
            stream as u32,
            (stream >> 32) as u32,
        ],
    )
}

/// The two 64-bit halves of a block, first words low.
#[inline]
fn halves(seed: u64, stream: u64, index: u64) -> [u64; 2] {
    let [a, b, c, d] = block(seed, stream, index);
    [
        u64::from(a) | u64::from(b) << 32,
        u64::from(c) | u64::from(d) << 32,
    ]
}

/// 64 random bits: the first half of the block of (seed, stream, index).
#[inline]
pub fn bits(seed: u64, stream: u64, index: u64) -> u64 {
    halves(seed, stream, index)[0]
}

/// A number of `[0, 1)`, uniform over the 2^24 multiples of 2^-24: the top 24 bits of [`bits`].
#[inline]
pub fn uniform(seed: u64, stream: u64, index: u64) -> f32 {
    unit_interval((bits(seed, stream, index) >> 40) as u32)
}

/// `word` of 24 bits as a multiple of 2^-24; exact.
#[inline]
fn unit_interval(word: u32) -> f32 {
    word as f32 * (1.0 / 16_777_216.0)
}

/// An integer of `0..n`, exactly uniform (Lemire's multiplication with rejection; arXiv 1805.10941).
///
/// A rejected draw, of probability below `n / 2^64`, is repeated on the second half of the block and then on the
/// streams `mix(stream, 1)`, `mix(stream, 2)`, and so on.
///
/// # Panics
///
/// If `n` is zero: there is no integer to choose.
#[inline]
pub fn below(seed: u64, stream: u64, index: u64, n: u64) -> u64 {
    assert!(n > 0, "below: n = 0 leaves no integer to choose");
    let mut attempt = 0;
    loop {
        let stream = if attempt == 0 {
            stream
        } else {
            mix(stream, attempt)
        };
        for word in halves(seed, stream, index) {
            let product = u128::from(word) * u128::from(n);
            // Of the low products, 2^64 mod n are one too many; all of these are below n, which spares the division.
            let low = product as u64;
            if low >= n || low >= n.wrapping_neg() % n {
                return (product >> 64) as u64;
            }
        }
        attempt += 1;
    }
}

/// A random order of `0..n`, each of the `n!` orders equally likely: Fisher and Yates's shuffle whose `i`-th exchange
/// is drawn by [`below`] at index `i`.
///
/// # Panics
///
/// If `n` exceeds 2^32, for then the entries would not fit.
pub fn permutation(seed: u64, stream: u64, n: usize) -> Vec<u32> {
    let last = u32::try_from(n.saturating_sub(1)).expect("permutation: n must not exceed 2^32");
    let mut order: Vec<u32> = if n == 0 {
        Vec::new()
    } else {
        (0..=last).collect()
    };
    for i in (1..n).rev() {
        let j = below(seed, stream, i as u64, i as u64 + 1) as usize;
        order.swap(i, j);
    }
    order
}

/// The stream number of a name such as `"conv1.weight"`: FNV-1a over its bytes, 64 bits, computable in a constant.
pub const fn stream(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xCBF2_9CE4_8422_2325u64;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01B3);
        i += 1;
    }
    hash
}

/// Two numbers made one, for keys of more than three parts: `mix(seed, step)`, `mix(stream, sample)`.
///
/// Not symmetric. For a fixed `a` it is a bijection of `b`, and the other way round, so two samples of one step, or
/// one sample at two steps, can never fall on the same number.
#[inline]
pub const fn mix(a: u64, b: u64) -> u64 {
    finalise(finalise(a.wrapping_add(0x9E37_79B9_7F4A_7C15)).wrapping_add(b))
}

/// The finaliser of SplitMix64 (Stafford's variant 13): a bijection in which every input bit moves half of the output.
const fn finalise(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Fills `out[i]` with `low + (high - low) * uniform(seed, stream, i)`, in parallel.
pub fn fill_uniform(seed: u64, stream: u64, low: f32, high: f32, out: &mut [f32]) {
    fill(out, |index| {
        low + (high - low) * uniform(seed, stream, index)
    });
}

fn fill(out: &mut [f32], value: impl Fn(u64) -> f32 + Sync) {
    out.par_chunks_mut(TUNING.values_of_task)
        .enumerate()
        .for_each(|(chunk, out)| {
            let start = (chunk * TUNING.values_of_task) as u64;
            for (i, out) in out.iter_mut().enumerate() {
                *out = value(start + i as u64);
            }
        });
}
