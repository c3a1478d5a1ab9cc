//! Cells added up: over intervals, over workers, over both.

use std::collections::BTreeMap;

use protocol::Times;

use super::model::Cell;
use super::percentiles;

/// What happened to a request name, or to all, in several intervals.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sum {
    /// Requests that ended.
    pub requests: u64,
    /// Of these, failed ones.
    pub failures: u64,
    /// Of these, without a response time.
    pub without_time: u64,
    /// Bytes of the response bodies.
    pub bytes: u64,
    /// Exact sum of the response times, milliseconds.
    pub sum_ms: f64,
    /// Exact smallest response time, milliseconds.
    pub min_ms: Option<f64>,
    /// Exact largest response time, milliseconds.
    pub max_ms: Option<f64>,
    /// Response times.
    pub times: Times,
    /// Response times of failed requests; empty if peers do not tell.
    pub failed_times: Times,
    /// From the script's call until the engine begins the request; connecting is part of the response time.
    pub lag: Times,
    /// Responses by HTTP status.
    pub status_codes: BTreeMap<u16, u64>,
}

impl Sum {
    /// Adds a cell.
    pub fn add(&mut self, cell: &Cell) {
        self.requests = self.requests.saturating_add(cell.requests);
        self.failures = self.failures.saturating_add(cell.failures);
        self.without_time = self.without_time.saturating_add(cell.without_time);
        self.bytes = self.bytes.saturating_add(cell.bytes);
        self.sum_ms += cell.sum_ms;
        self.min_ms = least(self.min_ms, cell.min_ms);
        self.max_ms = most(self.max_ms, cell.max_ms);
        cell.times.merge_into(&mut self.times);
        cell.failed_times.merge_into(&mut self.failed_times);
        cell.lag.merge_into(&mut self.lag);
        for &(code, count) in &cell.status_codes {
            let slot = self.status_codes.entry(code).or_default();
            *slot = slot.saturating_add(count);
        }
    }

    /// Mean response time, milliseconds.
    pub fn avg_ms(&self) -> Option<f64> {
        let n = self.times.len();
        (n > 0).then(|| self.sum_ms / n as f64)
    }

    /// Response times at `fractions` (0 to 1), milliseconds; never below the exact minimum nor above the exact maximum.
    pub fn percentiles_ms(&self, fractions: &[f64]) -> Vec<Option<f64>> {
        clamped(percentiles_of(&self.times, fractions), self.min_ms, self.max_ms)
    }

    /// The same of the requests that did not fail; nothing if peers do not tell which times are of failed ones.
    pub fn ok_percentiles_ms(&self, fractions: &[f64]) -> Vec<Option<f64>> {
        Cell::from(self).ok_percentiles_ms(fractions)
    }

    /// Mean response time of the requests that did not fail, milliseconds; see [`Cell::ok_avg_ms`].
    pub fn ok_avg_ms(&self) -> Option<f64> {
        Cell::from(self).ok_avg_ms()
    }
}

/// Brings percentiles into the exact range.
pub(super) fn clamped(
    mut found: Vec<Option<f64>>,
    min_ms: Option<f64>,
    max_ms: Option<f64>,
) -> Vec<Option<f64>> {
    for ms in found.iter_mut().flatten() {
        *ms = ms.max(min_ms.unwrap_or(*ms));
        *ms = ms.min(max_ms.unwrap_or(*ms));
    }
    found
}

/// Percentiles of a histogram in one pass, milliseconds.
fn percentiles_of(times: &Times, fractions: &[f64]) -> Vec<Option<f64>> {
    percentiles::of_cells(times.len(), |take| times.for_each_us(take), fractions)
}

pub(super) fn least(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

pub(super) fn most(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}
