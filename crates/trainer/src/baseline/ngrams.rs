//! n-grams as 64-bit keys, and looking keys up in a sorted list.

/// Puts the key of every 1- to `longest`-gram of `units` into `keys`, replacing what is there.
///
/// A key is a hash of the unit names in order. Among the 5 million different n-grams of a large set two share
/// a key with a probability of one in a million, and all that follows is that they share a weight.
pub(super) fn ngram_keys(units: &[u64], longest: usize, keys: &mut Vec<u64>) {
    keys.clear();
    for start in 0..units.len() {
        let mut key = 0;
        for &unit in &units[start..units.len().min(start + longest)] {
            key = mix(key, unit);
            keys.push(key);
        }
    }
}

/// Mixes the next unit into a key: the two multiply-xorshift rounds with which SplitMix64 ends.
fn mix(key: u64, unit: u64) -> u64 {
    let mut x = (key ^ unit).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The place of each key in an ascending list.
///
/// Keys are hashes, so their top bits cut the list into nearly equal pieces of about eight: a look-up touches one
/// entry of a table that mostly stays in cache, and one or two cache lines of the list.
#[derive(Debug)]
pub(super) struct KeyIndex {
    keys: Vec<u64>,
    /// Where the piece of each value of the top bits begins, and at last where the list ends.
    starts: Vec<u32>,
    shift: u32,
}

impl KeyIndex {
    /// Indexes a list of distinct ascending keys, at most 2^32 - 1 of them.
    pub(super) fn new(keys: Vec<u64>) -> Self {
        debug_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        let bits = (keys.len() / 8).max(2).next_power_of_two().trailing_zeros();
        let shift = 64 - bits;
        let pieces = 1usize << bits;
        let mut starts = Vec::with_capacity(pieces + 1);
        let mut position = 0;
        for piece in 0..pieces as u64 {
            while position < keys.len() && keys[position] >> shift < piece {
                position += 1;
            }
            starts.push(position as u32);
        }
        starts.push(keys.len() as u32);
        Self {
            keys,
            starts,
            shift,
        }
    }

    /// The place of `key`, `None` when it is not in the list.
    pub(super) fn find(&self, key: u64) -> Option<usize> {
        let piece = (key >> self.shift) as usize;
        let (start, end) = (self.starts[piece] as usize, self.starts[piece + 1] as usize);
        let piece = &self.keys[start..end];
        // Counting instead of stopping: how long a piece is can be guessed, where a key stands in it cannot.
        let place = start + piece.iter().filter(|&&k| k < key).count();
        (self.keys.get(place) == Some(&key)).then_some(place)
    }

    /// Number of keys.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(units: &[u64], longest: usize) -> Vec<u64> {
        let mut keys = Vec::new();
        ngram_keys(units, longest, &mut keys);
        keys
    }

    #[test]
    fn every_ngram_has_one_key() {
        // 4 single units, 3 pairs, 2 triples; "1 2" and "1" stand twice.
        let found = keys(&[1, 2, 1, 2], 3);
        assert_eq!(found.len(), 9);
        let distinct: BTreeSet<u64> = found.iter().copied().collect();
        assert_eq!(distinct.len(), 2 + 2 + 2);
        assert_eq!(keys(&[1], 3).len(), 1);
        assert!(keys(&[], 3).is_empty());
    }

    #[test]
    fn order_and_length_tell_ngrams_apart() {
        let mut distinct = BTreeSet::new();
        for a in 0..30 {
            for b in 0..30 {
                distinct.insert(keys(&[a, b], 2)[1]);
                distinct.insert(keys(&[a, b, 0], 3)[2]);
            }
            distinct.insert(keys(&[a], 1)[0]);
        }
        assert_eq!(distinct.len(), 30 + 2 * 900);
    }

    #[test]
    fn each_key_is_found_and_no_other() {
        for count in [0, 1, 2, 7, 8, 9, 1000, 4099] {
            let keys: BTreeSet<u64> = (0..count).map(|i| mix(1, i)).collect();
            let keys: Vec<u64> = keys.into_iter().collect();
            let index = KeyIndex::new(keys.clone());
            for (place, &key) in keys.iter().enumerate() {
                assert_eq!(index.find(key), Some(place));
            }
            for other in [0, u64::MAX, mix(0, 1 << 40), mix(0, 1 << 41)] {
                assert_eq!(index.find(other), None);
            }
        }
    }

    #[test]
    fn crowded_keys_are_found_too() {
        let index = KeyIndex::new((0..1000).collect());
        assert_eq!(index.find(999), Some(999));
        assert_eq!(index.find(1000), None);
    }
}
