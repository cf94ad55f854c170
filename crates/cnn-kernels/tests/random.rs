//! The counter-based generator: known answers, frozen values, and the statistics that a training run relies on.

use cnn_kernels::random::*;
use std::collections::HashSet;

/// The known answers that the authors publish with Random123 (`kat_vectors`, philox4x32 10).
#[test]
fn philox_gives_the_authors_answers() {
    let cases = [
        (
            [0; 2],
            [0; 4],
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8],
        ),
        (
            [u32::MAX; 2],
            [u32::MAX; 4],
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd],
        ),
        (
            [0xa409_3822, 0x299f_31d0],
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        ),
    ];
    for (key, counter, answer) in cases {
        assert_eq!(philox4x32(key, counter), answer);
    }
}

/// Changing one of these changes every seeded run: it has to be named in the changelog.
#[test]
fn golden_values_are_frozen() {
    assert_eq!(stream("conv1.weight"), 0x69a2_9a2c_ee47_d254);
    assert_eq!(stream(""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(
        stream("a"),
        0xaf63_dc4c_8601_ec8c,
        "FNV-1a's published value"
    );
    assert_eq!(
        [mix(0, 0), mix(1, 2), mix(2, 1)],
        [
            0x4821_8226_ff3c_d4bf,
            0x81a_5c13_7785_6b73,
            0xf282_6f98_653e_9e57
        ]
    );
    assert_eq!(
        [bits(0, 0, 0), bits(42, 7, 1 << 40)],
        [0xe169_c58d_6627_e8d5, 0x9090_ddd0_a9c8_e66f]
    );
    let stream = stream("golden");
    let uniforms: Vec<u32> = (0..4).map(|i| uniform(1, stream, i).to_bits()).collect();
    assert_eq!(
        uniforms,
        [0x3e9d_192c, 0x3f52_f723, 0x3dc4_8238, 0x3e24_3774]
    );
    let normals: Vec<u32> = (0..4).map(|i| normal(1, stream, i).to_bits()).collect();
    assert_eq!(
        normals,
        [0x3f9e_3e44, 0x3f1b_f03a, 0xbf8a_bcb1, 0x3edc_9b47]
    );
    let below: Vec<u64> = [1, 2, 10, 1 << 33, u64::MAX]
        .iter()
        .map(|&n| below(1, stream, n, n))
        .collect();
    assert_eq!(below, [0, 0, 9, 762755303, 11863685594692461116]);
    assert_eq!(
        permutation(1, stream, 12),
        [2, 9, 6, 0, 1, 4, 3, 11, 5, 7, 10, 8]
    );
    let mut mask = [0.0; 12];
    dropout_mask(1, 2, stream, &[10, 11], 6, 0.5, 2.0, &mut mask);
    assert_eq!(
        mask,
        [2.0, 2.0, 2.0, 2.0, 0.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0, 2.0]
    );
}

/// Pearson's statistic over equally likely cells, as a distance from its mean in standard deviations.
fn chi_square(counts: &[u64]) -> f64 {
    let expected = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    let statistic: f64 = counts
        .iter()
        .map(|&count| (count as f64 - expected).powi(2) / expected)
        .sum();
    let freedom = counts.len() as f64 - 1.0;
    (statistic - freedom) / (2.0 * freedom).sqrt()
}

#[track_caller]
fn assert_uniform(counts: &[u64]) {
    let distance = chi_square(counts);
    // Both ends: counts that are too even betray a generator as surely as uneven ones.
    assert!(
        distance.abs() < 5.0,
        "{distance} standard deviations from a uniform distribution"
    );
}

#[test]
fn uniform_numbers_fill_the_interval_evenly_along_every_key() {
    let n = 1 << 18;
    let along: [fn(u64) -> f32; 3] = [
        |i| uniform(1, 2, i),
        |i| uniform(i, 2, 3),
        |i| uniform(1, i, 3),
    ];
    for value in along {
        let mut counts = vec![0; 256];
        let mut pairs = vec![0; 64 * 64];
        let mut last = 0;
        for i in 0..n {
            let value = value(i);
            assert!((0.0..1.0).contains(&value));
            counts[(value * 256.0) as usize] += 1;
            let cell = (value * 64.0) as usize;
            pairs[last * 64 + cell] += 1;
            last = cell;
        }
        assert_uniform(&counts);
        assert_uniform(&pairs);
    }
}

#[test]
fn every_bit_of_every_key_moves_half_of_the_output() {
    let trials = 2000;
    for key in 0..3 {
        for bit in 0..64 {
            let mut flips = 0;
            for trial in 0..trials {
                let mut keys = [trial * 977, trial * 31 + 5, trial];
                let before = bits(keys[0], keys[1], keys[2]);
                keys[key] ^= 1 << bit;
                flips += u64::from((bits(keys[0], keys[1], keys[2]) ^ before).count_ones());
            }
            let share = flips as f64 / (64 * trials) as f64;
            // A standard deviation is 0.5 / sqrt(64 * 2000) = 0.0014.
            assert!((share - 0.5).abs() < 0.008, "key {key}, bit {bit}: {share}");
        }
    }
}

#[test]
fn no_two_counters_share_their_bits() {
    let mut seen = HashSet::new();
    for (stream, index) in (0..300).flat_map(|stream| (0..300).map(move |index| (stream, index))) {
        assert!(seen.insert(bits(9, stream, index)));
    }
    let mixed: HashSet<u64> = (0..300)
        .flat_map(|a| (0..300).map(move |b| mix(a, b)))
        .collect();
    assert_eq!(mixed.len(), 90_000);
}

#[test]
fn normal_numbers_have_the_moments_and_tails_of_their_distribution() {
    let n = 1 << 20;
    let (mut moments, mut beyond) = ([0.0; 4], [0u64; 3]);
    for i in 0..n {
        let value = f64::from(normal(3, 4, i));
        let mut power = 1.0;
        for moment in &mut moments {
            power *= value;
            *moment += power / n as f64;
        }
        for (beyond, limit) in beyond.iter_mut().zip([1.0, 2.0, 3.0]) {
            *beyond += u64::from(value.abs() > limit);
        }
    }
    // Five standard deviations of each mean: sqrt(1, 2, 15, 96) / sqrt(n) each.
    for ((got, wanted), deviation) in moments
        .iter()
        .zip([0.0, 1.0, 0.0, 3.0])
        .zip([1.0f64, 2.0, 15.0, 96.0])
    {
        assert!(
            (got - wanted).abs() < 5.0 * (deviation / n as f64).sqrt(),
            "{moments:?}"
        );
    }
    for (beyond, share) in beyond.iter().zip([0.317_310_5, 0.045_500_3, 0.002_699_8]) {
        let expected = share * n as f64;
        assert!(
            (*beyond as f64 - expected).abs() < 5.0 * expected.sqrt(),
            "{beyond} instead of {expected}"
        );
    }
}

#[test]
fn normal_numbers_agree_with_the_standard_library_s_functions() {
    for i in 0..20_000 {
        let [a, b, c, d] = philox4x32([5, 0], [i, 0, 6, 0]).map(u64::from);
        let u = (((a | b << 32) >> 11) + 1) as f64 / 2f64.powi(53);
        let v = ((c | d << 32) >> 11) as f64 / 2f64.powi(53);
        let wanted = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        let got = f64::from(normal(5, 6, u64::from(i)));
        assert!(
            (got - wanted).abs() <= 6e-8 * wanted.abs() + 1e-14,
            "{got}, not {wanted}"
        );
    }
}

#[test]
fn below_is_even_also_where_most_draws_are_rejected() {
    let n = 7;
    let mut counts = vec![0; n as usize];
    for i in 0..70_000 {
        counts[below(1, 2, i, n) as usize] += 1;
    }
    assert_uniform(&counts);
    // 2^63 + 1: nearly half of all draws are rejected; thirds of the range must be equally likely.
    let n = (1 << 63) + 1;
    let mut counts = vec![0; 3];
    for i in 0..60_000 {
        let value = below(1, 2, i, n);
        assert!(value < n);
        counts[(value / (n / 3 + 1)) as usize] += 1;
    }
    assert_uniform(&counts);
    assert_eq!(below(1, 2, 3, 1), 0);
}

#[test]
fn all_orders_of_five_are_equally_likely() {
    let mut counts = vec![0; 120];
    for seed in 0..60_000 {
        let order = permutation(seed, 1, 5);
        // The order's number in the factorial system.
        let mut number = 0;
        for i in 0..5 {
            number = number * (5 - i)
                + order[i + 1..]
                    .iter()
                    .filter(|&&later| later < order[i])
                    .count();
        }
        counts[number] += 1;
    }
    assert_uniform(&counts);
}

#[test]
fn permutations_hold_every_number_once() {
    for n in [0, 1, 2, 3, 100, 4097] {
        let mut order = permutation(5, 6, n);
        order.sort_unstable();
        assert!(order.iter().copied().eq(0..n as u32));
    }
    assert_ne!(permutation(5, 6, 100), permutation(6, 6, 100));
    assert_ne!(permutation(5, 6, 100), permutation(5, 7, 100));
}

#[test]
fn fills_are_the_values_of_their_counters_on_any_number_of_threads() {
    let n = 10_001;
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let (mut uniforms, mut normals) = (vec![0.0; n], vec![0.0; n]);
        pool.install(|| {
            fill_uniform(1, 2, -0.25, 0.25, &mut uniforms);
            fill_normal(1, 2, 0.5, 0.1, &mut normals);
        });
        for i in 0..n {
            assert_eq!(uniforms[i], -0.25 + 0.5 * uniform(1, 2, i as u64));
            assert_eq!(normals[i], 0.5 + 0.1 * normal(1, 2, i as u64));
        }
    }
}

#[test]
fn a_dropout_mask_knows_its_sample_and_not_its_place() {
    let units = 301;
    let samples: Vec<u64> = (0..64).map(|i| i * 7 + 1_000_000_007).collect();
    let mask_of = |step, samples: &[u64]| {
        let mut mask = vec![f32::NAN; samples.len() * units];
        dropout_mask(1, step, 2, samples, units, 0.5, 2.0, &mut mask);
        mask
    };
    let whole = mask_of(3, &samples);
    for (i, &sample) in samples.iter().enumerate() {
        assert_eq!(mask_of(3, &[sample]), whole[i * units..(i + 1) * units]);
    }
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        assert_eq!(pool.install(|| mask_of(3, &samples)), whole);
    }
    assert_ne!(mask_of(4, &samples), whole, "another step, another mask");
    assert!(
        whole
            .chunks(units)
            .collect::<Vec<_>>()
            .windows(2)
            .all(|rows| rows[0] != rows[1])
    );
}

#[test]
fn a_dropout_mask_keeps_the_share_that_was_asked_for() {
    let samples: Vec<u64> = (0..1000).collect();
    for keep in [0.0, 0.1, 0.5, 0.9, 1.0] {
        let mut mask = vec![f32::NAN; 300_000];
        dropout_mask(1, 2, 3, &samples, 300, keep, 4.0, &mut mask);
        assert!(mask.iter().all(|&value| value == 0.0 || value == 4.0));
        let share = mask.iter().filter(|&&value| value == 4.0).count() as f64 / 300_000.0;
        assert!(
            (share - f64::from(keep)).abs() < 0.005,
            "kept {share} of {keep}"
        );
        if keep == 0.0 || keep == 1.0 {
            assert_eq!(share, f64::from(keep));
        }
    }
}
