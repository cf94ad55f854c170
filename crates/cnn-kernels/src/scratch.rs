//! Working memory that is kept from call to call: each thread has a small store of buffers and lends them out.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

thread_local! {
    static STORE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// The most buffers that a thread keeps.
const KEPT: usize = 8;

/// A lent buffer; it goes back to the store of the thread that drops it.
///
/// Allocating anew would cost more than it seems: the allocator maps large buffers afresh, and the kernel clears each page at
/// its first touch.
pub(crate) struct Scratch {
    buffer: Vec<f32>,
    len: usize,
}

impl Scratch {
    /// A buffer of `len` numbers. What they are is not specified: builds with debug assertions make them NaN, so that a
    /// kernel that reads what it has not written shows itself.
    pub(crate) fn take(len: usize) -> Self {
        let mut buffer = STORE.with_borrow_mut(Vec::pop).unwrap_or_default();
        if buffer.len() < len {
            // The old numbers are of no use: a fresh buffer saves copying them.
            buffer = vec![0.0; len];
        }
        let mut scratch = Self { buffer, len };
        if cfg!(debug_assertions) {
            scratch.fill(f32::NAN);
        }
        scratch
    }

    /// A buffer of `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let mut scratch = Self::take(len);
        scratch.fill(0.0);
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        // A thread that is ending has no store any more; then the buffer is freed.
        let _ = STORE.try_with(|store| {
            let mut store = store.borrow_mut();
            if store.len() < KEPT {
                store.push(buffer);
            }
        });
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.buffer[..self.len]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.buffer[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_poisoned_and_never_shorter_than_asked() {
        for len in [0, 10, 3, 1000, 7] {
            let mut first = Scratch::take(len);
            let second = Scratch::zeros(len + 1);
            assert_eq!((first.len(), second.len()), (len, len + 1));
            assert!(!cfg!(debug_assertions) || first.iter().all(|number| number.is_nan()));
            assert!(second.iter().all(|&number| number == 0.0));
            first.fill(1.0);
        }
    }
}
