//! The linear support vector machine: squared hinge loss, one class against the rest, dual coordinate descent.
//!
//! For each class, with y = 1 for its rows and -1 for the others, it minimises over the weights w (bias included,
//! as the weight of a column that is always 1)
//!
//! ```text
//! ½ |w|² + C Σᵢ max(0, 1 - yᵢ w·xᵢ)²
//! ```
//!
//! by the method of Hsieh, Chang, Lin, Keerthi and Sundararajan (ICML 2008), which LIBLINEAR made known: each row
//! has a coefficient aᵢ ≥ 0, w = Σ aᵢ yᵢ xᵢ; row after row, in an order drawn anew for each pass,
//!
//! ```text
//! G = yᵢ w·xᵢ - 1 + aᵢ/2C          gradient
//! aᵢ ← max(0, aᵢ - G / (xᵢ·xᵢ + 1/2C))
//! ```
//!
//! until in a whole pass no gradient, projected on aᵢ ≥ 0, strays further from 0 than the tolerance. The function has
//! one minimum, so the order of the rows, the starting point and the solver do not matter to the result, only to the time.
//!
//! Several classes are trained side by side in the lanes of a vector: the rows' columns, whose look-up in
//! memory is what takes the time, are then fetched once for all of them. Lanes never mix, so a class's weights
//! do not depend on how classes are put together, nor on threads. The sums are plain products and additions: a
//! fused multiply-add would be a function call where the compiler may not assume that the processor has one.

use super::rows::Rows;
use cnn_core::random;
use rayon::prelude::*;
use std::array::from_fn;

/// The machine's settings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SvmOptions {
    /// Weight C of the loss against the length of w.
    pub(super) cost: f32,
    /// By what C is multiplied for the rows of each class; 1 where there is none. As LIBLINEAR has it, of several classes the
    /// machine of each weights its own rows alone, and the one machine of two classes weights both.
    pub(super) weights: Vec<f32>,
    /// Largest gradient at which it stops.
    pub(super) tolerance: f32,
    /// Passes after which it stops in any case.
    pub(super) most_passes: usize,
    /// Seed of the row orders.
    pub(super) seed: u64,
}

/// What was learned: one machine per class, or a single one for two classes.
#[derive(Debug, PartialEq)]
pub(super) struct Svm {
    /// Number of machines.
    pub(super) machines: usize,
    /// `[columns, machines]`
    pub(super) weights: Vec<f32>,
    /// `[machines]`
    pub(super) biases: Vec<f32>,
    /// yᵢ aᵢ of each row, `[rows, machines]`: the weight of a private column is this times its value.
    pub(super) coefficients: Vec<f32>,
    /// Passes the slowest group of machines took.
    pub(super) passes: usize,
}

impl Svm {
    /// Machines that were trained one by one, as one value.
    pub(super) fn side_by_side(single: &[Self]) -> Self {
        let interleaved = |of: fn(&Self) -> &Vec<f32>| -> Vec<f32> {
            let rows = single.first().map_or(0, |svm| of(svm).len());
            let row = |row: usize| single.iter().map(move |svm| of(svm)[row]);
            (0..rows).flat_map(row).collect()
        };
        Self {
            machines: single.len(),
            weights: interleaved(|svm| &svm.weights),
            biases: single.iter().map(|svm| svm.biases[0]).collect(),
            coefficients: interleaved(|svm| &svm.coefficients),
            passes: single.iter().map(|svm| svm.passes).max().unwrap_or(0),
        }
    }
}

/// The machines of one group, side by side.
struct Group<const LANES: usize> {
    first: usize,
    count: usize,
    weights: Vec<[f32; LANES]>,
    bias: [f32; LANES],
    coefficients: Vec<[f32; LANES]>,
    passes: usize,
}

/// Trains a machine for each of `machines` classes; `targets` are class numbers. With one machine the positive
/// rows are those of class 1.
pub(super) fn train(rows: &Rows, targets: &[u32], machines: usize, options: &SvmOptions) -> Svm {
    let first_class = u32::from(machines == 1);
    match machines {
        // One class only: there is nothing to tell apart.
        0 => Svm {
            machines: 0,
            weights: Vec::new(),
            biases: Vec::new(),
            coefficients: Vec::new(),
            passes: 0,
        },
        1 => train_in_lanes::<1>(rows, targets, machines, first_class, options),
        2..=8 => train_in_lanes::<4>(rows, targets, machines, first_class, options),
        _ => train_in_lanes::<8>(rows, targets, machines, first_class, options),
    }
}

/// Groups are as equal as can be, and two where there are few classes: enough for two threads.
fn train_in_lanes<const LANES: usize>(
    rows: &Rows,
    targets: &[u32],
    machines: usize,
    first_class: u32,
    options: &SvmOptions,
) -> Svm {
    let groups = machines.div_ceil(LANES).max(machines.min(2));
    let bounds: Vec<usize> = (0..=groups).map(|g| g * machines / groups).collect();
    let groups: Vec<Group<LANES>> = bounds
        .par_windows(2)
        .map(|bounds| train_group(rows, targets, bounds[0], bounds[1], first_class, options))
        .collect();
    let mut svm = Svm {
        machines,
        weights: vec![0.0; rows.columns * machines],
        biases: vec![0.0; machines],
        coefficients: vec![0.0; rows.len() * machines],
        passes: 0,
    };
    for group in groups {
        let lanes = group.first..group.first + group.count;
        svm.biases[lanes.clone()].copy_from_slice(&group.bias[..group.count]);
        for (to, from) in [
            (&mut svm.weights, &group.weights),
            (&mut svm.coefficients, &group.coefficients),
        ] {
            for (to, from) in to.chunks_exact_mut(machines).zip(from) {
                to[lanes.clone()].copy_from_slice(&from[..group.count]);
            }
        }
        svm.passes = svm.passes.max(group.passes);
    }
    svm
}

fn train_group<const LANES: usize>(
    rows: &Rows,
    targets: &[u32],
    first: usize,
    end: usize,
    first_class: u32,
    options: &SvmOptions,
) -> Group<LANES> {
    let mut group = Group {
        first,
        count: end - first,
        weights: vec![[0.0; LANES]; rows.columns],
        bias: [0.0; LANES],
        coefficients: vec![[0.0; LANES]; rows.len()],
        passes: 0,
    };
    let lane_of = |target: u32| (target.wrapping_sub(first_class) as usize).wrapping_sub(first);
    // 1/2C of a row for the machine of its own class, and for the others.
    let slacks: Vec<[f32; 2]> = targets
        .iter()
        .map(|&target| {
            let weight = options.weights.get(target as usize).copied();
            let own = 0.5 / (options.cost * weight.unwrap_or(1.0));
            let single = first_class == 1;
            [own, if single { own } else { 0.5 / options.cost }]
        })
        .collect();
    // xᵢ·xᵢ, the bias column's 1 included.
    let squares: Vec<f32> = (0..rows.len())
        .map(|row| {
            let (_, values) = rows.row(row);
            let shared: f32 = values.iter().map(|v| v * v).sum();
            shared + rows.private_squares[row] + 1.0
        })
        .collect();
    let order_stream = random::stream("baseline.order");
    while group.passes < options.most_passes {
        let stream = random::mix(order_stream, group.passes as u64);
        let order = random::permutation(options.seed, stream, rows.len());
        group.passes += 1;
        let mut worst = 0f32;
        for row in order {
            let row = row as usize;
            let own = lane_of(targets[row]);
            let violation = group.visit(rows, row, own, squares[row], slacks[row]);
            worst = worst.max(violation);
        }
        if worst <= options.tolerance {
            break;
        }
    }
    group
}

impl<const LANES: usize> Group<LANES> {
    /// One coordinate step of every machine on one row; `own` is the lane of the row's class, if it is here, and `slacks` are
    /// 1/2C there and in the others. Returns the largest projected gradient.
    fn visit(&mut self, rows: &Rows, row: usize, own: usize, square: f32, slacks: [f32; 2]) -> f32 {
        let (columns, values) = rows.row(row);
        let private = rows.private_squares[row];
        let coefficient = &mut self.coefficients[row];
        let mut score = self.bias;
        for lane in 0..LANES {
            score[lane] += private * coefficient[lane];
        }
        add_score(&self.weights, columns, values, &mut score);
        let mut change = [0.0; LANES];
        let (mut worst, mut moves) = (0f32, false);
        for lane in 0..self.count {
            let (sign, slack) = if lane == own {
                (1.0, slacks[0])
            } else {
                (-1.0, slacks[1])
            };
            let a = sign * coefficient[lane];
            let gradient = sign * score[lane] - 1.0 + slack * a;
            let projected = if a == 0.0 {
                gradient.min(0.0)
            } else {
                gradient
            };
            worst = worst.max(projected.abs());
            let moved = (a - gradient / (square + slack)).max(0.0);
            change[lane] = sign * (moved - a);
            coefficient[lane] = sign * moved;
            moves |= moved != a;
        }
        if moves {
            for (bias, change) in self.bias.iter_mut().zip(&change) {
                *bias += change;
            }
            add_row(&mut self.weights, columns, values, &change);
        }
        worst
    }
}

/// score += Σ weights[column] · value. Apart, and not inlined, so that the compiler keeps the lanes in vectors.
#[inline(never)]
fn add_score<const LANES: usize>(
    weights: &[[f32; LANES]],
    columns: &[u32],
    values: &[f32],
    score: &mut [f32; LANES],
) {
    let mut sum = *score;
    for (&column, &value) in columns.iter().zip(values) {
        let weights = &weights[column as usize];
        sum = from_fn(|lane| sum[lane] + weights[lane] * value);
    }
    *score = sum;
}

/// weights[column] += change · value
#[inline(never)]
fn add_row<const LANES: usize>(
    weights: &mut [[f32; LANES]],
    columns: &[u32],
    values: &[f32],
    change: &[f32; LANES],
) {
    for (&column, &value) in columns.iter().zip(values) {
        let weights = &mut weights[column as usize];
        *weights = from_fn(|lane| weights[lane] + change[lane] * value);
    }
}
