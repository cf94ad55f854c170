//! Working memory that is kept from call to call: each thread has a small store of buffers and lends them out.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// The most buffers of one type that a thread keeps, and the most numbers in all of them together: a step of training asks for up
/// to 15 sizes between 1 KB and 14 MB.
const KEPT: usize = 32;
const NUMBERS: usize = 1 << 24;

/// The bytes of a line of the cache: buffers begin with one.
const LINE: usize = 64;

/// A number that lent buffers may hold.
pub(crate) trait Lent: Copy + Default + 'static {
    /// What a buffer holds in builds with debug assertions before it is written: something that shows itself when read.
    const POISON: Self;

    /// Runs `use_store` on this thread's store; `None` on a thread that is ending and has none any more.
    fn with_store<R>(use_store: impl FnOnce(&mut Vec<Vec<Self>>) -> R) -> Option<R>;
}

macro_rules! lent {
    ($type:ty, $poison:expr) => {
        impl Lent for $type {
            const POISON: Self = $poison;

            fn with_store<R>(use_store: impl FnOnce(&mut Vec<Vec<Self>>) -> R) -> Option<R> {
                thread_local! {
                    static STORE: RefCell<Vec<Vec<$type>>> = const { RefCell::new(Vec::new()) };
                }
                STORE
                    .try_with(|store| use_store(&mut store.borrow_mut()))
                    .ok()
            }
        }
    };
}
lent!(f32, f32::NAN);
lent!(u32, u32::MAX);
// Where a list begins and ends.
lent!((u32, u32), (u32::MAX, u32::MAX));
// Where the four places of a tile are.
lent!([u32; 4], [u32::MAX; 4]);
// A number of a row and the factor that it is taken with.
lent!((u32, f32), (u32::MAX, f32::NAN));

/// A lent buffer; it goes back to the store of the thread that drops it.
///
/// Allocating anew would cost more than it seems: the allocator maps large buffers afresh, and the kernel clears each page at
/// its first touch.
pub(crate) struct Buffer<T: Lent> {
    buffer: Vec<T>,
    start: usize,
    len: usize,
}

/// A lent buffer of `f32`, the usual one.
pub(crate) type Scratch = Buffer<f32>;

impl<T: Lent> Buffer<T> {
    /// A buffer of `len` numbers. What they are is not specified: builds with debug assertions poison them, so that a kernel
    /// that reads what it has not written shows itself.
    pub(crate) fn take(len: usize) -> Self {
        let needed = len + LINE / size_of::<T>();
        // Few lengths, a quarter of a power of two apart, so that batches of about one size find each other's buffers.
        let needed = needed.next_multiple_of((needed.next_power_of_two() / 8).max(1));
        let fitting = |store: &mut Vec<Vec<T>>| {
            // Never one that is much too large: a small request would take it from the large one that comes next, which would
            // have to allocate.
            let fits = |i: &usize| (needed..=2 * needed).contains(&store[*i].len());
            let best = (0..store.len())
                .filter(fits)
                .min_by_key(|&i| store[i].len())?;
            Some(store.remove(best))
        };
        let buffer = T::with_store(fitting).flatten();
        let buffer = buffer.unwrap_or_else(|| vec![T::default(); needed]);
        let mut scratch = Self::of(buffer, len);
        if cfg!(debug_assertions) {
            scratch.fill(T::POISON);
        }
        scratch
    }

    fn of(buffer: Vec<T>, len: usize) -> Self {
        // Where the allocator puts a large buffer, no vector of 64 bytes would lie in one line of the cache.
        let start = buffer.as_ptr().align_offset(LINE);
        let start = start.min(LINE / size_of::<T>());
        Self { buffer, start, len }
    }
}

impl Scratch {
    /// A buffer of its own for what is kept long: no larger than these numbers, and not taken from the store.
    pub(crate) fn copy_of(numbers: &[f32]) -> Self {
        let mut scratch = Self::of(
            vec![0.0; numbers.len() + LINE / size_of::<f32>()],
            numbers.len(),
        );
        scratch.copy_from_slice(numbers);
        scratch
    }

    /// A buffer of `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let mut scratch = Self::take(len);
        scratch.fill(0.0);
        scratch
    }
}

impl<T: Lent> Drop for Buffer<T> {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        // Without a store the buffer is freed.
        T::with_store(|store| {
            store.push(buffer);
            // The first is the one that was not asked for the longest.
            let numbers = |store: &[Vec<T>]| store.iter().map(Vec::len).sum::<usize>();
            while store.len() > KEPT || (store.len() > 1 && numbers(store) > NUMBERS) {
                store.remove(0);
            }
        });
    }
}

impl<T: Lent> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.buffer[self.start..][..self.len]
    }
}

impl<T: Lent> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.buffer[self.start..][..self.len]
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

    #[test]
    fn buffers_of_other_numbers_have_a_store_of_their_own() {
        let ids = Buffer::<u32>::take(5);
        let pairs = Buffer::<(u32, f32)>::take(3);
        assert_eq!((ids.len(), pairs.len()), (5, 3));
        assert!(!cfg!(debug_assertions) || ids.iter().all(|&id| id == u32::MAX));
    }
}
