//! Sparse rows: what the linear machine learns from.

/// Rows of (column, value) pairs, one row after another, plus one private column for each row.
///
/// Most n-grams of a training set stand in one document only. All such columns of a row can be
/// replaced by a single one of their joint length: the machine's weights on them are always the row's own
/// coefficient times their values, so nothing is lost. On IMDB 5.2 of 6.1 million columns and a third of the entries go.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Where each row begins, and at last where the rows end.
    pub(super) starts: Vec<usize>,
    /// Columns, below `columns`.
    pub(super) indices: Vec<u32>,
    /// Their values.
    pub(super) values: Vec<f32>,
    /// For each row the sum of squares of its private columns.
    pub(super) private_squares: Vec<f32>,
    /// Number of shared columns.
    pub(super) columns: usize,
}

impl Rows {
    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.private_squares.len()
    }

    /// The columns and values of a row.
    pub(super) fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = self.starts[row]..self.starts[row + 1];
        (&self.indices[range.clone()], &self.values[range])
    }
}
