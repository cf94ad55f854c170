//! Pooling of images: against the reference, finite differences and hand-worked cases, over batches, threads and instruction
//! sets.

use super::*;
use crate::testing::*;

/// Height, width and block: LeNet's two, odd rests, lines, one pixel, blocks as large as the map.
fn shapes() -> Vec<Pool2dShape> {
    let shape = |height, width, size| Pool2dShape {
        height,
        width,
        size,
    };
    vec![
        shape(28, 28, [2, 2]),
        shape(10, 10, [2, 2]),
        shape(7, 9, [2, 2]),
        shape(2, 67, [2, 2]),
        shape(5, 6, [1, 2]),
        shape(6, 7, [2, 3]),
        shape(9, 8, [3, 3]),
        shape(4, 5, [4, 5]),
        shape(3, 4, [1, 1]),
        shape(1, 1, [1, 1]),
    ]
}

struct Pooled {
    average: Vec<f32>,
    maximum: Vec<f32>,
    winners: Vec<u32>,
}

fn pooled(shape: &Pool2dShape, maps: usize, x: &[f32]) -> Pooled {
    let n = maps * shape.outputs();
    let (mut average, mut maximum, mut winners) =
        (vec![f32::NAN; n], vec![f32::NAN; n], vec![9; n]);
    average_pool2d_forward(shape, x, &mut average);
    max_pool2d_forward(shape, x, &mut maximum, &mut winners);
    Pooled {
        average,
        maximum,
        winners,
    }
}

#[test]
fn both_poolings_equal_the_reference_with_and_without_ties() {
    for shape in shapes() {
        for maps in [0, 1, 2, 17, 50] {
            let n = maps * shape.inputs();
            for x in [integers(1, n, 2), normals(2, n)] {
                let got = pooled(&shape, maps, &x);
                let average = reference::average_pool2d_forward(&shape, maps, &x);
                assert_same_bits("average", &got.average, &average);
                let (maximum, winners) = reference::max_pool2d_forward(&shape, maps, &x);
                assert_same_bits("maximum", &got.maximum, &maximum);
                assert_eq!(got.winners, winners);

                let grad = normals(3, maps * shape.outputs());
                let mut dx = vec![f32::NAN; n];
                average_pool2d_backward(&shape, &grad, &mut dx);
                let expected = reference::average_pool2d_backward(&shape, maps, &grad);
                assert_same_bits("dx of the average", &dx, &expected);
                dx.fill(f32::NAN);
                max_pool2d_backward(&shape, &winners, &grad, &mut dx);
                let expected = reference::max_pool2d_backward(&shape, maps, &winners, &grad);
                assert_same_bits("dx of the maximum", &dx, &expected);
            }
        }
    }
}

#[test]
fn the_references_have_the_gradients_that_differences_say() {
    for shape in shapes().into_iter().filter(|shape| shape.inputs() <= 100) {
        let maps = 2;
        let x = to_f64(&distinct(4, maps * shape.inputs()));
        let grad = to_f64(&normals(5, maps * shape.outputs()));
        let dx = reference::average_pool2d_backward(&shape, maps, &grad);
        assert_is_gradient(&x, &dx, |x| {
            dot(&reference::average_pool2d_forward(&shape, maps, x), &grad)
        });
        let (_, winners) = reference::max_pool2d_forward(&shape, maps, &x);
        let dx = reference::max_pool2d_backward(&shape, maps, &winners, &grad);
        assert_is_gradient(&x, &dx, |x| {
            dot(&reference::max_pool2d_forward(&shape, maps, x).0, &grad)
        });
    }
}

#[test]
fn threads_neighbours_and_instruction_sets_change_no_bit() {
    for shape in shapes() {
        let maps = 70;
        let x = normals(6, maps * shape.inputs());
        let all = pooled(&shape, maps, &x);
        same_on_threads(|| bits(&pooled(&shape, maps, &x).average));
        same_on_threads(|| pooled(&shape, maps, &x).winners);
        for map in [0, 15, 16, 69] {
            let alone = pooled(&shape, 1, &x[map * shape.inputs()..][..shape.inputs()]);
            let own = map * shape.outputs()..(map + 1) * shape.outputs();
            assert_same_bits("average", &alone.average, &all.average[own.clone()]);
            assert_same_bits("maximum", &alone.maximum, &all.maximum[own.clone()]);
            assert_eq!(alone.winners, all.winners[own]);
        }
        for isa in Isa::available() {
            let n = maps * shape.outputs();
            let (mut y, mut winners) = (vec![f32::NAN; n], vec![0; n]);
            kernels::average(isa, shape, &x, &mut y);
            assert_same_bits(isa.name(), &y, &all.average);
            kernels::maximum(isa, shape, &x, &mut y, &mut winners);
            assert_same_bits(isa.name(), &y, &all.maximum);
            assert_eq!(winners, all.winners, "{isa}");
            let mut dx = vec![f32::NAN; x.len()];
            kernels::average_back(isa, shape, &all.average, &mut dx);
            let expected = reference::average_pool2d_backward(&shape, maps, &all.average);
            assert_same_bits(isa.name(), &dx, &expected);
        }
    }
}

#[test]
fn the_first_nan_wins_its_own_block_and_no_other() {
    for size in [[2, 2], [2, 4]] {
        let shape = Pool2dShape {
            height: 2,
            width: 8,
            size,
        };
        let mut x = normals(7, 16);
        (x[9], x[8]) = (f32::NAN, f32::NAN);
        let got = pooled(&shape, 1, &x);
        assert!(got.maximum[0].is_nan() && got.average[0].is_nan());
        assert_eq!(got.winners[0], 8);
        assert!(
            got.maximum[1..]
                .iter()
                .chain(&got.average[1..])
                .all(|y| y.is_finite())
        );
    }
}

#[test]
fn maps_smaller_than_a_block_have_no_output() {
    let shape = Pool2dShape {
        height: 1,
        width: 9,
        size: [2, 2],
    };
    assert_eq!(shape.output_size(), [0, 4]);
    let got = pooled(&shape, 3, &normals(8, 27));
    assert!(got.average.is_empty());
    let mut dx = vec![f32::NAN; 27];
    average_pool2d_backward(&shape, &[], &mut dx);
    assert!(dx.iter().all(|dx| *dx == 0.0));
}

#[test]
#[should_panic(expected = "are not the maps of")]
fn lengths_that_disagree_are_refused() {
    let shape = Pool2dShape {
        height: 4,
        width: 4,
        size: [2, 2],
    };
    average_pool2d_forward(&shape, &[0.0; 32], &mut [0.0; 4]);
}
