//! `cnn eval`: judges a trained network on a data set.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::CliError;
use super::options::{DataArgs, MachineArgs};
use crate::assembly::{ImageTask, TextTask};
use crate::config::RunConfig;
use crate::examples::{Images, Texts};
use crate::learning::{Evaluation, SetEvaluation};
use crate::prediction::Predictor;
use crate::run;
use crate::run_folder::{RunFiles, SetScore, TestScore};
use crate::statistics::{ConfusionMatrix, SetIntervals, sets_of};
use datasets::LabelSets;

/// Options of `eval`.
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// Folder of the trained network
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    /// Which part of the set [default: the test part; all rows of another set than the run's that has none of its own]
    #[arg(long, value_enum)]
    part: Option<Part>,
    /// Print one JSON line instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) machine: MachineArgs,
    /// Print no remarks on stderr
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Train,
    Dev,
    Test,
    All,
}

/// Runs the command.
pub fn run(args: EvalArgs) -> Result<(), CliError> {
    let machine = args.machine.open()?;
    let predictor = Predictor::open(&args.run, &machine)?;
    let mut config = predictor.config.clone();
    // The limit was on training examples of that run; another set is read whole, split by the same seed.
    config.examples.limit = 0;
    if let Some(data) = &args.data.data {
        config.data.clone_from(data);
    }
    args.data.reading.lay_over(&mut config.reading);
    let mut base = args.data.reading.base();
    // New data need not have rows of every class; where rows have sets of labels, these are matched later.
    if predictor.thresholds.is_none() {
        base.labels = Some(predictor.labels.clone());
    }
    let (labels, notes, evaluation) = if config.model.reads_images() {
        let task = ImageTask::open(&config, &base)?;
        same_labels(&predictor.labels, &task.labels)?;
        let part = part_of(&args, &predictor.config, &task.sha256, task.test_is_cut)?;
        let parts = part.among([task.train, task.dev, task.test]);
        let evaluation = predictor.evaluate_images(&Images::joined(parts))?;
        (task.labels, task.notes, evaluation)
    } else {
        let task = TextTask::open(&config, &base, predictor.tokenizer().cloned())?;
        let part = part_of(&args, &predictor.config, &task.sha256, task.test_is_cut)?;
        let texts = Texts::joined(part.among([task.train, task.dev, task.test]));
        if let Some(thresholds) = &predictor.thresholds {
            if !args.quiet {
                task.notes.iter().for_each(|note| eprintln!("{note}"));
            }
            let sets = task.sets.as_deref().cloned();
            let sets = sets.unwrap_or_else(|| LabelSets::singles(&task.labels));
            return judge_sets(&predictor, sets, &texts, thresholds, args.json);
        }
        same_labels(&predictor.labels, &task.labels)?;
        let evaluation = predictor.evaluate_texts(&texts)?;
        (task.labels, task.notes, evaluation)
    };
    if !args.quiet {
        notes.iter().for_each(|note| eprintln!("{note}"));
    }
    print(&labels, &evaluation, args.json)
}

impl Part {
    fn among<T>(self, [train, dev, test]: [T; 3]) -> Vec<T> {
        match self {
            Self::Train => vec![train],
            Self::Dev => vec![dev],
            Self::Test => vec![test],
            Self::All => vec![train, dev, test],
        }
    }
}

/// Which part is judged where none is asked for, and says so where the test part was only cut off here. The rows that a run learned
/// from are never judged unasked.
fn part_of(args: &EvalArgs, run: &RunConfig, sha256: &str, is_cut: bool) -> Result<Part, CliError> {
    if let Some(part) = args.part {
        return Ok(part);
    }
    let named = args.data.data.as_ref();
    let other = named.is_some_and(|data| *data != run.data)
        && RunFiles::open(&args.run)?.read_environment()?.data_sha256 != sha256;
    let (part, said) = match (is_cut, other) {
        (false, _) => return Ok(Part::Test),
        (true, true) => (
            Part::All,
            "all rows are judged: the set has no test part of its own",
        ),
        (true, false) => (
            Part::Test,
            "the test part is judged, as it was cut for the run; --part all judges all rows",
        ),
    };
    if !args.quiet {
        eprintln!("{said}");
    }
    Ok(part)
}

/// Judges a network whose texts may have any number of labels; a set with one label a row is one of such sets.
fn judge_sets(
    predictor: &Predictor,
    sets: LabelSets,
    texts: &Texts,
    thresholds: &[f32],
    as_json: bool,
) -> Result<(), CliError> {
    let sets = sets
        .renumbered(&predictor.labels)
        .map_err(|error| CliError::failed(&error))?;
    let logits = predictor.logits(texts)?;
    let evaluation = SetEvaluation::of_logits(&logits, &texts.labels, &sets);
    let (scores, classes) = (evaluation.scores(thresholds), thresholds.len());
    let given = sets_of(classes, &evaluation.predictions(thresholds));
    let truths = sets_of(classes, &evaluation.truths);
    let intervals = SetIntervals::of(classes, &truths, &given, predictor.config.seed);
    let of_labels = SetScore::new(&scores, &predictor.labels, thresholds).within(&intervals);
    let test = TestScore::of_sets(&scores, of_labels.clone(), evaluation.loss);
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{}", json!(test))?;
        return Ok(out.flush()?);
    }
    writeln!(out, "{}", run::set_scores(&test, &of_labels))?;
    write!(out, "{}", run::label_table(&of_labels))?;
    Ok(out.flush()?)
}

/// The set's labels must be the run's, in the run's order: a class index means nothing else.
fn same_labels(run: &[String], set: &[String]) -> Result<(), CliError> {
    if run == set {
        return Ok(());
    }
    let missing: Vec<_> = run.iter().filter(|label| !set.contains(label)).collect();
    let unknown: Vec<_> = set.iter().filter(|label| !run.contains(label)).collect();
    Err(CliError::Failed(format!(
        "the set's labels are not those the network was trained on (missing in the set: {missing:?}; unknown to the network: \
         {unknown:?}; {}); evaluate on a set with the labels {run:?}",
        if missing.is_empty() && unknown.is_empty() {
            "their order differs"
        } else {
            "the rest agrees"
        }
    )))
}

fn print(labels: &[String], evaluation: &Evaluation, as_json: bool) -> Result<(), CliError> {
    let matrix = ConfusionMatrix::from_predictions(
        labels.len(),
        &evaluation.labels,
        &evaluation.predictions,
    )
    .expect("predictions and labels are classes of this set");
    let [low, high] = matrix.accuracy_interval().to_array();
    let mut out = std::io::stdout().lock();
    if as_json {
        let line = json!({
            "accuracy": evaluation.accuracy(), "error": 1.0 - evaluation.accuracy(), "ci95": [low, high],
            "macro_f1": matrix.macro_f1(), "loss": evaluation.loss, "count": evaluation.labels.len(),
        });
        writeln!(out, "{line}")?;
        return Ok(out.flush()?);
    }
    writeln!(
        out,
        "accuracy {:.2} % (95 % interval {:.2} to {:.2}), macro-F1 {:.4}, loss {:.4}, {} examples",
        100.0 * evaluation.accuracy(),
        100.0 * low,
        100.0 * high,
        matrix.macro_f1(),
        evaluation.loss,
        evaluation.labels.len()
    )?;
    let width = labels
        .iter()
        .map(|label| label.chars().count())
        .max()
        .unwrap_or(0)
        .max(5);
    writeln!(
        out,
        "{:width$}  precision  recall      F1  examples",
        "class"
    )?;
    for (index, label) in labels.iter().enumerate() {
        let class = matrix.class_scores(index);
        writeln!(
            out,
            "{label:width$}  {:9.4}  {:6.4}  {:6.4}  {:8}",
            class.precision, class.recall, class.f1, class.support
        )?;
    }
    Ok(out.flush()?)
}
