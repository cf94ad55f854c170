//! A batch of token sequences of different lengths, packed one after another.
use std::sync::Arc;

use cnn_kernels::Offsets;

/// A batch of documents: token ids packed document after document, and the distinct tokens among them.
///
/// There is no padding token and no common length. An embedding is read once per *distinct* token of the batch (a batch
/// of 64 film reviews has 13,800 tokens and 3,200 distinct ones), and the network sees each token through its local index.
///
/// Cloning copies two pointers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    offsets: Offsets,
    packed: Arc<Packed>,
}

#[derive(Debug, PartialEq, Eq)]
struct Packed {
    ids: Vec<u32>,
    distinct: Arc<[u32]>,
    local: Arc<[u32]>,
}

impl Documents {
    /// A token that keeps its place in the document and adds nothing: a word outside the vocabulary, where that is the
    /// model's rule. Its vector is zero and its local index is `SKIP` too.
    pub const SKIP: u32 = u32::MAX;

    /// Packs documents given as slices of token ids. Empty documents are allowed, and so is an empty batch.
    ///
    /// ```
    /// use cnn_core::Documents;
    ///
    /// let batch = Documents::new(&[vec![9, 4, 9], vec![], vec![4, Documents::SKIP]]);
    /// assert_eq!(batch.offsets().as_slice(), [0, 3, 3, 5]);
    /// assert_eq!(batch.ids(), [9, 4, 9, 4, Documents::SKIP]);
    /// assert_eq!(batch.distinct()[..], [4, 9]);
    /// assert_eq!(batch.local()[..], [1, 0, 1, 0, Documents::SKIP]);
    /// ```
    pub fn new<D: AsRef<[u32]>>(documents: &[D]) -> Self {
        let offsets = Offsets::from_lengths(documents.iter().map(|d| d.as_ref().len()));
        let mut ids = Vec::with_capacity(offsets.total());
        for document in documents {
            ids.extend_from_slice(document.as_ref());
        }

        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.last() == Some(&Self::SKIP) {
            distinct.pop();
        }
        // Fewer than 2^32 - 1 distinct ids exist, so a local index never equals SKIP.
        let local = ids.iter().map(|id| match distinct.binary_search(id) {
            Ok(index) => index as u32,
            Err(_) => Self::SKIP,
        });
        let local = local.collect();

        Self {
            offsets,
            packed: Arc::new(Packed {
                local,
                distinct: distinct.into(),
                ids,
            }),
        }
    }

    /// Where each document starts and ends among the packed tokens.
    pub fn offsets(&self) -> &Offsets {
        &self.offsets
    }

    /// The token ids, document after document.
    pub fn ids(&self) -> &[u32] {
        &self.packed.ids
    }

    /// The distinct token ids of the batch, ascending, without [`SKIP`](Self::SKIP): the rows of a table that this batch
    /// needs.
    pub fn distinct(&self) -> &Arc<[u32]> {
        &self.packed.distinct
    }

    /// For each token, its index in [`distinct`](Self::distinct), or [`SKIP`](Self::SKIP).
    pub fn local(&self) -> &Arc<[u32]> {
        &self.packed.local
    }

    /// Number of documents.
    pub fn documents(&self) -> usize {
        self.offsets.documents()
    }

    /// Number of tokens of all documents together.
    pub fn tokens(&self) -> usize {
        self.packed.ids.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_batch_has_no_documents_and_no_tokens() {
        let batch = Documents::new::<Vec<u32>>(&[]);
        assert_eq!((batch.documents(), batch.tokens()), (0, 0));
        assert!(batch.distinct().is_empty() && batch.local().is_empty());
    }

    #[test]
    fn every_local_index_leads_back_to_its_id() {
        let batch = Documents::new(&[[5, 0, 5, 77], [Documents::SKIP, 77, 1, 0]]);
        for (id, local) in batch.ids().iter().zip(batch.local().iter()) {
            match *local {
                Documents::SKIP => assert_eq!(*id, Documents::SKIP),
                local => assert_eq!(batch.distinct()[local as usize], *id),
            }
        }
        assert_eq!(batch.distinct()[..], [0, 1, 5, 77]);
    }
}
