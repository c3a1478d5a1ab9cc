//! What the API, the live feed and the report say of a run: the JSON shapes. The computing is in the files beside.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// Fractions of the percentiles that tables show: Locust's list.
pub const PERCENTILES: [f64; 11] = [0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0];
/// Fractions of the percentiles that charts show.
pub const SERIES_PERCENTILES: [f64; 8] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0];

/// Figures over time. All columns are as long as `t`; null where there is nothing to measure.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct Series {
    /// Length of an interval, seconds.
    pub width_s: u32,
    /// First second of the run in it.
    pub from_s: u32,
    /// Second after the last one in it. Of a run that goes on: seconds whose reports are all here.
    pub to_s: u32,
    /// Id of the request name; null for all requests.
    pub request: Option<u32>,
    /// Fractions of the percentiles in `ms`.
    pub percentiles: Vec<f64>,
    /// Second of the run at which each interval begins.
    pub t: Vec<u32>,
    /// Users running.
    pub users: Vec<u64>,
    /// Users wanted.
    pub target_users: Vec<u64>,
    /// Workers heard of.
    pub workers: Vec<u32>,
    /// Requests per second.
    pub rate: Vec<f64>,
    /// Failures per second.
    pub fail_rate: Vec<f64>,
    /// Requests under way.
    pub in_flight: Vec<f64>,
    /// 99th percentile of the time from the script's call until the engine begins the request, milliseconds.
    pub lag_ms: Vec<Option<f64>>,
    /// Slowest event loop of a worker, milliseconds.
    pub loop_lag_ms: Vec<f64>,
    /// Busiest worker, percent of a core.
    pub cpu_percent: Vec<f64>,
    /// Open connections.
    pub connections: Vec<u64>,
    /// Bytes of response bodies per second.
    pub bytes_rate: Vec<f64>,
    /// Mean response time, milliseconds.
    pub avg_ms: Vec<Option<f64>>,
    /// Response times, milliseconds: for each percentile a column.
    pub ms: Vec<Vec<Option<f64>>>,
}

/// Response times over time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Heatmap {
    /// Length of an interval, seconds.
    pub width_s: u32,
    /// Bounds of the buckets, milliseconds: bucket `i` holds times from `edges_ms[i]` to below `edges_ms[i+1]`.
    pub edges_ms: Vec<f64>,
    /// Second of the run at which each interval begins.
    pub t: Vec<u32>,
    /// For each interval the buckets with something in them, and how many.
    // A pair is written as a list, which JSON Schema has no short word for.
    #[schema(value_type = Vec<Vec<Vec<u64>>>)]
    pub columns: Vec<Vec<(u32, u64)>>,
}

/// The table of request names.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Statistics {
    /// First second of the run in it.
    pub from_s: u32,
    /// Second after the last one in it.
    pub to_s: u32,
    /// How many seconds of the run these are.
    pub seconds: u32,
    /// Fractions of the percentiles in `ms` and `ok_ms`.
    pub percentiles: Vec<f64>,
    /// Request names, by name and method.
    pub rows: Vec<Row>,
    /// All requests.
    pub total: Row,
}

/// Figures of one request name, or of all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct Row {
    /// Id of the request name in this run; null for the total.
    pub id: Option<u32>,
    /// Request type; empty for the total.
    pub method: String,
    /// Request name; `Aggregated` for the total.
    pub name: String,
    /// Requests that ended.
    pub requests: u64,
    /// Of these, failed ones.
    pub failures: u64,
    /// Of these, without a response time.
    pub without_time: u64,
    /// Failures by requests, 0 to 1.
    pub fail_ratio: f64,
    /// Mean response time, milliseconds.
    pub avg_ms: Option<f64>,
    /// Smallest response time, milliseconds.
    pub min_ms: Option<f64>,
    /// Largest response time, milliseconds.
    pub max_ms: Option<f64>,
    /// Mean bytes of a response body.
    pub avg_bytes: f64,
    /// Requests per second.
    pub rate: f64,
    /// Failures per second.
    pub fail_rate: f64,
    /// Requests per second in the last 10 s; null unless the run goes on.
    pub current_rate: Option<f64>,
    /// Failures per second in the last 10 s; null unless the run goes on.
    pub current_fail_rate: Option<f64>,
    /// Response times at `percentiles`, milliseconds.
    pub ms: Vec<Option<f64>>,
    /// The same of requests that did not fail; nulls if workers do not tell.
    pub ok_ms: Vec<Option<f64>>,
    /// Mean response time of requests that did not fail, milliseconds.
    pub ok_avg_ms: Option<f64>,
    /// 99th percentile of the time from the script's call until the engine begins the request, milliseconds.
    pub lag_p99_ms: Option<f64>,
    /// Responses by HTTP status.
    pub status_codes: BTreeMap<String, u64>,
}

/// The table of errors.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct Failures {
    /// Errors that occurred, most frequent first.
    pub rows: Vec<FailureRow>,
}

/// One error of one request name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FailureRow {
    /// Request type.
    pub method: String,
    /// Request name.
    pub name: String,
    /// Its text.
    pub error: String,
    /// Whose fault: `target`, `network`, `generator`, `script`; null if unknown.
    pub fault: Option<&'static str>,
    /// How often in the window.
    pub occurrences: u64,
    /// First time in the run, unix seconds.
    pub first_seen_unix_s: Option<f64>,
    /// Last time in the run, unix seconds.
    pub last_seen_unix_s: Option<f64>,
    /// One occurrence to look at.
    pub sample: Option<super::ErrorExample>,
}

/// The table of exceptions.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct Exceptions {
    /// Distinct exceptions, in the order in which they were first seen.
    pub rows: Vec<super::ExceptionRow>,
}

/// Response times of a window, cell by cell.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Histogram {
    /// First second of the run in it.
    pub from_s: u32,
    /// Second after the last one in it.
    pub to_s: u32,
    /// Id of the request name; null for all requests.
    pub request: Option<u32>,
    /// Number of times.
    pub count: u64,
    /// Exact smallest response time, milliseconds.
    pub min_ms: Option<f64>,
    /// Exact largest response time, milliseconds.
    pub max_ms: Option<f64>,
    /// The middle of each cell with something in it in microseconds, and how many; ascending.
    #[schema(value_type = Vec<Vec<u64>>)]
    pub cells: Vec<(u64, u64)>,
}
