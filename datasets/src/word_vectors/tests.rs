//! Tests of the word-vector readers.
