//! Cuts a length into pieces of a few known sizes.

/// Cuts `0..length` into pieces, each the largest of `sizes` that still fits: `(first, size)`. The last of `sizes` is 1.
///
/// Tiles that are lower at the end of a matrix are the same code with another constant; the chain of multiply-adds of each
/// number does not change.
pub(crate) fn cuts<const N: usize>(
    length: usize,
    sizes: [usize; N],
) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let size = sizes.into_iter().find(|&size| first + size <= length)?;
        first += size;
        Some((first - size, size))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_cover_the_length_once() {
        for length in 0..40 {
            let mut next = 0;
            for (first, size) in cuts(length, [12, 6, 4, 2, 1]) {
                assert_eq!(first, next);
                next += size;
            }
            assert_eq!(next, length);
        }
        assert!(cuts(17, [6, 4, 1]).eq([(0, 6), (6, 6), (12, 4), (16, 1)]));
    }
}
