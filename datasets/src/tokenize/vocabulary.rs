//! Which tokens are known and in which order: counting, ranking, looking up.

use ahash::AHashMap;
use rayon::prelude::*;

use super::{Cleaning, TokenizerError};

/// The token of id 0. No text produces it: every cleaning cuts or drops its brackets.
pub const PADDING: &str = "[PAD]";
/// The token of id 1, given to every token outside the vocabulary.
pub const UNKNOWN: &str = "[UNK]";
/// Id of [`PADDING`].
pub const PADDING_ID: u32 = 0;
/// Id of [`UNKNOWN`].
pub const UNKNOWN_ID: u32 = 1;

/// Which tokens of the training texts become part of the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VocabularyOptions {
    /// At most so many tokens, beside padding and unknown; the most frequent ones. `None`: no limit.
    pub max_size: Option<usize>,
    /// Only tokens seen at least so often; 0 and 1 keep all.
    pub min_count: u64,
}

impl Default for VocabularyOptions {
    fn default() -> Self {
        Self {
            max_size: None,
            min_count: 1,
        }
    }
}

/// What counting the training texts showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VocabularyStatistics {
    /// Texts read.
    pub texts: u64,
    /// Tokens read.
    pub tokens: u64,
    /// Different tokens read.
    pub distinct: usize,
    /// Different tokens kept, without padding and unknown.
    pub kept: usize,
    /// Tokens read that are in the vocabulary.
    pub tokens_kept: u64,
    /// Tokens of the shortest text (0 if there was none).
    pub shortest: usize,
    /// Tokens of the longest text.
    pub longest: usize,
    /// How often each id was seen; `[0]` is 0, `[1]` counts the tokens left out.
    pub counts: Vec<u64>,
}

impl VocabularyStatistics {
    /// Mean number of tokens of a text; 0 without texts.
    pub fn mean_length(&self) -> f64 {
        if self.texts == 0 {
            0.0
        } else {
            self.tokens as f64 / self.texts as f64
        }
    }
}

/// Tokens by id and ids by token.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary {
    tokens: Vec<String>,
    lookup: Lookup,
}

/// Single characters are looked up in a table; words in a hash map (looked up only: its order reaches nothing).
#[derive(Clone, Debug)]
enum Lookup {
    Characters(Vec<u32>),
    Words(AHashMap<Box<str>, u32>),
}

impl Vocabulary {
    /// `words` get the ids from 2 on.
    pub(super) fn new(words: impl IntoIterator<Item = String>) -> Result<Self, TokenizerError> {
        let mut tokens = vec![PADDING.to_owned(), UNKNOWN.to_owned()];
        tokens.extend(words);
        let mut ids = AHashMap::with_capacity(tokens.len());
        for (id, token) in tokens.iter().enumerate() {
            if let Some(first) = ids.insert(Box::from(token.as_str()), id as u32) {
                return Err(TokenizerError::Repeated {
                    token: token.clone(),
                    first: first as usize,
                    second: id,
                });
            }
        }
        let lookup = Lookup::Words(ids);
        let mut vocabulary = Self { tokens, lookup };
        vocabulary.use_table_for_characters();
        Ok(vocabulary)
    }

    fn use_table_for_characters(&mut self) {
        let mut table = Vec::new();
        for (id, token) in self.tokens.iter().enumerate().skip(2) {
            let mut characters = token.chars();
            let (Some(c), None) = (characters.next(), characters.next()) else {
                return;
            };
            let at = c as usize;
            if table.len() <= at {
                table.resize(at + 1, UNKNOWN_ID);
            }
            table[at] = id as u32;
        }
        self.lookup = Lookup::Characters(table);
    }

    pub(super) fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The id of `token`, [`UNKNOWN_ID`] if it is not in the vocabulary.
    pub(super) fn id(&self, token: &str) -> u32 {
        match &self.lookup {
            Lookup::Words(ids) => ids.get(token).copied().unwrap_or(UNKNOWN_ID),
            Lookup::Characters(table) => {
                let mut characters = token.chars();
                match (characters.next(), characters.next()) {
                    (Some(c), None) => table.get(c as usize).copied().unwrap_or(UNKNOWN_ID),
                    _ => UNKNOWN_ID,
                }
            }
        }
    }
}

/// Texts that one thread counts before it takes others: enough to make putting them together cheap.
const TEXTS_COUNTED_TOGETHER: usize = 4096;

/// Counts tokens in the order of their first appearance.
pub(super) struct Counter {
    cleaning: Cleaning,
    scratch: String,
    places: AHashMap<Box<str>, usize>,
    /// Place in `counted` of each character, `usize::MAX` for none: characters need no hashing.
    character_places: Vec<usize>,
    counted: Vec<(String, u64)>,
    statistics: VocabularyStatistics,
}

impl Counter {
    /// Counts `texts`, on all threads of the current rayon pool; the same for any number of them.
    pub(super) fn of(cleaning: Cleaning, texts: &[&str]) -> Self {
        let counted = texts.par_chunks(TEXTS_COUNTED_TOGETHER).map(|texts| {
            let mut counter = Self::new(cleaning);
            texts.iter().for_each(|text| counter.add(text));
            counter
        });
        // In the order of the texts, so that the first appearances keep theirs.
        let counted: Vec<Self> = counted.collect();
        let mut all = Self::new(cleaning);
        counted.into_iter().for_each(|more| all.append(more));
        all
    }

    fn append(&mut self, more: Self) {
        let Self {
            counted,
            statistics: new,
            ..
        } = more;
        for (token, count) in counted {
            let mut characters = token.chars();
            match (self.cleaning, characters.next()) {
                (Cleaning::Characters, Some(c)) => self.count_character(c, count),
                _ => self.count_word(&token, count),
            }
        }
        let old = &mut self.statistics;
        if new.texts > 0 {
            old.shortest = match old.texts {
                0 => new.shortest,
                _ => old.shortest.min(new.shortest),
            };
            old.longest = old.longest.max(new.longest);
            old.texts += new.texts;
        }
    }

    fn new(cleaning: Cleaning) -> Self {
        Self {
            cleaning,
            scratch: String::new(),
            places: AHashMap::new(),
            character_places: Vec::new(),
            counted: Vec::new(),
            statistics: VocabularyStatistics::default(),
        }
    }

    fn add(&mut self, text: &str) {
        let before = self.statistics.tokens;
        if self.cleaning == Cleaning::Characters {
            text.chars().for_each(|c| self.count_character(c, 1));
        } else {
            let mut scratch = std::mem::take(&mut self.scratch);
            let cleaning = self.cleaning;
            cleaning.for_each_token(text, &mut scratch, |token, _| self.count_word(token, 1));
            self.scratch = scratch;
        }
        let statistics = &mut self.statistics;
        let length = (statistics.tokens - before) as usize;
        statistics.shortest = if statistics.texts == 0 {
            length
        } else {
            statistics.shortest.min(length)
        };
        statistics.longest = statistics.longest.max(length);
        statistics.texts += 1;
    }

    fn count_word(&mut self, token: &str, count: u64) {
        self.statistics.tokens += count;
        match self.places.get(token) {
            Some(&place) => self.counted[place].1 += count,
            None => {
                self.places.insert(Box::from(token), self.counted.len());
                self.counted.push((token.to_owned(), count));
            }
        }
    }

    fn count_character(&mut self, c: char, count: u64) {
        self.statistics.tokens += count;
        let at = c as usize;
        if self.character_places.len() <= at {
            self.character_places.resize(at + 1, usize::MAX);
        }
        match self.character_places[at] {
            usize::MAX => {
                self.character_places[at] = self.counted.len();
                self.counted.push((c.to_string(), count));
            }
            place => self.counted[place].1 += count,
        }
    }

    /// By falling count; equal counts stay in the order of first appearance (the sort is stable), which is also
    /// what `sorted(counts, key=…, reverse=True)` gives in Python.
    pub(super) fn finish(self, options: &VocabularyOptions) -> (Vec<String>, VocabularyStatistics) {
        let Self {
            mut counted,
            mut statistics,
            ..
        } = self;
        statistics.distinct = counted.len();
        counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let enough = counted.partition_point(|(_, count)| *count >= options.min_count);
        counted.truncate(enough.min(options.max_size.unwrap_or(usize::MAX)));
        statistics.kept = counted.len();
        statistics.tokens_kept = counted.iter().map(|(_, count)| count).sum();
        statistics.counts = vec![0, statistics.tokens - statistics.tokens_kept];
        statistics
            .counts
            .extend(counted.iter().map(|(_, count)| count));
        (
            counted.into_iter().map(|(token, _)| token).collect(),
            statistics,
        )
    }
}
