//! The labels of a set put in order: a user's own are gathered from all parts, any set's can be matched to a
//! trained model's.

use crate::error::DataError;
use crate::example::Split;
use crate::label_sets::seems_parted_by;
use crate::readers::Names;

/// A row whose label can be renumbered.
pub(crate) trait Relabel {
    fn label_mut(&mut self) -> &mut u32;
}

impl Relabel for crate::TextExample {
    fn label_mut(&mut self) -> &mut u32 {
        &mut self.label
    }
}

impl Relabel for crate::ImageExample {
    fn label_mut(&mut self) -> &mut u32 {
        &mut self.label
    }
}

/// Puts the labels in their order (the given one, or sorted), renumbers the rows, and notes what is odd.
pub(crate) fn settle<T: Relabel>(
    name: &str,
    names: Names,
    given: Option<&[String]>,
    split: &mut Split<T>,
    notes: &mut Vec<String>,
) -> Result<Vec<String>, DataError> {
    let parted = names.may_be_empty();
    let (labels, renumbered) = match given {
        None => names.sorted(),
        Some(given) => (given.to_vec(), renumber_to(name, names.as_slice(), given)?),
    };
    if given.is_none() && !parted {
        refuse_quantities(name, &labels, split.rows())?;
    }
    if labels.len() < 2 {
        let what = format!(
            "every row has the label `{}`: two classes are needed",
            labels.concat()
        );
        return Err(DataError::TooSmall {
            name: name.into(),
            what,
        });
    }
    let mut counts = vec![[0usize; 3]; labels.len()];
    for (part, rows) in [&mut split.train, &mut split.dev, &mut split.test]
        .into_iter()
        .enumerate()
    {
        for row in rows.iter_mut() {
            let label = row.label_mut();
            *label = renumbered[*label as usize];
            counts[*label as usize][part] += 1;
        }
    }
    let listed = |chosen: &dyn Fn(&[usize; 3]) -> bool| -> Vec<String> {
        labels
            .iter()
            .zip(&counts)
            .filter(|(_, counts)| chosen(counts))
            .map(|(label, _)| format!("`{label}`"))
            .collect()
    };
    let unlearned = match parted {
        true => Vec::new(),
        false => listed(&|[train, dev, test]| *train == 0 && dev + test > 0),
    };
    if !unlearned.is_empty() {
        notes.push(format!(
            "no training row has the label {}: it cannot be learned",
            unlearned.join(", ")
        ));
    }
    let scarce = match parted {
        true => Vec::new(), // sets of labels are rare by nature
        false => listed(&|[train, dev, test]| (1..3).contains(&(train + dev + test))),
    };
    if !scarce.is_empty() {
        notes.push(format!(
            "fewer than 3 rows have the label {}",
            scarce.join(", ")
        ));
    }
    Ok(labels)
}

/// Rows from which on a label of its own for most of them is no accident.
const ROWS_TO_JUDGE: usize = 10;

/// Refuses labels that hardly ever repeat: they are no classes.
fn refuse_quantities(name: &str, labels: &[String], rows: usize) -> Result<(), DataError> {
    if rows < ROWS_TO_JUDGE || 2 * labels.len() <= rows {
        return Ok(());
    }
    let is_whole = |label: &String| label.parse::<i64>().is_ok();
    let is_number = |label: &String| label.parse::<f64>().is_ok_and(f64::is_finite);
    let looks = if labels.iter().all(is_whole) {
        "looks like an id, or like a quantity to be predicted (regression)"
    } else if labels.iter().all(is_number) {
        "looks like a quantity to be predicted (regression)"
    } else {
        "looks like an id or a text"
    };
    let cure = match seems_parted_by(labels) {
        Some(separator) => format!(
            "name the label column (--label-column), or part the labels if there are several in one cell (--multi-label \"{separator}\")"
        ),
        None => "name the label column (--label-column), or make classes of the numbers".to_owned(),
    };
    let some: Vec<String> = labels
        .iter()
        .take(3)
        .map(|label| format!("{label:?}"))
        .collect();
    Err(DataError::TooSmall {
        name: name.into(),
        what: format!(
            "{} different labels in {rows} rows ({}, ...): that {looks}, and only classes are learned here: {cure}",
            labels.len(),
            some.join(", ")
        ),
    })
}

/// Renumbers the rows of a set with labels of its own to the labels of a trained model.
pub(crate) fn match_to<T: Relabel>(
    name: &str,
    labels: &[String],
    given: &[String],
    split: &mut Split<T>,
) -> Result<(), DataError> {
    if labels == given {
        return Ok(());
    }
    let renumbered = renumber_to(name, labels, given)?;
    for row in [&mut split.train, &mut split.dev, &mut split.test]
        .into_iter()
        .flatten()
    {
        let label = row.label_mut();
        *label = renumbered[*label as usize];
    }
    Ok(())
}

/// The index in `given` of each of `found`.
fn renumber_to(name: &str, found: &[String], given: &[String]) -> Result<Vec<u32>, DataError> {
    let index = |label: &String| given.iter().position(|known| known == label);
    let foreign: Vec<String> = found
        .iter()
        .filter(|label| index(label).is_none())
        .map(|label| format!("`{label}`"))
        .collect();
    if !foreign.is_empty() {
        let (found, known) = (foreign.join(", "), given.join(", "));
        return Err(DataError::ForeignLabels {
            name: name.into(),
            found,
            known,
        });
    }
    Ok(found
        .iter()
        .filter_map(index)
        .map(|index| index as u32)
        .collect())
}
