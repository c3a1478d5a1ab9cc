//! Unix time for instants: one reading of the wall clock at the start, so that a clock that is set during a run
//! cannot move requests in time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Turns monotonic instants into unix seconds.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    base: Instant,
    base_unix_s: f64,
}

impl Clock {
    /// A clock that starts now.
    pub fn new() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            base: Instant::now(),
            base_unix_s: since_epoch.as_secs_f64(),
        }
    }

    /// Unix seconds of `instant`.
    pub fn unix_s(&self, instant: Instant) -> f64 {
        match instant.checked_duration_since(self.base) {
            Some(after) => self.base_unix_s + after.as_secs_f64(),
            None => self.base_unix_s - (self.base - instant).as_secs_f64(),
        }
    }

    /// Unix seconds now.
    pub fn now_unix_s(&self) -> f64 {
        self.unix_s(Instant::now())
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}
