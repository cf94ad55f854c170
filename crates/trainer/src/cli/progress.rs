//! Progress on stderr: a live line on a terminal, a plain line now and then elsewhere, nothing with `--quiet`.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::learning::{Reporter, StepReport};

/// Seconds between plain lines where there is no terminal.
const PLAIN_EVERY: Duration = Duration::from_secs(15);

/// Reports a run's progress.
pub struct Progress {
    quiet: bool,
    bar: Option<ProgressBar>,
    last_plain: Instant,
}

impl Progress {
    /// A live line if stderr is a terminal that may move its cursor.
    pub fn new(quiet: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = !quiet && !dumb && std::io::stderr().is_terminal();
        let bar = live.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
            let template = "{bar:28} {pos}/{len} {msg} · {eta} left";
            bar.set_style(ProgressStyle::with_template(template).expect("a constant template"));
            bar
        });
        Self {
            quiet,
            bar,
            last_plain: Instant::now(),
        }
    }

    /// Ends the live line.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Reporter for Progress {
    fn step(&mut self, report: StepReport) {
        let dev = report
            .dev_accuracy
            .map(|a| format!(", dev {:.2} %", 100.0 * a))
            .unwrap_or_default();
        let message = format!(
            "epoch {}, loss {:.4}{dev}, {:.0} examples/s",
            report.epoch, report.mean_loss, report.examples_per_second
        );
        if let Some(bar) = &self.bar {
            bar.set_length(report.steps);
            bar.set_position(report.step);
            bar.set_message(message);
        } else if !self.quiet && self.last_plain.elapsed() >= PLAIN_EVERY {
            self.last_plain = Instant::now();
            eprintln!("step {}/{}: {message}", report.step, report.steps);
        }
    }

    fn say(&mut self, line: &str) {
        if self.quiet {
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }
}
