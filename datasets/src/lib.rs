//! What the networks learn from: data sets, readers, tokenizers, word vectors, generated sets.
