//! A run's result in words: the score with its interval, the baseline beside it, the command to go on with.

use std::fmt;

use super::{RunOutcome, report_sets};
use crate::report::sentence;
use crate::run_folder::{BaselineScore, CalibrationScore, RunResult, TrainSummary};

/// `test accuracy 98.97 % (95 % interval 98.75 to 99.15, 10000 examples), macro-F1 0.9896`.
pub fn score_line(result: &RunResult) -> String {
    let test = &result.test;
    if let Some(sets) = &test.sets {
        return format!("test {}", report_sets::scores(test, sets));
    }
    format!(
        "test accuracy {:.2} % (95 % interval {:.2} to {:.2}, {} examples), macro-F1 {:.4}, loss {:.4}",
        100.0 * test.accuracy,
        100.0 * test.ci95[0],
        100.0 * test.ci95[1],
        test.count,
        test.macro_f1,
        test.loss
    )
}

/// `baseline      93.08 % (95 % interval 92.57 to 93.56): tf-idf of words, linear SVM, 7.5 s`.
fn baseline_line(baseline: &BaselineScore) -> String {
    if let Some(sets) = &baseline.sets {
        return report_sets::baseline_line(baseline, sets);
    }
    format!(
        "baseline      {:.2} % (95 % interval {:.2} to {:.2}), macro-F1 {:.4}: {}, {:.2} s",
        100.0 * baseline.accuracy,
        100.0 * baseline.ci95[0],
        100.0 * baseline.ci95[1],
        baseline.macro_f1,
        baseline.name,
        baseline.seconds
    )
}

/// The probabilities' calibration, and what a temperature makes of it.
fn calibration_line(calibration: &CalibrationScore) -> String {
    let error = 100.0 * calibration.expected_error;
    match (calibration.temperature, calibration.expected_error_scaled) {
        (Some(temperature), Some(scaled)) => format!(
            "calibration   error {error:.2} points, {:.2} at the temperature of dev, {temperature:.3}",
            100.0 * scaled
        ),
        _ => format!(
            "calibration   error {error:.2} points; dev has too few errors for a temperature"
        ),
    }
}

/// The verdict, the score, of sets the labels one by one, the baseline and the calibration.
fn write_scores(f: &mut fmt::Formatter<'_>, result: &RunResult) -> fmt::Result {
    if result.baseline.is_some() {
        writeln!(f, "{}", sentence(result))?;
    }
    writeln!(f, "{}", score_line(result))?;
    if let Some(sets) = &result.test.sets {
        f.write_str(&report_sets::table(sets))?;
    }
    if let Some(baseline) = &result.baseline {
        writeln!(f, "{}", baseline_line(baseline))?;
    }
    if let Some(calibration) = &result.calibration {
        writeln!(f, "{}", calibration_line(calibration))?;
    }
    Ok(())
}

impl fmt::Display for RunOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Complete { result, .. } = self else {
            return Ok(());
        };
        write_scores(f, result)?;
        let train = &result.train;
        let memory = train
            .peak_rss_bytes
            .map(|b| format!(", at most {:.0} MB of memory", b as f64 / 1e6))
            .unwrap_or_default();
        writeln!(
            f,
            "trained {} steps in {:.1} s, {:.0} examples/s{memory}",
            train.steps, train.seconds, train.samples_per_s
        )?;
        ending_lines(train)
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// What ended the run early, and how to repeat what the clock decided.
fn ending_lines(train: &TrainSummary) -> Vec<String> {
    let mut lines = Vec::new();
    let early = train.ended_by.as_deref();
    if early == Some("patience") {
        lines.push(match train.best_step {
            Some(best) => {
                format!("stopped early: no look at dev was better than that of step {best}")
            }
            None => "stopped early: no look at dev was better".to_owned(),
        });
    }
    if let Some(steps) = train.in_place_of_the_clock() {
        lines.push(format!(
            "the clock decided the number of steps; to repeat the run give {steps} in place of the time budget"
        ));
    }
    lines
}

/// The command that tries a finished run; `program` begins it.
pub fn predict_line(outcome: &RunOutcome, program: &str) -> Option<String> {
    let RunOutcome::Complete { folder, sample, .. } = outcome else {
        return None;
    };
    let input = match sample {
        // What begins with a hyphen would be read as an option.
        Some(sample) if sample.starts_with('-') => format!("-- {}", quoted(sample)),
        Some(sample) => quoted(sample),
        None => "INPUT".to_owned(),
    };
    Some(format!(
        "predict with: {program} predict --run {} {input}",
        quoted(&folder.display().to_string()),
    ))
}

/// As a shell word.
pub fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    if plain {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_one_shell_word() {
        assert_eq!(quoted("c'est ça"), r"'c'\''est ça'");
        assert_eq!(quoted("plain-word.png"), "plain-word.png");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
