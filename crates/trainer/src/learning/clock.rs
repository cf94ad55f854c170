//! The time, as the loop asks it.

use std::time::{Duration, Instant};

/// Tells the time. The loop is handed one, so that a test can turn its hands.
pub trait Clock {
    /// The time since a moment that stays the same.
    fn now(&self) -> Duration;
}

/// The time of this machine, since this value was made.
#[derive(Clone, Copy, Debug)]
pub struct WallClock(Instant);

impl WallClock {
    /// Begins now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for WallClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}
