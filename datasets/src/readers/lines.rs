//! Line formats of the known text sets: one text a line, with its label before, after, or given for the file.

use std::path::Path;

use super::{Encoding, Input, Limits, Place, ReadError};
use crate::example::TextExample;
use crate::origin::Origin;

/// Characters of a bad row that an error shows.
const SHOWN: usize = 60;

/// Where the label of a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinePattern<'a> {
    /// `label text`, one blank between.
    LabelText,
    /// `label TAB text`.
    LabelTabText,
    /// `text TAB label`.
    TextTabLabel,
    /// The whole line is text; every line has this label.
    Bare(&'a str),
}

/// Reads every line of `path` as one example.
///
/// A label is the name of a class in `labels`, or else its index.
///
/// # Errors
///
/// [`ReadError`] with file, line and byte: a missing separator, an unknown label, bytes that do not decode, a
/// NUL, a row or file above the limits, a file without rows.
pub fn read_lines(
    path: &Path,
    pattern: LinePattern<'_>,
    encoding: Encoding,
    labels: &[String],
    limits: &Limits,
) -> Result<Vec<TextExample>, ReadError> {
    let mut input = Input::open(path, limits)?;
    read(&mut input, pattern, encoding, labels, limits)
}

fn read(
    input: &mut Input,
    pattern: LinePattern<'_>,
    encoding: Encoding,
    labels: &[String],
    limits: &Limits,
) -> Result<Vec<TextExample>, ReadError> {
    if encoding == Encoding::Utf8 {
        input.skip_mark()?;
    }
    let (mut examples, mut row) = (Vec::new(), Vec::new());
    while let Some(at) = input.next_line(&mut row)? {
        if examples.len() == limits.rows {
            let (path, limit) = (input.path().into(), limits.rows as u64);
            return Err(ReadError::Limit {
                path,
                limit,
                unit: "rows",
                name: "rows",
            });
        }
        let line = decode_row(&row, encoding, &at)?;
        examples.push(parse_line(&line, pattern, labels, at)?);
    }
    if examples.is_empty() {
        return Err(ReadError::Empty {
            path: input.path().into(),
            what: "the file has no rows".into(),
        });
    }
    Ok(examples)
}

/// Decodes the bytes of one row; refuses NUL.
pub(crate) fn decode_row(row: &[u8], encoding: Encoding, at: &Place) -> Result<String, ReadError> {
    let inside = |offset: usize| Place {
        byte: at.byte + offset as u64,
        ..at.clone()
    };
    let text = encoding.decode(row).map_err(|offset| ReadError::BadText {
        at: inside(offset),
        encoding: encoding.to_string(),
    })?;
    match text.find('\0') {
        None => Ok(text),
        Some(offset) => Err(ReadError::NulByte {
            at: inside(encoding.length_of(&text[..offset])),
        }),
    }
}

fn parse_line(
    line: &str,
    pattern: LinePattern<'_>,
    labels: &[String],
    at: Place,
) -> Result<TextExample, ReadError> {
    let (parts, expected) = match pattern {
        LinePattern::LabelText => (line.split_once(' '), "`label text` with a blank between"),
        LinePattern::LabelTabText => (line.split_once('\t'), "`label TAB text`"),
        LinePattern::TextTabLabel => (
            line.rsplit_once('\t').map(|(text, label)| (label, text)),
            "`text TAB label`",
        ),
        LinePattern::Bare(label) => (Some((label, line)), "a text"),
    };
    let Some((label, text)) = parts else {
        let found = line.chars().take(SHOWN).collect();
        return Err(ReadError::BadRow {
            at,
            expected: expected.into(),
            found,
        });
    };
    let Some(index) = label_index(label, labels) else {
        let label = label.chars().take(SHOWN).collect();
        return Err(ReadError::UnknownLabel {
            at,
            label,
            known: labels.join(", "),
        });
    };
    Ok(TextExample {
        origin: Origin::at(at.line),
        ..TextExample::new(text, index)
    })
}

/// The class of that name, or else of that number.
fn label_index(label: &str, labels: &[String]) -> Option<u32> {
    let index = labels.iter().position(|known| known == label).or_else(|| {
        // Only plain digits: `+1` or ` 1` is no class number.
        let digits = !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit());
        label
            .parse()
            .ok()
            .filter(|&index: &usize| digits && index < labels.len())
    })?;
    u32::try_from(index).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read_bytes(
        bytes: &[u8],
        pattern: LinePattern<'_>,
        encoding: Encoding,
    ) -> Result<Vec<(String, u32)>, ReadError> {
        let labels = ["ham".to_string(), "spam".to_string()];
        let limits = Limits {
            row_bytes: 100,
            rows: 3,
            ..Limits::DEFAULT
        };
        let mut input = Input::from_reader(Path::new("t"), Cursor::new(bytes.to_vec()), &limits)?;
        let examples = read(&mut input, pattern, encoding, &labels, &limits)?;
        Ok(examples
            .into_iter()
            .map(|example| (example.text, example.label))
            .collect())
    }

    #[test]
    fn each_pattern_finds_its_label() {
        let utf8 = Encoding::Utf8;
        let found = read_bytes(b"0 a b \n1  c", LinePattern::LabelText, utf8).unwrap();
        assert_eq!(found, [("a b ".into(), 0), (" c".into(), 1)]);
        let found = read_bytes(
            b"\xef\xbb\xbfspam\ta\tb\r\nham\t\n",
            LinePattern::LabelTabText,
            utf8,
        )
        .unwrap();
        assert_eq!(found, [("a\tb".into(), 1), ("".into(), 0)]);
        let found = read_bytes("两\t天\t1\n".as_bytes(), LinePattern::TextTabLabel, utf8).unwrap();
        assert_eq!(found, [("两\t天".into(), 1)]);
        let found = read_bytes(b"0 a\x85b\n", LinePattern::Bare("spam"), Encoding::Latin1).unwrap();
        assert_eq!(found, [("0 a\u{85}b".into(), 1)]);
    }

    #[test]
    fn malformed_lines_are_errors_with_their_place() {
        use LinePattern::{LabelTabText, LabelText, TextTabLabel};
        let error = |bytes: &[u8], pattern| {
            read_bytes(bytes, pattern, Encoding::Utf8)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error(b"0 a\n1 b\xff", LabelText),
            "t, line 2, byte 7: this byte is no utf-8: save the file as UTF-8, or name its encoding (--encoding windows-1252)"
        );
        assert!(error(b"0 a\nx\0y z", LabelText).starts_with("t, line 2, byte 5: a NUL byte"));
        assert!(
            error(b"0 a\n\n", LabelText).starts_with("t, line 2, byte 4: expected `label text`")
        );
        assert!(
            error(b"ham x", LabelTabText).contains("expected `label TAB text`, found \"ham x\"")
        );
        assert!(error(b"text", TextTabLabel).contains("expected `text TAB label`"));
        for label in ["2", "-1", "+1", "01x", "", "99999999999999999999999"] {
            let found = error(format!("text\t{label}").as_bytes(), TextTabLabel);
            assert!(
                found.contains("unknown label") && found.contains("ham, spam"),
                "{found}"
            );
        }
        assert!(error(b"", LabelText).contains("no rows"));
        assert!(error(&[b'x'; 200], LabelText).contains("longer than 100 bytes"));
        assert!(error(b"0 a\n0 a\n0 a\n0 a\n", LabelText).contains("more than 3 rows"));
    }
}
