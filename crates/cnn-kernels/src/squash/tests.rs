//! The squash: against f64, against finite differences, on each instruction set, thread count and place.

use super::{kernels, reference, squash_backward, squash_forward};
use crate::Isa;
use crate::testing::*;

const A: f32 = 1.7159;
const B: f32 = 2.0 / 3.0;

fn arguments() -> Vec<f32> {
    let mut x: Vec<f32> = (-4000..=4000).map(|i| i as f32 * 0.003_7).collect();
    x.extend([
        0.0,
        -0.0,
        1e-30,
        -1e-30,
        1e-40,
        60.0,
        -60.0,
        f32::MAX,
        f32::INFINITY,
        f32::NEG_INFINITY,
    ]);
    x
}

#[test]
fn forward_is_within_four_ulp_of_f64() {
    let x = arguments();
    let mut y = vec![f32::NAN; x.len()];
    squash_forward(A, B, &x, &mut y);
    let exact = reference::squash_forward(f64::from(A), f64::from(B), &to_f64(&x));
    for ((&x, &y), &exact) in x.iter().zip(&y).zip(&exact) {
        // Half an ulp of b·x, at most 1.84 of tanh, half of the last product; binades may double the first two.
        let ulp = f64::from((exact as f32).abs().next_up()) - f64::from((exact as f32).abs());
        assert!(
            (f64::from(y) - exact).abs() <= 4.0 * ulp,
            "squash({x}) = {y}, not {exact}"
        );
        assert!(y.abs() <= A);
    }
}

#[test]
fn the_paper_s_constants_send_one_to_one() {
    let mut y = [0.0; 2];
    squash_forward(A, B, &[1.0, -1.0], &mut y);
    // 1.7159 tanh(2/3) = 1.00002...: the paper's constants are rounded.
    assert!((y[0] - 1.0).abs() < 3e-5 && y[1] == -y[0], "{y:?}");
}

#[test]
fn the_reference_is_the_gradient() {
    let x = to_f64(&normals(1, 40));
    let grad = to_f64(&normals(2, 40));
    let dx = reference::squash_backward(f64::from(A), f64::from(B), &x, &grad);
    assert_is_gradient(&x, &dx, |x| {
        dot(
            &grad,
            &reference::squash_forward(f64::from(A), f64::from(B), x),
        )
    });
}

#[test]
fn backward_from_the_output_agrees_with_the_reference_from_the_input() {
    let x = arguments();
    let grad = normals(3, x.len());
    let mut y = vec![f32::NAN; x.len()];
    squash_forward(A, B, &x, &mut y);
    let mut dx = vec![f32::NAN; x.len()];
    squash_backward(A, B, &y, &grad, &mut dx);
    let exact = reference::squash_backward(f64::from(A), f64::from(B), &to_f64(&x), &to_f64(&grad));
    for (i, (&dx, &exact)) in dx.iter().zip(&exact).enumerate() {
        // 1 - t² is known from y only to a few ulp of 1.
        let slack = 8.0 * f64::from(f32::EPSILON) * f64::from(grad[i].abs());
        assert!(
            (f64::from(dx) - exact).abs() <= slack,
            "x = {}: {dx}, not {exact}",
            x[i]
        );
    }
}

#[test]
fn the_flat_ends_have_slope_zero_and_no_slope_is_negative() {
    let y = [A, -A, A.next_down(), 0.0];
    let mut dx = [f32::NAN; 4];
    squash_backward(A, B, &y, &[1.0; 4], &mut dx);
    assert_eq!(dx[..2], [0.0, 0.0]);
    assert!(dx[2] >= 0.0);
    assert_eq!(dx[3], A * B);
}

#[test]
fn every_isa_thread_count_and_place_gives_the_same_bits() {
    let x = normals(4, 20_011);
    let grad = normals(5, x.len());
    let whole = || {
        let (mut y, mut dx) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
        squash_forward(A, B, &x, &mut y);
        squash_backward(A, B, &y, &grad, &mut dx);
        (bits(&y), bits(&dx))
    };
    same_on_threads(whole);

    let (y, dx) = whole();
    let (y, dx): (Vec<f32>, Vec<f32>) = (
        y.into_iter().map(f32::from_bits).collect(),
        dx.into_iter().map(f32::from_bits).collect(),
    );
    for isa in Isa::available() {
        // Odd starts and lengths: an element's bits may not depend on its lane or on a tail.
        for (start, length) in [(0, x.len()), (1, 1), (3, 7), (5, 8), (9, 33), (100, 0)] {
            let part = start..start + length;
            let mut out = vec![f32::NAN; length];
            kernels::forward(isa, A, B, &x[part.clone()], &mut out);
            assert_same_bits(isa.name(), &out, &y[part.clone()]);
            kernels::backward(isa, A, B, &y[part.clone()], &grad[part.clone()], &mut out);
            assert_same_bits(isa.name(), &out, &dx[part]);
        }
    }
}

#[test]
fn nan_stays_where_it_is() {
    let mut x = normals(6, 100);
    x[41] = f32::NAN;
    let mut y = vec![0.0; 100];
    squash_forward(A, B, &x, &mut y);
    assert!(y.iter().enumerate().all(|(i, y)| y.is_nan() == (i == 41)));
}
