//! JSON lines of the user's own: one object a line, with a text field and a label field.

use std::path::Path;

use serde_json::{Map, Value};

use super::names::Names;
use super::table::{SAMPLE_BYTES, SAMPLE_CELLS, SAMPLE_ROWS, Wanted, choose};
use super::{Encoding, Input, Limits, MOST_COLUMNS, Place, ReadError, Rows};
use crate::path::CellVisitor;

/// The fields that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    /// Joined by a blank to make the text.
    pub text: Vec<String>,
    /// The label: a string, a whole number or a truth value.
    pub label: String,
}

impl Fields {
    /// The choice as a sentence for the set's notes.
    pub fn sentence(&self) -> String {
        let text: Vec<String> = self.text.iter().map(|name| format!("`{name}`")).collect();
        format!(
            "text: field {}; label: field `{}`",
            text.join(" and "),
            self.label
        )
    }
}

/// Guesses the fields of `path` from its first lines.
pub(crate) fn guess_fields(
    path: &Path,
    wanted: Wanted<'_>,
    encoding: Encoding,
    limits: &Limits,
) -> Result<Fields, ReadError> {
    let mut input = Input::open_text(path, encoding, limits)?;
    let (mut objects, mut line) = (Vec::new(), String::new());
    let (mut lines, mut bytes, mut first_error) = (0, 0, None);
    while lines < SAMPLE_ROWS && bytes < SAMPLE_BYTES {
        let parsed = match input.next_text(&mut line) {
            Ok(None) => break,
            Ok(Some(at)) => parse(&line, &at),
            Err(error) => Err(error),
        };
        lines += 1;
        bytes += line.len();
        match parsed {
            Ok(object) => objects.extend(object),
            Err(error) if error.spoils_one_row() => first_error = first_error.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    let Some(first) = objects.first() else {
        if let Some(error) = first_error {
            return Err(error);
        }
        return Err(ReadError::Empty {
            path: path.into(),
            what: "the file has no JSON objects".into(),
        });
    };
    let names: Vec<String> = first.keys().cloned().collect();
    if names.len() > MOST_COLUMNS {
        let what =
            format!("its objects have more than {MOST_COLUMNS} fields: this is no table of texts");
        return Err(ReadError::BadHeader {
            path: path.into(),
            what,
        });
    }
    let cell = |object: &Map<String, Value>, name: &String| {
        match object.get(name) {
            // A list of labels looks like its first.
            Some(Value::Array(list)) => list.first().and_then(scalar).unwrap_or_default(),
            value => value.and_then(scalar).unwrap_or_default(),
        }
    };
    let sample: Vec<Vec<String>> = objects
        .iter()
        .take(SAMPLE_CELLS.div_ceil(names.len().max(1)))
        .map(|object| names.iter().map(|name| cell(object, name)).collect())
        .collect();
    let columns = choose(path, &names, &sample, wanted)?;
    Ok(Fields {
        text: columns
            .text
            .into_iter()
            .map(|column| names[column].clone())
            .collect(),
        label: names[columns.label].clone(),
    })
}

/// Reads every line of `path`.
pub(crate) fn read_json_lines(
    path: &Path,
    fields: &Fields,
    encoding: Encoding,
    names: &mut Names,
    limits: &Limits,
) -> Result<Rows, ReadError> {
    let mut input = Input::open_text(path, encoding, limits)?;
    let (mut rows, mut line) = (Rows::default(), String::new());
    loop {
        let read = match input.next_text(&mut line) {
            Ok(None) => return Ok(rows),
            Ok(Some(at)) => read_object(&line, &at, fields, names).and_then(|row| match row {
                None => Ok(()),
                Some((text, label)) => rows.push(text, &label, &at, names, limits),
            }),
            Err(error) => Err(error),
        };
        if let Err(error) = read {
            rows.refuse(error)?;
        }
    }
}

/// Shows `visitor` the fields of `path`, the set's file of that number, that are neither text nor label and hold one value.
/// Lines that cannot be read are passed over.
pub(crate) fn visit_fields(
    path: &Path,
    file: u32,
    fields: &Fields,
    encoding: Encoding,
    limits: &Limits,
    visitor: &mut dyn CellVisitor,
) -> Result<(), ReadError> {
    let mut input = Input::open_text(path, encoding, limits)?;
    let mut line = String::new();
    loop {
        let at = match input.next_text(&mut line) {
            Ok(None) => return Ok(()),
            Ok(Some(at)) => at,
            Err(error) if error.spoils_one_row() => continue,
            Err(error) => return Err(error),
        };
        if !visitor.wants(file, at.line) {
            continue;
        }
        let Ok(Some(object)) = parse(&line, &at) else {
            continue;
        };
        for (name, value) in &object {
            if *name != fields.label
                && !fields.text.contains(name)
                && let Some(cell) = shown(value)
            {
                visitor.cell(name, &cell);
            }
        }
    }
}

/// A value as a cell: a scalar, or any number.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        value => scalar(value),
    }
}

/// Text and label of the object on a line; `None` on an empty line.
fn read_object(
    line: &str,
    at: &Place,
    fields: &Fields,
    names: &mut Names,
) -> Result<Option<(String, String)>, ReadError> {
    let Some(object) = parse(line, at)? else {
        return Ok(None);
    };
    let bad = |what: String| ReadError::BadJson {
        at: at.clone(),
        what,
    };
    let get = |name: &String| {
        object.get(name).ok_or_else(|| {
            let known: Vec<&str> = object.keys().map(String::as_str).collect();
            bad(format!(
                "no field `{name}`; the fields are {}",
                known.join(", ")
            ))
        })
    };
    let mut texts = Vec::with_capacity(1);
    for name in &fields.text {
        let Value::String(text) = get(name)? else {
            return Err(bad(format!("field `{name}` is no string")));
        };
        texts.push(text.as_str());
    }
    let label = match get(&fields.label)? {
        Value::Array(list) => {
            let labels: Option<Vec<String>> = list.iter().map(scalar).collect();
            labels.and_then(|labels| names.joined(&labels))
        }
        value => scalar(value),
    };
    let Some(label) = label else {
        return Err(bad(format!(
            "field `{}` is no string, whole number or truth value, nor a list of such without `{}`",
            fields.label,
            names.between_labels()
        )));
    };
    let text = texts.join(" ");
    if let Some(offset) = text.find('\0') {
        let before = text[..offset].chars().count();
        return Err(bad(format!(
            "the text holds U+0000 (its character {before})"
        )));
    }
    Ok(Some((text, label)))
}

/// The object on a line; `None` on an empty line.
fn parse(text: &str, at: &Place) -> Result<Option<Map<String, Value>>, ReadError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let bad = |what: String| ReadError::BadJson {
        at: at.clone(),
        what,
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Ok(_) => Err(bad(
            "no JSON object: each line is one object (an array: jq -c '.[]' FILE)".into(),
        )),
        Err(error) if text.trim() == "[" || text.trim() == "{" => Err(bad(format!(
            "{error}: each line is one object (one document over many lines: jq -c '.[]' FILE)"
        ))),
        // The parser sees one line, so its own line number says nothing.
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            Err(bad(format!(
                "not JSON: {reason}, column {}",
                error.column()
            )))
        }
    }
}

/// A string, a whole number or a truth value as text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        bytes: &[u8],
        wanted: Wanted<'_>,
    ) -> Result<(Vec<(String, String)>, String), ReadError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, bytes).unwrap();
        let (utf8, limits) = (Encoding::Utf8, Limits::DEFAULT);
        let fields = guess_fields(&path, wanted, utf8, &limits)?;
        let mut names = Names::default();
        let rows = read_json_lines(&path, &fields, utf8, &mut names, &limits)?;
        let rows = rows.finish(&path, 0.0)?;
        let name = |label: u32| names.as_slice()[label as usize].clone();
        Ok((
            rows.examples
                .into_iter()
                .map(|row| (row.text, name(row.label)))
                .collect(),
            fields.sentence(),
        ))
    }

    #[test]
    fn fields_are_found_by_name_and_labels_may_be_numbers() {
        let bytes = "\u{feff}{\"label\":1,\"text\":\"a \\u00e9\"}\r\n\n{\"text\":\"b\",\"label\":\"1\",\"more\":[1]}\n";
        let (rows, said) = read(bytes.as_bytes(), Wanted::default()).unwrap();
        assert_eq!(rows, [("a é".into(), "1".into()), ("b".into(), "1".into())]);
        assert_eq!(said, "text: field `text`; label: field `label`");
    }

    #[test]
    fn fields_are_found_by_looks_or_option() {
        let bytes = b"{\"k\":true,\"s\":\"some words\"}\n{\"k\":false,\"s\":\"more words\"}\n{\"k\":true,\"s\":\"x\"}\n{\"k\":false,\"s\":\"y\"}\n";
        assert_eq!(
            read(bytes, Wanted::default()).unwrap().0[0],
            ("some words".into(), "true".into())
        );
        let error = read(
            bytes,
            Wanted {
                text: Some("t"),
                label: None,
            },
        )
        .unwrap_err();
        assert!(matches!(error, ReadError::MissingColumn { .. }), "{error}");
    }

    #[test]
    fn malformed_lines_are_errors_with_their_place() {
        let good = "{\"text\":\"a\",\"label\":\"b\"}\n";
        let error = |line: &str| {
            read(format!("{good}{line}\n").as_bytes(), Wanted::default())
                .unwrap_err()
                .to_string()
        };
        for (line, said) in [
            (
                "{\"text\":\"a\"}",
                "line 2, byte 25: no field `label`; the fields are text",
            ),
            (
                "{\"text\":\"a\",\"label\":null}",
                "field `label` is no string, whole number or truth value",
            ),
            (
                "{\"text\":\"a\",\"label\":1.5}",
                "field `label` is no string",
            ),
            (
                "{\"text\":\"a\",\"label\":[[\"b\"]]}",
                "nor a list of such without `|`",
            ),
            (
                "{\"text\":\"a\",\"label\":{\"b\":1}}",
                "field `label` is no string",
            ),
            ("{\"text\":3,\"label\":1}", "field `text` is no string"),
            (
                "{\"text\":\"a\",\"label\":\"b\"",
                "not JSON: EOF while parsing an object",
            ),
            ("{\"text\":\"\\ud800\",\"label\":\"b\"}", "not JSON"),
            ("{\"text\":\"\\u0000\",\"label\":\"b\"}", "U+0000"),
            ("[1]", "no JSON object"),
            ("{\"text\":\"a\",\"label\":\"\"}", "expected a label"),
        ] {
            let found = error(line);
            assert!(found.contains(said), "{line} gave {found}");
        }
        assert!(error(&"[".repeat(100_000)).contains("not JSON"));
        assert!(matches!(
            read(b"\n\n", Wanted::default()),
            Err(ReadError::Empty { .. })
        ));
        let array = read(
            b"[\n{\"text\":\"a\",\"label\":\"b\"}\n]\n",
            Wanted::default(),
        )
        .unwrap_err()
        .to_string();
        assert!(array.contains("jq -c"), "{array}");
    }
}
