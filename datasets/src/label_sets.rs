//! Rows with any number of labels: which classes stand behind each cell that a file holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::readers::Limits;

/// The sets of labels that occur, numbered as the cells of the file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSets {
    classes: Vec<String>,
    sets: Vec<Vec<u32>>,
}

/// Why a set's labels cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelSetError {
    /// Nothing to tell apart.
    #[error(
        "all rows together have {found} labels, and two are needed; is the separator `{separator}` right?"
    )]
    TooFew {
        /// Labels found.
        found: usize,
        /// What they were parted by.
        separator: String,
    },
    /// More than there are classes of any set: a text, an id or a quantity taken for labels.
    #[error(
        "all rows together have {found} different labels (such as {example:?}), and at most {most} are learned: name the label column (--label-column); is the separator `{separator}` right?"
    )]
    TooMany {
        /// Labels found.
        found: usize,
        /// The most that are admitted.
        most: usize,
        /// One of them.
        example: String,
        /// What they were parted by.
        separator: String,
    },
    /// A label that the trained network does not know.
    #[error("the network was not trained on the labels {foreign}; it knows {known}")]
    Foreign {
        /// The labels.
        foreign: String,
        /// Those it knows.
        known: String,
    },
}

impl LabelSets {
    /// Parts each cell at `separator`: white space around a label is dropped, an empty one is none, one that is there twice is
    /// there once. Classes are in the order of their names, numbers by value.
    ///
    /// # Errors
    ///
    /// [`LabelSetError::TooFew`], [`LabelSetError::TooMany`]
    pub fn of(cells: &[String], separator: &str) -> Result<Self, LabelSetError> {
        let parted: Vec<Vec<&str>> = cells
            .iter()
            .map(|cell| labels_of(cell, separator))
            .collect();
        let mut numbers: BTreeMap<&str, u32> = parted.iter().flatten().map(|l| (*l, 0)).collect();
        if numbers.len() < 2 {
            return Err(LabelSetError::TooFew {
                found: numbers.len(),
                separator: separator.to_owned(),
            });
        }
        let most = Limits::DEFAULT.classes;
        if numbers.len() > most {
            let (found, separator) = (numbers.len(), separator.to_owned());
            let example = numbers.keys().next().copied().unwrap_or_default();
            return Err(LabelSetError::TooMany {
                found,
                most,
                example: example.chars().take(40).collect(),
                separator,
            });
        }
        let mut classes: Vec<&str> = numbers.keys().copied().collect();
        let values: Option<BTreeMap<&str, i64>> = classes
            .iter()
            .map(|class| Some((*class, class.parse().ok()?)))
            .collect();
        if let Some(values) = values {
            classes.sort_by_key(|class| values[class]);
        }
        for (number, class) in (0u32..).zip(&classes) {
            numbers.insert(class, number);
        }
        let set = |labels: &Vec<&str>| {
            let mut set: Vec<u32> = labels.iter().map(|label| numbers[label]).collect();
            set.sort_unstable();
            set.dedup();
            set
        };
        Ok(Self {
            classes: classes.iter().map(|class| (*class).to_owned()).collect(),
            sets: parted.iter().map(set).collect(),
        })
    }

    /// One label a row, as a set of one.
    pub fn singles(labels: &[String]) -> Self {
        Self {
            classes: labels.to_vec(),
            sets: (0..labels.len() as u32).map(|class| vec![class]).collect(),
        }
    }

    /// The same sets by the class numbers of a trained network.
    ///
    /// # Errors
    ///
    /// [`LabelSetError::Foreign`]
    pub fn renumbered(&self, known: &[String]) -> Result<Self, LabelSetError> {
        let place = |class: &String| known.iter().position(|label| label == class);
        let places: Vec<Option<usize>> = self.classes.iter().map(place).collect();
        let foreign = self.classes.iter().zip(&places);
        let foreign: Vec<String> = foreign
            .filter(|(_, place)| place.is_none())
            .map(|(class, _)| format!("`{class}`"))
            .collect();
        if !foreign.is_empty() {
            return Err(LabelSetError::Foreign {
                foreign: foreign.join(", "),
                known: known.join(", "),
            });
        }
        let renumber = |set: &Vec<u32>| {
            let mut set: Vec<u32> = set
                .iter()
                .filter_map(|class| places[*class as usize])
                .map(|class| class as u32)
                .collect();
            set.sort_unstable();
            set
        };
        Ok(Self {
            classes: known.to_vec(),
            sets: self.sets.iter().map(renumber).collect(),
        })
    }

    /// For each cell the first one that holds the same labels.
    pub fn first_alike(&self) -> Vec<u32> {
        let mut first: HashMap<&[u32], u32> = HashMap::new();
        let cells = (0u32..).zip(&self.sets);
        cells
            .map(|(cell, set)| *first.entry(set).or_insert(cell))
            .collect()
    }

    /// The class names, in the order of a network's scores.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The classes of a cell, ascending.
    pub fn set(&self, cell: u32) -> &[u32] {
        &self.sets[cell as usize]
    }

    /// Whether a cell has a class.
    pub fn has(&self, cell: u32, class: usize) -> bool {
        self.set(cell).iter().any(|known| *known as usize == class)
    }

    /// Whether each row has each class, `[rows, classes]`, row by row; `cells` are the rows' cells.
    pub fn truths(&self, cells: &[u32]) -> Vec<bool> {
        let classes = self.classes.len();
        let mut truths = vec![false; cells.len() * classes];
        for (truths, cell) in truths.chunks_exact_mut(classes).zip(cells) {
            for &class in self.set(*cell) {
                truths[class as usize] = true;
            }
        }
        truths
    }

    /// The same as ones and zeros.
    pub fn targets(&self, cells: &[u32]) -> Vec<f32> {
        let truths = self.truths(cells);
        truths
            .into_iter()
            .map(|is| f32::from(u8::from(is)))
            .collect()
    }
}

/// What seems to part several labels in one cell where each cell was taken for one label: the parts are fewer than the cells, so
/// that they come again and again.
pub(crate) fn seems_parted_by(labels: &[String]) -> Option<&'static str> {
    ["|", ";", ","].into_iter().find(|separator| {
        let parts: BTreeSet<&str> = labels
            .iter()
            .flat_map(|label| labels_of(label, separator))
            .collect();
        parts.len() < labels.len() && labels.iter().any(|label| label.contains(separator))
    })
}

fn labels_of<'a>(cell: &'a str, separator: &str) -> Vec<&'a str> {
    let parts = match separator {
        "" => vec![cell],
        separator => cell.split(separator).collect(),
    };
    let parts = parts.into_iter().map(str::trim);
    parts.filter(|label| !label.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn cells_are_parted_into_classes() {
        let sets = LabelSets::of(&cells(&["", "b|a", " a ", "c | a|a|"]), "|").unwrap();
        assert_eq!(sets.classes(), ["a", "b", "c"]);
        let found: Vec<&[u32]> = (0..4).map(|cell| sets.set(cell)).collect();
        assert_eq!(found, [&[][..], &[0, 1], &[0], &[0, 2]]);
        assert_eq!(sets.targets(&[3, 0]), [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        let numbers = LabelSets::of(&cells(&["10;9", "-1"]), ";").unwrap();
        assert_eq!(numbers.classes(), ["-1", "9", "10"]);
    }

    #[test]
    fn cells_of_the_same_labels_are_alike() {
        let sets = LabelSets::of(&cells(&["a|b", "a", "b | a", "", " "]), "|").unwrap();
        assert_eq!(sets.first_alike(), [0, 1, 0, 3, 3]);
    }

    #[test]
    fn several_labels_in_a_cell_are_told_from_names_with_commas() {
        let cases: [(&[&str], Option<&str>); 5] = [
            (&["a", "b", "a|b"], Some("|")),
            (&["a; b", "b; c", "a; c", "c"], Some(";")),
            (&["Doe, J", "Roe, J", "Poe, E"], None),
            (&["a|b", "c|d"], None),
            (&["a", "b"], None),
        ];
        for (labels, separator) in cases {
            assert_eq!(seems_parted_by(&cells(labels)), separator, "{labels:?}");
        }
    }

    #[test]
    fn one_label_alone_is_refused_with_the_separator() {
        let error = LabelSets::of(&cells(&["a;b"]), "|").unwrap_err();
        assert!(error.to_string().contains("`|`"), "{error}");
    }

    #[test]
    fn what_nearly_never_repeats_is_no_label() {
        let ids: Vec<String> = (0..10_001).map(|i| format!("id {i}|")).collect();
        let error = LabelSets::of(&ids, "|").unwrap_err().to_string();
        assert!(
            error.contains("10001 different labels (such as \"id 0\")"),
            "{error}"
        );
        assert!(LabelSets::of(&ids[1..], "|").is_ok());
    }

    #[test]
    fn sets_take_the_numbers_of_a_trained_network() {
        let sets = LabelSets::of(&cells(&["x|z", "z"]), "|").unwrap();
        let known = cells(&["z", "y", "x"]);
        let renumbered = sets.renumbered(&known).unwrap();
        assert_eq!(
            (renumbered.set(0), renumbered.set(1)),
            (&[0, 2][..], &[0][..])
        );
        let error = sets.renumbered(&cells(&["z", "y"])).unwrap_err();
        assert!(error.to_string().contains("`x`"), "{error}");
        assert_eq!(LabelSets::singles(&known).set(2), [2]);
    }
}
