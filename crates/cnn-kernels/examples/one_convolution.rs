//! One convolution by hand: three documents of one batch, a filter that looks for a rising step, and the maximum over time.
//!
//! ```text
//! cargo run -p cnn-kernels --example one_convolution
//! ```

use cnn_kernels::{Conv1dShape, Isa, Offsets, conv1d_forward, max_over_time_forward};

fn main() {
    let documents: [&[f32]; 3] = [
        &[0.0, 0.0, 1.0, 1.0],
        &[5.0, 4.0],
        &[2.0, 2.5, 9.0, 9.0, 0.0],
    ];
    // Packed one after another: no padding, and the offsets say where each begins.
    let offsets = Offsets::from_lengths(documents.iter().map(|document| document.len()));
    let x = documents.concat();

    // y[p] = x[p + 1] - x[p]
    let shape = Conv1dShape {
        channels_in: 1,
        channels_out: 1,
        kernel_size: 2,
        padding_left: 0,
        padding_right: 0,
    };
    let windows = shape.output_offsets(&offsets);
    let mut y = vec![0.0; windows.total()];
    conv1d_forward(&shape, &offsets, &x, &[-1.0, 1.0], None, &mut y);

    let mut steepest = vec![0.0; documents.len()];
    let mut winners = vec![0; documents.len()];
    max_over_time_forward(1, &windows, &y, None, &mut steepest, &mut winners);

    for (index, document) in documents.iter().enumerate() {
        println!(
            "{document:?}: steps {:?}, the steepest is {} at window {}",
            &y[windows.range(index)],
            steepest[index],
            winners[index] as usize - windows.range(index).start
        );
    }
    println!("computed with {}", Isa::active().name());
}
