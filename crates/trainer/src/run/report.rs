//! A run's result in words: the score with its interval, the baseline beside it, the command to go on with.

use std::fmt;

use super::RunOutcome;
use crate::run_folder::{RunResult, TrainSummary};

/// `test accuracy 98.97 % (95 % interval 98.75 to 99.15, 10000 examples), macro-F1 0.9896`.
pub fn score_line(result: &RunResult) -> String {
    let test = &result.test;
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

/// The baseline's score, and what it means for the network.
fn baseline_lines(result: &RunResult) -> Option<String> {
    let baseline = result.baseline.as_ref()?;
    let mut line = format!(
        "baseline      {:.2} % (95 % interval {:.2} to {:.2}): {}, {:.1} s",
        100.0 * baseline.accuracy,
        100.0 * baseline.ci95[0],
        100.0 * baseline.ci95[1],
        baseline.name,
        baseline.seconds
    );
    let p = baseline
        .mcnemar_p
        .map(|p| format!(" (McNemar p = {p:.1e})"))
        .unwrap_or_default();
    let points = 100.0 * (result.test.accuracy - baseline.accuracy);
    let clear = baseline.mcnemar_p.is_some_and(|p| p < 0.05);
    line += &match (points, clear) {
        (points, true) if points > 0.0 => {
            format!("\nthe network is {points:.2} points better than the baseline{p}")
        }
        (points, true) => format!(
            "\nthe BASELINE is {:.2} points better than the network{p}: use it instead, or give the network more data or training",
            -points
        ),
        (_, false) => format!(
            "\nthe network is NOT clearly better than the baseline ({points:+.2} points{p})"
        ),
    };
    Some(line)
}

impl fmt::Display for RunOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Complete { result, .. } = self else {
            return Ok(());
        };
        writeln!(f, "{}", score_line(result))?;
        if let Some(lines) = baseline_lines(result) {
            writeln!(f, "{lines}")?;
        }
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
    if let Some(planned) = train.planned_steps {
        let stop = match early {
            Some("time budget") => format!(" --set training.stop_after={}", train.steps),
            _ => String::new(),
        };
        lines.push(format!(
            "the clock decided the number of steps; to repeat the run give --steps {planned}{stop} in place of the time budget"
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
