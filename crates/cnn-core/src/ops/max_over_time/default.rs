//! Maximum over time made of Burn operations: documents side by side, padded with negative infinity. Runs on every backend.
//!
//! Winners are row numbers of `x`, and `positions`, one past the last row, where no position won.
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata, get_device_settings};
use burn::tensor::{IndexingUpdateOp, Shape};
use cnn_kernels::Offsets;

use crate::ops::tables::{first_rows, rows_of, upload, with_rows, zeros};

/// See [`max_over_time_forward`](super::MaxOverTimeBackend::max_over_time_forward).
pub fn forward<B: Backend>(
    x: FloatTensor<B>,
    floor: FloatTensor<B>,
    offsets: Offsets,
    has_floor: bool,
) -> (FloatTensor<B>, IntTensor<B>) {
    let [positions, channels] = x.shape().dims();
    let documents = offsets.documents();
    let device = x.device();
    let settings = get_device_settings::<B>(&device);
    let flat = Shape::new([documents, channels]);
    if documents * channels == 0 {
        return (
            zeros::<B>(&x, flat.clone()),
            upload::<B>(vec![], flat, &device),
        );
    }

    // Behind x: a row that loses against everything, and the row that an empty document without a floor reads.
    let (nothing, empty) = (positions, positions + usize::from(!has_floor));
    let longest = offsets.lengths().max().unwrap_or(0).max(1);
    let mut table = Vec::with_capacity(documents * longest);
    let mut starts = Vec::with_capacity(documents);
    for document in 0..documents {
        let range = offsets.range(document);
        let fill = if range.is_empty() { empty } else { nothing };
        starts.push(if range.is_empty() {
            positions
        } else {
            range.start
        } as i32);
        table.extend((0..longest).map(|t| if t < range.len() { range.start + t } else { fill } as i32));
    }
    let x = with_rows::<B>(x, &[f32::NEG_INFINITY, 0.0]);
    let side_by_side = Shape::new([documents, longest, channels]);
    let padded = B::float_reshape(rows_of::<B>(x, table), side_by_side);
    let (y, place) = B::float_max_dim_with_indices(padded, 1, settings.int_dtype);
    let (y, place) = (
        B::float_reshape(y, flat.clone()),
        B::int_reshape(place, flat.clone()),
    );

    let starts = upload::<B>(starts, [documents, 1], &device);
    let winners = B::int_clamp_max(B::int_add(place, starts), (positions as i64).into());
    if !has_floor {
        return (y, winners);
    }
    let floor = B::float_expand(B::float_reshape(floor, Shape::new([1, channels])), flat);
    let below = B::float_lower(y.clone(), floor.clone(), settings.bool_dtype);
    let winners = B::int_mask_fill(winners, below.clone(), (positions as i64).into());
    (B::float_mask_where(y, below, floor), winners)
}

/// See [`max_over_time_backward`](super::MaxOverTimeBackend::max_over_time_backward).
pub fn backward<B: Backend>(
    grad: FloatTensor<B>,
    winners: IntTensor<B>,
    positions: usize,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let [documents, channels] = grad.shape().dims();
    let none = zeros::<B>(&grad, [positions, channels]);
    if documents * channels == 0 {
        return (none, zeros::<B>(&grad, [channels]));
    }
    let sums = zeros::<B>(&grad, [positions + 1, channels]);
    let sums = B::float_scatter(
        0,
        sums,
        winners.clone(),
        grad.clone(),
        IndexingUpdateOp::Add,
    );
    let dx = if positions == 0 {
        none
    } else {
        first_rows::<B>(sums, positions)
    };

    let settings = get_device_settings::<B>(&grad.device());
    let won = B::int_lower_elem(winners, (positions as i64).into(), settings.bool_dtype);
    let dfloor = B::float_sum_dim(B::float_mask_fill(grad, won, 0.0.into()), 0);
    (dx, B::float_reshape(dfloor, Shape::new([channels])))
}
