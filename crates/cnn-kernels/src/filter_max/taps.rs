//! From taps side by side, as PyTorch stores a filter, to taps one after another, and back.

/// `apart[j][c] = together[c · taps + j]` where `apart` is `[taps, stride]`: columns that `together` does not reach stay.
pub(super) fn part(taps: usize, together: &[f32], apart: &mut [f32], stride: usize) {
    match taps {
        1 => apart[..together.len()].copy_from_slice(together),
        2 => part_by::<2>(together, apart, stride),
        3 => part_by::<3>(together, apart, stride),
        4 => part_by::<4>(together, apart, stride),
        5 => part_by::<5>(together, apart, stride),
        _ => {
            for (c, together) in together.chunks_exact(taps).enumerate() {
                for (j, number) in together.iter().enumerate() {
                    apart[j * stride + c] = *number;
                }
            }
        }
    }
}

/// The taps of a filter a constant, so that the compiler sees the shuffles in it.
fn part_by<const TAPS: usize>(together: &[f32], apart: &mut [f32], stride: usize) {
    let (together, _) = together.as_chunks::<TAPS>();
    for j in 0..TAPS {
        let apart = &mut apart[j * stride..][..together.len()];
        for (number, together) in apart.iter_mut().zip(together) {
            *number = together[j];
        }
    }
}

/// `together[c · taps + j] = apart[j][c]`, the reverse of [`part`].
pub(super) fn join(taps: usize, apart: &[f32], stride: usize, together: &mut [f32]) {
    match taps {
        1 => together.copy_from_slice(&apart[..together.len()]),
        2 => join_by::<2>(apart, stride, together),
        3 => join_by::<3>(apart, stride, together),
        4 => join_by::<4>(apart, stride, together),
        5 => join_by::<5>(apart, stride, together),
        _ => {
            for (c, together) in together.chunks_exact_mut(taps).enumerate() {
                for (j, number) in together.iter_mut().enumerate() {
                    *number = apart[j * stride + c];
                }
            }
        }
    }
}

fn join_by<const TAPS: usize>(apart: &[f32], stride: usize, together: &mut [f32]) {
    let (together, _) = together.as_chunks_mut::<TAPS>();
    let apart: [&[f32]; TAPS] = std::array::from_fn(|j| &apart[j * stride..][..together.len()]);
    for (c, together) in together.iter_mut().enumerate() {
        *together = std::array::from_fn(|j| apart[j][c]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_part_and_join_again() {
        for taps in 1..8 {
            for columns in [0, 1, 7, 40] {
                let together: Vec<f32> = (0..columns * taps).map(|i| i as f32).collect();
                let stride = columns + 3;
                let mut apart = vec![-1.0; taps * stride];
                part(taps, &together, &mut apart, stride);
                for (i, number) in apart.iter().enumerate() {
                    let (j, c) = (i / stride, i % stride);
                    let expected = if c < columns {
                        (c * taps + j) as f32
                    } else {
                        -1.0
                    };
                    assert_eq!(*number, expected, "{taps} taps, {columns} columns");
                }
                let mut again = vec![f32::NAN; together.len()];
                join(taps, &apart, stride, &mut again);
                assert_eq!(again, together);
            }
        }
    }
}
