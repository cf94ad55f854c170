//! SIGINT and SIGTERM: the first asks the loop to stop after the current step, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// The stop flag and the signal that raised it.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    requested: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Stop {
    /// Listens for the two signals from now on.
    pub fn listen() -> Self {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // Order matters: the shutdown looks at the flag before this very signal raises it. A platform that cannot
            // register keeps its default, which ends the process.
            let _ = flag::register_conditional_shutdown(
                signal,
                128 + signal,
                Arc::clone(&stop.requested),
            );
            let _ = flag::register(signal, Arc::clone(&stop.requested));
            let _ = flag::register_usize(signal, Arc::clone(&stop.signal), signal as usize);
        }
        stop
    }

    /// The flag that the loop looks at.
    pub fn flag(&self) -> &AtomicBool {
        &self.requested
    }

    /// The signal that asked for the stop.
    pub fn signal(&self) -> i32 {
        self.signal.load(Ordering::Relaxed) as i32
    }
}
