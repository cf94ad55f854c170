//! Character n-grams of a word as fastText takes them, and the rows they hash to.
//!
//! Bojanowski et al. 2017, "Enriching word vectors with subword information", section 3.2: the word between `<` and `>`,
//! all its n-grams of `shortest` to `longest` characters (not bytes), without the bare `<` and `>`; each is hashed
//! (FNV-1a, 32 bits) into one of `buckets` rows.

/// Which n-grams a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subwords {
    /// Characters of the shortest n-gram.
    pub(super) shortest: usize,
    /// Characters of the longest n-gram; 0: the model has none.
    pub(super) longest: usize,
    /// Rows the n-grams share.
    pub(super) buckets: u32,
}

impl Subwords {
    /// Calls `each` with the bucket of every n-gram of `word`, in fastText's order.
    pub(super) fn for_each_bucket(&self, word: &str, mut each: impl FnMut(u32)) {
        if self.longest == 0 || self.buckets == 0 {
            return;
        }
        let marked = format!("<{word}>");
        // Byte offsets of the characters' beginnings, and of the end.
        let mut offsets: Vec<usize> = marked.char_indices().map(|(at, _)| at).collect();
        offsets.push(marked.len());
        let characters = offsets.len() - 1;
        for start in 0..characters {
            let longest = self.longest.min(characters - start);
            for length in self.shortest.max(1)..=longest {
                let is_bare_mark = length == 1 && (start == 0 || start + 1 == characters);
                if !is_bare_mark {
                    let ngram = &marked.as_bytes()[offsets[start]..offsets[start + length]];
                    each(hash(ngram) % self.buckets);
                }
            }
        }
    }
}

/// FNV-1a over the bytes *as signed numbers*: a byte of 128 or more is widened to 32 bits with ones in front, a quirk
/// of fastText's C++ that every model carries in it.
pub(super) fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(2_166_136_261, |hash: u32, &byte| {
        (hash ^ i32::from(byte as i8) as u32).wrapping_mul(16_777_619)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_equals_values_published_by_gensim() {
        // gensim, gensim/test/test_fasttext.py, FTHashFunctionsTest (computed by its port of fastText's function).
        let expected = [
            (
                "\u{43a}\u{43e}\u{43c}\u{430}\u{43d}\u{434}\u{430}",
                1_725_507_386,
            ),
            ("\u{434}\u{440}\u{443}\u{437}\u{435}\u{439}", 737_001_801),
            ("mysterious", 1_903_186_891),
            ("odyssey", 310_195_777),
            ("\u{5317}\u{6d77}\u{9053}", 4_096_045_468),
            ("\u{897f}\u{533a}", 3_653_372_632),
        ];
        for (word, value) in expected {
            assert_eq!(hash(word.as_bytes()), value, "{word}");
        }
    }

    #[test]
    fn ngrams_are_characters_and_never_a_bare_mark() {
        let grams = |word: &str, shortest, longest| {
            let subwords = Subwords {
                shortest,
                longest,
                buckets: u32::MAX,
            };
            let mut found = Vec::new();
            subwords.for_each_bucket(word, |bucket| found.push(bucket));
            found
        };
        let expected = |grams: &[&str]| -> Vec<u32> {
            grams
                .iter()
                .map(|gram| hash(gram.as_bytes()) % u32::MAX)
                .collect()
        };
        assert_eq!(grams("ab", 1, 2), expected(&["<a", "a", "ab", "b", "b>"]));
        assert_eq!(
            grams("\u{5929}x", 3, 6),
            expected(&["<\u{5929}x", "<\u{5929}x>", "\u{5929}x>"])
        );
        assert_eq!(grams("", 1, 3), expected(&["<>"]));
        assert_eq!(grams("a", 5, 6), expected(&[]));
        assert_eq!(grams("a", 0, 0), expected(&[]));
    }
}
