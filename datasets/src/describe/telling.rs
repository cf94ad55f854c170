//! What a value that is not learned from tells about the label: another column of the table, the size of a picture,
//! the order of the rows.
//!
//! A value is judged as a machine would be: each of its forms learns, on training rows, the most frequent label of every
//! value, and answers the dev rows. The test part is not looked at.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use super::finding::{Finding, FindingKind};
use crate::error::DataError;
use crate::example::TextSet;
use crate::options::OpenOptions;
use crate::origin::Origin;
use crate::path::{CellVisitor, visit_other_columns};

/// Cells that are kept at most: of larger tables every k-th row is looked at.
const MOST_CELLS: usize = 2_000_000;
/// Columns that are looked at.
const MOST_COLUMNS: usize = 200;
/// Fewer dev rows tell nothing.
const ROWS_TO_JUDGE: usize = 20;
/// A value with this share of right answers tells the label nearly perfectly.
const NEARLY_PERFECT: f64 = 0.95;
/// Groups into which numbers are put.
const BINS: usize = 64;
/// A row order with less than this share of the changes of label that chance would make is no accident.
const SORTED: f64 = 0.2;
/// Fewer rows of a file tell nothing about its order.
const ROWS_IN_ORDER: usize = 50;

/// How well something tells the label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told {
    /// The share of dev rows answered right.
    pub accuracy: f64,
    /// The share that is right by always answering the most frequent label of the training rows.
    pub always: f64,
    /// Dev rows.
    pub rows: usize,
}

impl Told {
    /// Whether the label is given away: nearly all answers right, or more than those of `baseline`, and at most half as
    /// many wrong as without looking.
    pub fn gives_away(&self, baseline: Option<f64>) -> bool {
        let bar = baseline.map_or(NEARLY_PERFECT, |score| score.min(NEARLY_PERFECT));
        let better = match baseline {
            Some(score) if score < NEARLY_PERFECT => self.accuracy > score,
            _ => self.accuracy >= bar,
        };
        better && 1.0 - self.accuracy <= 0.5 * (1.0 - self.always)
    }
}

/// Judges values: `(value, label)` of training and dev rows.
pub(super) fn told(
    train: impl Iterator<Item = (u64, u32)> + Clone,
    dev: impl Iterator<Item = (u64, u32)>,
) -> Option<Told> {
    let mut counts: HashMap<(u64, u32), usize> = HashMap::new();
    let mut labels: HashMap<u32, usize> = HashMap::new();
    for (value, label) in train.clone() {
        *counts.entry((value, label)).or_default() += 1;
        *labels.entry(label).or_default() += 1;
    }
    let most = |best: Option<(usize, u32)>, count: usize, label: u32| match best {
        Some((other, known)) if (other, u32::MAX - known) >= (count, u32::MAX - label) => best,
        _ => Some((count, label)),
    };
    // In the order of the rows, so that nothing depends on that of a map.
    let mut always = None;
    let mut answers: HashMap<u64, Option<(usize, u32)>> = HashMap::new();
    for (value, label) in train {
        always = most(always, labels[&label], label);
        let answer = answers.entry(value).or_default();
        *answer = most(*answer, counts[&(value, label)], label);
    }
    let (_, always) = always?;
    let (mut right, mut by_always, mut rows) = (0usize, 0usize, 0usize);
    for (value, label) in dev {
        let known = answers.get(&value).copied().flatten();
        let answer = known.map_or(always, |(_, label)| label);
        right += usize::from(answer == label);
        by_always += usize::from(always == label);
        rows += 1;
    }
    let share = |count: usize| count as f64 / rows as f64;
    (rows >= ROWS_TO_JUDGE).then(|| Told {
        accuracy: share(right),
        always: share(by_always),
        rows,
    })
}

/// A column that is not learned from, and how well it tells the label of dev rows.
#[derive(Clone, Debug, PartialEq)]
pub struct TellingColumn {
    /// Its name, or its number where there is no header.
    pub column: String,
    /// What of its cells was looked at.
    form: Form,
    told: Told,
}

/// What of a cell is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Value,
    WithoutDigits,
    Number,
}

impl TellingColumn {
    /// The share of dev rows whose label it tells.
    pub fn accuracy(&self) -> f64 {
        self.told.accuracy
    }

    /// The column as a leak, if it tells the label nearly perfectly, or better than the texts' `baseline` does.
    pub fn finding(&self, baseline: Option<f64>) -> Option<Finding> {
        if !self.told.gives_away(baseline) {
            return None;
        }
        let form = match self.form {
            Form::Value => "its values tell",
            Form::WithoutDigits => "its values, digits aside, tell",
            Form::Number => "where its numbers lie tells",
        };
        let than = match baseline {
            Some(score) => format!("the texts' baseline: {:.1} %", 100.0 * score),
            None => format!("without looking: {:.1} %", 100.0 * self.told.always),
        };
        Some(Finding {
            kind: FindingKind::Leak,
            rows: self.told.rows,
            what: format!(
                "column `{}` gives the label away: {form} it for {:.1} % of {} dev rows ({than})",
                self.column,
                100.0 * self.told.accuracy,
                self.told.rows
            ),
            advice: "it is not learned from; but ask how the rows came together: a source, a date or an id that goes with the label often \
                     leaves traces in the texts, and a second label column must never be joined to the text"
                .into(),
            examples: Vec::new(),
        })
    }
}

/// How well each column that is neither text nor label tells the label of dev rows, the most telling first. Of known and
/// generated sets, folders and lines without columns there are none.
///
/// # Errors
///
/// As [`crate::open_text`], which has read the same files.
pub fn telling_columns(
    name_or_path: &str,
    set: &TextSet,
    options: &OpenOptions,
) -> Result<Vec<TellingColumn>, DataError> {
    let Some(path) = crate::open::own_path(name_or_path) else {
        return Ok(Vec::new());
    };
    let mut cells = Cells::of(set);
    visit_other_columns(Path::new(path), options, &mut cells)?;
    let mut found: Vec<TellingColumn> = cells.columns.iter().filter_map(Column::judged).collect();
    found.sort_by(|a, b| b.told.accuracy.total_cmp(&a.told.accuracy));
    Ok(found)
}

/// The cells of the rows that are looked at, column by column.
struct Cells {
    /// Training rows (`false`) and dev rows by file and line, with their labels.
    rows: HashMap<(u32, u32), (bool, u32)>,
    known: HashMap<String, usize>,
    columns: Vec<Column>,
    row: (bool, u32),
    /// One row in so many is looked at; known when the first has shown how many columns there are.
    one_in: Option<u64>,
    /// Cells that may still be kept: rows of JSON lines have the fields that they like.
    left: usize,
}

struct Column {
    name: String,
    cells: Vec<CellSeen>,
}

struct CellSeen {
    dev: bool,
    label: u32,
    value: u64,
    without_digits: u64,
    number: Option<f64>,
}

impl Cells {
    fn of(set: &TextSet) -> Self {
        let parts = [(false, &set.split.train), (true, &set.split.dev)];
        let placed = parts.iter().flat_map(|&(dev, rows)| {
            let placed = rows
                .iter()
                .filter_map(|row| Some((row.origin.numbers()?, row.label)));
            placed.map(move |(at, label)| (at, (dev, label)))
        });
        Self {
            rows: placed.collect(),
            known: HashMap::new(),
            columns: Vec::new(),
            row: (false, 0),
            one_in: None,
            left: MOST_CELLS,
        }
    }
}

impl CellVisitor for Cells {
    fn wants(&mut self, file: u32, number: u64) -> bool {
        let Some((file, number)) = Origin::at(number).of_file(file).numbers() else {
            return false;
        };
        let Some(&row) = self.rows.get(&(file, number)) else {
            return false;
        };
        if self.one_in.is_none() && !self.columns.is_empty() {
            let cells = self.rows.len() * self.columns.len();
            self.one_in = Some(cells.div_ceil(MOST_CELLS) as u64);
        }
        // Drawn, not counted: what returns every so many rows must not be missed.
        let drawn = hash([file, number].into_iter()).is_multiple_of(self.one_in.unwrap_or(1));
        self.row = row;
        drawn && self.left > 0
    }

    fn cell(&mut self, column: &str, cell: &str) {
        let place = match self.known.get(column) {
            Some(&place) => place,
            None if self.columns.len() == MOST_COLUMNS => return,
            None => {
                self.known.insert(column.into(), self.columns.len());
                self.columns.push(Column {
                    name: column.into(),
                    cells: Vec::new(),
                });
                self.columns.len() - 1
            }
        };
        let cell = cell.trim();
        let (dev, label) = self.row;
        self.left = self.left.saturating_sub(1);
        self.columns[place].cells.push(CellSeen {
            dev,
            label,
            value: hash(cell.chars()),
            without_digits: hash(cell.chars().filter(|c| !c.is_ascii_digit())),
            number: number(cell),
        });
    }
}

impl Column {
    /// The form of its cells that tells most.
    fn judged(&self) -> Option<TellingColumn> {
        let first = self.cells.first()?;
        if self.cells.iter().all(|cell| cell.value == first.value) {
            return None;
        }
        let mut numbers: Vec<f64> = self.cells.iter().filter_map(|cell| cell.number).collect();
        let numeric = 10 * numbers.len() >= 9 * self.cells.len();
        numbers.sort_by(f64::total_cmp);
        let bins = numbers.len().div_ceil(BINS).max(1);
        let edges: Vec<f64> = numbers.into_iter().step_by(bins).collect();
        let bin = |cell: &CellSeen| match cell.number {
            Some(number) => edges.partition_point(|edge| *edge <= number) as u64,
            None => u64::MAX,
        };
        let judge = |form: Form, of: &dyn Fn(&CellSeen) -> u64| {
            let part = |dev: bool| {
                let cells = self.cells.iter().filter(move |cell| cell.dev == dev);
                cells.map(move |cell| (of(cell), cell.label))
            };
            told(part(false), part(true)).map(|told| (form, told))
        };
        let forms = [
            judge(Form::Value, &|cell| cell.value),
            judge(Form::WithoutDigits, &|cell| cell.without_digits),
            numeric.then(|| judge(Form::Number, &bin)).flatten(),
        ];
        // The plainest of equally telling forms.
        let best = forms.into_iter().flatten().reduce(|best, other| {
            if other.1.accuracy > best.1.accuracy {
                other
            } else {
                best
            }
        });
        best.map(|(form, told)| TellingColumn {
            column: self.name.clone(),
            form,
            told,
        })
    }
}

fn hash(pieces: impl Iterator<Item = impl Hash>) -> u64 {
    let mut hasher = DefaultHasher::new();
    pieces.for_each(|piece| piece.hash(&mut hasher));
    hasher.finish()
}

/// The number in a cell: as it stands, or the digits of an id or a date (`2026-11-27`, `row_17`).
fn number(cell: &str) -> Option<f64> {
    if let Ok(number) = cell.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
    let much = 2 * digits.len() >= cell.chars().count() || cell.chars().count() <= 20;
    (much && (1..=17).contains(&digits.len())).then(|| digits.parse().ok())?
}

/// Files whose rows are sorted by label, or nearly so.
pub(super) fn find_order(set: &TextSet) -> Vec<Finding> {
    let mut files: Vec<Vec<(u32, u32)>> = Vec::new();
    for row in set.split.parts().into_iter().flat_map(|(_, rows)| rows) {
        let Some((file, number)) = row.origin.numbers() else {
            continue;
        };
        if !set.origins.is_ordered(file) {
            continue;
        }
        let place = file as usize;
        if files.len() <= place {
            files.resize(place + 1, Vec::new());
        }
        files[place].push((number, row.label));
    }
    let mut found = Vec::new();
    for (file, mut rows) in (0..).zip(files) {
        if rows.len() < ROWS_IN_ORDER {
            continue;
        }
        rows.sort_unstable();
        let mut counts = vec![0usize; set.labels.len()];
        rows.iter()
            .for_each(|&(_, label)| counts[label as usize] += 1);
        let share = |count: usize| count as f64 / rows.len() as f64;
        let alike: f64 = counts
            .iter()
            .map(|&count| share(count) * share(count))
            .sum();
        let expected = (rows.len() - 1) as f64 * (1.0 - alike);
        let changes = rows
            .windows(2)
            .filter(|pair| pair[0].1 != pair[1].1)
            .count();
        // A class of a few rows makes few changes in any order.
        if expected >= 20.0 && changes as f64 <= SORTED * expected {
            found.push(Finding {
                kind: FindingKind::Order,
                rows: rows.len(),
                what: format!(
                    "the rows of {} are sorted by label: it changes {changes} times in {} rows, by chance it would {expected:.0} times",
                    set.origins.name(file),
                    rows.len()
                ),
                advice: "a split that is cut here draws rows at random and is not touched by it; never cut parts by position, and do not learn from ids or \
                         dates, which then tell the label"
                    .into(),
                examples: Vec::new(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_dates_have_a_number() {
        assert_eq!(number("2026-11-27"), Some(20_261_127.0));
        assert_eq!(number("row_17"), Some(17.0));
        assert_eq!(number("-1.5"), Some(-1.5));
        assert_eq!(number("none"), None);
        assert_eq!(number(""), None);
        assert_eq!(number("a long sentence that names 1 number"), None);
    }

    #[test]
    fn a_value_is_judged_on_rows_that_it_was_not_learned_from() {
        let rows = |from: u64| (from..from + 40).map(|i| (i % 4, u32::from(i % 4 == 3)));
        let found = told(rows(0), rows(100)).unwrap();
        assert_eq!((found.accuracy, found.always, found.rows), (1.0, 0.75, 40));
        // A value of its own for every row tells nothing about others.
        let own = |from: u64| (from..from + 40).map(|i| (i, u32::from(i % 2 == 0)));
        let found = told(own(0), own(100)).unwrap();
        assert_eq!(found.accuracy, 0.5);
        assert!(!found.gives_away(None));
        assert_eq!(told(rows(0), rows(0).take(3)), None);
    }

    #[test]
    fn the_bar_is_the_baseline_where_there_is_one() {
        let of = |accuracy, always| Told {
            accuracy,
            always,
            rows: 100,
        };
        assert!(of(0.9, 0.5).gives_away(Some(0.8)));
        assert!(!of(0.9, 0.5).gives_away(Some(0.9)));
        assert!(!of(0.9, 0.5).gives_away(None));
        // A baseline that is nearly perfect does not hide a second label.
        assert!(of(0.96, 0.5).gives_away(Some(0.99)));
        // Nearly all rows have one label: being right is no news.
        assert!(!of(0.96, 0.95).gives_away(None));
    }
}
