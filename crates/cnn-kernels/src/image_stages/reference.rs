//! The stages as the equations say it, one after another: the judge of the kernels.
