//! A user's own texts: csv, tsv, JSON lines, parquet, `label text`, or a folder per class with one text a file.

use std::path::Path;

use super::{Entries, Source, list, look, name};
use crate::error::DataError;
use crate::example::{Language, Split, TextExample, Unreadable};
use crate::labels::settle;
use crate::open::{Raw, name_of};
use crate::options::OpenOptions;
use crate::origin::{Counted, Origin, Origins, name_inside};
use crate::readers::detect::{Detector, detect_encoding};
use crate::readers::json_lines::{Fields, guess_fields, read_json_lines};
use crate::readers::loose::{Pattern, guess_pattern, read_loose};
use crate::readers::parquet::{guess_parquet, read_parquet};
use crate::readers::table::{Layout, TableOptions, guess_layout, read_table};
use crate::readers::{
    BAD_ROWS, Encoding, Input, Names, Place, ReadError, Rows, Wanted, decode_row,
};

/// Training texts that the language is guessed from.
const LANGUAGE_SAMPLE: usize = 1000;

/// How one file is read.
pub(super) enum Form {
    Table(Layout),
    Json(Fields),
    Parquet(Fields),
    Loose(Pattern),
}

/// Reads the texts at `path`; the parts that are not there stay empty.
pub(crate) fn read_texts(
    path: &Path,
    options: &OpenOptions,
) -> Result<Raw<TextExample>, DataError> {
    let set_name = name_of(path);
    let mut names = Names::parted_by(options.label_separator.clone());
    let mut notes = Vec::new();
    let mut parts: [Vec<TextExample>; 3] = Default::default();
    let mut withheld = false;
    let (mut blank, mut unreadable, mut origins) = (0, Unreadable::default(), Origins::default());
    let mut take = |part: usize, rows: Rows| {
        blank += rows.blank;
        rows.tell_unreadable(&mut unreadable);
        parts[part] = rows.examples;
    };
    match look(path, &options.limits, |file| extension(file).is_some())? {
        Source::File(file) => {
            let encoding = encoding_of(&file, options)?;
            let form = decide(&file, encoding, options)?;
            notes.push(form.sentence(&name(&file), encoding, options));
            let mut rows = form.read(&file, encoding, &mut names, &mut notes, options)?;
            rows.stand_in(origins.add(name_inside(path, &file), form.counted()));
            take(0, rows);
        }
        Source::PartFiles(mut files) => {
            withheld = super::withhold(&mut files, options);
            let mut decided: Option<(Option<String>, Encoding, Form)> = None;
            for (part, file) in files.iter().enumerate() {
                let Some(file) = file else { continue };
                let encoding = encoding_of(file, options)?;
                // One form for all files of a kind: what the training part is, the test part must be.
                match &decided {
                    Some((kind, known, _)) if *kind == extension(file) => {
                        if *known != encoding {
                            notes.push(format!("{}: {encoding} (--encoding)", name(file)));
                        }
                    }
                    _ => {
                        let form = decide(file, encoding, options)?;
                        notes.push(form.sentence(&name(file), encoding, options));
                        decided = Some((extension(file), encoding, form));
                    }
                }
                if let Some((_, _, form)) = &decided {
                    let mut rows = form.read(file, encoding, &mut names, &mut notes, options)?;
                    rows.stand_in(origins.add(name_inside(path, file), form.counted()));
                    take(part, rows);
                }
            }
        }
        Source::PartFolders(mut folders) => {
            withheld = super::withhold(&mut folders, options);
            for (part, folder) in folders.iter().enumerate() {
                let Some(folder) = folder else { continue };
                let named = |file: &Path| name_inside(path, file);
                let rows = read_class_folders(
                    folder,
                    named,
                    &mut names,
                    &mut origins,
                    &mut notes,
                    options,
                )?;
                take(part, rows);
            }
            let parts = super::names_of(&folders);
            notes.push(format!(
                "parts as laid out: {parts}; one folder per class, one text per file"
            ));
        }
        Source::ClassFolders(folder) => {
            let named = |file: &Path| name_inside(path, file);
            let rows = read_class_folders(
                &folder,
                named,
                &mut names,
                &mut origins,
                &mut notes,
                options,
            )?;
            take(0, rows);
            notes.push("one folder per class, one text per file".into());
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
        notes.push(format!(
            "texts are read as {} (guessed; to say otherwise: --language)",
            said(language)
        ));
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
        origins,
        unreadable,
    })
}

/// The extension in lower case, without `.gz`; `None` for kinds of files that hold no rows.
pub(super) fn extension(file: &Path) -> Option<String> {
    let lower = name(file).to_lowercase();
    let plain = lower.strip_suffix(".gz").unwrap_or(&lower);
    let extension = plain
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    let readable = matches!(
        extension,
        "csv" | "tsv" | "tab" | "jsonl" | "ndjson" | "json" | "parquet" | "txt" | "data" | ""
    );
    readable.then(|| extension.to_owned())
}

/// The encoding asked for, or the one that the bytes of `file` show.
pub(super) fn encoding_of(file: &Path, options: &OpenOptions) -> Result<Encoding, ReadError> {
    match options.encoding {
        Some(encoding) => {
            // "UTF-16" names both orders of bytes; the file's mark tells which.
            let marked = detect_mark(file, options)?;
            Ok(marked
                .filter(|marked| marked.unit() == 2 && encoding.unit() == 2)
                .unwrap_or(encoding))
        }
        None if extension(file).as_deref() == Some("parquet") => Ok(Encoding::Utf8),
        None => detect_encoding(file, &options.limits),
    }
}

fn detect_mark(file: &Path, options: &OpenOptions) -> Result<Option<Encoding>, ReadError> {
    let start = Input::open(file, &options.limits)?.read_up_to(3)?;
    Ok(Encoding::of_mark(&start).map(|(encoding, _)| encoding))
}

/// Decides how `file` is read, from its extension and its first rows.
pub(super) fn decide(
    file: &Path,
    encoding: Encoding,
    options: &OpenOptions,
) -> Result<Form, DataError> {
    let wanted = Wanted {
        text: options.text_column.as_deref(),
        label: options.label_column.as_deref(),
    };
    let limits = &options.limits;
    let table = || -> Result<Form, DataError> {
        let table = TableOptions {
            wanted,
            separator: separator(file, options)?,
            quoting: options.quoting,
            header: options.header,
            encoding,
        };
        Ok(Form::Table(guess_layout(file, table, limits)?))
    };
    match extension(file).as_deref() {
        Some("jsonl" | "ndjson" | "json") => {
            Ok(Form::Json(guess_fields(file, wanted, encoding, limits)?))
        }
        Some("parquet") => Ok(Form::Parquet(guess_parquet(file, wanted, limits)?)),
        Some("csv" | "tsv" | "tab") => table(),
        Some(_) => match (options.separator, wanted.text, wanted.label) {
            (None, None, Some("first")) => Ok(Form::Loose(Pattern::LabelFirst)),
            (None, None, Some("last")) => Ok(Form::Loose(Pattern::LabelLast)),
            (None, None, None) => {
                guess_pattern(file, encoding, limits)?.map_or_else(table, |p| Ok(Form::Loose(p)))
            }
            _ => table(),
        },
        None => {
            let what = "read are csv, tsv, jsonl, parquet and txt files (each may be gzip-packed), and folders per \
                        class: convert it to one of them";
            Err(ReadError::Unsupported {
                path: file.into(),
                what: what.into(),
            }
            .into())
        }
    }
}

fn separator(file: &Path, options: &OpenOptions) -> Result<Option<u8>, ReadError> {
    let Some(separator) = options.separator else {
        return Ok(None);
    };
    let byte = u8::try_from(separator).ok();
    let byte = byte.filter(|byte| byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r' | 0));
    byte.map(Some).ok_or_else(|| ReadError::Unsupported {
        path: file.into(),
        what: format!(
            "{separator:?} cannot be a separator: one ASCII character is, but no quote or line end"
        ),
    })
}

impl Form {
    /// The form as a note: what was guessed, and which options say otherwise.
    fn sentence(&self, name: &str, encoding: Encoding, options: &OpenOptions) -> String {
        let (form, named): (String, &[&str]) = match self {
            Self::Table(layout) => (
                format!("{encoding}, {}", layout.sentence()),
                &[
                    "encoding",
                    "separator",
                    "quoting",
                    "header",
                    "text-column",
                    "label-column",
                ],
            ),
            Self::Json(fields) => (
                format!("{encoding}, JSON lines; {}", fields.sentence()),
                &["encoding", "text-column", "label-column"],
            ),
            Self::Parquet(fields) => (
                format!("parquet; {}", fields.sentence()),
                &["text-column", "label-column"],
            ),
            Self::Loose(pattern) => (
                format!("{encoding}, {}", pattern.sentence()),
                &["encoding", "separator", "label-column"],
            ),
        };
        let given = |option: &str| match option {
            "encoding" => options.encoding.is_some(),
            "separator" => options.separator.is_some(),
            "quoting" => options.quoting.is_some(),
            "header" => options.header.is_some(),
            "text-column" => options.text_column.is_some(),
            _ => options.label_column.is_some(),
        };
        let guessed: Vec<String> = named
            .iter()
            .filter(|option| !given(option))
            .map(|option| format!("--{option}"))
            .collect();
        if guessed.is_empty() {
            return format!("{name}: {form}");
        }
        format!(
            "{name}: {form} (guessed; to say otherwise: {})",
            guessed.join(", ")
        )
    }

    /// What its rows are counted by.
    fn counted(&self) -> Counted {
        match self {
            Self::Parquet(_) => Counted::Rows,
            Self::Table(_) | Self::Json(_) | Self::Loose(_) => Counted::Lines,
        }
    }

    fn read(
        &self,
        file: &Path,
        encoding: Encoding,
        names: &mut Names,
        notes: &mut Vec<String>,
        options: &OpenOptions,
    ) -> Result<Rows, ReadError> {
        let limits = &options.limits;
        let rows = match self {
            Self::Table(layout) => read_table(file, layout, encoding, names, limits),
            Self::Json(fields) => read_json_lines(file, fields, encoding, names, limits),
            Self::Parquet(fields) => read_parquet(file, fields, names, limits),
            Self::Loose(pattern) => read_loose(file, *pattern, encoding, names, limits),
        }?;
        let rows = rows.finish(file, options.bad_rows.unwrap_or(BAD_ROWS))?;
        notes.extend(rows.sentences(&name(file)));
        Ok(rows)
    }
}

/// Reads `folder/CLASS/*`, each file one text, which `named` gives its name in the set.
fn read_class_folders(
    folder: &Path,
    named: impl Fn(&Path) -> String,
    names: &mut Names,
    origins: &mut Origins,
    notes: &mut Vec<String>,
    options: &OpenOptions,
) -> Result<Rows, ReadError> {
    let limits = &options.limits;
    let (mut rows, mut files_read) = (Rows::default(), Vec::new());
    let (mut detector, mut left) = (Detector::default(), limits.file_bytes);
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
            let bytes = read_whole(&file, options)?;
            left = left
                .checked_sub(bytes.len() as u64)
                .ok_or_else(|| ReadError::Limit {
                    path: folder.into(),
                    limit: limits.file_bytes,
                    unit: "bytes",
                    name: "file_bytes",
                })?;
            if options.encoding.is_none() && Encoding::of_mark(&bytes).is_none() {
                detector.feed(&bytes);
                detector.feed(b"\n");
            }
            files_read.push((label.clone(), file, bytes));
        }
    }
    // One encoding for all files without a mark: a single short text would tell too little.
    let encoding = options.encoding.unwrap_or_else(|| detector.finish());
    if encoding != Encoding::Utf8 && options.encoding.is_none() {
        notes.push(format!(
            "{}: texts in {encoding} (guessed; to say otherwise: --encoding)",
            folder.display()
        ));
    }
    for (label, file, bytes) in files_read {
        let at = Place {
            path: file,
            line: 1,
            byte: 0,
        };
        let read = decode_text(&bytes, encoding, &at)
            .and_then(|text| rows.push(text, &label, &at, names, limits));
        match read {
            Err(error) => rows.refuse(error)?,
            Ok(()) => {
                let file = origins.add(named(&at.path), Counted::Whole);
                if let Some(row) = rows.examples.last_mut() {
                    row.origin = Origin::at(1).of_file(file);
                }
            }
        }
    }
    let rows = rows.finish(folder, options.bad_rows.unwrap_or(BAD_ROWS))?;
    notes.extend(rows.sentences(&name(folder)));
    Ok(rows)
}

/// The bytes of a file, unpacked, which is one row.
fn read_whole(file: &Path, options: &OpenOptions) -> Result<Vec<u8>, ReadError> {
    let limit = options.limits.row_bytes;
    let bytes = Input::open(file, &options.limits)?.read_up_to(limit as u64 + 1)?;
    if bytes.len() > limit {
        let at = Place {
            path: file.into(),
            line: 1,
            byte: 0,
        };
        return Err(ReadError::LongRow { at, limit });
    }
    Ok(bytes)
}

/// Decodes a file's text: in the encoding of its mark, or else in `encoding`.
fn decode_text(bytes: &[u8], encoding: Encoding, start: &Place) -> Result<String, ReadError> {
    let (encoding, mark) = Encoding::of_mark(bytes).unwrap_or((encoding, 0));
    // The place of a mistake is told with its line.
    decode_row(&bytes[mark..], encoding, &start.later(mark)).map_err(|mut error| {
        if let ReadError::BadText { at, .. } | ReadError::NulByte { at } = &mut error {
            let before = bytes.get(..at.byte as usize).unwrap_or_default();
            at.line = 1 + before.iter().filter(|&&byte| byte == b'\n').count() as u64;
        }
        error
    })
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
