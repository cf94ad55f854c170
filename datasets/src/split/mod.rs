//! Splits that a set does not publish: cut reproducibly, stratified, with equal rows on one side.
//!
//! The rows of a class are taken in a random order that depends on the seed alone (see [`permutation`]); rows
//! with the same fingerprint move together. Inside each part the published order is kept.

mod shuffle;

use std::collections::HashMap;

pub use shuffle::permutation;

use crate::duplicates::{Fingerprint, Labelled};
use crate::example::Split;

/// One row in this many becomes a dev row (and, where no test part exists, another one a test row).
pub const DEV_ONE_IN: usize = 10;

/// Rows that are equal, by the class of the first of them.
struct Groups {
    /// Row numbers of each group, in the order of first appearance.
    members: Vec<Vec<u32>>,
    /// Class of each group's first row.
    classes: Vec<u32>,
    /// Rows of each class, counted by group class.
    rows: HashMap<u32, usize>,
}

impl Groups {
    fn of<T: Labelled>(examples: &[T]) -> Self {
        let mut index: HashMap<Fingerprint, usize> = HashMap::with_capacity(examples.len());
        let mut groups = Self {
            members: Vec::new(),
            classes: Vec::new(),
            rows: HashMap::new(),
        };
        for (row, example) in (0u32..).zip(examples) {
            let group = *index.entry(example.fingerprint()).or_insert_with(|| {
                groups.members.push(Vec::new());
                groups.classes.push(example.label());
                groups.members.len() - 1
            });
            groups.members[group].push(row);
            *groups.rows.entry(groups.classes[group]).or_default() += 1;
        }
        groups
    }

    /// Groups in a random order, each with how many rows of its class came before it.
    fn in_order(&self, seed: u64, purpose: &str) -> impl Iterator<Item = (&[u32], u32, usize)> {
        let mut before: HashMap<u32, usize> = HashMap::new();
        let order = permutation(seed, purpose, self.members.len());
        order.into_iter().map(move |group| {
            let (members, class) = (&self.members[group as usize], self.classes[group as usize]);
            let start = before.entry(class).or_default();
            let found = (members.as_slice(), class, *start);
            *start += members.len();
            found
        })
    }

    /// How many rows there are.
    fn count(&self) -> usize {
        self.members.iter().map(Vec::len).sum()
    }
}

/// Takes one row in `one_in` of each class out of `rows`: `(kept, taken)`.
///
/// A class of `n` rows gives `n / one_in` rows, rounded to the nearest; a class too small to give one keeps
/// all. Groups of equal rows make the count approximate: a group that would take a class more than a quarter
/// above its share is kept.
pub fn cut_share<T: Labelled>(
    rows: Vec<T>,
    seed: u64,
    purpose: &str,
    one_in: usize,
) -> (Vec<T>, Vec<T>) {
    let one_in = one_in.max(1);
    let groups = Groups::of(&rows);
    let mut drawn = vec![false; groups.count()];
    let mut taken: HashMap<u32, usize> = HashMap::new();
    for (members, class, _) in groups.in_order(seed, purpose) {
        let share = (groups.rows[&class] + one_in / 2) / one_in;
        let taken = taken.entry(class).or_default();
        if *taken < share && *taken + members.len() <= share + share.div_ceil(4) {
            *taken += members.len();
            members.iter().for_each(|&row| drawn[row as usize] = true);
        }
    }
    separate(rows, &drawn)
}

/// Cuts fold `fold` of `folds` out of `rows`: `(train, test)`. The folds of one seed cover every row once.
///
/// # Panics
///
/// If `fold >= folds`; [`crate::open_text`] checks it.
pub fn cut_fold<T: Labelled>(
    rows: Vec<T>,
    seed: u64,
    fold: usize,
    folds: usize,
) -> (Vec<T>, Vec<T>) {
    assert!(fold < folds, "fold {fold} of {folds}");
    let groups = Groups::of(&rows);
    let mut drawn = vec![false; groups.count()];
    for (members, class, start) in groups.in_order(seed, "fold") {
        if start * folds / groups.rows[&class] == fold {
            members.iter().for_each(|&row| drawn[row as usize] = true);
        }
    }
    separate(rows, &drawn)
}

/// Cuts rows without any published split into train, dev and test (8 : 1 : 1).
pub fn cut_three<T: Labelled>(rows: Vec<T>, seed: u64) -> Split<T> {
    let (rest, test) = cut_share(rows, seed, "test", DEV_ONE_IN);
    // A tenth of all is a ninth of what is left.
    let (train, dev) = cut_share(rest, seed, "dev", DEV_ONE_IN - 1);
    Split { train, dev, test }
}

/// Keeps at most `limit` rows, drawn at random, in their order.
pub fn cut_limit<T>(rows: Vec<T>, seed: u64, purpose: &str, limit: usize) -> Vec<T> {
    if rows.len() <= limit {
        return rows;
    }
    let mut drawn = vec![false; rows.len()];
    for row in permutation(seed, purpose, rows.len())
        .into_iter()
        .take(limit)
    {
        drawn[row as usize] = true;
    }
    separate(rows, &drawn).1
}

/// `(rows not drawn, rows drawn)`, both in their order.
fn separate<T>(rows: Vec<T>, drawn: &[bool]) -> (Vec<T>, Vec<T>) {
    let (mut kept, mut taken) = (Vec::new(), Vec::new());
    for (row, &drawn) in rows.into_iter().zip(drawn) {
        if drawn {
            taken.push(row)
        } else {
            kept.push(row)
        }
    }
    (kept, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duplicates::count_duplicates;
    use crate::example::TextExample;

    /// 1,000 rows, 30 % of class 1, every tenth text standing four times in other spellings.
    fn rows() -> Vec<TextExample> {
        let spell = |i: usize| match (i % 10, i % 4) {
            (0, 0) => format!("text {}", i / 40),
            (0, _) => format!(" TEXT   {}", i / 40),
            _ => format!("row {i}"),
        };
        let label = |i: usize| u32::from(i % 10 >= 7);
        (0..1000)
            .map(|i| TextExample::new(spell(i), label(i)))
            .collect()
    }

    #[test]
    fn a_share_is_stratified_reproducible_and_keeps_equal_texts_together() {
        let (train, dev) = cut_share(rows(), 1, "dev", 10);
        assert_eq!(
            (train.len() + dev.len(), train.clone()),
            (1000, cut_share(rows(), 1, "dev", 10).0)
        );
        assert_ne!(train, cut_share(rows(), 2, "dev", 10).0);
        let ones = dev.iter().filter(|row| row.label == 1).count();
        assert_eq!(ones, 30, "class 1 has no repeats, so its share is exact");
        assert!((97..=106).contains(&dev.len()), "{}", dev.len());
        let report = count_duplicates(&Split {
            train,
            dev,
            test: vec![],
        });
        assert!(report.within_train > 0);
        assert_eq!(report.dev_in_train, 0);
    }

    #[test]
    fn folds_cover_every_row_once_and_share_no_text() {
        let mut tested = Vec::new();
        for fold in 0..10 {
            let (train, test) = cut_fold(rows(), 3, fold, 10);
            assert!(
                (90..=110).contains(&test.len()),
                "fold {fold} has {}",
                test.len()
            );
            let report = count_duplicates(&Split {
                train,
                dev: vec![],
                test: test.clone(),
            });
            assert_eq!(report.test_in_train, 0);
            let ones = test.iter().filter(|row| row.label == 1).count();
            assert_eq!(ones, 30, "fold {fold}: class 1 has no repeats");
            tested.extend(test.into_iter().map(|row| row.text));
        }
        let mut all: Vec<_> = rows().into_iter().map(|row| row.text).collect();
        tested.sort_unstable();
        all.sort_unstable();
        assert_eq!(tested, all);
    }

    #[test]
    fn three_parts_without_leaks() {
        let split = cut_three(rows(), 5);
        for (part, wanted) in [(&split.train, 800), (&split.dev, 100), (&split.test, 100)] {
            assert!(
                part.len().abs_diff(wanted) <= 8,
                "{} for {wanted}",
                part.len()
            );
        }
        assert!(!count_duplicates(&split).crosses_parts());
    }

    #[test]
    fn a_class_of_one_row_is_learned_from() {
        let row = |i: usize, label| TextExample::new(format!("{i}"), label);
        let mut rows: Vec<_> = (0..50).map(|i| row(i, 0)).collect();
        rows.push(row(99, 1));
        let split = cut_three(rows, 0);
        assert!(split.train.iter().any(|row| row.label == 1));
        assert!(cut_three(Vec::<TextExample>::new(), 0).train.is_empty());
    }

    #[test]
    fn a_text_that_is_half_of_its_class_stays_with_the_larger_side() {
        let row = |i: usize| match i % 2 {
            0 => TextExample::new("the same", 0),
            _ => TextExample::new(format!("row {i}"), 0),
        };
        for seed in 0..20 {
            let (train, dev) = cut_share((0..200).map(row).collect(), seed, "dev", 10);
            assert_eq!((train.len(), dev.len()), (180, 20), "seed {seed}");
        }
        // Nor does a class of equal rows leave the training part altogether.
        let alike = |label| TextExample::new(format!("class {label}"), label);
        let rows = (0..30).map(|i| alike(i % 2)).collect();
        assert_eq!(cut_share(rows, 3, "dev", 10).1, []);
    }

    #[test]
    fn a_limit_keeps_the_order() {
        let kept = cut_limit((0..100).collect(), 1, "limit", 10);
        assert_eq!(kept.len(), 10);
        assert!(kept.is_sorted());
        assert_eq!(cut_limit(vec![1, 2], 1, "limit", 10), [1, 2]);
    }
}
