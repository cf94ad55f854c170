//! Text files of the user's own that are no tables: `__label__NAME text` (fastText), `label text` or
//! `text label`.

use std::collections::HashSet;
use std::path::Path;

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
    /// `text label`.
    LabelLast,
}

impl Pattern {
    /// The pattern as a sentence for the set's notes.
    pub fn sentence(self) -> String {
        let form = match self {
            Self::FastText => "`__label__NAME text`",
            Self::LabelFirst => "`label text`, a blank between",
            Self::LabelLast => "`text label`, a blank between",
        };
        format!("one row a line, {form}")
    }
}

/// What the first lines look like; `None` if they hold tabs everywhere or nothing that repeats as a label.
pub(crate) fn guess_pattern(
    path: &Path,
    encoding: Encoding,
    limits: &Limits,
) -> Result<Option<Pattern>, ReadError> {
    let mut input = Input::open_text(path, encoding, limits)?;
    let (mut text, mut lines, mut marked, mut tabs, mut lone) = (String::new(), 0, 0, 0, 0);
    let (mut first, mut last) = (HashSet::new(), HashSet::new());
    let mut first_error = None;
    while lines < SAMPLE_ROWS {
        match input.next_text(&mut text) {
            Ok(None) => break,
            Ok(Some(_)) => {}
            Err(error) if error.spoils_one_row() => {
                first_error = first_error.or(Some(error));
                continue;
            }
            Err(error) => return Err(error),
        }
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        lines += 1;
        marked += usize::from(text.starts_with(PREFIX));
        tabs += usize::from(text.contains('\t'));
        match (text.split_once(' '), text.rsplit_once(' ')) {
            (Some((label, _)), Some((_, other))) => {
                first.insert(label.to_owned());
                last.insert(other.to_owned());
            }
            _ => lone += 1,
        }
    }
    let repeats =
        |labels: &HashSet<String>| lone == 0 && labels.len() > 1 && 2 * labels.len() <= lines;
    Ok(match (lines, first_error) {
        (0, Some(error)) => return Err(error),
        (0, None) => {
            return Err(ReadError::Empty {
                path: path.into(),
                what: "the file has no rows".into(),
            });
        }
        _ if marked == lines => Some(Pattern::FastText),
        _ if tabs == lines => None,
        // Sentences may well begin with few words; they end with fewer only where those are labels.
        _ if repeats(&last) && (!repeats(&first) || last.len() < first.len()) => {
            Some(Pattern::LabelLast)
        }
        _ if repeats(&first) => Some(Pattern::LabelFirst),
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
    let mut input = Input::open_text(path, encoding, limits)?;
    let (mut rows, mut text) = (Rows::default(), String::new());
    loop {
        let read = match input.next_text(&mut text) {
            Ok(None) => return Ok(rows),
            Ok(Some(_)) if text.trim().is_empty() => Ok(()),
            Ok(Some(at)) => cut(&text, pattern, &at)
                .and_then(|(label, text)| rows.push(text.to_owned(), label, &at, names, limits)),
            Err(error) => Err(error),
        };
        if let Err(error) = read {
            rows.refuse(error)?;
        }
    }
}

fn cut<'a>(line: &'a str, pattern: Pattern, at: &Place) -> Result<(&'a str, &'a str), ReadError> {
    let bad = |expected: &str| ReadError::BadRow {
        at: at.clone(),
        expected: expected.into(),
        found: line.chars().take(40).collect(),
    };
    let cut = match pattern {
        Pattern::LabelLast => line
            .trim_end()
            .rsplit_once([' ', '\t'])
            .map(|(text, label)| (label, text)),
        Pattern::FastText | Pattern::LabelFirst => line.split_once([' ', '\t']),
    };
    let (label, text) = cut.unwrap_or((line, ""));
    if pattern != Pattern::FastText {
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
        let rows = rows.finish(&path, 0.0)?;
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
        let rows = read(b"what a film good\nso dull bad\nfine indeed good\nno fun bad\n")
            .unwrap()
            .unwrap();
        assert_eq!(rows[1], ("so dull".into(), "bad".into()));
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
