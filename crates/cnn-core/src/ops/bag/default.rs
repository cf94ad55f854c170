//! Bags of words made of Burn's selection and sum: runs on every backend.
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::Shape;

use crate::Documents;
use crate::ops::tables::{add_rows, rows_of, with_rows, zeros};

/// See [`bag_of_words_forward`](super::BagBackend::bag_of_words_forward).
pub fn forward<B: Backend>(
    rows: FloatTensor<B>,
    documents: Documents,
    region_size: usize,
) -> FloatTensor<B> {
    let [distinct, width] = rows.shape().dims();
    let tokens = documents.tokens();
    if tokens == 0 {
        return zeros::<B>(&rows, [0, width]);
    }
    let words = rows_of::<B>(
        with_rows::<B>(rows, &[0.0]),
        regions(&documents, region_size, distinct),
    );
    let words = B::float_reshape(words, Shape::new([tokens, region_size, width]));
    B::float_reshape(B::float_sum_dim(words, 1), Shape::new([tokens, width]))
}

/// See [`bag_of_words_backward`](super::BagBackend::bag_of_words_backward).
pub fn backward<B: Backend>(
    grad: FloatTensor<B>,
    documents: Documents,
    region_size: usize,
) -> FloatTensor<B> {
    let [tokens, width] = grad.shape().dims();
    let distinct = documents.distinct().len();
    if tokens == 0 {
        return zeros::<B>(&grad, [distinct, width]);
    }
    let each = B::float_reshape(grad, Shape::new([tokens, 1, width]));
    let each = B::float_expand(each, Shape::new([tokens, region_size, width]));
    let each = B::float_reshape(each, Shape::new([tokens * region_size, width]));
    add_rows::<B>(each, regions(&documents, region_size, distinct), distinct)
}

/// For each token the rows of its region, `region_size` of them; `nothing` for what the region does not have.
fn regions(documents: &Documents, region_size: usize, nothing: usize) -> Vec<i32> {
    let (local, reach) = (documents.local(), region_size / 2);
    let mut table = vec![nothing as i32; documents.tokens() * region_size];
    for document in 0..documents.documents() {
        let tokens = documents.offsets().range(document);
        for token in tokens.clone() {
            let from = token.saturating_sub(reach).max(tokens.start);
            let to = (token + reach + 1).min(tokens.end);
            let region = &mut table[token * region_size..][..region_size];
            for (place, word) in local[from..to].iter().enumerate() {
                let word = *word as i32; // SKIP is -1
                if word >= 0 && !region[..place].contains(&word) {
                    region[place] = word;
                }
            }
        }
    }
    table
}
