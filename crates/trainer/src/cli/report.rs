//! `cnn report`: writes the report of a finished run again, or compares two runs.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::CliError;
use super::options::MachineArgs;
use crate::report::{self, RunComparison};
use crate::run_folder::{Place, RunFile, RunFiles, RunFolder};

/// Options of `report`.
#[derive(Args, Debug)]
#[command(arg_required_else_help = true)]
pub struct ReportArgs {
    /// Write report.html, README.md and metrics.csv of this finished run again
    #[arg(
        long,
        value_name = "DIR",
        required_unless_present = "compare",
        conflicts_with = "compare"
    )]
    run: Option<PathBuf>,
    /// Say which of two finished runs is better on the same test set, or that it cannot be told
    #[arg(long, value_names = ["A", "B"], num_args = 2)]
    compare: Vec<PathBuf>,
    /// Print the comparison as one JSON line
    #[arg(long, requires = "compare")]
    json: bool,
    #[command(flatten)]
    pub(super) machine: MachineArgs,
}

/// Runs the command.
pub fn run(args: ReportArgs) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    if let Some(run) = args.run {
        // The reader's own words where it is no run at all.
        RunFiles::open(&run)?;
        let folder = RunFolder::resume(&Place::At(run))?;
        let material = report::rebuild(&folder, &args.machine.open()?)?;
        writeln!(out, "{}", report::sentence(&material.result))?;
        for file in [RunFile::Report, RunFile::Card, RunFile::MetricsTable] {
            writeln!(out, "wrote {}", folder.files().path(file).display())?;
        }
    } else if let [first, second] = args.compare.as_slice() {
        let comparison = RunComparison::of(&RunFiles::open(first)?, &RunFiles::open(second)?)?;
        if args.json {
            writeln!(
                out,
                "{}",
                serde_json::to_string(&comparison).map_err(std::io::Error::from)?
            )?;
        } else {
            write!(out, "{comparison}")?;
        }
    }
    Ok(out.flush()?)
}
