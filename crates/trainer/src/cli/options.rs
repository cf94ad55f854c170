//! Options that several commands share.

use std::path::PathBuf;

use clap::Args;
use cnn_core::Isa;
use cnn_core::backend::Backend;
use datasets::OpenOptions;

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
    /// Name of a known set (`data list`), or a path: csv, tsv, jsonl, a folder with one folder per class
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Option<String>,
    #[command(flatten)]
    pub reading: ReadingArgs,
}

/// How data are read.
#[derive(Args, Debug, Clone, Default)]
pub struct ReadingArgs {
    /// Column of the text in a csv, tsv or jsonl file [default: guessed and said]
    #[arg(long, value_name = "NAME|N")]
    pub text_column: Option<String>,
    /// Column of the label in a csv, tsv or jsonl file [default: guessed and said]
    #[arg(long, value_name = "NAME|N")]
    pub label_column: Option<String>,
    /// Share of rows, in percent, that may be unreadable; they are counted, shown and left out [default: 1]
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
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
            bad_rows: self.bad_rows,
            ..OpenOptions::default()
        }
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim().parse();
    let number = number.ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "a number from 0 to 100".into())
}
