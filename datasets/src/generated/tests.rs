//! Tests of the generated sets.
