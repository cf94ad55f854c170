//! The positions of all documents in pairs, and the four tokens that each pair sees.

use crate::Offsets;

/// Two neighbouring positions of one document, or its odd last one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// The first of the four rows that the pair sees; it and the others may lie outside the document.
    from: isize,
    /// Where the document's rows begin and end.
    document: (usize, usize),
    /// Whether there is a second position.
    pub(super) whole: bool,
    /// The first position.
    pub(super) position: usize,
}

impl Pair {
    /// The number of its positions.
    pub(super) fn positions(&self) -> usize {
        1 + usize::from(self.whole)
    }

    /// The four rows of `x [rows, channels]` under the pair, `zeros` where there is none. The last belongs to the second
    /// position alone.
    #[inline(always)]
    pub(super) fn rows<'a>(&self, x: &'a [f32], zeros: &'a [f32]) -> [&'a [f32]; 4] {
        let channels = zeros.len();
        // The library's `from_fn` is a call apart in the middle of a kernel.
        let mut rows = [zeros; 4];
        for (row, j) in rows.iter_mut().zip(0..) {
            if let Ok(place) = usize::try_from(self.from + j)
                && (self.document.0..self.document.1).contains(&place)
            {
                *row = &x[place * channels..][..channels];
            }
        }
        rows
    }

    /// The two rows of `y [positions, channels]` that are the pair's own, `zeros` for the second where there is none.
    #[inline(always)]
    pub(super) fn own_rows<'a>(&self, y: &'a [f32], zeros: &'a [f32]) -> [&'a [f32]; 2] {
        let channels = zeros.len();
        let row = |position: usize| &y[position * channels..][..channels];
        let second = if self.whole {
            row(self.position + 1)
        } else {
            zeros
        };
        [row(self.position), second]
    }
}

/// The pairs of each document, from its first position on: which positions belong together does not depend on what else is
/// packed. `sources` gives the rows of each document, `counts` its positions, and position `p` sees the rows from `first + p`
/// on.
pub(super) fn pairs(sources: &Offsets, counts: &Offsets, first: isize) -> Vec<Pair> {
    let mut pairs = Vec::with_capacity(counts.total().div_ceil(2) + counts.documents());
    for d in 0..sources.documents() {
        let (rows, positions) = (sources.range(d), counts.range(d));
        pairs.extend(positions.clone().step_by(2).map(|position| Pair {
            from: rows.start as isize + first + (position - positions.start) as isize,
            document: (rows.start, rows.end),
            whole: position + 1 < positions.end,
            position,
        }));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::batches;

    #[test]
    fn every_position_is_in_one_pair_and_sees_its_own_document() {
        for sources in batches() {
            let x: Vec<f32> = (1..=sources.total()).map(|row| row as f32).collect();
            for first in -3isize..4 {
                let counts = sources.map_lengths(|len| if len == 0 { 0 } else { len + 2 });
                let mut next = 0;
                for pair in pairs(&sources, &counts, first) {
                    assert_eq!(pair.position, next);
                    next += pair.positions();
                    let document = (0..counts.documents())
                        .find(|&d| counts.range(d).contains(&pair.position))
                        .expect("a position belongs to a document");
                    let (own, rows) = (counts.range(document), sources.range(document));
                    assert_eq!(pair.whole, pair.position + 1 < own.end);
                    assert_eq!((pair.position - own.start) % 2, 0);
                    for (j, row) in pair.rows(&x, &[0.0]).into_iter().enumerate() {
                        let place = (pair.position - own.start + j) as isize + first;
                        let inside = place >= 0 && (place as usize) < rows.len();
                        let expected = if inside {
                            x[rows.start + place as usize]
                        } else {
                            0.0
                        };
                        assert_eq!(row, [expected]);
                    }
                }
                assert_eq!(next, counts.total());
            }
        }
    }
}
