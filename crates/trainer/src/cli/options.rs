//! Options that several commands share.

use std::path::PathBuf;

use clap::Args;
use cnn_core::Isa;
use cnn_core::backend::Backend;
use datasets::{Encoding, Language, OpenOptions};

use super::CliError;
use crate::run::{Machine, quoted};

/// Where the arithmetic runs.
#[derive(Args, Debug, Clone)]
pub struct MachineArgs {
    /// Which Burn backend computes: flex or ndarray (CPU), wgpu or cuda (GPU), of those built in
    #[arg(long, value_name = "NAME", default_value = "flex")]
    pub backend: String,
    /// Threads on the CPU [default: all cores]; the result does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Say on stderr what computes: backend, instruction set (forced by CNN_ISA=avx512|avx2|portable), threads
    #[arg(long, short)]
    pub verbose: bool,
}

impl MachineArgs {
    /// Opens the device, without autodiff.
    #[expect(
        clippy::disallowed_methods,
        reason = "the number of threads is said, no work is cut by it"
    )]
    pub fn open(&self) -> Result<Machine, CliError> {
        let backend: Backend = self.backend.parse()?;
        if self.verbose {
            eprintln!(
                "computing on {} with {}, {} threads",
                backend.name(),
                Isa::asked().map_err(CliError::usage)?,
                rayon::current_num_threads(),
            );
        }
        Ok(Machine {
            device: backend.device()?,
            backend,
        })
    }
}

/// Starts `threads` threads, by default one for each core, and runs `work` on one of them.
///
/// On one of them and not on the thread that waits for them: from there every kernel would hand its work over and sleep until it
/// is done, two changes of thread for a piece of work that may take a hundred microseconds.
pub fn on_threads<R: Send>(
    threads: Option<u16>,
    work: impl FnOnce() -> R + Send,
) -> Result<R, CliError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.map_or(0, usize::from))
        .stack_size(STACK)
        .build_global()
        .map_err(|e| CliError::Failed(format!("cannot start threads: {e}")))?;
    Ok(rayon::scope(|_| work()))
}

/// Bytes of a thread's stack: what the thread of `main` has on Linux.
const STACK: usize = 8 << 20;

/// Which data, and how to read it.
#[derive(Args, Debug, Clone, Default)]
pub struct DataArgs {
    /// Name of a known set (`data list`), or a path: csv, tsv, jsonl, parquet (each may be .gz), a
    /// folder with one folder per class
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Option<String>,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// How data are read. What is not given is guessed from the file, and said.
#[derive(Args, Debug, Clone, Default)]
pub struct ReadingArgs {
    /// Column of the text [default: guessed and said]; several are joined: `title,body`
    #[arg(long, value_name = "NAME|N", help_heading = "Reading files")]
    pub text_column: Option<String>,
    /// Column of the label [default: guessed and said]; `first` or `last` for the word of a line without columns
    #[arg(long, value_name = "NAME|N", help_heading = "Reading files")]
    pub label_column: Option<String>,
    /// Encoding: utf-8, utf-16, windows-1252, latin1, gb18030, ... [default: guessed and said]
    #[arg(long, value_name = "NAME", value_parser = encoding, help_heading = "Reading files")]
    pub encoding: Option<Encoding>,
    /// Separator of columns: one character, or `tab` [default: guessed and said]
    #[arg(long, value_name = "CHAR", value_parser = separator, help_heading = "Reading files")]
    pub separator: Option<char>,
    /// Whether double quotes enclose fields: yes or no [default: guessed and said]
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no, help_heading = "Reading files")]
    pub quoting: Option<bool>,
    /// Whether the first row names the columns: yes or no [default: guessed and said]
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no, help_heading = "Reading files")]
    pub header: Option<bool>,
    /// Language of the texts: english, chinese or other [default: guessed and said]
    #[arg(long, value_name = "NAME", value_parser = language, help_heading = "Reading files")]
    pub language: Option<Language>,
    /// Share of rows, in percent, that may be unreadable; they are counted, shown and left out [default: 1]
    #[arg(long, value_name = "PERCENT", value_parser = percent, help_heading = "Reading files")]
    pub bad_rows: Option<f64>,
    /// Folder of the known sets [default: $CNN_DATA, else the platform's cache folder]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl ReadingArgs {
    /// The same options for another command, each behind a blank.
    pub fn words(&self) -> String {
        let dir = self.data_dir.as_ref().map(|dir| dir.display().to_string());
        let options = [
            ("--text-column", self.text_column.clone()),
            ("--label-column", self.label_column.clone()),
            ("--data-dir", dir),
        ];
        let given = options
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        given
            .map(|(name, value)| format!(" {name} {}", quoted(&value)))
            .collect()
    }

    /// What the data crate is asked for, as far as the command line decides it.
    pub fn open_options(&self) -> OpenOptions {
        OpenOptions {
            data_dir: self.data_dir.clone(),
            text_column: self.text_column.clone(),
            label_column: self.label_column.clone(),
            encoding: self.encoding,
            separator: self.separator,
            quoting: self.quoting,
            header: self.header,
            language: self.language,
            bad_rows: self.bad_rows,
            ..OpenOptions::default()
        }
    }
}

fn encoding(name: &str) -> Result<Encoding, String> {
    Encoding::for_label(name).ok_or_else(|| {
        "no such encoding; known are utf-8, utf-16, latin1, windows-1252, gb18030 and the others of the WHATWG list"
            .into()
    })
}

fn separator(name: &str) -> Result<char, String> {
    let mut characters = name.chars();
    match (name, characters.next(), characters.next()) {
        ("tab" | "\\t", _, _) => Ok('\t'),
        (_, Some(one), None) if one.is_ascii() && !matches!(one, '"' | '\n' | '\r' | '\0') => {
            Ok(one)
        }
        _ => Err("one ASCII character, or `tab`; no quote and no line end".into()),
    }
}

fn yes_or_no(word: &str) -> Result<bool, String> {
    match word {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err("yes or no".into()),
    }
}

fn language(name: &str) -> Result<Language, String> {
    match name.to_ascii_lowercase().as_str() {
        "english" | "en" => Ok(Language::English),
        "chinese" | "zh" => Ok(Language::Chinese),
        "other" => Ok(Language::Other),
        _ => Err("english, chinese or other".into()),
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim().parse();
    let number = number.ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "a number from 0 to 100".into())
}
