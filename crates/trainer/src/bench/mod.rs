//! The project's side of a comparison with other programs: the same batches, read from the same files.
//!
//! A workload is a folder with `meta.json` and NumPy files: `images.npy` `[batches, batch, 1, 32, 32]` or `ids.npy` `[batches, batch,
//! length]` with `lengths.npy` `[batches, batch]`, and `labels.npy` `[batches, batch]`. Training measures [`Trainer::step`](crate::learning::Trainer::step), the step
//! of every run; prediction measures the form of the network that `cnn predict` asks.
//!
//! Both begin with token ids or pixels as the files hold them: packing the documents, finding their distinct words, and copying
//! images into a tensor are part of what is measured.

mod networks;
mod npy;
mod workload;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::run::Machine;
pub use workload::{Workload, WorkloadError};

/// Which half of the work is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Forward, loss, backward, optimiser, reading the loss.
    Train,
    /// Token ids or pixels in, logits out.
    Infer,
}

impl Phase {
    /// Its name in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Infer => "infer",
        }
    }
}

/// What is measured, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Which half.
    pub phase: Phase,
    /// Samples of one call: the workload's own number, or 1 for prediction.
    pub batch: usize,
    /// Time spent on it.
    pub time: Duration,
}

/// Calls that are not counted.
const WARM_UP: usize = 3;
/// Calls that are counted at least, and at most.
const CALLS: [usize; 2] = [5, 5000];

/// Measures a workload and tells the result as one line of JSON.
///
/// # Errors
///
/// [`WorkloadError`] where the files do not fit together or the network cannot be built.
pub fn measure(
    workload: &Workload,
    measure: Measure,
    machine: &Machine,
) -> Result<Value, WorkloadError> {
    let (times, losses) = match measure.phase {
        Phase::Train => networks::train(workload, measure, machine)?,
        Phase::Infer => (networks::infer(workload, measure, machine)?, Vec::new()),
    };
    let milliseconds = |time: Duration| (time.as_secs_f64() * 1e7).round() / 1e4;
    let median = times[times.len() / 2];
    #[allow(
        clippy::disallowed_methods,
        reason = "it is reported, no work is cut by it"
    )]
    let threads = rayon::current_num_threads();
    let mut line = json!({
        "workload": workload.name,
        "phase": measure.phase.name(),
        "engine": concat!("cnn ", env!("CARGO_PKG_VERSION")),
        "mode": format!("f32 {} {}", machine.backend.name(), cnn_core::Isa::active().name()),
        "batch": measure.batch,
        "threads": threads,
        "samples_per_s": (measure.batch as f64 / median.as_secs_f64() * 10.0).round() / 10.0,
        "ms_min": milliseconds(times[0]),
        "ms_median": milliseconds(median),
        "calls": times.len(),
    });
    if let [first, .., last] = losses[..] {
        line["loss_first"] = json!((first * 1e4).round() / 1e4);
        line["loss_last"] = json!((last * 1e4).round() / 1e4);
    }
    if let Some(bytes) = crate::run_folder::peak_rss_bytes() {
        line["peak_rss_bytes"] = json!(bytes);
    }
    Ok(line)
}

/// The times of calls `0, 1, 2, …` after some to warm up, in ascending order.
fn timed(
    measure: Measure,
    mut call: impl FnMut(usize) -> Result<(), WorkloadError>,
) -> Result<Vec<Duration>, WorkloadError> {
    (0..WARM_UP).try_for_each(&mut call)?;
    let (mut times, end) = (Vec::new(), Instant::now() + measure.time);
    while times.len() < CALLS[0] || (times.len() < CALLS[1] && Instant::now() < end) {
        let start = Instant::now();
        call(WARM_UP + times.len())?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}
