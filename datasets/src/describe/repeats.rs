//! Rows that cannot be read, and those that stand more than once: inside a part, across parts, and with different labels.

use super::finding::{EXAMPLES, Finding, FindingKind, ShownRow};
use crate::duplicates::{Fingerprint, Repeats, Seen, groups};
use crate::example::Unreadable;

/// Pairs of equal rows that are named.
const PAIRS: usize = 20;

/// The rows that have one content.
type Group = Vec<Seen>;

/// A set as this looks at it.
pub(super) struct Rows<'a> {
    /// What is read (`rows` or `pictures`), and what is compared (`texts` or `pictures`).
    pub nouns: [&'static str; 2],
    /// What a row has: `label`, or `set of labels`.
    pub label: &'static str,
    /// What is disregarded when rows are compared.
    pub aside: &'static str,
    /// Those that could not be read.
    pub unreadable: &'a Unreadable,
    /// Fingerprint and label of each row, part by part.
    pub prints: [Vec<(Fingerprint, u32)>; 3],
    /// The labels by their numbers.
    pub labels: &'a [String],
    /// Shows a row of a part.
    pub shown: &'a dyn Fn(usize, usize) -> ShownRow,
}

impl Rows<'_> {
    /// What is worth a look, and the repeats themselves, in the set as it is split.
    pub(super) fn look(&self) -> (Vec<Finding>, Repeats) {
        let [train, dev, test] = &self.prints;
        let groups = groups([train, dev, test]);
        let found = [
            unreadable(self),
            conflicts(self, &groups),
            across(self, &groups),
            within(self, &groups),
        ];
        let repeats = Repeats::find(
            [train, dev, test],
            PAIRS,
            |label| self.labels[label as usize].clone(),
            |part, row| (self.shown)(part, row).place,
        );
        (found.into_iter().flatten().collect(), repeats)
    }
}

/// Rows that were left out since they cannot be read.
fn unreadable(rows: &Rows<'_>) -> Option<Finding> {
    let (count, [noun, _]) = (rows.unreadable.count, rows.nouns);
    let read: usize = rows.prints.iter().map(Vec::len).sum();
    (count > 0).then(|| Finding {
        kind: FindingKind::Unreadable,
        rows: count,
        what: format!(
            "{count} of {} {noun} cannot be read and are left out: {}",
            read + count,
            rows.unreadable.shown.join("; ")
        ),
        advice: "mend them or copy them again from their source; --bad-rows 0 makes them an error"
            .into(),
        examples: Vec::new(),
    })
}

fn shown(rows: &Rows<'_>, seen: impl Iterator<Item = Seen>) -> Vec<ShownRow> {
    seen.take(2 * EXAMPLES)
        .map(|(part, row, _)| (rows.shown)(part, row))
        .collect()
}

fn conflicts(rows: &Rows<'_>, groups: &[Group]) -> Option<Finding> {
    let mixed = || {
        groups
            .iter()
            .filter(|group| group.iter().any(|row| row.2 != group[0].2))
    };
    let count = mixed().map(Vec::len).sum();
    // Of each one row with either label.
    let pairs = mixed().flat_map(|group| {
        let other = group.iter().find(|row| row.2 != group[0].2);
        [Some(group[0]), other.copied()].into_iter().flatten()
    });
    (count > 0).then(|| Finding {
        kind: FindingKind::Conflicts,
        rows: count,
        what: format!(
            "{} {} carry more than one {} ({count} rows)",
            mixed().count(),
            rows.nouns[1],
            rows.label
        ),
        advice: format!(
            "decide on one {} each: such rows set a limit to any score; if both are right, the classes overlap",
            rows.label
        ),
        examples: shown(rows, pairs),
    })
}

fn across(rows: &Rows<'_>, groups: &[Group]) -> Option<Finding> {
    let crossing = || {
        groups
            .iter()
            .filter(|group| group.iter().any(|row| row.0 != group[0].0))
    };
    // The rows outside the part where it stands first: train before dev before test.
    let count: usize = crossing()
        .map(|group| group.iter().filter(|row| row.0 != group[0].0).count())
        .sum();
    let pairs = crossing().flat_map(|group| {
        let other = group.iter().find(|row| row.0 != group[0].0);
        [Some(group[0]), other.copied()].into_iter().flatten()
    });
    (count > 0).then(|| Finding {
        kind: FindingKind::AcrossParts,
        rows: count,
        what: format!("{count} dev and test rows stand in an earlier part, too: scores on them are too good"),
        advice: format!(
            "remove them from dev and test; or join all parts and let the split be cut here, equal {} on one side",
            rows.nouns[1]
        ),
        examples: shown(rows, pairs),
    })
}

fn within(rows: &Rows<'_>, groups: &[Group]) -> Option<Finding> {
    let in_train = |group: &Group| group.iter().filter(|row| row.0 == 0).count();
    let count: usize = groups
        .iter()
        .map(|group| in_train(group).saturating_sub(1))
        .sum();
    let mut most: Vec<&Group> = groups.iter().filter(|group| in_train(group) > 1).collect();
    // The sort is stable: of equally frequent ones the first comes first.
    most.sort_by_key(|group| std::cmp::Reverse(in_train(group)));
    let top = most.first().map_or(0, |group| in_train(group));
    (count > 0).then(|| Finding {
        kind: FindingKind::Duplicates,
        rows: count,
        what: format!(
            "{count} of {} training {} repeat an earlier one{}; the most frequent stands {top} times",
            rows.prints[0].len(),
            rows.nouns[1],
            rows.aside
        ),
        advice: "harmless if they really come that often; otherwise remove the copies: they weigh more than other rows".into(),
        examples: shown(rows, most.iter().take(EXAMPLES).flat_map(|group| [group[0], group[1]])),
    })
}
