//! What the figures of a set mean: classes of very different size, too few rows, blank, long and foreign texts.

use super::finding::{EXAMPLES, Finding, FindingKind, ShownRow};
use super::{PartDescription, many_labels};
use crate::example::TextSet;

/// The largest class has this many times the rows of the smallest: worth saying.
const UNBALANCED: usize = 4;
/// A class of fewer training rows is hardly learned.
const FEW_OF_A_CLASS: usize = 20;
/// With fewer test rows the interval of a score is wider than ten points.
const FEW_TO_JUDGE: usize = 400;
/// A share of unknown tokens that costs accuracy.
const MANY_UNKNOWN: f64 = 0.10;
/// Texts above this many tokens cost training time.
const LONG: usize = 400;

/// Looks at the classes of `parts`.
pub(super) fn find_class_sizes(labels: &[String], parts: &[PartDescription; 3]) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(balance(labels, &parts[0].classes));
    found.extend(rare(labels, &parts[0].classes));
    found.extend(few(parts[2].rows));
    found
}

/// Looks at the figures of `parts`.
pub(super) fn find_sizes(set: &TextSet, parts: &[PartDescription; 3]) -> Vec<Finding> {
    let mut found = match &set.sets {
        Some(sets) => many_labels::find_in_sets(set, sets, parts),
        None => find_class_sizes(&set.labels, parts),
    };
    found.extend(many_labels::find_parted(set, parts));
    found.extend(blank(set));
    found.extend(unknown(parts));
    found.extend(long(set, parts));
    found
}

/// The smallest class that has rows, and the largest, where the one is much smaller than the other.
pub(super) fn unbalanced(classes: &[usize]) -> Option<(usize, usize)> {
    let seen = (0..classes.len()).filter(|&class| classes[class] > 0);
    let (small, large) = (
        seen.clone().min_by_key(|&class| (classes[class], class))?,
        seen.max_by_key(|&class| (classes[class], usize::MAX - class))?,
    );
    (classes[large] >= UNBALANCED * classes[small]).then_some((small, large))
}

fn balance(labels: &[String], classes: &[usize]) -> Option<Finding> {
    let (small, large) = unbalanced(classes)?;
    let rows = classes.iter().sum::<usize>();
    Some(Finding {
        kind: FindingKind::Balance,
        rows: classes[small],
        what: format!(
            "unbalanced: `{}` has {} training rows and `{}` has {}; always answering `{}` is right in {:.1} % of them",
            labels[large],
            classes[large],
            labels[small],
            classes[small],
            labels[large],
            100.0 * classes[large] as f64 / rows as f64
        ),
        advice: "read macro-F1 and the scores of each class, not accuracy; train with --class-weights balanced, so that each class counts \
                 the same; gather more rows of the small classes"
            .into(),
        examples: Vec::new(),
    })
}

fn rare(labels: &[String], classes: &[usize]) -> Option<Finding> {
    let (what, rows) = few_rows("classes", labels, classes)?;
    Some(Finding {
        kind: FindingKind::Balance,
        rows,
        what,
        advice: "gather more of them, or join them to other classes: they are hardly learned, and cannot be judged".into(),
        examples: Vec::new(),
    })
}

/// Which of the classes or labels have few training rows, and how many rows they have together.
pub(super) fn few_rows(
    noun: &str,
    labels: &[String],
    classes: &[usize],
) -> Option<(String, usize)> {
    let rare: Vec<usize> = (0..classes.len())
        .filter(|&class| classes[class] < FEW_OF_A_CLASS)
        .collect();
    let mut named: Vec<String> = rare
        .iter()
        .take(5)
        .map(|&class| format!("`{}` ({})", labels[class], classes[class]))
        .collect();
    if rare.len() > named.len() {
        named.push("...".into());
    }
    (!rare.is_empty()).then(|| {
        let what = format!(
            "{} of {} {noun} have fewer than {FEW_OF_A_CLASS} training rows: {}",
            rare.len(),
            classes.len(),
            named.join(", ")
        );
        (what, rare.iter().map(|&class| classes[class]).sum())
    })
}

/// Too few test rows to judge by.
pub(super) fn few(test_rows: usize) -> Option<Finding> {
    // Half the width of the 95 % interval of a proportion of a half, the widest.
    let half_width = 100.0 * 1.96 * (0.25 / test_rows.max(1) as f64).sqrt();
    (test_rows < FEW_TO_JUDGE).then(|| Finding {
        kind: FindingKind::FewRows,
        rows: test_rows,
        what: format!("{test_rows} test rows tell an accuracy to {half_width:.0} points at worst"),
        advice: "judge by folds (--folds 10), which tests on every row once".into(),
        examples: Vec::new(),
    })
}

fn blank(set: &TextSet) -> Option<Finding> {
    let (mut rows, mut examples) = (0, Vec::new());
    for (part, (_, texts)) in set.split.parts().into_iter().enumerate() {
        for (row, _) in texts
            .iter()
            .enumerate()
            .filter(|(_, row)| row.text.trim().is_empty())
        {
            rows += 1;
            if examples.len() < EXAMPLES {
                examples.push(ShownRow::of(set, part, row));
            }
        }
    }
    (rows > 0).then(|| Finding {
        kind: FindingKind::Blank,
        rows,
        what: format!("{rows} of {} texts are empty or blank", set.split.rows()),
        advice:
            "remove these rows: nothing can be learned from them, and the answer to them is a guess"
                .into(),
        examples,
    })
}

fn unknown(parts: &[PartDescription; 3]) -> Option<Finding> {
    let (name, part) = [("dev", &parts[1]), ("test", &parts[2])]
        .into_iter()
        .max_by(|a, b| {
            a.1.unknown
                .unwrap_or(0.0)
                .total_cmp(&b.1.unknown.unwrap_or(0.0))
        })?;
    let share = part.unknown.filter(|&share| share >= MANY_UNKNOWN)?;
    Some(Finding {
        kind: FindingKind::Unknown,
        rows: part.rows,
        what: format!(
            "{:.1} % of the tokens of the {name} texts stand in no training text",
            100.0 * share
        ),
        advice: "more training texts help most, then word vectors from outside (--set text.vectors=FILE)".into(),
        examples: Vec::new(),
    })
}

fn long(set: &TextSet, parts: &[PartDescription; 3]) -> Option<Finding> {
    let tokens = parts[0].tokens?;
    let (row, _) = set
        .split
        .train
        .iter()
        .enumerate()
        .max_by_key(|(row, example)| (example.text.len(), usize::MAX - row))?;
    (tokens.most > LONG && tokens.most > 4 * tokens.percentile_95.max(1)).then(|| Finding {
        kind: FindingKind::Long,
        rows: 1,
        what: format!(
            "the longest training text has {} tokens, 95 % have at most {}",
            tokens.most, tokens.percentile_95
        ),
        advice: "look at it: a forgotten quote or line end joins many texts to one; or cut texts (--set text.max_tokens=N)".into(),
        examples: vec![ShownRow::of(set, 0, row)],
    })
}
