//! From statistics to rows with every figure the tables and files show. The only place where reports do arithmetic.

use protocol::{RequestStats, StatsEntry};

use super::table::ErrorLine;
use crate::events::RunView;

/// Locust's percentiles (its PERCENTILES_TO_REPORT), as fractions.
pub const PERCENTILES: [f64; 11] = [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0];
/// Their titles.
pub const PERCENTILE_TITLES: [&str; 11] = [
    "50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "99.9%", "99.99%", "100%",
];

/// One entry, or the total (empty method, name "Aggregated"). Times in milliseconds, sizes in bytes, rates per second.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Request type.
    pub method: String,
    /// Request name.
    pub name: String,
    /// All requests, failed ones included.
    pub requests: u64,
    /// Failed requests.
    pub failures: u64,
    /// Failures by requests, 0 to 1.
    pub fail_ratio: f64,
    /// Mean time.
    pub avg_ms: f64,
    /// Shortest time; 0 without any.
    pub min_ms: f64,
    /// Longest time.
    pub max_ms: f64,
    /// Median time.
    pub median_ms: f64,
    /// Mean body size.
    pub avg_content_bytes: f64,
    /// Requests per second of the last seconds.
    pub current_rps: f64,
    /// Failures per second of the last seconds.
    pub current_failures_per_s: f64,
    /// Requests per second over the whole run.
    pub total_rps: f64,
    /// Failures per second over the whole run.
    pub total_failures_per_s: f64,
    /// By [`PERCENTILES`], over the whole run; none without a timed request.
    pub percentiles_ms: Option<[f64; 11]>,
}

/// Every entry sorted by name and method, then the total.
pub fn all(stats: &RequestStats, now_unix_s: f64) -> Vec<Row> {
    let mut rows: Vec<Row> = sorted(stats)
        .into_iter()
        .map(|entry| row(entry, stats, now_unix_s))
        .collect();
    rows.push(row(&stats.total, stats, now_unix_s));
    rows
}

/// The total alone.
pub fn total(view: &RunView<'_>) -> Row {
    row(&view.stats.total, view.stats, view.now_unix_s)
}

/// Entries in the order Locust shows them: by name, then method.
pub fn sorted(stats: &RequestStats) -> Vec<&StatsEntry> {
    let mut entries: Vec<&StatsEntry> = stats.entries.values().collect();
    entries.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    entries
}

/// The error report's lines, most frequent first.
pub fn errors(stats: &RequestStats) -> Vec<ErrorLine> {
    let mut errors = stats.errors();
    errors.sort_by_key(|error| std::cmp::Reverse(error.occurrences));
    let line = |error: &protocol::ErrorEntry| ErrorLine {
        occurrences: error.occurrences,
        text: format!("{} {}: {}", error.method, error.name, error.error),
    };
    errors.into_iter().map(line).collect()
}

fn row(entry: &StatsEntry, stats: &RequestStats, now_unix_s: f64) -> Row {
    let timed = !entry.response_times.is_empty();
    let percentiles_ms = in_order(&entry.percentiles_ms(&PERCENTILES));
    Row {
        method: entry.method.clone(),
        name: entry.name.clone(),
        requests: entry.num_requests,
        failures: entry.num_failures,
        fail_ratio: entry.fail_ratio(),
        avg_ms: entry.avg_ms(),
        min_ms: entry.min_response_time.unwrap_or(0.0),
        max_ms: entry.max_response_time,
        median_ms: percentiles_ms[0],
        avg_content_bytes: entry.avg_content_length(),
        // An empty sum of floats is -0.0; adding 0.0 makes it 0.0.
        current_rps: stats.entry_current_rps(entry, now_unix_s) + 0.0,
        current_failures_per_s: stats.entry_current_fail_per_sec(entry, now_unix_s) + 0.0,
        total_rps: stats.entry_total_rps(entry),
        total_failures_per_s: stats.entry_total_fail_per_sec(entry),
        percentiles_ms: timed.then_some(percentiles_ms),
    }
}

/// What was found for [`PERCENTILES`], in that order; the first is the median.
pub fn in_order(found: &[f64]) -> [f64; PERCENTILES.len()] {
    std::array::from_fn(|index| found.get(index).copied().unwrap_or(0.0))
}
