//! The master's own CPU and memory, of which its script hears as under Locust.

use std::time::Duration;

use settings::resources::Resources;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Time between two readings: Locust's.
const READ_EVERY: Duration = Duration::from_secs(10);
/// Above this the control loop, which uses one core at most, may lag behind.
const HIGH_CPU_PERCENT: f64 = 90.0;

/// One reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    /// Percent of one core.
    pub(super) cpu_percent: f64,
    /// Resident bytes.
    pub(super) memory_bytes: u64,
}

impl Reading {
    pub(super) fn is_high(self) -> bool {
        self.cpu_percent > HIGH_CPU_PERCENT
    }
}

#[derive(Debug)]
pub(super) struct Usage {
    resources: Resources,
    ticks: Interval,
    has_warned: bool,
}

impl Usage {
    pub(super) fn new() -> Self {
        let mut ticks = interval_at(Instant::now() + READ_EVERY, READ_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            resources: Resources::new(),
            ticks,
            has_warned: false,
        }
    }

    /// The next reading, when it is due. Cancel-safe.
    pub(super) async fn next(&mut self) -> Reading {
        self.ticks.tick().await;
        self.resources.read();
        let reading = Reading {
            cpu_percent: self.resources.cpu_percent,
            memory_bytes: self.resources.memory_bytes,
        };
        if reading.is_high() && !std::mem::replace(&mut self.has_warned, true) {
            tracing::warn!(
                "this master uses {:.0} % of a core: if it lags behind, figures come late; fewer workers with more users \
                 each, and fewer different request names, are less work for it",
                reading.cpu_percent
            );
        }
        reading
    }
}
