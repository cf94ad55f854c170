//! Learning subwords by byte-pair encoding: the most frequent pair of neighbours becomes one symbol, again and again
//! (Sennrich, Haddow & Birch 2016).
//!
//! Ties are broken by the symbols' numbers, words are walked in the order in which they were first seen, and counts are
//! whole numbers: so the result depends on the texts alone. The trainer of the `tokenizers` crate (0.23) walks hash tables:
//! on 10,000 Chinese headlines with marked symbols it gave six different vocabularies in six runs. Where its result is
//! always the same, ours is that one; tests hold this.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use ahash::AHashMap;

/// Two neighbours.
pub(super) type Pair = (u32, u32);

/// What was learned.
pub(super) struct Learned {
    /// All symbols; those given, then those learned.
    pub(super) symbols: Vec<String>,
    /// The pairs that were merged, in order.
    pub(super) merges: Vec<Pair>,
}

/// A word as symbols, and how often it was seen.
pub(super) struct Word {
    pub(super) symbols: Vec<u32>,
    pub(super) count: u64,
}

/// How often a pair was seen, and the words that may hold it.
#[derive(Default)]
struct Occurrences {
    count: u64,
    words: Vec<u32>,
}

/// Merges pairs seen at least `least` times until there are `most` symbols. `joined` spells the symbol of a pair.
pub(super) fn learn(
    mut symbols: Vec<String>,
    mut words: Vec<Word>,
    most: usize,
    least: u64,
    joined: impl Fn(&str, &str) -> String,
) -> Learned {
    let mut ids: AHashMap<String, u32> = symbols.iter().cloned().zip(0..).collect();
    let mut pairs: AHashMap<Pair, Occurrences> = AHashMap::new();
    let mut met: Vec<Pair> = Vec::new();
    for (number, word) in words.iter().enumerate() {
        for pair in neighbours(&word.symbols) {
            let seen = pairs.entry(pair).or_insert_with(|| {
                met.push(pair);
                Occurrences::default()
            });
            seen.count += word.count;
            // A word may hold a pair twice.
            if seen.words.last() != Some(&(number as u32)) {
                seen.words.push(number as u32);
            }
        }
    }
    // An entry is a bound: counts fall behind its back, and where one rises another entry is pushed.
    let mut queue: BinaryHeap<(u64, Reverse<Pair>)> = met
        .into_iter()
        .map(|pair| (pairs[&pair].count, Reverse(pair)))
        .collect();
    let mut merges = Vec::new();
    while symbols.len() < most {
        let Some((bound, Reverse(pair))) = queue.pop() else {
            break;
        };
        if bound < least.max(1) {
            break;
        }
        let Some(seen) = pairs.get_mut(&pair) else {
            continue;
        };
        if seen.count != bound {
            if seen.count < bound {
                queue.push((seen.count, Reverse(pair)));
            }
            continue;
        }
        let holders = std::mem::take(&mut seen.words);
        let spelled = joined(&symbols[pair.0 as usize], &symbols[pair.1 as usize]);
        let new = *ids.entry(spelled).or_insert_with_key(|spelled| {
            symbols.push(spelled.clone());
            symbols.len() as u32 - 1
        });
        merges.push(pair);
        let mut changes: Vec<(Pair, i64)> = Vec::new();
        for number in holders {
            let word = &mut words[number as usize];
            let count = word.count as i64;
            let before = changes.len();
            changes.extend(neighbours(&word.symbols).map(|pair| (pair, -count)));
            if !merge(&mut word.symbols, pair, new) {
                changes.truncate(before);
                continue;
            }
            for pair in neighbours(&word.symbols) {
                changes.push((pair, count));
                if pair.0 == new || pair.1 == new {
                    pairs.entry(pair).or_default().words.push(number);
                }
            }
        }
        changes.sort_unstable_by_key(|(pair, _)| *pair);
        for group in changes.chunk_by(|a, b| a.0 == b.0) {
            let (pair, change) = (group[0].0, group.iter().map(|(_, change)| change).sum());
            let seen = pairs.entry(pair).or_default();
            seen.count = seen.count.saturating_add_signed(change);
            if change > 0 {
                queue.push((seen.count, Reverse(pair)));
            }
        }
    }
    Learned { symbols, merges }
}

fn neighbours(symbols: &[u32]) -> impl Iterator<Item = Pair> {
    symbols.windows(2).map(|two| (two[0], two[1]))
}

/// Replaces `pair` by `new`, from the left; `false` if the word does not hold it (any more).
fn merge(symbols: &mut Vec<u32>, pair: Pair, new: u32) -> bool {
    let (mut read, mut write) = (0, 0);
    while read < symbols.len() {
        let is_pair = symbols[read] == pair.0 && symbols.get(read + 1) == Some(&pair.1);
        symbols[write] = if is_pair { new } else { symbols[read] };
        read += 1 + usize::from(is_pair);
        write += 1;
    }
    let found = write < symbols.len();
    symbols.truncate(write);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(words: &[(&str, u64)], most: usize, least: u64) -> Learned {
        let letters: std::collections::BTreeSet<char> =
            words.iter().flat_map(|(word, _)| word.chars()).collect();
        let symbols: Vec<String> = letters.iter().map(char::to_string).collect();
        let number = |c: char| symbols.iter().position(|s| *s == c.to_string()).unwrap() as u32;
        let words = words.iter().map(|&(word, count)| Word {
            symbols: word.chars().map(number).collect(),
            count,
        });
        let words = words.collect();
        learn(symbols, words, most, least, |a, b| format!("{a}{b}"))
    }

    /// The example of Sennrich et al. 2016, algorithm 1 (the end of a word written as a dot).
    #[test]
    fn the_published_example() {
        let words = [("low.", 5), ("lower.", 2), ("newest.", 6), ("widest.", 3)];
        let learned = learned(&words, 1000, 1);
        let spelled: Vec<&str> = learned.symbols[11..].iter().map(String::as_str).collect();
        // e+s, s+t and t+. are level (9): the pair of the lower numbers goes first, and they are numbered by character.
        assert_eq!(spelled[..3], ["es", "t.", "est."]);
        assert!(
            spelled.contains(&"low") && spelled.contains(&"newest."),
            "{spelled:?}"
        );
    }

    #[test]
    fn overlapping_pairs_and_limits() {
        let words = [("aaaa", 3), ("aaab", 1)];
        assert_eq!(learned(&words, 3, 1).symbols, ["a", "b", "aa"]);
        // `aaaa` is `aa aa` 3 times, `aaab` is `aa a b`.
        assert_eq!(learned(&words, 4, 1).symbols, ["a", "b", "aa", "aaaa"]);
        assert_eq!(learned(&words, 100, 2).symbols, ["a", "b", "aa", "aaaa"]);
        assert!(learned(&[], 10, 1).merges.is_empty());
    }
}
