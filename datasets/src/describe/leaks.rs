//! What gives the label away without being what is to be learned: a token that stands in most texts of one class and
//! in no others, a class's name in its own texts, an id in front of each text, the length.

use std::collections::HashSet;

use super::count_classes;
use super::finding::{EXAMPLES, Finding, FindingKind, ShownRow};
use crate::example::TextSet;
use crate::label_sets::LabelSets;
use crate::tokenize::{Tokenizer, UNKNOWN_ID};

/// Fewer training rows than these tell nothing.
const ROWS_TO_JUDGE: usize = 50;
/// A leaking token stands in this share of its class's texts at least.
const COVERAGE: f64 = 0.5;
/// And at most this share of the texts that hold it are of other classes (relative to their share in the set).
const IMPURITY: f64 = 0.02;
/// A token in fewer texts is an accident.
const LEAST_TEXTS: usize = 20;
/// Above so many cells the table of tokens by classes is not made.
const MOST_CELLS: usize = 20_000_000;
/// Groups by length, about equally large.
const BINS: usize = 20;

/// Looks for leaks in the training part; `sets` are the labels of its rows, `documents` its token ids.
pub(super) fn find_leaks(
    set: &TextSet,
    sets: &LabelSets,
    tokenizer: &Tokenizer,
    documents: &[Vec<u32>],
) -> Vec<Finding> {
    let train = &set.split.train;
    if train.len() < ROWS_TO_JUDGE {
        return Vec::new();
    }
    let mut found = tokens(set, sets, tokenizer, documents);
    found.extend(names(set, sets));
    found.extend(ids(set));
    // A length that tells a set of labels is rather what tells one of them.
    found.extend(set.sets.is_none().then(|| lengths(set)).flatten());
    found
}

/// Tokens that stand in most texts of one class and in hardly any of another.
fn tokens(
    set: &TextSet,
    sets: &LabelSets,
    tokenizer: &Tokenizer,
    documents: &[Vec<u32>],
) -> Vec<Finding> {
    let train = &set.split.train;
    let sizes = count_classes(train, sets);
    let mut texts_with = vec![0usize; tokenizer.vocabulary_size().max(2)];
    let mut distinct: Vec<Vec<u32>> = documents.to_vec();
    for ids in &mut distinct {
        ids.sort_unstable();
        ids.dedup();
        for &id in ids.iter() {
            texts_with[id as usize] += 1;
        }
    }
    let mut column = vec![None; texts_with.len()];
    let mut candidates = Vec::new();
    for (id, &count) in texts_with.iter().enumerate() {
        if id as u32 > UNKNOWN_ID && count >= LEAST_TEXTS {
            column[id] = Some(candidates.len());
            candidates.push(id);
        }
    }
    let classes = sizes.len();
    if candidates.len().saturating_mul(classes) > MOST_CELLS {
        return Vec::new();
    }
    let mut table = vec![0usize; candidates.len() * classes];
    for (ids, row) in distinct.iter().zip(train) {
        for &id in ids {
            if let Some(column) = column[id as usize] {
                for &class in sets.set(row.label) {
                    table[column * classes + class as usize] += 1;
                }
            }
        }
    }
    let mut leaks = Vec::new();
    for (place, &id) in candidates.iter().enumerate() {
        let counts = &table[place * classes..(place + 1) * classes];
        let most = (0..classes).max_by_key(|&class| (counts[class], classes - class));
        let Some(class) = most.filter(|&class| sizes[class] > 0) else {
            continue;
        };
        let coverage = counts[class] as f64 / sizes[class] as f64;
        let others = (train.len() - sizes[class]) as f64 / train.len() as f64;
        let foreign = 1.0 - counts[class] as f64 / texts_with[id] as f64;
        if coverage >= COVERAGE && foreign <= IMPURITY * others {
            leaks.push((coverage, id, class, counts[class]));
        }
    }
    leaks.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    leaks
        .into_iter()
        .take(EXAMPLES)
        .map(|(coverage, id, class, rows)| {
            let token = tokenizer.token(id as u32).unwrap_or_default();
            let label = &sets.classes()[class];
            let holds = |row: &usize| {
                sets.has(train[*row].label, class) && distinct[*row].binary_search(&(id as u32)).is_ok()
            };
            let rows_shown = (0..train.len()).filter(holds).take(EXAMPLES);
            Finding {
                kind: FindingKind::Leak,
                rows,
                what: format!(
                    "`{token}` stands in {:.0} % of the training texts of `{label}` and in hardly any other: it gives the label away",
                    100.0 * coverage
                ),
                advice: "if it will not stand in the texts to be classified (a signature, a source, a marker of the export), take it out of the texts".into(),
                examples: rows_shown.map(|row| ShownRow::of(set, 0, row)).collect(),
            }
        })
        .collect()
}

/// Class names that stand in the texts of their own class far more often than in others.
fn names(set: &TextSet, sets: &LabelSets) -> Vec<Finding> {
    const MOST_CLASSES: usize = 100;
    let train = &set.split.train;
    let labels = sets.classes();
    if labels.len() > MOST_CLASSES {
        return Vec::new();
    }
    let sizes = count_classes(train, sets);
    let lower: Vec<String> = train.iter().map(|row| row.text.to_lowercase()).collect();
    let mut found = Vec::new();
    for (class, label) in labels.iter().enumerate() {
        let name = label.to_lowercase();
        let wordy = name.chars().filter(|c| c.is_alphabetic()).count();
        if wordy < 2 || (name.is_ascii() && wordy < 3) || sizes[class] == 0 {
            continue;
        }
        let rows = (0..train.len()).filter(|&row| holds_word(&lower[row], &name));
        let (own, others): (Vec<usize>, Vec<usize>) =
            rows.partition(|&row| sets.has(train[row].label, class));
        let share = own.len() as f64 / sizes[class] as f64;
        let elsewhere = others.len() as f64 / (train.len() - sizes[class]).max(1) as f64;
        if share >= 0.1 && share >= 5.0 * elsewhere {
            found.push(Finding {
                kind: FindingKind::Leak,
                rows: own.len(),
                what: format!(
                    "the label `{label}` stands in {:.0} % of its own training texts and in {:.1} % of the others",
                    100.0 * share,
                    100.0 * elsewhere
                ),
                advice: "if the label was written into the texts (a tag, a heading, an answer), take it out; a topic may well be named in its texts".into(),
                examples: own.iter().take(EXAMPLES).map(|&row| ShownRow::of(set, 0, row)).collect(),
            });
        }
    }
    found.truncate(EXAMPLES);
    found
}

/// Whether `word` stands in `text`, at word boundaries where it is written with Latin letters.
fn holds_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let inside = |c: Option<char>| word.is_ascii() && c.is_some_and(char::is_alphanumeric);
        !inside(text[..start].chars().next_back())
            && !inside(text[start + word.len()..].chars().next())
    })
}

/// A number or code of its own at the start or end of nearly every text.
fn ids(set: &TextSet) -> Vec<Finding> {
    let train = &set.split.train;
    let first: fn(&str) -> Option<&str> = |text| text.split_whitespace().next();
    let last: fn(&str) -> Option<&str> = |text| text.split_whitespace().next_back();
    let mut found = Vec::new();
    for (place, word) in [("begins", first), ("ends", last)] {
        let with_digits = train.iter().filter_map(|row| {
            // A text of one word, such as a phone number, is no id in front of one.
            let several = row.text.split_whitespace().nth(1).is_some();
            word(&row.text).filter(|word| several && word.contains(|c: char| c.is_ascii_digit()))
        });
        let (mut rows, mut different) = (0, HashSet::new());
        for word in with_digits {
            rows += 1;
            different.insert(word);
        }
        if rows * 20 >= train.len() * 19 && different.len() * 20 >= rows * 19 {
            found.push(Finding {
                kind: FindingKind::Leak,
                rows,
                what: format!(
                    "nearly every training text {place} with a number or code of its own: an id"
                ),
                advice:
                    "leave ids out of the text: choose its column (--text-column), or cut them off"
                        .into(),
                examples: (0..EXAMPLES.min(train.len()))
                    .map(|row| ShownRow::of(set, 0, row))
                    .collect(),
            });
        }
    }
    found
}

/// The length alone tells the class.
fn lengths(set: &TextSet) -> Option<Finding> {
    let train = &set.split.train;
    if train.len() < 10 * BINS {
        return None;
    }
    let mut order: Vec<(usize, u32)> = train
        .iter()
        .map(|row| (row.text.chars().count(), row.label))
        .collect();
    order.sort_unstable();
    let sizes = count_classes(train, &LabelSets::singles(&set.labels));
    let most = sizes.iter().copied().max().unwrap_or(0);
    let (mut right, mut in_bin, mut counts) = (0, 0, vec![0usize; sizes.len()]);
    for (place, &(length, label)) in order.iter().enumerate() {
        counts[label as usize] += 1;
        in_bin += 1;
        let next = order.get(place + 1).map(|row| row.0);
        // Texts of one length stand in one group: a rule by length cannot tell them apart.
        if next.is_none() || (in_bin * BINS >= order.len() && next != Some(length)) {
            right += counts.iter().copied().max().unwrap_or(0);
            counts.fill(0);
            in_bin = 0;
        }
    }
    let (wrong, wrong_without) = (train.len() - right, train.len() - most);
    (wrong_without > 0 && 4 * wrong <= wrong_without).then(|| Finding {
        kind: FindingKind::Leak,
        rows: right,
        what: format!(
            "the length alone tells the class of {:.0} % of the training texts (the largest class has {:.0} %)",
            100.0 * right as f64 / train.len() as f64,
            100.0 * most as f64 / train.len() as f64
        ),
        advice: "find out why: classes from different sources, or texts cut differently; a network will learn that instead of the words".into(),
        examples: Vec::new(),
    })
}
