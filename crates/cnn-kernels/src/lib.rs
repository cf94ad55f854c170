//! The arithmetic of convolution and pooling on plain slices: SIMD kernels and their plain references.
