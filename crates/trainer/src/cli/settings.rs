//! Options that change a run's settings, laid over the defaults.

use std::path::PathBuf;

use clap::Args;
use datasets::language_of;

use super::CliError;
use super::options::{DataArgs, LabelArgs};
use crate::assembly::open_options;
use crate::config::{ModelKind, RunConfig};

/// Options that change settings; shared by `train`, `tune` and `config print`.
#[derive(Args, Debug, Default)]
pub struct SettingArgs {
    /// Seed of everything random
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Passes over the training examples
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Steps of the whole run, in place of epochs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "epochs")]
    steps: Option<u64>,
    /// Train so long at most, such as 90s, 10m, 1h30m: the steps that fit are measured first
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    time_budget: Option<f64>,
    /// Stop after N looks at dev without a better one; 0 = never
    #[arg(long, value_name = "N")]
    patience: Option<usize>,
    /// How much each class counts in the loss; a class not named counts 1
    #[arg(long, value_name = "balanced|none|NAME=W,...")]
    class_weights: Option<String>,
    #[command(flatten)]
    labels: LabelArgs,
    /// Examples per step
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// Learning rate
    #[arg(long, value_name = "RATE")]
    lr: Option<f64>,
    /// Use at most N training examples
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Change one setting, such as training.patience=3; may be repeated, `config print` lists the keys
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Lay a TOML file with any of the settings over the defaults
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl SettingArgs {
    /// The defaults of `model` on the data, then the file, the pairs, the named options.
    pub fn resolve(&self, model: ModelKind, data: &DataArgs) -> Result<RunConfig, CliError> {
        let name = data.data.as_deref();
        let of = name.unwrap_or(RunConfig::default_data(model));
        let over = |defaults: RunConfig| -> Result<RunConfig, CliError> {
            let mut config = self.lay_over(defaults)?;
            if let Some(name) = name {
                config.data = name.to_owned();
            }
            data.reading.lay_over(&mut config.reading);
            Ok(config)
        };
        let config = over(RunConfig::defaults(model, of))?;
        // The one choice of defaults that takes a look at the rows.
        let is_cut = |tokens: &str| tokens == "auto" || tokens == "characters";
        let tokens = config.text.as_ref().map(|text| text.tokens.as_str());
        if model != ModelKind::Textcnn || !tokens.is_some_and(is_cut) {
            return Ok(config);
        }
        let options = open_options(&config, &data.reading.base());
        match language_of(&config.data, &options) {
            Ok(Some(language)) => over(RunConfig::suited_to(model, of, language)),
            // What is wrong with the rows is told when they are read.
            Ok(None) | Err(_) => Ok(config),
        }
    }

    /// The file, the pairs and the named options over `config`.
    pub fn lay_over(&self, mut config: RunConfig) -> Result<RunConfig, CliError> {
        if let Some(path) = &self.config {
            let place = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|e| CliError::Usage(format!("--config {place}: {e}")))?;
            config = config.with_file(&text, &place)?;
        }
        for pair in &self.set {
            config = config.with_pair(pair)?;
        }
        config.seed = self.seed.unwrap_or(config.seed);
        config.training.epochs = self.epochs.unwrap_or(config.training.epochs);
        config.training.steps = self.steps.unwrap_or(config.training.steps);
        config.training.time_budget = self.time_budget.unwrap_or(config.training.time_budget);
        config.training.patience = self.patience.unwrap_or(config.training.patience);
        if let Some(weights) = &self.class_weights {
            config.training.class_weights.clone_from(weights);
        }
        if let Some(separator) = &self.labels.multi_label {
            config.examples.label_separator.clone_from(separator);
        }
        config.training.batch_size = self.batch_size.unwrap_or(config.training.batch_size);
        config.optimizer.learning_rate = self.lr.unwrap_or(config.optimizer.learning_rate);
        config.examples.limit = self.limit.unwrap_or(config.examples.limit);
        config
            .check()
            .map_err(|(key, reason)| CliError::Usage(format!("`{key}`: {reason}")))?;
        Ok(config)
    }
}

/// The seconds of a time such as `90`, `90s`, `10m`, `1h30m` or `1.5h`.
pub fn seconds(written: &str) -> Result<f64, String> {
    let wrong = || format!("`{written}` is no time; write it as 90s, 10m or 1h30m");
    let (mut total, mut number) = (0.0, String::new());
    for character in written.trim().chars() {
        let unit = match character {
            'h' => 3600.0,
            'm' => 60.0,
            's' => 1.0,
            digit => {
                number.push(digit);
                continue;
            }
        };
        let count: f64 = number.parse().map_err(|_| wrong())?;
        total += unit * count;
        number.clear();
    }
    if !number.is_empty() {
        // A number alone is seconds; behind a unit it would be anybody's guess.
        let count: f64 = number.parse().map_err(|_| wrong())?;
        total = if total == 0.0 { count } else { f64::NAN };
    }
    if total.is_finite() && total > 0.0 {
        Ok(total)
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_write_them() {
        for (written, expected) in [
            ("90", 90.0),
            ("90s", 90.0),
            ("10m", 600.0),
            ("1h30m", 5400.0),
            ("1.5h", 5400.0),
            (" 2m5s ", 125.0),
        ] {
            assert_eq!(seconds(written), Ok(expected), "{written}");
        }
        for wrong in [
            "",
            "m",
            "10 minutes",
            "-5m",
            "1h30",
            "0s",
            "inf",
            "nan",
            "1e400",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
