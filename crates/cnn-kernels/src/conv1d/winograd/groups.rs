//! The positions of all documents in groups of up to four, and the tokens that each group sees.

use super::forms;
use crate::Offsets;

/// The positions of the smallest large group.
const FEWEST_OF_LARGE: usize = 3;

/// A few neighbouring positions of one document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// The first of the rows that the group sees; it and the others may lie outside the document.
    from: isize,
    /// Where the document's rows begin and end.
    document: (usize, usize),
    /// The first position.
    pub(super) position: usize,
    /// How many there are: 1 or 2 in a small group, F(2, 3), 3 or 4 in a large one, F(4, 3).
    pub(super) positions: usize,
}

impl Group {
    /// Whether the group takes six products, F(4, 3), and not four, F(2, 3).
    #[inline(always)]
    pub(super) fn is_large(&self) -> bool {
        self.positions >= FEWEST_OF_LARGE
    }

    /// Whether product `product` is part of any of the group's results. That of the last tap reaches the last place of a group
    /// alone, and two belong to large groups.
    #[inline(always)]
    pub(super) fn takes(&self, product: usize) -> bool {
        match product {
            3 => self.positions.is_multiple_of(2),
            4 | 5 => self.is_large(),
            _ => true,
        }
    }

    /// The six rows of `x [rows, channels]` under the group, the first four under a small one; `zeros` where there is none.
    #[inline(always)]
    pub(super) fn rows<'a>(&self, x: &'a [f32], zeros: &'a [f32]) -> [&'a [f32]; 6] {
        let channels = zeros.len();
        // The library's `from_fn` is a call apart in the middle of a kernel.
        let mut rows = [zeros; 6];
        for (row, j) in rows.iter_mut().zip(0..) {
            if let Ok(place) = usize::try_from(self.from + j)
                && (self.document.0..self.document.1).contains(&place)
            {
                *row = &x[place * channels..][..channels];
            }
        }
        rows
    }

    /// The rows of `y [positions, channels]` that are the group's own, `zeros` where there is none.
    #[inline(always)]
    pub(super) fn own_rows<'a>(&self, y: &'a [f32], zeros: &'a [f32]) -> [&'a [f32]; 4] {
        let channels = zeros.len();
        let mut rows = [zeros; 4];
        for (i, row) in rows.iter_mut().enumerate().take(self.positions) {
            *row = &y[(self.position + i) * channels..][..channels];
        }
        rows
    }
}

/// The groups of each document, from its first position on: which positions belong together does not depend on what else is
/// packed. `sources` gives the rows of each document, `counts` its positions, and position `p` sees the rows from `first + p`
/// on.
pub(super) fn groups(sources: &Offsets, counts: &Offsets, first: isize) -> Vec<Group> {
    let mut groups = Vec::with_capacity(counts.total().div_ceil(4) + counts.documents());
    for d in 0..sources.documents() {
        let (rows, all) = (sources.range(d), counts.range(d));
        let mut position = all.start;
        while position < all.end {
            // Three left over are a group of four with its last place empty: five products, where a pair and a single one take
            // seven.
            let positions = (all.end - position).min(4);
            groups.push(Group {
                from: rows.start as isize + first + (position - all.start) as isize,
                document: (rows.start, rows.end),
                position,
                positions,
            });
            position += positions;
        }
    }
    groups
}

/// The products that any document of the batch takes.
pub(super) fn products(counts: &Offsets) -> usize {
    match counts
        .lengths()
        .any(|positions| positions >= FEWEST_OF_LARGE)
    {
        true => forms::ALL,
        false => forms::IN_SMALL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::batches;

    #[test]
    fn every_position_is_in_one_group_and_sees_its_own_document() {
        for sources in batches() {
            let x: Vec<f32> = (1..=sources.total()).map(|row| row as f32).collect();
            for first in -3isize..4 {
                let counts = sources.map_lengths(|len| if len == 0 { 0 } else { len + 2 });
                let mut next = 0;
                for group in groups(&sources, &counts, first) {
                    assert_eq!(group.position, next);
                    next += group.positions;
                    let document = (0..counts.documents())
                        .find(|&d| counts.range(d).contains(&group.position))
                        .expect("a position belongs to a document");
                    let (own, rows) = (counts.range(document), sources.range(document));
                    assert!(own.contains(&(next - 1)), "a group keeps to its document");
                    let place = group.position - own.start;
                    // Which positions it has follows from the document's length alone.
                    assert_eq!(place % 4, 0);
                    assert_eq!(group.positions, 4.min(own.len() - place));
                    for (j, row) in group.rows(&x, &[0.0]).into_iter().enumerate() {
                        let place = (place + j) as isize + first;
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
