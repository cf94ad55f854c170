//! What is worth a look where rows have any number of labels: frequent and rare ones, rows without any, labels that say the same.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::PartDescription;
use super::finding::{EXAMPLES, Finding, FindingKind, ShownRow};
use super::sizes::{few, few_rows, unbalanced};
use crate::example::TextSet;
use crate::label_sets::{LabelSets, seems_parted_by};

/// A label that this share of the rows have is hardly a question.
const NEARLY_ALL: f64 = 0.95;

/// Looks at the labels of a set whose rows have any number of them.
pub(super) fn find_in_sets(
    set: &TextSet,
    sets: &LabelSets,
    parts: &[PartDescription; 3],
) -> Vec<Finding> {
    let mut found = Vec::new();
    let counts = &parts[0].classes;
    found.extend(balance(sets, counts));
    found.extend(rare(sets, counts));
    found.extend(common(sets, &parts[0]));
    found.extend(without(set, sets));
    found.extend(alone(set, sets));
    found.extend(together(set, sets));
    found.extend(few(parts[2].rows));
    found
}

/// Classes that look like several labels in one cell.
pub(super) fn find_parted(set: &TextSet, parts: &[PartDescription; 3]) -> Option<Finding> {
    if set.sets.is_some() {
        return None;
    }
    let separator = seems_parted_by(&set.labels)?;
    let parted: Vec<usize> = (0..set.labels.len())
        .filter(|&class| set.labels[class].contains(separator))
        .collect();
    Some(Finding {
        kind: FindingKind::Labels,
        rows: parts
            .iter()
            .map(|part| {
                parted
                    .iter()
                    .map(|&class| part.classes[class])
                    .sum::<usize>()
            })
            .sum(),
        what: format!(
            "{} of {} classes look like several labels in one cell, such as `{}`",
            parted.len(),
            set.labels.len(),
            set.labels[parted[0]]
        ),
        advice: format!(
            "if they are, part them, here and in training: --multi-label \"{separator}\""
        ),
        examples: Vec::new(),
    })
}

fn balance(sets: &LabelSets, counts: &[usize]) -> Option<Finding> {
    let (small, large) = unbalanced(counts)?;
    let labels = sets.classes();
    Some(Finding {
        kind: FindingKind::Balance,
        rows: counts[small],
        what: format!(
            "unbalanced: `{}` has {} training rows and `{}` has {}",
            labels[large], counts[large], labels[small], counts[small]
        ),
        advice: "read macro-F1 and the scores of each label: micro-F1 is decided by the frequent ones; gather more rows of the rare labels"
            .into(),
        examples: Vec::new(),
    })
}

fn rare(sets: &LabelSets, counts: &[usize]) -> Option<Finding> {
    let (what, rows) = few_rows("labels", sets.classes(), counts)?;
    Some(Finding {
        kind: FindingKind::Balance,
        rows,
        what,
        advice: "gather more of them, or join them to other labels: they are hardly learned, and their thresholds cannot be chosen".into(),
        examples: Vec::new(),
    })
}

/// Labels of nearly all rows.
fn common(sets: &LabelSets, train: &PartDescription) -> Option<Finding> {
    let labels = sets.classes();
    let share = |class: usize| train.classes[class] as f64 / train.rows.max(1) as f64;
    let common: Vec<usize> = (0..labels.len())
        .filter(|&class| share(class) >= NEARLY_ALL)
        .collect();
    let named: Vec<String> = common
        .iter()
        .map(|&class| format!("`{}` ({:.1} %)", labels[class], 100.0 * share(class)))
        .collect();
    (!common.is_empty()).then(|| Finding {
        kind: FindingKind::Balance,
        rows: common.iter().map(|&class| train.classes[class]).max().unwrap_or(0),
        what: format!("nearly all training rows have {}", named.join(", ")),
        advice: "leave such a label out unless the few rows without it matter: it lifts micro-F1 and tells nothing".into(),
        examples: Vec::new(),
    })
}

fn without(set: &TextSet, sets: &LabelSets) -> Option<Finding> {
    let (mut rows, mut examples) = (0, Vec::new());
    for (part, (_, texts)) in set.split.parts().into_iter().enumerate() {
        let bare = texts.iter().enumerate();
        for (row, _) in bare.filter(|(_, row)| sets.set(row.label).is_empty()) {
            rows += 1;
            if examples.len() < EXAMPLES {
                examples.push(ShownRow::of(set, part, row));
            }
        }
    }
    (rows > 0).then(|| Finding {
        kind: FindingKind::Labels,
        rows,
        what: format!("{rows} of {} rows have no label", set.split.rows()),
        advice: "right if none applies to them, and such texts will come; if their labels are missing, add them or leave these rows out: \
                 to give no label is learned from them"
            .into(),
        examples,
    })
}

/// No row has several labels.
fn alone(set: &TextSet, sets: &LabelSets) -> Option<Finding> {
    let parts = set.split.parts().into_iter();
    let mut rows = parts.flat_map(|(_, rows)| rows);
    let all_alone = rows.all(|row| sets.set(row.label).len() == 1);
    all_alone.then(|| Finding {
        kind: FindingKind::Labels,
        rows: set.split.rows(),
        what: "every row has exactly one label".into(),
        advice: "if labels exclude each other, let each be a class: leave out --multi-label, write no lists; else look whether the separator is \
                 the right one"
            .into(),
        examples: Vec::new(),
    })
}

/// Labels that stand in the same training rows.
fn together(set: &TextSet, sets: &LabelSets) -> Option<Finding> {
    let labels = sets.classes();
    let mut rows_of = vec![(DefaultHasher::new(), 0usize); labels.len()];
    for (number, row) in set.split.train.iter().enumerate() {
        for &class in sets.set(row.label) {
            let (hasher, rows) = &mut rows_of[class as usize];
            number.hash(hasher);
            *rows += 1;
        }
    }
    let mut first: HashMap<(u64, usize), usize> = HashMap::new();
    let mut alike = Vec::new();
    for (class, (hasher, rows)) in rows_of.iter().enumerate() {
        let other = *first.entry((hasher.finish(), *rows)).or_insert(class);
        if other != class && *rows > 0 {
            alike.push((other, class, *rows));
        }
    }
    let named: Vec<String> = alike
        .iter()
        .take(EXAMPLES)
        .map(|(one, other, _)| format!("`{}` and `{}`", labels[*one], labels[*other]))
        .collect();
    (!alike.is_empty()).then(|| Finding {
        kind: FindingKind::Labels,
        rows: alike.iter().map(|(_, _, rows)| rows).sum(),
        what: format!(
            "labels that stand in the same training rows: {}",
            named.join(", ")
        ),
        advice: "one label for both says as much; or was one of them filled in from the other?"
            .into(),
        examples: Vec::new(),
    })
}
