//! A run in one object: what the list of runs and the head of the page show.

use serde::Serialize;
use utoipa::ToSchema;

use crate::timeline::{RunInfo, RunRecord};

/// What was asked for, and how it went.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RunSummary {
    /// What run it is.
    #[serde(flatten)]
    pub(crate) info: RunInfo,
    /// Requests that ended.
    pub(crate) requests: u64,
    /// Of these, failed ones.
    pub(crate) failures: u64,
    /// Failures by requests, 0 to 1.
    pub(crate) fail_ratio: f64,
    /// Requests per second.
    pub(crate) rate: f64,
    /// Median response time, milliseconds.
    pub(crate) p50_ms: Option<f64>,
    /// 95th percentile, milliseconds.
    pub(crate) p95_ms: Option<f64>,
    /// 99th percentile, milliseconds.
    pub(crate) p99_ms: Option<f64>,
    /// What somebody wrote about it.
    pub(crate) notes: String,
    /// Words somebody put on it.
    pub(crate) tags: Vec<String>,
    /// Whether it is the run of this master that is on.
    pub(crate) is_live: bool,
}

/// The info as lists show it: the ratio has a route of its own.
pub(crate) fn without_ratio(info: RunInfo) -> RunInfo {
    RunInfo {
        ratio: serde_json::Value::Null,
        ..info
    }
}

impl RunSummary {
    /// Of a record that is not kept, or not yet: without notes and tags.
    pub(crate) fn of(record: &RunRecord) -> Self {
        let window = record.window(None, None);
        let total = window.total();
        let percentiles = total.percentiles_ms(&[0.5, 0.95, 0.99]);
        let percentile = |index: usize| percentiles.get(index).copied().flatten();
        let ratio = |count: u64, of: f64| if of > 0.0 { count as f64 / of } else { 0.0 };
        Self {
            info: without_ratio(RunInfo::clone(&record.info)),
            requests: total.requests,
            failures: total.failures,
            fail_ratio: ratio(total.failures, total.requests as f64),
            rate: super::super::status::rounded(ratio(total.requests, window.span_s())),
            p50_ms: percentile(0),
            p95_ms: percentile(1),
            p99_ms: percentile(2),
            notes: String::new(),
            tags: Vec::new(),
            is_live: record.is_live(),
        }
    }
}
