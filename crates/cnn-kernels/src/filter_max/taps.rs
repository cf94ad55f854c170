//! From taps side by side, as PyTorch stores a filter, to taps one after another, and back.

use crate::lanes::for_each_isa;

for_each_isa! {
    /// `apart[j][c] = together[c · taps + j]` where `apart` is `[taps, stride]`: columns that `together` does not reach stay.
    fn part(taps: usize, together: &[f32], apart: &mut [f32], stride: usize) {
        part_any(taps, together, apart, stride);
    }
}

for_each_isa! {
    /// `together[c · taps + j] = apart[j][c]`, the reverse of [`part`].
    fn join(taps: usize, apart: &[f32], stride: usize, together: &mut [f32]) {
        join_any(taps, apart, stride, together);
    }
}

#[inline(always)]
fn part_any(taps: usize, together: &[f32], apart: &mut [f32], stride: usize) {
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

/// The taps of a filter are a constant here, so that the compiler sees the shuffles in it.
#[inline(always)]
fn part_by<const TAPS: usize>(together: &[f32], apart: &mut [f32], stride: usize) {
    let (together, _) = together.as_chunks::<TAPS>();
    for j in 0..TAPS {
        let apart = &mut apart[j * stride..][..together.len()];
        for (number, together) in apart.iter_mut().zip(together) {
            *number = together[j];
        }
    }
}

#[inline(always)]
fn join_any(taps: usize, apart: &[f32], stride: usize, together: &mut [f32]) {
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

#[inline(always)]
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
    use crate::trial::for_each_isa;

    #[test]
    fn taps_part_and_join_again() {
        for_each_isa(|isa| {
            for (taps, columns) in (1..8).flat_map(|taps| [0, 1, 7, 40].map(|c| (taps, c))) {
                let together: Vec<f32> = (0..columns * taps).map(|i| i as f32).collect();
                let stride = columns + 3;
                let mut apart = vec![-1.0; taps * stride];
                part(isa, taps, &together, &mut apart, stride);
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
                join(isa, taps, &apart, stride, &mut again);
                assert_eq!(again, together);
            }
        });
    }
}
