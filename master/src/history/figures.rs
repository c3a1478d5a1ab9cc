//! The few figures of a run that the list shows.

use protocol::Times;
use serde::{Deserialize, Serialize};

use crate::timeline::RunRecord;

/// A run in one line of figures; over the time since statistics were last reset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Requests that ended.
    pub requests: u64,
    /// Of these, failed ones.
    pub failures: u64,
    /// Requests per second.
    pub rate: f64,
    /// Median response time, milliseconds.
    pub p50_ms: Option<f64>,
    /// 95th percentile, milliseconds.
    pub p95_ms: Option<f64>,
    /// 99th percentile, milliseconds.
    pub p99_ms: Option<f64>,
    /// Distinct exceptions.
    pub exceptions: u64,
}

impl Figures {
    /// Adds up the totals of `record`.
    pub fn of(record: &RunRecord) -> Self {
        let window = record.window(None, None);
        let mut figures = Self {
            exceptions: u64::try_from(record.exceptions.len()).unwrap_or(u64::MAX),
            ..Self::default()
        };
        let mut times = Times::new();
        for (_, interval) in window.intervals() {
            figures.requests += interval.total.requests;
            figures.failures += interval.total.failures;
            interval.total.times.merge_into(&mut times);
        }
        let seconds = window.span_s();
        if seconds > 0.0 {
            figures.rate = figures.requests as f64 / seconds;
        }
        figures.p50_ms = times.percentile_ms(0.5);
        figures.p95_ms = times.percentile_ms(0.95);
        figures.p99_ms = times.percentile_ms(0.99);
        figures
    }
}
