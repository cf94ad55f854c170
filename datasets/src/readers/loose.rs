//! Text files of the user's own that are no tables: `__label__NAME text` (fastText) or `label text`.

use std::collections::HashSet;
use std::path::Path;

use super::lines::decode_row;
use super::names::Names;
use super::table::SAMPLE_ROWS;
use super::{Encoding, Input, Limits, Place, ReadError, Rows};

/// The prefix by which fastText knows a label.
const PREFIX: &str = "__label__";

/// How a line is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// `__label__NAME text`.
    FastText,
    /// `label text`.
    LabelFirst,
}

impl Pattern {
    /// The pattern as a sentence for the set's notes.
    pub fn sentence(self, encoding: Encoding) -> String {
        let form = match self {
            Self::FastText => "`__label__NAME text`",
            Self::LabelFirst => "`label text`, a blank between",
        };
        format!("one row a line, {form}, {encoding}")
    }
}

/// What the first lines look like; `None` if they hold tabs everywhere or nothing that repeats as a label.
pub(crate) fn guess_pattern(
    path: &Path,
    encoding: Encoding,
    limits: &Limits,
) -> Result<Option<Pattern>, ReadError> {
    let mut input = Input::open(path, limits)?;
    input.skip_mark()?;
    let (mut line, mut lines, mut marked, mut tabs, mut lone) = (Vec::new(), 0, 0, 0, 0);
    let mut labels = HashSet::new();
    while lines < SAMPLE_ROWS
        && let Some(at) = input.next_line(&mut line)?
    {
        let text = decode_row(&line, encoding, &at)?;
        if text.trim().is_empty() {
            continue;
        }
        lines += 1;
        marked += usize::from(text.starts_with(PREFIX));
        tabs += usize::from(text.contains('\t'));
        match text.split_once(' ') {
            Some((label, _)) => {
                labels.insert(label.to_owned());
            }
            None => lone += 1,
        }
    }
    let repeats = lone == 0 && labels.len() > 1 && 2 * labels.len() <= lines;
    Ok(match lines {
        0 => {
            return Err(ReadError::Empty {
                path: path.into(),
                what: "the file has no rows".into(),
            });
        }
        _ if marked == lines => Some(Pattern::FastText),
        _ if tabs == lines => None,
        _ if repeats => Some(Pattern::LabelFirst),
        _ => None,
    })
}

/// Reads every line of `path`; empty lines are passed over.
pub(crate) fn read_loose(
    path: &Path,
    pattern: Pattern,
    encoding: Encoding,
    names: &mut Names,
    limits: &Limits,
) -> Result<Rows, ReadError> {
    let mut input = Input::open(path, limits)?;
    input.skip_mark()?;
    let (mut rows, mut line) = (Rows::default(), Vec::new());
    while let Some(at) = input.next_line(&mut line)? {
        let text = decode_row(&line, encoding, &at)?;
        if text.trim().is_empty() {
            continue;
        }
        let (label, text) = cut(&text, pattern, &at)?;
        rows.push(text.to_owned(), label, &at, names, limits)?;
    }
    rows.not_empty(path)
}

fn cut<'a>(line: &'a str, pattern: Pattern, at: &Place) -> Result<(&'a str, &'a str), ReadError> {
    let bad = |expected: &str| ReadError::BadRow {
        at: at.clone(),
        expected: expected.into(),
        found: line.chars().take(40).collect(),
    };
    let (label, text) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    if pattern == Pattern::LabelFirst {
        return Ok((label, text));
    }
    let label = label
        .strip_prefix(PREFIX)
        .ok_or_else(|| bad("`__label__NAME text`"))?;
    if text.starts_with(PREFIX) {
        return Err(bad(
            "one label a row: several classes for one text are not learned here",
        ));
    }
    Ok((label, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<Vec<(String, String)>>, ReadError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, bytes).unwrap();
        let Some(pattern) = guess_pattern(&path, Encoding::Utf8, &Limits::DEFAULT)? else {
            return Ok(None);
        };
        let mut names = Names::default();
        let rows = read_loose(&path, pattern, Encoding::Utf8, &mut names, &Limits::DEFAULT)?;
        let name = |label: u32| names.as_slice()[label as usize].clone();
        Ok(Some(
            rows.examples
                .into_iter()
                .map(|row| (row.text, name(row.label)))
                .collect(),
        ))
    }

    #[test]
    fn both_patterns_are_recognised() {
        let rows = read(b"__label__a one two\n\n__label__b three\n")
            .unwrap()
            .unwrap();
        assert_eq!(
            rows,
            [("one two".into(), "a".into()), ("three".into(), "b".into())]
        );
        let rows = read(b"0 one two\n1 three\n0 four\n1 five six\n")
            .unwrap()
            .unwrap();
        assert_eq!(rows[3], ("five six".into(), "1".into()));
    }

    #[test]
    fn what_has_no_label_is_not_guessed_at() {
        assert_eq!(
            read(b"every line differs\nand no first word repeats\nso nothing\n").unwrap(),
            None
        );
        assert_eq!(read(b"a\tb\nc\td\n").unwrap(), None);
        assert!(matches!(read(b"\n"), Err(ReadError::Empty { .. })));
        let error = read(b"__label__a __label__b two\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("one label a row"), "{error}");
    }
}
