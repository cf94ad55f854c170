//! `cnn data`: which sets there are, getting them, checking them, looking at them.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Subcommand;
use datasets::fetch::{self, Progress};
use datasets::manifest::Manifest;
use datasets::{OpenOptions, inventory, known_set};

use super::CliError;
use super::describe::DescribeArgs;

/// Commands of `data`.
#[derive(Subcommand, Debug)]
pub enum DataCommand {
    /// List the known sets, and whether their files are here
    List {
        /// Folder of the known sets [default: $CNN_DATA, else the platform's cache folder]
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
    /// Download a known set, verified by its SHA-256; a broken download is continued
    Fetch {
        /// Names of the sets
        #[arg(required = true)]
        names: Vec<String>,
        /// Folder to keep them in [default: $CNN_DATA, else the platform's cache folder]
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
    /// Check the files of known sets by their SHA-256
    Verify {
        /// Names of the sets [default: all that are here]
        names: Vec<String>,
        /// Folder of the known sets [default: $CNN_DATA, else the platform's cache folder]
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
    /// A set in figures, what in it is worth a look and what to do about it, and a baseline's score
    Describe(DescribeArgs),
}

/// Runs the command.
pub fn run(command: DataCommand) -> Result<(), CliError> {
    match command {
        DataCommand::List { data_dir } => list(&folder(data_dir)),
        DataCommand::Fetch { names, data_dir } => fetch_sets(&names, &folder(data_dir)),
        DataCommand::Verify { names, data_dir } => verify(&names, &folder(data_dir)),
        DataCommand::Describe(args) => super::describe::run(args),
    }
}

fn folder(data_dir: Option<PathBuf>) -> PathBuf {
    OpenOptions {
        data_dir,
        ..OpenOptions::default()
    }
    .data_folder()
}

fn list(folder: &std::path::Path) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:16} {:11} {:>8} {:>7} {:>7} {:>8}  title",
        "name", "files", "train", "dev", "test", "classes"
    )?;
    for set in inventory::list(folder) {
        let [train, dev, test] = set.rows.map(|rows| {
            if rows == 0 {
                "-".to_owned()
            } else {
                rows.to_string()
            }
        });
        writeln!(
            out,
            "{:16} {:11} {train:>8} {dev:>7} {test:>7} {:>8}  {}",
            set.name, set.presence, set.classes, set.title
        )?;
    }
    writeln!(out, "folder: {}", folder.display())?;
    Ok(out.flush()?)
}

fn known(name: &str) -> Result<Manifest, CliError> {
    known_set(name).map_err(CliError::usage)
}

fn fetch_sets(names: &[String], folder: &std::path::Path) -> Result<(), CliError> {
    let manifests = names
        .iter()
        .map(|name| known(name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut out = std::io::stdout().lock();
    let mut last = Instant::now();
    for manifest in manifests {
        let mut show = |progress: Progress| show(&progress, &mut last);
        let paths = fetch::fetch(&manifest, folder, fetch::PATIENCE, &mut show)
            .map_err(|e| CliError::failed(&e))?;
        for path in paths {
            writeln!(out, "{}", path.display())?;
        }
    }
    Ok(out.flush()?)
}

fn show(progress: &Progress, last: &mut Instant) {
    match progress {
        Progress::Present { file } => eprintln!("{file}: here already, verified"),
        Progress::Started {
            file, url, kept: 0, ..
        } => eprintln!("{file}: fetching {url}"),
        Progress::Started {
            file, url, kept, ..
        } => eprintln!("{file}: continuing {url} after {kept} bytes"),
        Progress::Advanced { file, done, bytes } => {
            let wait = if std::io::stderr().is_terminal() {
                1
            } else {
                10
            };
            if last.elapsed() >= Duration::from_secs(wait) {
                *last = Instant::now();
                let of = bytes
                    .map(|bytes| format!(" of {bytes}"))
                    .unwrap_or_default();
                eprintln!("{file}: {done}{of} bytes");
            }
        }
        Progress::Failed { file, url, reason } => eprintln!("{file}: {url}: {reason}"),
        Progress::Finished { file, .. } => eprintln!("{file}: verified"),
        _ => {}
    }
}

fn verify(names: &[String], folder: &std::path::Path) -> Result<(), CliError> {
    let names = if names.is_empty() {
        let here = |set: &inventory::Listing| {
            matches!(
                set.presence,
                inventory::Presence::Here | inventory::Presence::Partly
            )
        };
        inventory::list(folder)
            .into_iter()
            .filter(here)
            .map(|set| set.name)
            .collect()
    } else {
        names.to_vec()
    };
    let mut out = std::io::stdout().lock();
    let mut bad = 0;
    for name in &names {
        for check in inventory::verify(&known(name)?, folder).map_err(|e| CliError::failed(&e))? {
            writeln!(out, "{check}")?;
            bad += usize::from(!check.is_good());
        }
    }
    out.flush()?;
    match (bad, names.is_empty()) {
        (0, true) => Err(CliError::Failed(format!(
            "no known set is in {}; `data fetch NAME` gets one",
            folder.display()
        ))),
        (0, false) => Ok(()),
        (bad, _) => Err(CliError::Failed(format!(
            "{bad} files are missing or are not the published ones; `data fetch NAME` gets them anew"
        ))),
    }
}
