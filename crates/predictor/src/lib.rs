//! Trained networks that answer: LeNet-5, TextCNN and DPCNN on `cnn-kernels` alone, without Burn.
//!
//! Training needs tensors, devices and automatic differentiation. An answer needs none of them: it is the same arithmetic
//! with weights that no longer move. The networks here take their weights by name, as a `model.safetensors` of a run or of
//! PyTorch holds them, pack them once, and turn token ids or pixels into scores.
//!
//! | network | made from | equal to the trained network |
//! |---|---|---|
//! | [`FrozenLeNet5`] | the arrays of a modern LeNet-5 | to the bit |
//! | [`FrozenTextCnn`] | the arrays of a TextCNN | to the bit |
//! | [`FrozenDpcnn`] | the arrays of a DPCNN | to the bit |
//!
//! All of them can be shared between threads; no answer depends on what was asked before, on the other inputs of the call or
//! on the number of threads.
//!
//! ```
//! use predictor::{Array, Arrays, FrozenTextCnn, Offsets, Windows};
//!
//! // One filter over pairs of words, with vectors of one number; words 0 and 1.
//! let array = |shape: &[usize], values: &[f32]| Array { shape: shape.to_vec(), values: values.to_vec() };
//! let arrays = Arrays::from([
//!     ("embedding.weight".to_owned(), array(&[2, 1], &[1.0, 10.0])),
//!     ("convs.0.weight".to_owned(), array(&[1, 1, 2], &[1.0, 2.0])),
//!     ("convs.0.bias".to_owned(), array(&[1], &[0.5])),
//!     ("out.weight".to_owned(), array(&[2, 1], &[1.0, -1.0])),
//!     ("out.bias".to_owned(), array(&[2], &[0.0, 0.0])),
//! ]);
//! let network = FrozenTextCnn::new(arrays, Windows::Valid)?;
//! let mut scores = [0.0; 2];
//! network.scores(&Offsets::from_lengths([3]), &[0, 1, 0], &mut scores);
//! assert_eq!(scores, [21.5, -21.5]); // 1 + 2·10 beats 10 + 2·1
//! # Ok::<(), predictor::FrozenError>(())
//! ```

mod arrays;
mod dpcnn;
mod dpcnn_shares;
mod lenet5;
mod lenet5_layers;
mod text_cnn;
mod text_cnn_shares;

pub use arrays::{Array, Arrays, FrozenError};
pub use dpcnn::{DpcnnShape, FrozenDpcnn};
pub use dpcnn_shares::{DpcnnShares, Floor, MOST_STEPS};
pub use lenet5::FrozenLeNet5;
pub use lenet5_layers::{Layer, LayerKind, LayerValues, LeNet5Form, LeNet5Layers};
pub use text_cnn::FrozenTextCnn;
pub use text_cnn_shares::{FiredFilter, Ngram, TextCnnShares};

pub use cnn_kernels::{
    Activation, Offsets, Pooling, SKIP, Windows, binary_cross_entropy_forward,
    cross_entropy_forward, sigmoid, softmax,
};
