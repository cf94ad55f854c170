//! The transpose of a small matrix by blocks of 8 by 8.

use crate::simd::Simd;

/// `to[j·to_stride + i] = from[i·from_stride + j]` for `i` of `rows` and `j` of `columns`.
#[inline(always)]
pub(crate) fn transpose<S: Simd>(
    simd: S,
    [rows, columns]: [usize; 2],
    from: &[f32],
    from_stride: usize,
    to: &mut [f32],
    to_stride: usize,
) {
    if rows == 1 && to_stride == 1 {
        return to[..columns].copy_from_slice(&from[..columns]);
    }
    if columns == 1 && from_stride == 1 {
        return to[..rows].copy_from_slice(&from[..rows]);
    }
    if rows < 8 || columns < 8 {
        for i in 0..rows {
            for j in 0..columns {
                to[j * to_stride + i] = from[i * from_stride + j];
            }
        }
        return;
    }
    // The last block of a direction reaches back over its neighbour: it writes the same numbers again.
    for i in (0..rows).step_by(8).map(|i| i.min(rows - 8)) {
        for j in (0..columns).step_by(8).map(|j| j.min(columns - 8)) {
            let from = &from[i * from_stride + j..];
            simd.transpose_8x8(from, from_stride, &mut to[j * to_stride + i..], to_stride);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Body, dispatch};
    use crate::trial::{for_each_isa, poisoned};

    struct Transpose<'a> {
        sizes: [usize; 2],
        from: &'a [f32],
        to: &'a mut [f32],
    }

    impl Body for Transpose<'_> {
        type Output = ();

        #[inline(always)]
        fn run<S: Simd, const MR: usize, const NV: usize>(self, simd: S) {
            let [rows, columns] = self.sizes;
            transpose(simd, self.sizes, self.from, columns, self.to, rows);
        }
    }

    #[test]
    fn every_size_is_exact() {
        for_each_isa(|isa| {
            for rows in 1..20 {
                for columns in 1..20 {
                    let from: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
                    let to = poisoned(from.len(), |to| {
                        dispatch(
                            isa,
                            Transpose {
                                sizes: [rows, columns],
                                from: &from,
                                to,
                            },
                        );
                    });
                    for (place, number) in to.iter().enumerate() {
                        let (j, i) = (place / rows, place % rows);
                        assert_eq!(*number, (i * columns + j) as f32, "{isa} {rows} {columns}");
                    }
                }
            }
        });
    }
}
