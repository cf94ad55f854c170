//! What `predict` and `explain` are asked about: arguments, the lines of a file, or those of stdin.

use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;

use super::CliError;

/// Inputs answered together. It bounds memory and does not change the answers.
const CHUNK: usize = 1024;

/// Where the inputs come from.
#[derive(Args, Debug)]
pub struct InputArgs {
    /// Texts, or picture files for a network that reads images (`predict` takes folders of them too); without any, lines of --file or stdin
    input: Vec<String>,
    /// A file with one text (or path of an image) per line
    #[arg(long, value_name = "FILE", conflicts_with = "input")]
    file: Option<PathBuf>,
}

/// Whether the name is that of a table.
fn is_table(path: &Path) -> bool {
    const TABLES: [&str; 6] = ["csv", "tsv", "tab", "jsonl", "ndjson", "json"];
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| TABLES.iter().any(|table| ending == *table))
}

/// Hands over all inputs in order, a bounded number at a time.
pub fn for_each_chunk(
    args: &InputArgs,
    quiet: bool,
    mut answer: impl FnMut(Vec<String>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    if !args.input.is_empty() {
        return args
            .input
            .chunks(CHUNK)
            .try_for_each(|chunk| answer(chunk.to_vec()));
    }
    let (reader, place): (Box<dyn BufRead>, String) = match &args.file {
        Some(path) => {
            let place = path.display().to_string();
            let file =
                std::fs::File::open(path).map_err(|e| CliError::Failed(format!("{place}: {e}")))?;
            if is_table(path) && !quiet {
                eprintln!(
                    "each line of {place} is read as one text, with all its columns; to judge by its labels: eval --data {place}"
                );
            }
            (Box::new(std::io::BufReader::new(file)), place)
        }
        None => {
            if std::io::stdin().is_terminal() && !quiet {
                eprintln!("reading lines from the terminal, one input each; end with Ctrl-D");
            }
            (Box::new(std::io::stdin().lock()), "stdin".to_owned())
        }
    };
    let mut reader = reader;
    let start = reader.fill_buf().unwrap_or_default(); // an error comes again below
    for (magic, cure) in [
        (
            &b"\x1f\x8b"[..],
            "it is packed by gzip: unpack it first, for example with gunzip -c",
        ),
        (
            b"PAR1",
            "it is a parquet table: write its texts into a file, one a line",
        ),
    ] {
        if start.starts_with(magic) {
            return Err(CliError::Failed(format!("{place}: {cure}")));
        }
    }
    let mut chunk = Vec::new();
    for (number, line) in reader.split(b'\n').enumerate() {
        let line = line.map_err(|e| CliError::Failed(format!("{place}: {e}")))?;
        let text = String::from_utf8(line).map_err(|e| {
            let at = e.utf8_error().valid_up_to() + 1;
            CliError::Failed(format!("{place}, line {}, byte {at}: not UTF-8; convert the file first, for example with iconv", number + 1))
        })?;
        chunk.push(text.strip_suffix('\r').map(str::to_owned).unwrap_or(text));
        if chunk.len() == CHUNK {
            answer(std::mem::take(&mut chunk))?;
        }
    }
    match chunk.is_empty() {
        true => Ok(()),
        false => answer(chunk),
    }
}
