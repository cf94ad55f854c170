//! The windows of a convolution as a list of slices: inside a document they overlap in place, and only those that reach
//! over its edges lie in a copy with zeros.

use std::ops::Range;

use crate::Offsets;
use crate::scratch::Scratch;

/// How the windows of a document lie over its rows: window `i` spans the rows `first + i .. first + i + size`, and rows
/// outside the document count as zero.
pub(super) struct Windows {
    /// Numbers per row.
    pub(super) channels: usize,
    /// Rows per window.
    pub(super) size: usize,
    /// The first row of the first window; negative within the padding on the left.
    pub(super) first: isize,
}

impl Windows {
    /// All windows of all documents, in order. `sources` gives the rows of each document in `x`, `counts` how many windows
    /// it has; `edges` is [`Self::edges`] of the same.
    pub(super) fn list<'a>(
        &self,
        sources: &Offsets,
        counts: &Offsets,
        x: &'a [f32],
        edges: &'a [f32],
    ) -> Vec<&'a [f32]> {
        let length = self.size * self.channels;
        let mut list = Vec::with_capacity(counts.total());
        let mut edge = 0;
        for d in 0..sources.documents() {
            let rows = sources.range(d);
            let [left, inside, right] = self.groups(rows.len(), counts.len_of(d));
            let overhang = |edge: &mut usize, group: Range<usize>, list: &mut Vec<&'a [f32]>| {
                let begin = *edge;
                list.extend(
                    (0..group.len()).map(|i| &edges[(begin + i) * self.channels..][..length]),
                );
                *edge += self.span(&group).len();
            };
            overhang(&mut edge, left, &mut list);
            list.extend(inside.map(|i| {
                let row = rows.start + (self.first + i as isize) as usize;
                &x[row * self.channels..][..length]
            }));
            overhang(&mut edge, right, &mut list);
        }
        list
    }

    /// Copies of the rows under the windows that reach over an edge, zeros where there is no row.
    pub(super) fn edges(&self, sources: &Offsets, counts: &Offsets, x: &[f32]) -> Scratch {
        let spans = |d: usize| {
            let [left, _, right] = self.groups(sources.len_of(d), counts.len_of(d));
            [self.span(&left), self.span(&right)]
        };
        let rows: usize = (0..sources.documents())
            .flat_map(spans)
            .map(|span| span.len())
            .sum();
        let mut edges = Scratch::zeros(rows * self.channels);
        let mut edge = 0;
        for d in 0..sources.documents() {
            let document = &x[sources.range(d).start * self.channels..];
            for span in spans(d) {
                // Nothing is copied when the span lies outside the document altogether.
                let from = span.start.max(0);
                let to = span.end.min(sources.len_of(d) as isize);
                if from < to {
                    let place = edge + (from - span.start) as usize;
                    let copied =
                        &document[from as usize * self.channels..to as usize * self.channels];
                    edges[place * self.channels..][..copied.len()].copy_from_slice(copied);
                }
                edge += span.len();
            }
        }
        edges
    }

    /// The windows that reach over the left edge, those inside, and those that reach over the right edge. A document
    /// without windows inside has all of them in the first group, to be copied as one piece.
    fn groups(&self, rows: usize, count: usize) -> [Range<usize>; 3] {
        let left = usize::try_from(-self.first).unwrap_or(0).min(count);
        let last_inside = rows as isize - self.size as isize - self.first;
        let right = usize::try_from(last_inside + 1).unwrap_or(0).min(count);
        if right <= left {
            return [0..count, count..count, count..count];
        }
        [0..left, left..right, right..count]
    }

    /// The rows under a group of windows.
    fn span(&self, group: &Range<usize>) -> Range<isize> {
        match group.is_empty() {
            true => 0..0,
            false => {
                let from = self.first + group.start as isize;
                from..from + (group.len() - 1 + self.size) as isize
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_equal_those_of_padded_documents() {
        let channels = 2;
        for lengths in [
            vec![],
            vec![0],
            vec![1],
            vec![5, 0, 1, 2, 9],
            vec![3, 3, 0, 0],
        ] {
            let sources = Offsets::from_lengths(lengths.iter().copied());
            let x: Vec<f32> = (1..=sources.total() * channels).map(|i| i as f32).collect();
            for size in 1..6 {
                for first in -7..7 {
                    for extra in 0..9 {
                        let windows = Windows {
                            channels,
                            size,
                            first,
                        };
                        let counts = sources.map_lengths(|len| (len + extra).saturating_sub(4));
                        let edges = windows.edges(&sources, &counts, &x);
                        let list = windows.list(&sources, &counts, &x, &edges);
                        let expected = (0..sources.documents()).flat_map(|d| {
                            let (x, rows) = (&x, sources.range(d));
                            (0..counts.len_of(d) as isize).map(move |i| {
                                let numbers =
                                    (first + i..first + i + size as isize).flat_map(|r| {
                                        let inside = r >= 0 && (r as usize) < rows.len();
                                        let at =
                                            (rows.start as isize + r).max(0) as usize * channels;
                                        (0..channels)
                                            .map(move |c| if inside { x[at + c] } else { 0.0 })
                                    });
                                numbers.collect::<Vec<_>>()
                            })
                        });
                        assert_eq!(
                            list,
                            expected.collect::<Vec<_>>(),
                            "{lengths:?} {size} {first} {extra}"
                        );
                    }
                }
            }
        }
    }
}
