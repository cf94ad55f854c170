//! Class names as they turn up in a user's files.

use std::collections::HashMap;
use std::path::Path;

use super::{Limits, ReadError};

/// Distinct names, numbered in the order of their first appearance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    index: HashMap<String, u32>,
    names: Vec<String>,
    /// What parts the labels in a name, if rows have any number of labels.
    separator: Option<String>,
    /// Whether a row's labels were written as a list.
    lists: bool,
}

impl Names {
    /// The number of `name`, a new one if it is new.
    ///
    /// # Errors
    ///
    /// [`ReadError::ManyLabels`] when there are more classes than the limits admit: another column taken for labels. Where a name
    /// is several labels, nearly every row may have one of its own: whoever parts them counts the labels.
    pub fn number(&mut self, name: &str, path: &Path, limits: &Limits) -> Result<u32, ReadError> {
        if let Some(&number) = self.index.get(name) {
            return Ok(number);
        }
        if self.names.len() == limits.classes && !self.may_be_empty() {
            return Err(ReadError::ManyLabels {
                path: path.into(),
                limit: limits.classes,
                example: name.chars().take(40).collect(),
            });
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), number);
        Ok(number)
    }

    /// The names in a fixed order (numbers by value if all are whole numbers, otherwise by character), and the
    /// new number of each old one.
    pub fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        let values: Option<Vec<i64>> = self.names.iter().map(|name| name.parse().ok()).collect();
        match values {
            Some(values) => order.sort_by_key(|&old| (values[old], &self.names[old])),
            None => order.sort_by_key(|&old| &self.names[old]),
        }
        let mut renumbered = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            renumbered[old] = new as u32;
        }
        (
            order
                .into_iter()
                .map(|old| self.names[old].clone())
                .collect(),
            renumbered,
        )
    }

    /// No names yet; with a separator a name may be several labels, or none.
    pub fn parted_by(separator: Option<String>) -> Self {
        Self {
            separator,
            ..Self::default()
        }
    }

    /// Whether a row may have no label.
    pub fn may_be_empty(&self) -> bool {
        self.separator.is_some() || self.lists
    }

    /// Whether a row's labels were written as a list.
    pub fn lists(&self) -> bool {
        self.lists
    }

    /// What joins the labels of a list, and therefore stands in none of them.
    pub fn between_labels(&self) -> &str {
        let separator = self.separator.as_deref();
        separator.unwrap_or(crate::OpenOptions::LIST_SEPARATOR)
    }

    /// The labels of a list as one name; `None` where one of them holds what parts them.
    pub fn joined(&mut self, labels: &[String]) -> Option<String> {
        self.lists = true;
        let separator = self.between_labels();
        let is_whole = labels.iter().all(|label| !label.contains(separator));
        is_whole.then(|| labels.join(separator))
    }

    /// The names, by number.
    pub fn as_slice(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(given: &[&str]) -> Names {
        let mut names = Names::default();
        for name in given {
            names
                .number(name, Path::new("t"), &Limits::DEFAULT)
                .unwrap();
        }
        names
    }

    #[test]
    fn the_order_does_not_depend_on_the_rows() {
        let (sorted, renumbered) = names(&["b", "a", "b", "10", "9"]).sorted();
        assert_eq!(sorted, ["10", "9", "a", "b"]);
        assert_eq!(renumbered, [3, 2, 0, 1]);
        assert_eq!(names(&["10", "9", "-1"]).sorted().0, ["-1", "9", "10"]);
    }

    #[test]
    fn free_text_is_no_label() {
        let mut names = names(&["a", "b"]);
        let limits = Limits {
            classes: 2,
            ..Limits::DEFAULT
        };
        assert_eq!(names.number("a", Path::new("t"), &limits).unwrap(), 0);
        assert!(matches!(
            names.number("c", Path::new("t"), &limits),
            Err(ReadError::ManyLabels { .. })
        ));
    }
}
