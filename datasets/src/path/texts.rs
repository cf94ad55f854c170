//! A user's own texts: csv, tsv, JSON lines, `label text`, or a folder per class with one text a file.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Entries, PARTS, Source, list, look, name};
use crate::error::DataError;
use crate::example::{Language, Split, TextExample};
use crate::labels::settle;
use crate::open::{Raw, name_of};
use crate::options::OpenOptions;
use crate::readers::json_lines::{Fields, guess_fields, read_json_lines};
use crate::readers::loose::{Pattern, guess_pattern, read_loose};
use crate::readers::table::{Layout, TableOptions, guess_layout, read_table};
use crate::readers::{Encoding, Names, Place, ReadError, Rows, Wanted, decode_row};

/// Training texts that the language is guessed from.
const LANGUAGE_SAMPLE: usize = 1000;

/// How one file is read.
enum Form {
    Table(Layout),
    Json(Fields),
    Loose(Pattern, Encoding),
}

/// Reads the texts at `path`; the parts that are not there stay empty.
pub(crate) fn read_texts(
    path: &Path,
    options: &OpenOptions,
) -> Result<Raw<TextExample>, DataError> {
    let set_name = name_of(path);
    let mut names = Names::parted_by(options.label_separator.clone());
    let (mut notes, mut blank) = (Vec::new(), 0);
    let mut parts: [Vec<TextExample>; 3] = Default::default();
    let mut withheld = false;
    match look(path, &options.limits, |file| extension(file).is_some())? {
        Source::File(file) => {
            let form = decide(&file, options)?;
            notes.push(format!("{}: {}", name(&file), form.sentence()));
            let rows = form.read(&file, &mut names, options)?;
            (parts[0], blank) = (rows.examples, rows.blank);
        }
        Source::PartFiles(mut files) => {
            withheld = super::withhold(&mut files, options);
            let mut decided: Option<(Option<String>, Form)> = None;
            for (part, file) in files.iter().enumerate() {
                let Some(file) = file else { continue };
                // One form for all files of a kind: what the training part is, the test part must be.
                if decided
                    .as_ref()
                    .is_none_or(|(kind, _)| *kind != extension(file))
                {
                    let form = decide(file, options)?;
                    notes.push(format!("{}: {}", name(file), form.sentence()));
                    decided = Some((extension(file), form));
                }
                if let Some((_, form)) = &decided {
                    let rows = form.read(file, &mut names, options)?;
                    blank += rows.blank;
                    parts[part] = rows.examples;
                }
            }
        }
        Source::PartFolders(mut folders) => {
            withheld = super::withhold(&mut folders, options);
            for (part, folder) in folders.iter().enumerate() {
                let Some(folder) = folder else { continue };
                let rows = read_class_folders(folder, &mut names, &mut notes, options)?;
                blank += rows.blank;
                parts[part] = rows.examples;
            }
            let found: Vec<&str> = (0..3)
                .filter(|&part| folders[part].is_some())
                .map(|part| PARTS[part])
                .collect();
            notes.push(format!(
                "parts as laid out: {}; one folder per class, one text per file",
                found.join(", ")
            ));
        }
        Source::ClassFolders(folder) => {
            let rows = read_class_folders(&folder, &mut names, &mut notes, options)?;
            notes.push("one folder per class, one text per file".into());
            (parts[0], blank) = (rows.examples, rows.blank);
        }
    }
    let [train, dev, test] = parts;
    let mut split = Split { train, dev, test };
    if blank > 0 {
        notes.push(format!(
            "{blank} of {} texts are empty or blank: kept",
            split.rows()
        ));
    }
    let lists = names.lists();
    if lists {
        notes.push("the labels of a row are a list: any number of labels a row".into());
    }
    let labels = settle(
        &set_name,
        names,
        options.labels.as_deref(),
        &mut split,
        &mut notes,
    )?;
    let language = options.language.unwrap_or_else(|| {
        let language = guess_language(&split.train);
        notes.push(format!("texts are read as {}", said(language)));
        language
    });
    Ok(Raw {
        name: set_name,
        labels,
        split,
        notes,
        default_folds: None,
        withheld,
        lists,
        language,
    })
}

/// The extension in lower case, without `.gz`; `None` for kinds of files that hold no rows.
fn extension(file: &Path) -> Option<String> {
    let lower = name(file).to_lowercase();
    let plain = lower.strip_suffix(".gz").unwrap_or(&lower);
    let extension = plain
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    let readable = matches!(
        extension,
        "csv" | "tsv" | "tab" | "jsonl" | "ndjson" | "json" | "txt" | "data" | ""
    );
    readable.then(|| extension.to_owned())
}

/// Decides how `file` is read, from its extension and its first rows.
fn decide(file: &Path, options: &OpenOptions) -> Result<Form, DataError> {
    let wanted = Wanted {
        text: options.text_column.as_deref(),
        label: options.label_column.as_deref(),
    };
    let encoding = options.encoding.unwrap_or_default();
    let limits = &options.limits;
    let table = || -> Result<Form, DataError> {
        let separator = match options.separator {
            Some(separator) => Some(
                u8::try_from(separator)
                    .ok()
                    .filter(u8::is_ascii)
                    .ok_or_else(|| {
                        let what = format!("the separator `{separator}` is no ASCII character");
                        ReadError::Unsupported {
                            path: file.into(),
                            what,
                        }
                    })?,
            ),
            None => None,
        };
        let table = TableOptions {
            wanted,
            separator,
            quoting: options.quoting,
            encoding,
        };
        Ok(Form::Table(guess_layout(file, table, limits)?))
    };
    match extension(file).as_deref() {
        Some("jsonl" | "ndjson" | "json") => Ok(Form::Json(guess_fields(file, wanted, limits)?)),
        Some("csv" | "tsv" | "tab") => table(),
        Some(_) => {
            let named =
                options.separator.is_some() || wanted.text.is_some() || wanted.label.is_some();
            let pattern = if named {
                None
            } else {
                guess_pattern(file, encoding, limits)?
            };
            pattern.map_or_else(table, |pattern| Ok(Form::Loose(pattern, encoding)))
        }
        None => {
            let what = "read are csv, tsv, jsonl and txt files (each may be gzip-packed), and folders per class: \
                        convert it to one of them";
            Err(ReadError::Unsupported {
                path: file.into(),
                what: what.into(),
            }
            .into())
        }
    }
}

impl Form {
    fn sentence(&self) -> String {
        match self {
            Self::Table(layout) => layout.sentence(),
            Self::Json(fields) => fields.sentence(),
            Self::Loose(pattern, encoding) => pattern.sentence(*encoding),
        }
    }

    fn read(
        &self,
        file: &Path,
        names: &mut Names,
        options: &OpenOptions,
    ) -> Result<Rows, ReadError> {
        match self {
            Self::Table(layout) => read_table(file, layout, names, &options.limits),
            Self::Json(fields) => read_json_lines(file, fields, names, &options.limits),
            Self::Loose(pattern, encoding) => {
                read_loose(file, *pattern, *encoding, names, &options.limits)
            }
        }
    }
}

/// Reads `folder/CLASS/*`, each file one text.
fn read_class_folders(
    folder: &Path,
    names: &mut Names,
    notes: &mut Vec<String>,
    options: &OpenOptions,
) -> Result<Rows, ReadError> {
    let limits = &options.limits;
    let mut rows = Rows::default();
    for class in list(folder, limits)?.folders {
        let label = name(&class);
        // The Large Movie Review Dataset keeps its unlabelled reviews beside the classes.
        if label == "unsup" {
            notes.push(format!(
                "{}: passed over, its texts have no label",
                class.display()
            ));
            continue;
        }
        let Entries { files, folders } = list(&class, limits)?;
        if !folders.is_empty() {
            notes.push(format!(
                "{}: {} folders inside it passed over",
                class.display(),
                folders.len()
            ));
        }
        for file in files {
            let at = Place {
                path: file.clone(),
                line: 1,
                byte: 0,
            };
            let text = read_text(&file, options)?;
            rows.push(text, &label, &at, names, limits)?;
        }
    }
    rows.not_empty(folder)
}

fn read_text(file: &PathBuf, options: &OpenOptions) -> Result<String, ReadError> {
    let io = |source| ReadError::from_io(file, source);
    let at = Place {
        path: file.clone(),
        line: 1,
        byte: 0,
    };
    let limit = options.limits.row_bytes;
    if fs::metadata(file).map_err(io)?.len() > limit as u64 {
        return Err(ReadError::LongRow { at, limit });
    }
    let bytes = fs::read(file).map_err(io)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    decode_row(bytes, options.encoding.unwrap_or_default(), &at)
}

/// Chinese if a third of the letters are Han characters, English if nearly all are ASCII.
fn guess_language(texts: &[TextExample]) -> Language {
    let (mut letters, mut han, mut ascii) = (0usize, 0, 0);
    // Spread over the set: files are often sorted.
    let step = (texts.len() / LANGUAGE_SAMPLE).max(1);
    for example in texts.iter().step_by(step) {
        for letter in example.text.chars().filter(|letter| letter.is_alphabetic()) {
            letters += 1;
            han +=
                usize::from(matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}'));
            ascii += usize::from(letter.is_ascii());
        }
    }
    if 3 * han > letters {
        Language::Chinese
    } else if 50 * ascii > 49 * letters {
        Language::English
    } else {
        Language::Other
    }
}

fn said(language: Language) -> &'static str {
    match language {
        Language::English => "English: words between blanks",
        Language::Chinese => "Chinese: characters",
        Language::Other => "no known language: words between blanks",
    }
}
