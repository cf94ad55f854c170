//! `cnn config`: the settings of a run, before it is run.

use std::io::Write;

use clap::Subcommand;

use super::CliError;
use super::options::DataArgs;
use super::settings::SettingArgs;
use crate::config::ModelKind;

/// Commands of `config`.
#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Print the settings that `train` would use, as TOML
    Print {
        /// Which network
        model: ModelKind,
        #[command(flatten)]
        data: DataArgs,
        #[command(flatten)]
        settings: SettingArgs,
    },
}

/// Runs the command.
pub fn run(command: ConfigCommand) -> Result<(), CliError> {
    let ConfigCommand::Print {
        model,
        data,
        settings,
    } = command;
    let config = settings.resolve(model, &data)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "# Any of these can be changed by --set section.key=value, or by a file given as --config."
    )?;
    write!(out, "{}", config.to_toml())?;
    Ok(out.flush()?)
}
