//! `cnn explain`: why a trained network answered as it did, in the terminal, as JSON lines or as a page.

mod picture;
mod study;
mod terminal;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use self::terminal::Terminal;
use super::CliError;
use super::inputs::{InputArgs, for_each_chunk};
use super::options::{DataArgs, MachineArgs};
use crate::checkpoint::{Disk, write_atomically};
use crate::explain::{Explanation, text_page};
use crate::prediction::Predictor;

/// The most texts that one page holds.
const ON_A_PAGE: usize = 200;

/// Options of `explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// Folder of the trained network
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    #[command(flatten)]
    inputs: InputArgs,
    /// Print one JSON line for each text (and each explained label of it): its logits, and what adds up to them
    #[arg(long)]
    json: bool,
    /// Write a page that shows it: words coloured by their share, class by class; of a picture every map [default of pictures:
    /// explain.html]
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Explain this class [default: the predicted one; where a text may have any number of labels, each that it is given]
    #[arg(long, value_name = "LABEL")]
    class: Option<String>,
    /// N-grams shown for each text or filter; all others of a text are summed up
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// Show what the filters of a TextCNN look for: the n-grams of the training texts on which each fires most
    #[arg(long, conflicts_with_all = ["input", "file", "html"])]
    filters: bool,
    /// Measure whether explanations name the words that answers hang on: deletion and insertion curves on test texts, beside
    /// occlusion and chance
    #[arg(long, conflicts_with_all = ["input", "file", "html", "filters"])]
    faithfulness: bool,
    /// Texts measured by --faithfulness
    #[arg(long, value_name = "N", default_value_t = 1000)]
    texts: usize,
    /// Seed of the texts and of chance in --faithfulness
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    pub(super) machine: MachineArgs,
    /// Print no remarks on stderr
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub fn run(args: ExplainArgs) -> Result<(), CliError> {
    let machine = args.machine.open()?;
    let predictor = Predictor::open(&args.run, &machine)?;
    if predictor.config.model.reads_images() {
        return picture::run(&args, &machine);
    }
    let class = match &args.class {
        None => None,
        Some(label) => Some(class_of(label, &predictor.labels)?),
    };
    if args.filters {
        return study::filters(&args, &predictor, class);
    }
    if args.faithfulness {
        return study::faithfulness(&args, &predictor);
    }
    let mut on_page: Vec<(String, Explanation)> = Vec::new();
    let mut left_out = 0;
    for_each_chunk(&args.inputs, args.quiet, |texts| {
        if args.json {
            print_lines(&predictor, class, args.top, &texts)?;
        } else if args.html.is_none() {
            let terminal = Terminal::new(&predictor.labels, class, args.top);
            let mut out = std::io::stdout().lock();
            for (text, explanation) in texts.iter().zip(&predictor.explain(&texts)?) {
                out.write_all(terminal.show(text, explanation).as_bytes())?;
            }
            out.flush()?;
        }
        if args.html.is_some() {
            let fits = texts.len().min(ON_A_PAGE - on_page.len());
            left_out += texts.len() - fits;
            let explanations = predictor.explain(&texts[..fits])?;
            on_page.extend(texts.into_iter().zip(explanations));
        }
        Ok(())
    })?;
    let Some(path) = args.html else {
        return Ok(());
    };
    let texts: Vec<(&str, &Explanation)> = on_page.iter().map(|(t, e)| (t.as_str(), e)).collect();
    let run = args.run.file_name().unwrap_or(args.run.as_os_str());
    let page = text_page(&run.to_string_lossy(), &predictor.labels, &texts);
    write_atomically(&Disk, &path, page.as_bytes()).map_err(|e| CliError::failed(&e))?;
    if !args.quiet {
        if left_out > 0 {
            eprintln!("the page holds the first {ON_A_PAGE} texts; {left_out} more were left out");
        }
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

fn class_of(label: &str, labels: &[String]) -> Result<usize, CliError> {
    let found = labels.iter().position(|known| known == label);
    found.ok_or_else(|| {
        let near = |known: &&String| -strsim::jaro_winkler(known, label);
        let nearest = labels.iter().min_by(|a, b| near(a).total_cmp(&near(b)));
        let hint = nearest.map_or(String::new(), |label| format!("; did you mean `{label}`?"));
        CliError::Usage(format!("this run has no class `{label}`{hint}"))
    })
}

fn print_lines(
    predictor: &Predictor,
    class: Option<usize>,
    top: usize,
    texts: &[String],
) -> Result<(), CliError> {
    let labels = &predictor.labels;
    let lines = predictor.explain_into(texts, |lines: &mut Vec<u8>, text, explanation| {
        for class in explanation.explained(class) {
            explanation.write_json(text, labels, class, top, lines);
        }
    })?;
    let mut out = std::io::stdout().lock();
    for lines in lines {
        out.write_all(&lines)?;
    }
    Ok(out.flush()?)
}

/// Whether stdout may be coloured: it is a terminal that knows colours, and nobody said `NO_COLOR`.
fn may_colour() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !refused && !dumb && std::io::stdout().is_terminal()
}
