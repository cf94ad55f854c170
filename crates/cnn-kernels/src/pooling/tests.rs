//! Pooling: against the reference, finite differences and hand-worked cases, over batches, threads and instruction sets.

use super::*;
use crate::testing::*;

const WIDTHS: [usize; 6] = [1, 3, 8, 17, 100, 250];

/// Size 3, stride 2, padding 1: the two published output lengths.
fn pooled(offsets: &Offsets, ceil: bool) -> Offsets {
    offsets.map_lengths(|n| match n {
        0 => 0,
        n if ceil => (n - 1).div_ceil(2) + 1,
        n => (n - 1) / 2 + 1,
    })
}

struct Pooled {
    y: Vec<f32>,
    winners: Vec<u32>,
}

fn over_time(channels: usize, offsets: &Offsets, x: &[f32], floor: Option<&[f32]>) -> Pooled {
    let n = offsets.documents() * channels;
    let (mut y, mut winners) = (vec![f32::NAN; n], vec![77; n]);
    max_over_time_forward(channels, offsets, x, floor, &mut y, &mut winners);
    Pooled { y, winners }
}

fn windows(channels: usize, input: &Offsets, output: &Offsets, x: &[f32]) -> Pooled {
    let n = output.total() * channels;
    let (mut y, mut winners) = (vec![f32::NAN; n], vec![77; n]);
    max_pool_forward(channels, input, output, 3, 2, 1, x, &mut y, &mut winners);
    Pooled { y, winners }
}

#[test]
fn over_time_equals_the_reference_with_and_without_ties() {
    for channels in WIDTHS {
        for (i, offsets) in batches().iter().enumerate() {
            let n = offsets.total() * channels;
            for x in [integers(i as u64, n, 2), normals(i as u64, n)] {
                let floor = integers(9, channels, 1);
                for floor in [None, Some(&floor[..])] {
                    let outputs = offsets.documents() * channels;
                    let (mut y, mut winners) = (vec![f32::NAN; outputs], vec![5; outputs]);
                    reference::max_over_time_forward(
                        channels,
                        offsets,
                        &x,
                        floor,
                        &mut y,
                        &mut winners,
                    );
                    let got = over_time(channels, offsets, &x, floor);
                    assert_same_bits("y", &got.y, &y);
                    assert_eq!(got.winners, winners);

                    let grad = integers(3, outputs, 9);
                    let (mut dx, mut dfloor) = (vec![f32::NAN; n], vec![f32::NAN; channels]);
                    let (mut dx_reference, mut dfloor_reference) = (dx.clone(), dfloor.clone());
                    max_over_time_backward(channels, &winners, &grad, &mut dx, Some(&mut dfloor));
                    let wanted = Some(&mut dfloor_reference[..]);
                    reference::max_over_time_backward(
                        channels,
                        &winners,
                        &grad,
                        &mut dx_reference,
                        wanted,
                    );
                    assert_same_bits("dx", &dx, &dx_reference);
                    assert_same_bits("dfloor", &dfloor, &dfloor_reference);
                    max_over_time_backward(channels, &winners, &grad, &mut dx, None);
                    assert_same_bits("dx without a floor", &dx, &dx_reference);
                }
            }
        }
    }
}

#[test]
fn windows_equal_the_reference_for_all_sizes_strides_and_paddings() {
    for channels in [1, 5, 33] {
        for (i, input) in batches().iter().enumerate() {
            for (size, stride, padding) in [
                (3, 2, 1),
                (2, 2, 0),
                (1, 1, 0),
                (5, 1, 2),
                (2, 3, 0),
                (4, 1, 7),
            ] {
                // Any number of windows is the caller's choice: here also such as cover no position.
                let output = input.map_lengths(|n| n / stride + 2);
                let x = integers(i as u64, input.total() * channels, 2);
                let n = output.total() * channels;
                let (mut y, mut winners) = (vec![f32::NAN; n], vec![5; n]);
                let (mut y_reference, mut winners_reference) = (y.clone(), winners.clone());
                max_pool_forward(
                    channels,
                    input,
                    &output,
                    size,
                    stride,
                    padding,
                    &x,
                    &mut y,
                    &mut winners,
                );
                reference::max_pool_forward(
                    channels,
                    input,
                    &output,
                    size,
                    stride,
                    padding,
                    &x,
                    &mut y_reference,
                    &mut winners_reference,
                );
                assert_same_bits("y", &y, &y_reference);
                assert_eq!(winners, winners_reference);

                let grad = integers(8, n, 9);
                let (mut dx, mut dx_reference) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
                max_pool_backward(channels, &winners, &grad, &mut dx);
                reference::max_pool_backward(channels, &winners, &grad, &mut dx_reference);
                assert_same_bits("dx", &dx, &dx_reference);
            }
        }
    }
}

#[test]
fn winners_in_any_order_are_summed_in_the_order_of_the_outputs() {
    // No pooling gives such winners; the scatter may be slow on them, but not wrong.
    let (channels, rows, outputs) = (3, 200, 500);
    let winners: Vec<u32> = ids(4, outputs * channels, rows, 7);
    let grad = normals(5, winners.len());
    let (mut dx, mut wanted) = (vec![f32::NAN; 600], vec![f32::NAN; 600]);
    max_pool_backward(channels, &winners, &grad, &mut dx);
    reference::max_pool_backward(channels, &winners, &grad, &mut wanted);
    assert_same_bits("dx", &dx, &wanted);
}

#[test]
fn references_are_gradients() {
    let channels = 2;
    let input = Offsets::from_lengths([5, 0, 1, 8]);
    let x = to_f64(&distinct(1, input.total() * channels));
    let floor = vec![0.013, -0.021];

    let n = input.documents() * channels;
    let forward = |x: &[f64], floor: &[f64]| {
        let (mut y, mut winners) = (vec![0.0; n], vec![0; n]);
        reference::max_over_time_forward(channels, &input, x, Some(floor), &mut y, &mut winners);
        (y, winners)
    };
    let grad = to_f64(&normals(2, n));
    let (mut dx, mut dfloor) = (vec![0.0; x.len()], vec![0.0; channels]);
    reference::max_over_time_backward(
        channels,
        &forward(&x, &floor).1,
        &grad,
        &mut dx,
        Some(&mut dfloor),
    );
    assert_is_gradient(&x, &dx, |x| dot(&grad, &forward(x, &floor).0));
    assert_is_gradient(&floor, &dfloor, |floor| dot(&grad, &forward(&x, floor).0));

    let output = pooled(&input, true);
    let n = output.total() * channels;
    let forward = |x: &[f64]| {
        let (mut y, mut winners) = (vec![0.0; n], vec![0; n]);
        reference::max_pool_forward(channels, &input, &output, 3, 2, 1, x, &mut y, &mut winners);
        (y, winners)
    };
    let grad = to_f64(&normals(3, n));
    reference::max_pool_backward(channels, &forward(&x).1, &grad, &mut dx);
    assert_is_gradient(&x, &dx, |x| dot(&grad, &forward(x).0));
}

#[test]
fn ties_go_to_the_first_position_and_send_it_the_whole_gradient() {
    let offsets = Offsets::from_lengths([3]);
    let got = over_time(1, &offsets, &[2.0, 2.0, 2.0], Some(&[2.0]));
    assert_eq!(
        got.winners,
        [0],
        "neither a later position nor an equal floor wins"
    );
    let got = over_time(1, &offsets, &[-0.0, 0.0, -1.0], None);
    assert_eq!(
        (got.winners[0], got.y[0].to_bits()),
        (0, (-0.0f32).to_bits()),
        "zeros of both signs are a tie"
    );
    let mut dx = [f32::NAN; 3];
    max_over_time_backward(1, &[1], &[4.0], &mut dx, None);
    assert_eq!(dx, [0.0, 4.0, 0.0]);
}

#[test]
fn the_floor_wins_only_if_strictly_greater_and_alone_in_an_empty_document() {
    let offsets = Offsets::from_lengths([2, 0, 2]);
    let got = over_time(1, &offsets, &[-3.0, -2.0, 5.0, 4.0], Some(&[-1.0]));
    assert_eq!(got.y, [-1.0, -1.0, 5.0]);
    assert_eq!(got.winners, [NO_WINNER, NO_WINNER, 2]);
    let mut dfloor = [f32::NAN];
    let mut dx = [f32::NAN; 4];
    max_over_time_backward(
        1,
        &got.winners,
        &[10.0, 20.0, 30.0],
        &mut dx,
        Some(&mut dfloor),
    );
    assert_eq!((dx, dfloor), ([0.0, 0.0, 30.0, 0.0], [30.0]));
}

#[test]
fn an_empty_document_is_zero_and_takes_no_gradient() {
    let offsets = Offsets::from_lengths([0, 1]);
    let got = over_time(2, &offsets, &[-4.0, -5.0], None);
    assert_eq!(got.y, [0.0, 0.0, -4.0, -5.0]);
    assert_eq!(got.winners, [NO_WINNER, NO_WINNER, 0, 0]);
    let mut dx = [f32::NAN; 2];
    max_over_time_backward(2, &got.winners, &[1.0, 2.0, 3.0, 4.0], &mut dx, None);
    assert_eq!(dx, [3.0, 4.0]);
}

#[test]
fn negative_documents_keep_their_negative_maximum() {
    let offsets = Offsets::from_lengths([4, 3]);
    let x: Vec<f32> = (0..7).map(|i| -1.0 - i as f32).collect();
    assert_eq!(over_time(1, &offsets, &x, None).y, [-1.0, -5.0]);
    let output = pooled(&offsets, true);
    assert!(
        windows(1, &offsets, &output, &x).y.iter().all(|&y| y < 0.0),
        "no padding entered a window"
    );
}

#[test]
fn published_lengths_of_153_positions_cover_the_document() {
    for (ceil, lengths) in [
        (true, [77, 39, 20, 11, 6, 4]),
        (false, [77, 39, 20, 10, 5, 3]),
    ] {
        let mut offsets = Offsets::from_lengths([153]);
        let mut x = distinct(7, 153);
        let greatest = x.iter().copied().fold(f32::MIN, f32::max);
        for length in lengths {
            let output = pooled(&offsets, ceil);
            assert_eq!(output.total(), length);
            x = windows(1, &offsets, &output, &x).y;
            offsets = output;
        }
        assert_eq!(
            over_time(1, &offsets, &x, None).y,
            [greatest],
            "every position lies in some window"
        );
    }
    // Length 2: a second window of one position where lengths are rounded up.
    let two = Offsets::from_lengths([2, 1]);
    let x = [1.0, 3.0, 9.0];
    assert_eq!(windows(1, &two, &pooled(&two, true), &x).y, [3.0, 3.0, 9.0]);
    assert_eq!(windows(1, &two, &pooled(&two, false), &x).y, [3.0, 9.0]);
}

#[test]
fn nan_and_infinity_stay_in_their_document_and_channel() {
    let offsets = Offsets::from_lengths([5, 5, 5]);
    let clean = normals(1, 15 * 9);
    let mut dirty = clean.clone();
    dirty[(5 + 2) * 9 + 4] = f32::NAN;
    dirty[(5 + 3) * 9 + 4] = f32::INFINITY;
    dirty[(5 + 1) * 9 + 6] = f32::NEG_INFINITY;
    let (clean, dirty) = (
        over_time(9, &offsets, &clean, None),
        over_time(9, &offsets, &dirty, None),
    );
    for i in 0..27 {
        if i == 9 + 4 {
            assert!(dirty.y[i].is_nan());
            assert_eq!(dirty.winners[i], 7, "the first NaN wins, whatever follows");
        } else {
            assert!(dirty.y[i].is_finite());
        }
        if i / 9 != 1 {
            assert_eq!(
                (dirty.y[i].to_bits(), dirty.winners[i]),
                (clean.y[i].to_bits(), clean.winners[i])
            );
        }
    }
}

#[test]
fn every_thread_count_and_batch_split_gives_the_same_bits() {
    let channels = 37;
    let lengths: Vec<usize> = (0..200).map(|d| (d * 7919) % 41).collect();
    let input = Offsets::from_lengths(lengths.iter().copied());
    let output = pooled(&input, true);
    let x = normals(5, input.total() * channels);
    let grad = normals(6, output.total() * channels);
    let floor = vec![1.5; channels];
    same_on_threads(|| {
        let time = over_time(channels, &input, &x, Some(&floor));
        let pool = windows(channels, &input, &output, &x);
        let mut dx = vec![f32::NAN; x.len()];
        max_pool_backward(channels, &pool.winners, &grad, &mut dx);
        let mut dtime = vec![f32::NAN; x.len()];
        let mut dfloor = vec![f32::NAN; channels];
        max_over_time_backward(
            channels,
            &time.winners,
            &grad[..time.y.len()],
            &mut dtime,
            Some(&mut dfloor),
        );
        [
            bits(&time.y),
            time.winners,
            bits(&pool.y),
            pool.winners,
            bits(&dx),
            bits(&dtime),
            bits(&dfloor),
        ]
    });

    let whole = windows(channels, &input, &output, &x);
    let time = over_time(channels, &input, &x, Some(&floor));
    for d in 0..input.documents() {
        let alone = Offsets::from_lengths([lengths[d]]);
        let x = &x[input.range(d).start * channels..input.range(d).end * channels];
        let got = windows(channels, &alone, &pooled(&alone, true), x);
        let rows = output.range(d).start * channels..output.range(d).end * channels;
        assert_same_bits("windows of one document", &got.y, &whole.y[rows]);
        let got = over_time(channels, &alone, x, Some(&floor));
        assert_same_bits(
            "one document",
            &got.y,
            &time.y[d * channels..(d + 1) * channels],
        );
    }
}

#[test]
fn every_isa_gives_the_same_bits() {
    for channels in WIDTHS {
        let x = integers(7, 23 * channels, 3);
        let floor = integers(8, channels, 3);
        let on = |isa| {
            let (mut y, mut winners) = (vec![f32::NAN; channels], vec![9; channels]);
            kernels::window_max(isa, channels, &x, 3..21, &mut y, &mut winners);
            kernels::raise_to_floor(isa, &floor, false, &mut y, &mut winners);
            (bits(&y), winners)
        };
        for isa in Isa::available() {
            assert_eq!(on(isa), on(Isa::Portable), "{isa}");
        }
    }
}

#[test]
#[should_panic(expected = "winner 4 is not among")]
fn a_winner_outside_is_refused() {
    max_pool_backward(1, &[4], &[1.0], &mut [0.0; 4]);
}
