//! Our own shuffle, so that a split made today is the split made by any later version.
//!
//! The generator is named (ChaCha with 8 rounds), its 32-byte seed is laid out here, and both the draw of an
//! integer and the order of swaps are ours: nothing depends on the habits of a library's `shuffle`.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A random order of `0..count`: a function of `seed` and `purpose` alone.
///
/// `purpose` separates draws that share a seed (`"test"`, `"dev"`, ...).
pub fn permutation(seed: u64, purpose: &str, count: usize) -> Vec<u32> {
    let count = u32::try_from(count).expect("the limits keep sets below 2^32 rows");
    let mut order: Vec<u32> = (0..count).collect();
    let mut generator = generator(seed, purpose);
    // Fisher-Yates from the end.
    for last in (1..order.len()).rev() {
        let chosen = below(&mut generator, last as u64 + 1) as usize;
        order.swap(last, chosen);
    }
    order
}

/// Seed bytes: the seed (8, little-endian), then the first 24 bytes of `purpose`, zero-filled.
fn generator(seed: u64, purpose: &str) -> ChaCha8Rng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    for (slot, byte) in bytes[8..].iter_mut().zip(purpose.bytes()) {
        *slot = byte;
    }
    ChaCha8Rng::from_seed(bytes)
}

/// A uniform integer in `0..bound`: draws that would favour small values are thrown away.
fn below(generator: &mut ChaCha8Rng, bound: u64) -> u64 {
    let fair = u64::MAX - u64::MAX % bound;
    loop {
        let draw = generator.next_u64();
        if draw < fair {
            return draw % bound;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_appears_once_and_purposes_differ() {
        let mut order = permutation(7, "dev", 1000);
        assert_ne!(order, permutation(7, "test", 1000));
        assert_ne!(order, permutation(8, "dev", 1000));
        assert_eq!(order, permutation(7, "dev", 1000));
        order.sort_unstable();
        assert!(order.into_iter().eq(0..1000));
        assert!(permutation(7, "dev", 0).is_empty());
    }

    #[test]
    fn first_places_are_uniform() {
        // 8 items, 4,000 seeds: each first item is expected 500 times, standard deviation 21.
        let mut counts = [0; 8];
        for seed in 0..4000 {
            counts[permutation(seed, "dev", 8)[0] as usize] += 1;
        }
        assert!(
            counts.iter().all(|&count| (395..=605).contains(&count)),
            "{counts:?}"
        );
    }
}
