//! The words that are wanted, and the rows found for them.

use std::fmt;

use ahash::AHashMap;

use super::{Found, VectorFormat, VectorOptions, VectorProblem, WordVectors};
use crate::tokenize::{PADDING, UNKNOWN};

/// Where the vector of a vocabulary word came from. A later variant is a better match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// It has none.
    None,
    /// From its character n-grams (fastText models).
    Subwords,
    /// From its lower-case form.
    LowerCase,
    /// The word itself is in the file.
    Exact,
}

/// How many words of a vocabulary have a vector; padding and unknown are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Words of the vocabulary.
    pub types: u64,
    /// Those with a vector.
    pub types_found: u64,
    /// Of these, by their lower-case form.
    pub by_lower_case: u64,
    /// Of these, from character n-grams.
    pub by_subwords: u64,
    /// Occurrences of the vocabulary's words in the texts; `None` without counts.
    pub tokens: Option<u64>,
    /// Those of words with a vector.
    pub tokens_found: Option<u64>,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
        write!(
            f,
            "{} of {} words of the vocabulary have one ({:.1} %)",
            self.types_found,
            self.types,
            percent(self.types_found, self.types)
        )?;
        if let (Some(tokens), Some(found)) = (self.tokens, self.tokens_found) {
            write!(f, ", {:.1} % of {tokens} tokens", percent(found, tokens))?;
        }
        if self.by_lower_case > 0 {
            write!(
                f,
                ", {} of them by their lower-case form",
                self.by_lower_case
            )?;
        }
        if self.by_subwords > 0 {
            write!(f, ", {} of them from character n-grams", self.by_subwords)?;
        }
        Ok(())
    }
}

/// The vocabulary while a file is read.
pub(super) struct Wanted<'v> {
    words: Vec<&'v str>,
    /// Looked up only; their order reaches nothing.
    exact: AHashMap<&'v str, Vec<u32>>,
    lower: AHashMap<String, Vec<u32>>,
    counts: Option<Vec<u64>>,
    refuse_unreadable: bool,
    matches: Vec<Match>,
    slots: Vec<Option<u32>>,
    values: Vec<f32>,
    seen: u64,
    unreadable: u64,
    repeated: u64,
}

impl<'v> Wanted<'v> {
    pub(super) fn new<W: AsRef<str>>(
        vocabulary: &'v [W],
        options: &VectorOptions,
    ) -> Result<Self, VectorProblem> {
        let words: Vec<&str> = vocabulary.iter().map(AsRef::as_ref).collect();
        if let Some(counts) = &options.counts
            && counts.len() != words.len()
        {
            return Err(VectorProblem::Counts {
                counts: counts.len(),
                words: words.len(),
            });
        }
        let mut exact: AHashMap<&str, Vec<u32>> = AHashMap::with_capacity(words.len());
        let mut lower: AHashMap<String, Vec<u32>> = AHashMap::new();
        for (index, &word) in words
            .iter()
            .enumerate()
            .filter(|(_, word)| !is_reserved(word))
        {
            exact.entry(word).or_default().push(index as u32);
            if options.lower_case {
                let form = word.to_lowercase();
                if form != word {
                    lower.entry(form).or_default().push(index as u32);
                }
            }
        }
        Ok(Self {
            matches: vec![Match::None; words.len()],
            slots: vec![None; words.len()],
            values: Vec::new(),
            counts: options.counts.clone(),
            refuse_unreadable: options.refuse_unreadable_words,
            words,
            exact,
            lower,
            seen: 0,
            unreadable: 0,
            repeated: 0,
        })
    }

    /// The vocabulary words that want the vector of the file's next word, with the kind of match. Counts the word.
    pub(super) fn ask(&mut self, word: &[u8]) -> Result<Vec<(u32, Match)>, VectorProblem> {
        self.seen += 1;
        let Ok(word) = std::str::from_utf8(word) else {
            if self.refuse_unreadable {
                return Err(VectorProblem::UnreadableWord {
                    number: self.seen,
                    word: String::from_utf8_lossy(word).into_owned(),
                });
            }
            self.unreadable += 1;
            return Ok(Vec::new());
        };
        if word.is_empty() {
            self.unreadable += 1;
        }
        let mut takers = Vec::new();
        for (indices, kind) in [
            (self.exact.get(word), Match::Exact),
            (self.lower.get(word), Match::LowerCase),
        ] {
            for &index in indices.into_iter().flatten() {
                let place = &mut self.matches[index as usize];
                if *place < kind {
                    *place = kind;
                    takers.push((index, kind));
                } else if *place == kind {
                    self.repeated += 1;
                }
            }
        }
        Ok(takers)
    }

    /// Keeps `vector` for the words that [`Wanted::ask`] named.
    pub(super) fn keep(
        &mut self,
        takers: &[(u32, Match)],
        vector: &[f32],
    ) -> Result<(), VectorProblem> {
        let Some(&(first, _)) = takers.first() else {
            return Ok(());
        };
        if let Some(place) = vector.iter().position(|value| !value.is_finite()) {
            return Err(VectorProblem::NotFinite {
                word: self.words[first as usize].to_owned(),
                place: place + 1,
                value: vector[place],
            });
        }
        let slot = (self.values.len() / vector.len()) as u32;
        self.values.extend_from_slice(vector);
        for &(index, _) in takers {
            self.slots[index as usize] = Some(slot);
        }
        Ok(())
    }

    /// Words without any match so far, with their index, reserved ones left out.
    pub(super) fn unmatched(&self) -> impl Iterator<Item = (u32, &'v str)> {
        let words = self.words.iter().zip(&self.matches).zip(0u32..);
        words
            .filter(|((word, kind), _)| **kind == Match::None && !is_reserved(word))
            .map(|((word, _), index)| (index, *word))
    }

    /// Says that `index` gets its vector from character n-grams.
    pub(super) fn matched_by_subwords(&mut self, index: u32) {
        self.matches[index as usize] = Match::Subwords;
    }

    pub(super) fn finish(self, format: VectorFormat, packed: bool, found: Found) -> WordVectors {
        let mut coverage = Coverage {
            tokens: self.counts.as_ref().map(|_| 0),
            tokens_found: self.counts.as_ref().map(|_| 0),
            ..Coverage::default()
        };
        for (index, word) in self.words.iter().enumerate() {
            if is_reserved(word) {
                continue;
            }
            let kind = self.matches[index];
            let has = u64::from(kind != Match::None);
            coverage.types += 1;
            coverage.types_found += has;
            coverage.by_lower_case += u64::from(kind == Match::LowerCase);
            coverage.by_subwords += u64::from(kind == Match::Subwords);
            let count = self.counts.as_ref().map_or(0, |counts| counts[index]);
            coverage.tokens = coverage.tokens.map(|tokens| tokens + count);
            coverage.tokens_found = coverage.tokens_found.map(|tokens| tokens + has * count);
        }
        WordVectors {
            format,
            packed,
            dimension: found.dimension,
            words_in_file: found.words,
            unreadable_words: self.unreadable,
            repeated_words: self.repeated,
            coverage,
            matches: self.matches,
            slots: self.slots,
            values: self.values,
        }
    }
}

fn is_reserved(word: &str) -> bool {
    word == PADDING || word == UNKNOWN
}
