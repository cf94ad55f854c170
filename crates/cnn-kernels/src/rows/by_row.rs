//! The tokens of each row, ascending: a stable counting sort of a batch by word.

use super::SKIP;

/// For each row, the tokens whose id it is, in ascending order; [`SKIP`]s are left out.
pub(crate) struct ByRow {
    starts: Vec<u32>,
    tokens: Vec<u32>,
}

impl ByRow {
    /// Sorts; every id must be below `rows` or [`SKIP`], and there must be fewer than 2^32 tokens.
    pub(crate) fn new(rows: usize, ids: &[u32]) -> Self {
        let mut starts = vec![0u32; rows + 1];
        for &id in ids {
            if id != SKIP {
                starts[id as usize + 1] += 1;
            }
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut tokens = vec![0u32; starts[rows] as usize];
        let mut next = starts.clone();
        for (token, &id) in ids.iter().enumerate() {
            if id != SKIP {
                let place = &mut next[id as usize];
                tokens[*place as usize] = token as u32;
                *place += 1;
            }
        }
        Self { starts, tokens }
    }

    /// The tokens of one row.
    pub(crate) fn tokens(&self, row: usize) -> &[u32] {
        &self.tokens[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
}
