//! Texts that stand more than once: inside a part, across parts, and with different labels.

use std::collections::HashMap;

use super::finding::{EXAMPLES, Finding, FindingKind, ShownRow};
use crate::duplicates::{Fingerprint, text_fingerprint};
use crate::example::TextSet;

/// The rows (part, row, label) that have one text.
type Group = Vec<(usize, usize, u32)>;

/// Looks for texts that stand more than once, in the set as it is split.
pub(super) fn find_repeats(set: &TextSet) -> Vec<Finding> {
    let groups = groups(set);
    let mut found = Vec::new();
    found.extend(conflicts(set, &groups));
    found.extend(across(set, &groups));
    found.extend(within(set, &groups));
    found
}

/// Texts that stand more than once, in the order of their first row.
fn groups(set: &TextSet) -> Vec<Group> {
    let mut index: HashMap<Fingerprint, usize> = HashMap::with_capacity(set.split.rows());
    let mut groups: Vec<Group> = Vec::new();
    for (part, (_, rows)) in set.split.parts().into_iter().enumerate() {
        for (row, example) in rows.iter().enumerate() {
            let group = *index
                .entry(text_fingerprint(&example.text))
                .or_insert_with(|| {
                    groups.push(Vec::new());
                    groups.len() - 1
                });
            groups[group].push((part, row, example.label));
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

fn shown(set: &TextSet, rows: impl Iterator<Item = (usize, usize, u32)>) -> Vec<ShownRow> {
    rows.take(2 * EXAMPLES)
        .map(|(part, row, _)| ShownRow::of(set, part, row))
        .collect()
}

fn conflicts(set: &TextSet, groups: &[Group]) -> Option<Finding> {
    let mixed = || {
        groups
            .iter()
            .filter(|group| group.iter().any(|row| row.2 != group[0].2))
    };
    let rows = mixed().map(Vec::len).sum();
    // Of each text one row with either label.
    let pairs = mixed().flat_map(|group| {
        let other = group.iter().find(|row| row.2 != group[0].2);
        [Some(group[0]), other.copied()].into_iter().flatten()
    });
    (rows > 0).then(|| Finding {
        kind: FindingKind::Conflicts,
        rows,
        what: format!("{} texts carry more than one label ({rows} rows)", mixed().count()),
        advice: "decide on one label each: such rows set a limit to any score; if both are right, the classes overlap".into(),
        examples: shown(set, pairs),
    })
}

fn across(set: &TextSet, groups: &[Group]) -> Option<Finding> {
    let crossing = || {
        groups
            .iter()
            .filter(|group| group.iter().any(|row| row.0 != group[0].0))
    };
    // The rows outside the part where the text stands first: train before dev before test.
    let rows: usize = crossing()
        .map(|group| group.iter().filter(|row| row.0 != group[0].0).count())
        .sum();
    let pairs = crossing().flat_map(|group| {
        let other = group.iter().find(|row| row.0 != group[0].0);
        [Some(group[0]), other.copied()].into_iter().flatten()
    });
    (rows > 0).then(|| Finding {
        kind: FindingKind::AcrossParts,
        rows,
        what: format!("{rows} dev and test rows stand in an earlier part, too: scores on them are too good"),
        advice: "remove them from dev and test; or join all parts in one file and let the split be cut here, equal texts on one side".into(),
        examples: shown(set, pairs),
    })
}

fn within(set: &TextSet, groups: &[Group]) -> Option<Finding> {
    let in_train = |group: &Group| group.iter().filter(|row| row.0 == 0).count();
    let rows: usize = groups
        .iter()
        .map(|group| in_train(group).saturating_sub(1))
        .sum();
    let mut most: Vec<&Group> = groups.iter().filter(|group| in_train(group) > 1).collect();
    // The sort is stable: of equally frequent texts the first comes first.
    most.sort_by_key(|group| std::cmp::Reverse(in_train(group)));
    let top = most.first().map_or(0, |group| in_train(group));
    (rows > 0).then(|| Finding {
        kind: FindingKind::Duplicates,
        rows,
        what: format!(
            "{rows} of {} training texts repeat an earlier one (case and white space aside); the most frequent stands {top} times",
            set.split.train.len()
        ),
        advice: "harmless if texts really come that often; otherwise remove the copies: they weigh more than other rows".into(),
        examples: shown(set, most.iter().take(EXAMPLES).map(|group| group[0])),
    })
}
