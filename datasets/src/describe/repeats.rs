//! Rows that stand more than once: inside a part, across parts, and with different labels.

use super::finding::{EXAMPLES, Finding, FindingKind, ShownRow};
use crate::duplicates::{Fingerprint, Seen, groups};

/// The rows that have one content.
type Group = Vec<Seen>;

/// A set as this looks at it.
pub(super) struct Rows<'a> {
    /// `texts` or `pictures`.
    pub noun: &'static str,
    /// What is disregarded when rows are compared.
    pub aside: &'static str,
    /// Fingerprint and label of each row, part by part.
    pub prints: [Vec<(Fingerprint, u32)>; 3],
    /// Shows a row of a part.
    pub shown: &'a dyn Fn(usize, usize) -> ShownRow,
}

/// Looks for rows that stand more than once, in the set as it is split.
pub(super) fn find_repeats(rows: &Rows<'_>) -> Vec<Finding> {
    let groups = groups([&rows.prints[0], &rows.prints[1], &rows.prints[2]]);
    let mut found = Vec::new();
    found.extend(conflicts(rows, &groups));
    found.extend(across(rows, &groups));
    found.extend(within(rows, &groups));
    found
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
        what: format!("{} {} carry more than one label ({count} rows)", mixed().count(), rows.noun),
        advice: "decide on one label each: such rows set a limit to any score; if both are right, the classes overlap".into(),
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
            rows.noun
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
            rows.noun,
            rows.aside
        ),
        advice: "harmless if they really come that often; otherwise remove the copies: they weigh more than other rows".into(),
        examples: shown(rows, most.iter().take(EXAMPLES).flat_map(|group| [group[0], group[1]])),
    })
}
