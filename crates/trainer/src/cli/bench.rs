//! `cnn bench`: the project's side of a comparison with other programs, one JSON line per measurement.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::CliError;
use super::options::MachineArgs;
use crate::bench::{Measure, Phase, Workload, measure};

/// Options of `bench`.
#[derive(Args, Debug)]
pub struct BenchArgs {
    /// Folder of the workloads, one folder each with NumPy files and meta.json
    #[arg(long, value_name = "DIR")]
    workloads: PathBuf,
    /// Only workloads whose name holds this
    #[arg(long, value_name = "NAME", default_value = "")]
    only: String,
    /// Only training steps, or only predictions
    #[arg(long, value_enum, default_value = "all")]
    phase: Choice,
    /// Predictions: samples of a call, 1 or the workload's own number [default: both]
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Time for each measurement, in seconds
    #[arg(long, value_name = "S", default_value_t = 4.0)]
    seconds: f64,
    #[command(flatten)]
    pub(super) machine: MachineArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Choice {
    All,
    Train,
    Infer,
}

/// Runs the command.
pub fn run(args: BenchArgs) -> Result<(), CliError> {
    let time = Duration::try_from_secs_f64(args.seconds)
        .map_err(|e| CliError::Usage(format!("--seconds {}: {e}", args.seconds)))?;
    let names = Workload::names(&args.workloads)?;
    let chosen: Vec<&String> = names.iter().filter(|n| n.contains(&args.only)).collect();
    if chosen.is_empty() {
        return Err(CliError::Usage(format!(
            "no workload in {} is named like `{}`; it holds {names:?}",
            args.workloads.display(),
            args.only
        )));
    }
    let machine = args.machine.open()?;
    for name in chosen {
        let workload = Workload::open(&args.workloads, name)?;
        let mut work = Vec::new();
        if args.phase != Choice::Infer {
            work.push((Phase::Train, workload.batch));
        }
        if args.phase != Choice::Train {
            let mut sizes = vec![workload.batch, 1];
            sizes.dedup();
            sizes.retain(|size| args.batch.is_none_or(|batch| batch == *size));
            if sizes.is_empty() {
                let own = workload.batch;
                return Err(CliError::Usage(format!(
                    "--batch: {name} is predicted in batches of {own} or of 1"
                )));
            }
            work.extend(sizes.into_iter().map(|size| (Phase::Infer, size)));
        }
        for (phase, batch) in work {
            let line = measure(&workload, Measure { phase, batch, time }, &machine)?;
            let mut out = std::io::stdout().lock();
            writeln!(out, "{line}")?;
            out.flush()?;
        }
    }
    Ok(())
}
