//! Where each document of a packed batch begins and ends.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The places of documents that are stored one after another, without padding: document `d` holds the rows
/// `offsets[d]..offsets[d + 1]`.
///
/// The numbers start with 0 and never decrease; an empty document repeats its neighbour. Cloning is cheap.
///
/// ```
/// use cnn_kernels::Offsets;
///
/// let offsets = Offsets::from_lengths([3, 0, 2]);
/// assert_eq!(offsets.as_slice(), [0, 3, 3, 5]);
/// assert_eq!(offsets.range(2), 3..5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offsets(Arc<[usize]>);

/// Why a list of numbers is no [`Offsets`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OffsetsError {
    /// The list is empty; even a batch without documents has the one entry 0.
    Empty,
    /// The first entry is not 0.
    Start {
        /// The first entry.
        found: usize,
    },
    /// An entry is smaller than the one before it.
    Decreasing {
        /// The document that would have a negative length.
        document: usize,
        /// Where it begins.
        start: usize,
        /// Where it ends, before it begins.
        end: usize,
    },
}

impl fmt::Display for OffsetsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "offsets are empty: they need at least the entry 0"),
            Self::Start { found } => {
                write!(f, "offsets start with {found}: the first entry must be 0")
            }
            Self::Decreasing {
                document,
                start,
                end,
            } => write!(
                f,
                "offsets decrease: document {document} begins at {start} and ends at {end}; sort the entries"
            ),
        }
    }
}

impl std::error::Error for OffsetsError {}

impl Offsets {
    /// The offsets of documents with these lengths.
    ///
    /// # Panics
    ///
    /// When the total length does not fit a `usize`.
    pub fn from_lengths(lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut total = 0usize;
        let ends = lengths.into_iter().map(|length| {
            total = total
                .checked_add(length)
                .expect("the total length of the documents must fit a usize");
            total
        });
        Self(std::iter::once(0).chain(ends).collect())
    }

    /// Takes a list of offsets as it is.
    ///
    /// # Errors
    ///
    /// [`OffsetsError`] when the list is empty, does not start with 0, or decreases.
    pub fn new(offsets: Vec<usize>) -> Result<Self, OffsetsError> {
        let first = *offsets.first().ok_or(OffsetsError::Empty)?;
        if first != 0 {
            return Err(OffsetsError::Start { found: first });
        }
        for (document, pair) in offsets.windows(2).enumerate() {
            let (start, end) = (pair[0], pair[1]);
            if end < start {
                return Err(OffsetsError::Decreasing {
                    document,
                    start,
                    end,
                });
            }
        }
        Ok(Self(offsets.into()))
    }

    /// The number of documents, empty ones counted.
    pub fn documents(&self) -> usize {
        self.0.len() - 1
    }

    /// The number of rows of all documents together.
    pub fn total(&self) -> usize {
        self.0[self.0.len() - 1]
    }

    /// The rows of document `d`.
    ///
    /// # Panics
    ///
    /// When there is no document `d`.
    pub fn range(&self, d: usize) -> Range<usize> {
        self.0[d]..self.0[d + 1]
    }

    /// The number of rows of document `d`.
    ///
    /// # Panics
    ///
    /// When there is no document `d`.
    pub fn len_of(&self, d: usize) -> usize {
        self.range(d).len()
    }

    /// The number of rows of each document, in order.
    pub fn lengths(&self) -> impl Iterator<Item = usize> {
        self.0.windows(2).map(|pair| pair[1] - pair[0])
    }

    /// The numbers themselves: 0, then the end of each document.
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }

    /// The offsets of as many documents whose lengths are `f` of these: what an operation does to lengths.
    pub fn map_lengths(&self, f: impl Fn(usize) -> usize) -> Offsets {
        Self::from_lengths(self.lengths().map(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_offsets_are_two_views_of_one_thing() {
        for lengths in [vec![], vec![0], vec![4], vec![0, 0, 3, 0, 1], vec![7, 1, 0]] {
            let offsets = Offsets::from_lengths(lengths.iter().copied());
            assert_eq!(offsets.documents(), lengths.len());
            assert_eq!(offsets.total(), lengths.iter().sum::<usize>());
            assert_eq!(offsets.lengths().collect::<Vec<_>>(), lengths);
            assert!((0..lengths.len()).all(|d| offsets.len_of(d) == lengths[d]));
            assert_eq!(Offsets::new(offsets.as_slice().to_vec()), Ok(offsets));
        }
    }

    #[test]
    fn wrong_lists_are_refused_with_the_place() {
        assert_eq!(Offsets::new(vec![]), Err(OffsetsError::Empty));
        assert_eq!(
            Offsets::new(vec![1, 2]),
            Err(OffsetsError::Start { found: 1 })
        );
        assert_eq!(
            Offsets::new(vec![0, 5, 4]),
            Err(OffsetsError::Decreasing {
                document: 1,
                start: 5,
                end: 4
            })
        );
    }

    #[test]
    fn mapped_lengths_keep_the_documents() {
        let offsets = Offsets::from_lengths([3, 0, 5]).map_lengths(|length| length.div_ceil(2));
        assert_eq!(offsets.as_slice(), [0, 2, 2, 5]);
    }
}
