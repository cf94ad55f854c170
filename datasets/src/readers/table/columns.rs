//! Which column is the text and which the label: by option, by name, or by what the first rows look like.

use std::collections::HashSet;
use std::path::Path;

use crate::readers::ReadError;
use crate::suggest::nearest;

/// Column names that mean text, the surest first.
const TEXT_NAMES: [&str; 18] = [
    "text",
    "sentence",
    "review",
    "content",
    "message",
    "body",
    "document",
    "headline",
    "comment",
    "tweet",
    "utterance",
    "question",
    "query",
    "description",
    "sms",
    "title",
    "v2",
    "input",
];
/// Column names that mean label, the surest first.
const LABEL_NAMES: [&str; 16] = [
    "label",
    "labels",
    "class",
    "category",
    "target",
    "sentiment",
    "intent",
    "topic",
    "tag",
    "stars",
    "rating",
    "polarity",
    "output",
    "v1",
    "y",
    "coarse_label",
];

/// Options that name a column.
const TEXT_OPTION: &str = "--text-column";
const LABEL_OPTION: &str = "--label-column";
/// Column names that an error lists.
const SHOWN: usize = 50;

/// The columns that are read, by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    /// Joined by a blank to make the text.
    pub text: Vec<usize>,
    /// The label.
    pub label: usize,
}

impl Columns {
    /// Whether a column is read as text or label.
    pub fn reads(&self, column: usize) -> bool {
        self.label == column || self.text.contains(&column)
    }
}

/// What the caller asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// One name, or several separated by commas.
    pub text: Option<&'a str>,
    pub label: Option<&'a str>,
}

/// Whether `first` is a header: it holds a known column name, or one that the caller asked for, which does not
/// occur again in its column (a class may well be called `y`). A slip of the finger in what was asked for still
/// tells a header, so that the error can name its columns.
pub(crate) fn looks_like_header(
    first: &[String],
    rest: &[Vec<String>],
    wanted: Wanted<'_>,
) -> bool {
    let asked: Vec<&str> = wanted
        .text
        .iter()
        .flat_map(|names| names.split(','))
        .chain(wanted.label)
        .collect();
    first.iter().enumerate().any(|(column, cell)| {
        let cell = cell.trim();
        let is = |name: &&str| name.trim().eq_ignore_ascii_case(cell);
        let nearly =
            |name: &&str| name.parse::<usize>().is_err() && nearest(name, [cell]).is_some();
        let known = TEXT_NAMES.iter().any(is)
            || LABEL_NAMES.iter().any(is)
            || asked.iter().any(|name| is(name) || nearly(name));
        !cell.is_empty() && known && rest.iter().all(|row| row[column].trim() != cell)
    })
}

/// Chooses the columns. `names` are the header's, or `1`, `2`, ... without one; `sample` holds rows of cells.
pub(crate) fn choose(
    path: &Path,
    names: &[String],
    sample: &[Vec<String>],
    wanted: Wanted<'_>,
) -> Result<Columns, ReadError> {
    let label = match wanted.label {
        Some(name) => Some(find(path, names, name, LABEL_OPTION)?),
        None => by_name(path, names, &LABEL_NAMES, &[], LABEL_OPTION)?,
    };
    let text = match wanted.text {
        Some(joined) => match find(path, names, joined, TEXT_OPTION) {
            Ok(column) => Some(vec![column]),
            Err(error) if !joined.contains(',') => return Err(error),
            Err(_) => Some(
                joined
                    .split(',')
                    .map(|name| find(path, names, name, TEXT_OPTION))
                    .collect::<Result<_, _>>()?,
            ),
        },
        None => by_name(path, names, &TEXT_NAMES, label.as_slice(), TEXT_OPTION)?
            .map(|column| vec![column]),
    };
    let unclear = |what: &str| ReadError::UnclearColumns {
        path: path.into(),
        what: what.into(),
        columns: shown(names),
    };
    let text = match text {
        Some(text) => text,
        None => vec![
            longest(names.len(), sample, label)
                .ok_or_else(|| unclear("which column is the text"))?,
        ],
    };
    let label = match label {
        Some(label) => label,
        None => fewest_values(names.len(), sample, &text)
            .ok_or_else(|| unclear("which column is the label: none has few, repeating values"))?,
    };
    if text.contains(&label) {
        return Err(unclear(
            "text and label apart: the same column is named for both",
        ));
    }
    Ok(Columns { text, label })
}

/// The column of that name (then of that name in any case, then of that number).
fn find(
    path: &Path,
    names: &[String],
    wanted: &str,
    option: &'static str,
) -> Result<usize, ReadError> {
    let wanted = wanted.trim();
    if let Some(column) = only(path, names, wanted, option, |name| name == wanted)? {
        return Ok(column);
    }
    let alike = |name: &str| name.eq_ignore_ascii_case(wanted);
    if let Some(column) = only(path, names, wanted, option, alike)? {
        return Ok(column);
    }
    let number = wanted.parse::<usize>().ok();
    let number = number.filter(|number| (1..=names.len()).contains(number));
    number
        .map(|number| number - 1)
        .ok_or_else(|| ReadError::MissingColumn {
            path: path.into(),
            wanted: wanted.into(),
            columns: shown(names),
            nearest: nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned),
        })
}

fn by_name(
    path: &Path,
    names: &[String],
    known: &[&str],
    taken: &[usize],
    option: &'static str,
) -> Result<Option<usize>, ReadError> {
    for known in known {
        let is = |name: &str| name.eq_ignore_ascii_case(known);
        if let Some(column) = only(path, names, known, option, is)?
            && !taken.contains(&column)
        {
            return Ok(Some(column));
        }
    }
    Ok(None)
}

/// The column whose name `is` says; an error if there are several.
fn only(
    path: &Path,
    names: &[String],
    wanted: &str,
    option: &'static str,
    is: impl Fn(&str) -> bool,
) -> Result<Option<usize>, ReadError> {
    let found: Vec<usize> = (0..names.len()).filter(|&i| is(names[i].trim())).collect();
    if found.len() < 2 {
        return Ok(found.first().copied());
    }
    let columns: Vec<String> = found
        .iter()
        .map(|column| (column + 1).to_string())
        .collect();
    Err(ReadError::DuplicateColumn {
        path: path.into(),
        name: wanted.into(),
        columns: columns.join(", "),
        option,
    })
}

/// The names, of many the first.
fn shown(names: &[String]) -> String {
    if names.len() <= SHOWN {
        return names.join(", ");
    }
    let more = names.len() - SHOWN;
    format!("{} ... and {more} more", names[..SHOWN].join(", "))
}

/// The column with the most characters in the sample, the label's excepted.
fn longest(columns: usize, sample: &[Vec<String>], label: Option<usize>) -> Option<usize> {
    let total = |column: usize| {
        sample
            .iter()
            .map(|row| row[column].chars().count())
            .sum::<usize>()
    };
    let best = (0..columns)
        .filter(|&column| Some(column) != label)
        .max_by_key(|&column| (total(column), columns - column));
    best.filter(|&column| total(column) > 0)
}

/// The column with the fewest distinct values that repeat and are never empty, the text's excepted. Where rows are sorted by class
/// the first ones show a single value: the column is one that could be the label, if there is no other.
fn fewest_values(columns: usize, sample: &[Vec<String>], text: &[usize]) -> Option<usize> {
    let distinct = |column: usize| {
        sample
            .iter()
            .map(|row| row[column].trim())
            .collect::<HashSet<_>>()
    };
    let others = (0..columns).filter(|column| !text.contains(column));
    let counted = others.map(|column| (distinct(column), column));
    // One where most values differ is no label.
    let (single, several): (Vec<_>, Vec<_>) = counted
        .filter(|(values, _)| !values.contains("") && 2 * values.len() <= sample.len().max(4))
        .partition(|(values, _)| values.len() == 1);
    let fewest = several
        .into_iter()
        .min_by_key(|(values, column)| (values.len(), *column));
    let single = match single.as_slice() {
        [(_, column)] => Some(*column),
        _ => None,
    };
    fewest.map(|(_, column)| column).or(single)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    fn chosen(
        names: &[&str],
        sample: &[&[&str]],
        wanted: Wanted<'_>,
    ) -> Result<Columns, ReadError> {
        let sample: Vec<_> = sample.iter().map(|row| strings(row)).collect();
        choose(Path::new("t.csv"), &strings(names), &sample, wanted)
    }

    const NEWS: [&[&str]; 4] = [
        &["3", "Title one", "a long description of it"],
        &["4", "Another", "and so on and so on, at length"],
        &["3", "Third", "words and words"],
        &["4", "Fourth", "words again and again"],
    ];

    #[test]
    fn names_come_before_looks() {
        let columns = chosen(
            &["id", "Label", "text"],
            &[&["1", "a", "b"]],
            Wanted::default(),
        )
        .unwrap();
        assert_eq!(
            columns,
            Columns {
                text: vec![2],
                label: 1
            }
        );
        let columns = chosen(&["title", "text", "category"], &[], Wanted::default()).unwrap();
        assert_eq!(
            columns,
            Columns {
                text: vec![1],
                label: 2
            }
        );
    }

    #[test]
    fn looks_decide_without_names() {
        let columns = chosen(&["1", "2", "3"], &NEWS, Wanted::default()).unwrap();
        assert_eq!(
            columns,
            Columns {
                text: vec![2],
                label: 0
            }
        );
    }

    #[test]
    fn rows_sorted_by_class_show_one_label_at_first() {
        let rows: [&[&str]; 5] = [
            &["a long headline", "3"],
            &["another headline", "3"],
            &["one more of them", "3"],
            &["and the fourth", "3"],
            &["and the fifth one", "3"],
        ];
        let columns = chosen(&["1", "2"], &rows, Wanted::default()).unwrap();
        assert_eq!((columns.text, columns.label), (vec![0], 1));
        // With two such columns nothing tells which.
        let rows: [&[&str]; 2] = [&["a headline", "3", "x"], &["another", "3", "x"]];
        assert!(chosen(&["1", "2", "3"], &rows, Wanted::default()).is_err());
    }

    #[test]
    fn options_come_first_and_may_join() {
        let wanted = Wanted {
            text: Some("2,3"),
            label: Some("1"),
        };
        assert_eq!(
            chosen(&["1", "2", "3"], &NEWS, wanted).unwrap(),
            Columns {
                text: vec![1, 2],
                label: 0
            }
        );
        let wanted = Wanted {
            text: Some("a,b"),
            label: None,
        };
        let columns = chosen(&["a,b", "label"], &[], wanted).unwrap();
        assert_eq!(columns.text, [0], "a name with a comma in it is a name");
    }

    #[test]
    fn a_name_of_several_columns_is_no_choice_but_a_number_is() {
        let error = chosen(&["text", "label", "Text"], &[], Wanted::default());
        assert_eq!(
            error.unwrap_err().to_string(),
            "t.csv: the header names `text` 2 times (columns 1, 3): name the column that is meant by its number (--text-column 1)"
        );
        let wanted = Wanted {
            text: Some("3"),
            label: None,
        };
        let columns = chosen(&["text", "label", "Text"], &[], wanted).unwrap();
        assert_eq!((columns.text, columns.label), (vec![2], 1));
        let many: Vec<String> = (0..99).map(|i| format!("c{i}")).collect();
        assert!(
            shown(&many).ends_with("c49 ... and 49 more"),
            "{}",
            shown(&many)
        );
    }

    #[test]
    fn wrong_and_missing_columns_are_named() {
        let error = |names: &[&str], wanted| {
            chosen(names, &[&["x", "y"]], wanted)
                .unwrap_err()
                .to_string()
        };
        let wanted = Wanted {
            text: Some("txet"),
            label: None,
        };
        assert_eq!(
            error(&["text", "label"], wanted),
            "t.csv: no column `txet`; the columns are text, label; did you mean `text`?"
        );
        let wanted = Wanted {
            text: Some("a"),
            label: Some("a"),
        };
        assert!(error(&["a", "b"], wanted).contains("the same column"));
        // Every value of the second column differs: no label.
        let rows: [&[&str]; 6] = [
            &["aaaa", "1"],
            &["bbbb", "2"],
            &["cccc", "3"],
            &["dddd", "4"],
            &["eeee", "5"],
            &["ffff", "6"],
        ];
        let error = chosen(&["1", "2"], &rows, Wanted::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains("which column is the label"), "{error}");
    }
}
