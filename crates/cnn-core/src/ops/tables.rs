//! Tables of row numbers: how the default bodies express ragged work with Burn's own operations.
//!
//! A window that leaves its document reads one constant row appended behind the last (zeros for a sum, negative infinity
//! for a maximum), so every table names existing rows and no backend has to skip anything.
use burn::backend::tensor::{Device, FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata, get_device_settings};
use burn::tensor::{IndexingUpdateOp, Shape, Slice, TensorData};
use cnn_kernels::Offsets;

/// Uploads a table of row numbers, in the integers that the device computes with: i32 on most, i64 on NdArray, which adds no
/// two kinds together.
pub(crate) fn upload<B: Backend>(
    rows: Vec<i32>,
    shape: impl Into<Shape>,
    device: &Device<B>,
) -> IntTensor<B> {
    let integers = get_device_settings::<B>(device).int_dtype;
    let rows = TensorData::new(rows, shape.into());
    B::int_from_data(rows.convert_dtype(integers.into()), device)
}

/// Zeros of `shape`, of the type and on the device of `like`.
pub(crate) fn zeros<B: Backend>(like: &FloatTensor<B>, shape: impl Into<Shape>) -> FloatTensor<B> {
    full::<B>(like, shape, 0.0)
}

/// The constant `value`, of the type and on the device of `like`.
///
/// Where it has no row or one, it comes as data: see [`with_rows`].
pub(crate) fn full<B: Backend>(
    like: &FloatTensor<B>,
    shape: impl Into<Shape>,
    value: f32,
) -> FloatTensor<B> {
    let (shape, device, dtype) = (shape.into(), like.device(), like.dtype());
    if shape[0] < 2 {
        return B::float_from_data(TensorData::full_dtype(shape, value, dtype), &device);
    }
    B::float_full(shape, value.into(), &device, dtype.into())
}

/// `x` `[rows, width]` with one more row per value, filled with it.
///
/// The rows come as data and not as Burn's constants. Burn 0.22.1 fuses operations into one kernel for GPUs, and takes an
/// axis of size 1 for one to be broadcast, be it to size 0: a constant `[1, width]` beside an empty `[0, width]` (a batch of
/// documents without words has those) is then written by a kernel that runs over no element, which is never.
pub(crate) fn with_rows<B: Backend>(x: FloatTensor<B>, values: &[f32]) -> FloatTensor<B> {
    let [rows, width] = x.shape().dims();
    let constants = values.iter().flat_map(|v| std::iter::repeat_n(*v, width));
    let constants = TensorData::new(constants.collect(), [values.len(), width]);
    let constants = B::float_from_data(constants.convert_dtype(x.dtype()), &x.device());
    match rows {
        0 => constants,
        _ => B::float_cat(vec![x, constants], 0),
    }
}

/// The rows of `x` `[rows, width]` that `table` names, as `[table entries, width]`.
pub(crate) fn rows_of<B: Backend>(x: FloatTensor<B>, table: Vec<i32>) -> FloatTensor<B> {
    let entries = table.len();
    let table = upload::<B>(table, [entries], &x.device());
    B::float_select(x, 0, table)
}

/// Adds each row of `values` `[table entries, width]` to the row that `table` names, among `rows` rows of zeros; what is
/// named `rows` (one past the last) is dropped.
pub(crate) fn add_rows<B: Backend>(
    values: FloatTensor<B>,
    table: Vec<i32>,
    rows: usize,
) -> FloatTensor<B> {
    let [entries, width] = values.shape().dims();
    if entries == 0 || rows == 0 {
        return zeros::<B>(&values, [rows, width]);
    }
    let sums = zeros::<B>(&values, [rows + 1, width]);
    let table = upload::<B>(table, [entries], &values.device());
    let sums = B::float_select_assign(sums, 0, table, values, IndexingUpdateOp::Add);
    first_rows::<B>(sums, rows)
}

/// The first `rows` rows, at least one.
pub(crate) fn first_rows<B: Backend>(x: FloatTensor<B>, rows: usize) -> FloatTensor<B> {
    let [_, width] = x.shape().dims();
    let keep = |end: usize| Slice::new(0, Some(end as isize), 1);
    B::float_slice(x, &[keep(rows), keep(width)])
}

/// For each output position, the `size` input positions of its window, as rows of the packed input; `outside` where the
/// window leaves the document.
///
/// The window of position `p` of a document starts at its token `p * stride - padding`.
pub(crate) fn windows(
    input: &Offsets,
    output: &Offsets,
    size: usize,
    stride: usize,
    padding: usize,
    outside: usize,
) -> Vec<i32> {
    let mut table = Vec::with_capacity(output.total() * size);
    for document in 0..input.documents() {
        let tokens = input.range(document);
        for position in 0..output.len_of(document) {
            for tap in 0..size {
                let token = (tokens.start + position * stride + tap).checked_sub(padding);
                let row = token.filter(|t| tokens.contains(t)).unwrap_or(outside);
                table.push(row as i32);
            }
        }
    }
    table
}
