//! Which rows repeat which: pairs with both places, for a person to look at.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Fingerprint;
use crate::origin::RowPlace;

/// A row by its part (train, dev, test) and its number in it, with its label.
pub(crate) type Seen = (usize, usize, u32);

/// Rows that repeat an earlier one: train comes before dev, and dev before test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// Rows that repeat one of an earlier part.
    pub across: usize,
    /// Those of them whose label is another.
    pub across_other_label: usize,
    /// Rows that repeat an earlier one of their own part.
    pub within: usize,
    /// Those of them whose label is another.
    pub within_other_label: usize,
    /// Some of them, each with the row that it repeats: other labels before equal ones, other parts before the same.
    pub pairs: Vec<RepeatedPair>,
}

/// Two equal rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatedPair {
    /// The one that comes first.
    pub first: RepeatedRow,
    /// The one that repeats it.
    pub again: RepeatedRow,
    /// Whether their labels differ.
    pub labels_differ: bool,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatedRow {
    /// `train`, `dev` or `test`.
    pub part: String,
    /// Which row of that part, counted from 0.
    pub index: usize,
    /// Its label.
    pub label: String,
    /// Where it was read.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub place: Option<RowPlace>,
}

impl Repeats {
    /// How many rows repeat an earlier one.
    pub fn rows(&self) -> usize {
        self.across + self.within
    }

    /// Finds the repeats among rows known by their fingerprints and labels, part by part, and shows `most` pairs of
    /// them; `name` gives a label's name and `place` the place of a row of a part.
    pub fn find(
        parts: [&[(Fingerprint, u32)]; 3],
        most: usize,
        name: impl Fn(u32) -> String,
        place: impl Fn(usize, usize) -> Option<RowPlace>,
    ) -> Self {
        let mut found = Self::default();
        // By how much they ask for a look: another label in another part, the same part, an equal label.
        let mut ranked: [Vec<(Seen, Seen)>; 4] = Default::default();
        for group in groups(parts) {
            for &again in &group[1..] {
                let first = group[0];
                let (across, differ) = (first.0 != again.0, first.2 != again.2);
                let (count, other) = match across {
                    true => (&mut found.across, &mut found.across_other_label),
                    false => (&mut found.within, &mut found.within_other_label),
                };
                *count += 1;
                *other += usize::from(differ);
                let rank = &mut ranked[2 * usize::from(!differ) + usize::from(!across)];
                if rank.len() < most {
                    rank.push((first, again));
                }
            }
        }
        let row = |(part, index, label): Seen| RepeatedRow {
            part: ["train", "dev", "test"][part].into(),
            index,
            label: name(label),
            place: place(part, index),
        };
        let pairs = ranked.into_iter().flatten().take(most);
        found.pairs = pairs
            .map(|(first, again)| RepeatedPair {
                labels_differ: first.2 != again.2,
                first: row(first),
                again: row(again),
            })
            .collect();
        found
    }
}

/// The rows that stand more than once, in the order of the first of each.
pub(crate) fn groups(parts: [&[(Fingerprint, u32)]; 3]) -> Vec<Vec<Seen>> {
    let rows = parts.iter().map(|rows| rows.len()).sum();
    let mut first: HashMap<Fingerprint, Seen> = HashMap::with_capacity(rows);
    let mut index: HashMap<Fingerprint, usize> = HashMap::new();
    let mut groups: Vec<Vec<Seen>> = Vec::new();
    for (part, rows) in parts.into_iter().enumerate() {
        for (row, &(print, label)) in rows.iter().enumerate() {
            let seen = (part, row, label);
            let known = *first.entry(print).or_insert(seen);
            if known == seen {
                continue;
            }
            let group = *index.entry(print).or_insert_with(|| {
                groups.push(vec![known]);
                groups.len() - 1
            });
            groups[group].push(seen);
        }
    }
    groups.sort_by_key(|group| group[0]);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_ranked_and_the_rest_is_counted() {
        let print = |n: u8| [n; 16];
        let train = [
            (print(1), 0),
            (print(2), 0),
            (print(1), 0),
            (print(2), 1),
            (print(3), 0),
        ];
        let dev = [(print(4), 0)];
        let test = [(print(3), 1), (print(1), 0), (print(4), 0), (print(9), 0)];
        let parts: [&[(Fingerprint, u32)]; 3] = [&train, &dev, &test];
        let find = |most| Repeats::find(parts, most, |label| format!("class {label}"), |_, _| None);
        let found = find(10);
        assert_eq!((found.across, found.across_other_label), (3, 1));
        assert_eq!((found.within, found.within_other_label), (2, 1));
        assert_eq!(found.rows(), found.pairs.len());
        let said: Vec<String> = found
            .pairs
            .iter()
            .map(|pair| {
                let row = |row: &RepeatedRow| format!("{} {}", row.part, row.index);
                format!(
                    "{} = {}, {}",
                    row(&pair.first),
                    row(&pair.again),
                    pair.labels_differ
                )
            })
            .collect();
        let expected = [
            "train 4 = test 0, true",
            "train 1 = train 3, true",
            "train 0 = test 1, false",
            "dev 0 = test 2, false",
            "train 0 = train 2, false",
        ];
        assert_eq!(said, expected);
        assert_eq!(find(2).pairs, found.pairs[..2]);
        assert_eq!(find(2).rows(), 5);
    }
}
