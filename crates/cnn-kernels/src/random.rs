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

use rayon::prelude::*;

/// The two multipliers of Philox4x32.
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// The Weyl increments of its key schedule: the golden ratio and sqrt(3) - 1, as 32-bit fractions.
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
/// Rounds; the authors found seven enough for BigCrush and recommend ten.
const ROUNDS: usize = 10;
/// Values that one task fills. Only a matter of speed: no value depends on it.
const FILL_CHUNK: usize = 4096;

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
    unit_interval(bits(seed, stream, index) >> 40)
}

/// `word` of 24 bits as a multiple of 2^-24; exact.
#[inline]
fn unit_interval(word: u64) -> f32 {
    word as f32 * (1.0 / 16_777_216.0)
}

/// A number of the standard normal distribution, by Box and Muller's transform of both halves of the block,
/// `sqrt(-2 ln u) cos(2 pi v)` with `u` of (0, 1] and `v` of [0, 1), 53 bits each, computed in f64 and rounded once.
///
/// The farthest value possible is `sqrt(2 * 53 * ln 2)`, 8.57.
#[inline]
pub fn normal(seed: u64, stream: u64, index: u64) -> f32 {
    let [first, second] = halves(seed, stream, index);
    const STEP: f64 = 1.0 / 9_007_199_254_740_992.0; // 2^-53
    let u = ((first >> 11) + 1) as f64 * STEP;
    let v = (second >> 11) as f64 * STEP;
    ((-2.0 * ln_f64(u)).sqrt() * cos_turns(v)) as f32
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

/// Fills `out[i]` with `mean + deviation * normal(seed, stream, i)`, in parallel.
pub fn fill_normal(seed: u64, stream: u64, mean: f32, deviation: f32, out: &mut [f32]) {
    fill(out, |index| mean + deviation * normal(seed, stream, index));
}

fn fill(out: &mut [f32], value: impl Fn(u64) -> f32 + Sync) {
    out.par_chunks_mut(FILL_CHUNK)
        .enumerate()
        .for_each(|(chunk, out)| {
            let start = (chunk * FILL_CHUNK) as u64;
            for (i, out) in out.iter_mut().enumerate() {
                *out = value(start + i as u64);
            }
        });
}

/// A dropout mask `[samples, units]`: `scale` where a unit is kept, 0 where it is dropped.
///
/// `mask[i * units + unit]` depends on `(seed, step, stream, samples[i], unit)` alone: not on the other samples, nor on
/// the sample's place in the batch. A unit is kept if a uniform number of 24 bits is less than `keep_probability`, so
/// 1 keeps all and 0 none. One Philox block serves four units.
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
    let seed = mix(seed, step);
    mask.par_chunks_mut(units)
        .zip(samples)
        .for_each(|(row, &sample)| {
            let stream = mix(stream, sample);
            for (group, row) in row.chunks_mut(4).enumerate() {
                for (value, word) in row.iter_mut().zip(block(seed, stream, group as u64)) {
                    let kept = unit_interval(u64::from(word >> 8)) < keep_probability;
                    *value = if kept { scale } else { 0.0 };
                }
            }
        });
}

/// `1/3, 1/5, ..., 1/21`: artanh(s) / s = 1 + z/3 + z²/5 + ..., z = s². With z <= 0.0295 the next term is below 1e-18.
const ARTANH: [f64; 10] = [
    1.0 / 3.0,
    1.0 / 5.0,
    1.0 / 7.0,
    1.0 / 9.0,
    1.0 / 11.0,
    1.0 / 13.0,
    1.0 / 15.0,
    1.0 / 17.0,
    1.0 / 19.0,
    1.0 / 21.0,
];

/// Taylor coefficients of `cos x` and of `sin x / x` in x², up to 1/16! and 1/17!. Within an eighth of a turn
/// (x² <= 0.617) the next term is below 1e-17.
const CIRCLE: [[f64; 9]; 2] = [taylor(0), taylor(1)];

/// `1/first!, -1/(first + 2)!, 1/(first + 4)!, ...`; the factorials up to 17! are exact in an f64.
const fn taylor(first: usize) -> [f64; 9] {
    let mut coefficients = [0.0; 9];
    let (mut k, mut factorial, mut sign) = (0, 1.0, 1.0);
    while k < 9 {
        coefficients[k] = sign / factorial;
        let last = (first + 2 * k) as f64;
        factorial *= (last + 1.0) * (last + 2.0);
        sign = -sign;
        k += 1;
    }
    coefficients
}

/// `c[0] + c[1] z + ...`, multiplications and additions apart.
#[inline]
fn polynomial<const N: usize>(z: f64, coefficients: &[f64; N]) -> f64 {
    let mut sum = coefficients[N - 1];
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum * z + coefficient;
    }
    sum
}

/// Natural logarithm of a normal positive f64, from +, -, *, / alone: `ln m + e ln 2` with `m` of [sqrt 1/2, sqrt 2) and
/// `ln m = 2 artanh((m - 1) / (m + 1))`.
#[inline]
fn ln_f64(x: f64) -> f64 {
    const SQRT_HALF_BITS: u64 = 0x3FE6_A09E_667F_3BCD;
    let exponent = (x.to_bits().wrapping_sub(SQRT_HALF_BITS) as i64) >> 52;
    let m = f64::from_bits(x.to_bits().wrapping_sub((exponent << 52) as u64));
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * (s + s * (z * polynomial(z, &ARTANH)))
}

/// `cos(2 pi turns)` for `turns` of [0, 1), from +, -, * alone: the angle is taken from the nearest quarter turn, at most
/// an eighth away.
#[inline]
fn cos_turns(turns: f64) -> f64 {
    let quarter = (turns * 4.0 + 0.5) as i64; // 0..=4
    let angle = (turns - quarter as f64 * 0.25) * std::f64::consts::TAU;
    // cos, -sin, -cos, sin of what is left: even quarters take the cosine, the middle ones the minus sign.
    let odd = quarter & 1;
    let scale = if odd == 1 { angle } else { 1.0 };
    let sign = if (quarter + 1) & 2 == 2 { -1.0 } else { 1.0 };
    sign * scale * polynomial(angle * angle, &CIRCLE[odd as usize])
}
