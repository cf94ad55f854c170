//! Options that several commands share.

use std::path::PathBuf;

use clap::Args;
use cnn_core::Isa;
use cnn_core::backend::Backend;
use datasets::{Encoding, Language, OpenOptions};

use super::CliError;
use crate::config::{Guessed, ReadingConfig};
use crate::run::{Machine, quoted};

/// The backend where none is named.
const DEFAULT_BACKEND: &str = "flex";

/// Where the arithmetic runs.
#[derive(Args, Debug, Clone)]
pub struct MachineArgs {
    /// Which Burn backend computes: flex or ndarray (CPU), wgpu or cuda (GPU), of those built in
    #[arg(long, value_name = "NAME", default_value = DEFAULT_BACKEND)]
    pub backend: String,
    /// Threads on the CPU [default: all cores]; the result does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Say on stderr what computes: backend, instruction set (forced by CNN_ISA=avx512|avx2|portable), threads
    #[arg(long, short)]
    pub verbose: bool,
}

impl MachineArgs {
    /// What another command needs to compute in the same way, behind a blank: the backend decides the bits.
    pub fn words(&self) -> String {
        match self.backend.as_str() {
            DEFAULT_BACKEND => String::new(),
            other => format!(" --backend {}", quoted(other)),
        }
    }

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

/// What a label is.
#[derive(Args, Debug, Clone, Default)]
pub struct LabelArgs {
    /// Rows may have any number of labels, parted by SEP in their cell (lists in JSON lines need no option)
    #[arg(long, value_name = "SEP", num_args = 0..=1, default_missing_value = "|")]
    pub multi_label: Option<String>,
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
    #[arg(long, value_name = "NAME", help_heading = "Reading files")]
    pub encoding: Option<Guessed<Encoding>>,
    /// Separator of columns: one character, or `tab` [default: guessed and said]
    #[arg(long, value_name = "CHAR", help_heading = "Reading files")]
    pub separator: Option<Guessed<char>>,
    /// Whether double quotes enclose fields: yes or no [default: guessed and said]
    #[arg(long, value_name = "yes|no", help_heading = "Reading files")]
    pub quoting: Option<Guessed<bool>>,
    /// Whether the first row names the columns: yes or no [default: guessed and said]
    #[arg(long, value_name = "yes|no", help_heading = "Reading files")]
    pub header: Option<Guessed<bool>>,
    /// Language of the texts: english, chinese or other [default: guessed and said]
    #[arg(long, value_name = "NAME", help_heading = "Reading files")]
    pub language: Option<Guessed<Language>>,
    /// Share of rows, in percent, that may be unreadable; they are counted, shown and left out [default: 1]
    #[arg(long, value_name = "PERCENT", value_parser = percent, help_heading = "Reading files")]
    pub bad_rows: Option<f64>,
    /// Folder of the known sets [default: $CNN_DATA, else the platform's cache folder]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl ReadingArgs {
    /// Lays what was given over the settings of a run.
    pub fn lay_over(&self, config: &mut ReadingConfig) {
        fn lay<T: Clone>(given: Option<&T>, over: &mut T) {
            if let Some(given) = given {
                over.clone_from(given);
            }
        }
        lay(self.text_column.as_ref(), &mut config.text_column);
        lay(self.label_column.as_ref(), &mut config.label_column);
        lay(self.encoding.as_ref(), &mut config.encoding);
        lay(self.separator.as_ref(), &mut config.separator);
        lay(self.quoting.as_ref(), &mut config.quoting);
        lay(self.header.as_ref(), &mut config.header);
        lay(self.language.as_ref(), &mut config.language);
        lay(self.bad_rows.as_ref(), &mut config.bad_rows);
        if let Some(folder) = &self.data_dir {
            config.data_dir = folder.display().to_string();
        }
    }

    /// What the data crate is asked for besides a run's settings: where the known sets lie here.
    pub fn base(&self) -> OpenOptions {
        OpenOptions {
            data_dir: self.data_dir.clone(),
            ..OpenOptions::default()
        }
    }

    /// What the data crate is asked for where there is no run.
    pub fn open_options(&self) -> OpenOptions {
        let mut config = ReadingConfig::default();
        self.lay_over(&mut config);
        config.lay_over(self.base())
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim().parse();
    let number = number.ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "a number from 0 to 100".into())
}
