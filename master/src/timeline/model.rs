//! What is kept of a run over time: intervals of whole seconds, each with what happened in it by request name.
//!
//! One model for everything that looks back: the page, the API, the history store, the report, the diagnosis and the
//! comparison. It is data; `recorder` fills it, `window` adds it up, `store` keeps it.

use std::collections::BTreeMap;
use std::sync::Arc;

use protocol::Fault;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::packed::PackedTimes;

/// Index into [`RunRecord::requests`].
pub type RequestId = u32;
/// Index into [`RunRecord::errors`].
pub type ErrorId = u32;

/// A run as far as it has come. Cheap to clone: what is finished is shared.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// What it is a record of.
    pub info: Arc<RunInfo>,
    /// Length of an interval in whole seconds; doubles when the record grows past its limits.
    pub width_s: u32,
    /// Second of the run from which statistics count: 0, or when they were last reset.
    pub counts_from_s: u32,
    /// Request names in the order in which they were first seen.
    pub requests: Arc<Vec<RequestKey>>,
    /// Distinct errors in the order in which they were first seen.
    pub errors: Arc<Vec<ErrorKey>>,
    /// The intervals, without gaps: the one at position `i` begins at second `i * width_s`.
    pub intervals: Vec<Arc<Interval>>,
    /// What happened when, in order.
    pub marks: Arc<Vec<Mark>>,
    /// Exceptions of users' code.
    pub exceptions: Arc<Vec<ExceptionRow>>,
}

/// What run it is, and how it was asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct RunInfo {
    /// Sorts by time: `20261123-043522-7f3a`.
    pub id: String,
    /// `spawning`, `running`, `stopping`, `stopped`; `incomplete` if it was cut off by the end of its master.
    pub state: String,
    /// Unix seconds.
    pub started_unix_s: f64,
    /// Unix seconds; None while it runs.
    pub ended_unix_s: Option<f64>,
    /// Seconds it has run.
    pub elapsed_s: f64,
    /// Why it ended: `run_time`, `requested`, `script`, `shape`, `shape_failed`, `script_lost`, `workers_lost`, `signal`.
    pub end_cause: Option<String>,
    /// Users wanted by the last start or edit.
    pub users: u64,
    /// Users per second by the last start or edit.
    pub spawn_rate: f64,
    /// Time limit in seconds.
    pub run_time_s: Option<f64>,
    /// The host that overrides those of the classes.
    pub host: Option<String>,
    /// Label given at the start.
    pub profile: Option<String>,
    /// User classes that run.
    pub user_classes: Vec<String>,
    /// Load shape that drives it.
    pub shape_class: Option<String>,
    /// The script's own arguments and the common options by Locust's names; secret ones are left out.
    #[schema(value_type = Object)]
    pub options: serde_json::Map<String, serde_json::Value>,
    /// File names of the script.
    pub locustfile: String,
    /// Hash of the script bundle.
    pub script_hash: String,
    /// How the users that were asked for share their time among tasks, as `GET /tasks` has it; null if that is not known. The
    /// API answers it by itself.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    #[schema(ignore)]
    pub ratio: serde_json::Value,
    /// Where it ran: `version`, `os`, `cpus`, `host_name`, `workers`, `python`.
    pub environment: BTreeMap<String, String>,
}

/// A request name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct RequestKey {
    /// Request type, e.g. `GET`.
    pub method: String,
    /// Request name.
    pub name: String,
}

/// A distinct error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorKey {
    /// Request it came for.
    pub method: String,
    /// Request it came for.
    pub name: String,
    /// Its text.
    pub error: String,
    /// Whose fault: `target`, `network`, `generator`, `script`; None if unknown.
    #[serde(with = "super::fault_name")]
    pub fault: Option<Fault>,
    /// First time, unix seconds.
    pub first_seen: Option<f64>,
    /// Last time, unix seconds.
    pub last_seen: Option<f64>,
    /// One occurrence to look at.
    pub sample: Option<ErrorExample>,
}

/// One occurrence of an error; see [`protocol::ErrorSample`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorExample {
    /// URL asked for.
    pub url: String,
    /// HTTP status, if a response came.
    pub status: Option<u16>,
    /// Beginning of the response.
    pub body: String,
    /// Worker.
    pub node_id: String,
}

/// One interval.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Interval {
    /// State of the fleet; of several seconds, see each field.
    pub gauges: Gauges,
    /// All requests.
    pub total: Cell,
    /// By request name, ascending, only those with something in them.
    pub cells: Vec<(RequestId, Cell)>,
    /// Occurrences by error, ascending.
    pub errors: Vec<(ErrorId, u64)>,
}

/// State of the fleet during an interval.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Gauges {
    /// Users running; the last second's.
    pub users: u64,
    /// Users wanted; the last second's.
    pub target_users: u64,
    /// Workers heard of; the last second's.
    pub workers: u32,
    /// Workers missing; the most.
    pub workers_missing: u32,
    /// Requests under way; the mean over seconds.
    pub in_flight: f64,
    /// Open connections; the most.
    pub connections: u64,
    /// Busiest worker, percent of a core; the most.
    pub cpu_max_percent: f64,
    /// Mean over workers and seconds, percent of a core.
    pub cpu_mean_percent: f64,
    /// Slowest event loop of a worker, milliseconds; the most.
    pub loop_lag_max_ms: f64,
    /// Resident bytes of all workers; the most.
    pub memory_bytes: u64,
}

/// What happened to a request name in an interval.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cell {
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
    pub times: PackedTimes,
    /// Response times of failed requests.
    pub failed_times: PackedTimes,
    /// From the script's call until the engine begins the request; connecting is part of the response time.
    pub lag: PackedTimes,
    /// Responses by HTTP status, ascending.
    pub status_codes: Vec<(u16, u64)>,
}

/// Something that happened at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    /// Seconds since the run's start.
    pub at_s: f64,
    /// `start`, `edit`, `spawning_complete`, `worker_joined`, `worker_lost`, `worker_returned`, `rebalanced`, `reset`, `stop`,
    /// `end`.
    pub kind: String,
    /// What a person should know: worker's name, users wanted, cause. English; the page has texts by `kind` from `data`.
    pub text: String,
    /// The same as fields: `worker`, `users`, `spawn_rate`, `cause`.
    #[schema(value_type = Object)]
    pub data: serde_json::Map<String, serde_json::Value>,
}

/// One distinct exception of users' code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExceptionRow {
    /// How often.
    pub count: u64,
    /// Text.
    pub msg: String,
    /// Python's traceback.
    pub traceback: String,
    /// Workers.
    pub nodes: Vec<String>,
}
