//! Filters packed once, for many forward passes.

use super::relu::positive_part;
use super::{Conv1dShape, winograd};
use crate::matmul::{Panels, rows_times_panels};
use crate::scratch::Scratch;
use crate::{Isa, Offsets};

/// A convolution along documents with its filters in the order in which the kernels read them: what a frozen model keeps.
///
/// [`forward`](Self::forward) gives the bits of [`conv1d_forward`](super::conv1d_forward), which packs anew at each call:
/// that is half of the time of a single headline. With 250 channels on both sides the packed filters take 1.5 MB.
pub struct Conv1dPacked {
    shape: Conv1dShape,
    isa: Isa,
    panels: Panels,
    bias: Option<Box<[f32]>>,
}

impl Conv1dPacked {
    /// Packs `weight [channels_out, channels_in, kernel_size]` and `bias [channels_out]`.
    ///
    /// # Panics
    ///
    /// When the length of a slice is another, or `kernel_size` is 0.
    pub fn new(shape: &Conv1dShape, weight: &[f32], bias: Option<&[f32]>) -> Self {
        shape.check_filters(weight, bias);
        Self::new_on(Isa::active(), shape, weight, bias)
    }

    pub(crate) fn new_on(
        isa: Isa,
        shape: &Conv1dShape,
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Self {
        Self {
            shape: *shape,
            isa,
            panels: pack(isa, shape, None, weight).detached(),
            bias: bias.map(Box::from),
        }
    }

    /// The sizes.
    pub fn shape(&self) -> &Conv1dShape {
        &self.shape
    }

    /// `y = conv(x) + add`, or `y = conv(max(x, 0)) + add` with `relu_input`: a pre-activated layer, and the end of a residual
    /// block, without a pass over memory for either. `x [tokens, channels_in]`, `add` and `y [positions, channels_out]`.
    ///
    /// The bits are those of the three operations one after another. A NaN in `x` stays a NaN under `relu_input`.
    ///
    /// # Panics
    ///
    /// When the length of a slice is another.
    pub fn forward(
        &self,
        offsets: &Offsets,
        x: &[f32],
        relu_input: bool,
        add: Option<&[f32]>,
        y: &mut [f32],
    ) {
        self.shape.check(offsets, x.len(), y.len());
        assert!(
            add.is_none_or(|add| add.len() == y.len()),
            "add must be [positions, channels_out]"
        );
        let input = Input {
            x,
            relu: relu_input,
        };
        let (shape, bias) = (&self.shape, self.bias.as_deref());
        forward(self.isa, shape, offsets, input, &self.panels, bias, add, y);
    }
}

/// The input of a convolution: `x`, or its positive part.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    /// `[tokens, channels_in]`
    pub(crate) x: &'a [f32],
    pub(crate) relu: bool,
}

impl<'a> Input<'a> {
    pub(crate) fn of(x: &'a [f32]) -> Self {
        Self { x, relu: false }
    }

    /// The positive part as an array of its own, where that is asked for.
    pub(super) fn positive(self) -> Option<Scratch> {
        self.relu.then(|| positive_part(self.x))
    }
}

/// The filters as [`forward`] takes them for the batch with these lengths, or for any.
pub(super) fn pack(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: Option<&Offsets>,
    weight: &[f32],
) -> Panels {
    if winograd::suits(shape) {
        return winograd::pack(isa, shape, offsets, weight);
    }
    // [kernel_size · channels_in, channels_out]
    let sizes = [shape.channels_out, shape.channels_in, shape.kernel_size];
    Panels::of_transpose(isa, weight, sizes)
}

#[expect(clippy::too_many_arguments, reason = "the operands of one operation")]
pub(super) fn forward(
    isa: Isa,
    shape: &Conv1dShape,
    offsets: &Offsets,
    input: Input,
    panels: &Panels,
    bias: Option<&[f32]>,
    add: Option<&[f32]>,
    y: &mut [f32],
) {
    if winograd::suits(shape) {
        return winograd::forward(isa, shape, offsets, input, panels, bias, add, y);
    }
    let positive = input.positive();
    let x = positive.as_deref().unwrap_or(input.x);
    let positions = shape.output_offsets(offsets);
    let windows = shape.windows();
    let edges = windows.edges(offsets, &positions, x);
    let rows = windows.list(offsets, &positions, x, &edges);
    rows_times_panels(isa, &rows, panels, bias, y);
    if let Some(add) = add {
        add_to(y, add);
    }
}

/// `y += add`
pub(super) fn add_to(y: &mut [f32], add: &[f32]) {
    for (y, add) in y.iter_mut().zip(add) {
        *y += add;
    }
}
