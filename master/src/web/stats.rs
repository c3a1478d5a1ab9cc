//! The answer of `GET /stats/requests` (reference § 5.3).

use std::sync::Arc;
use std::time::Duration;

use protocol::{RequestStats, StatsEntry, WorkerState};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::events::{RunState, RunView, WorkerView};
use crate::limits::MAX_STATS_ROWS;
use crate::server::{ControlHandle, Reading};

/// How long an answer is reused: many pages may poll, and percentiles of many rows cost something.
const CACHE: Duration = Duration::from_secs(1);
/// Percentiles of the recent past in the answer.
const RECENT_PERCENTILES: [f64; 2] = [0.5, 0.95];
/// Percentiles of each row in the answer: the median and two more.
const ROW_PERCENTILES: [f64; 3] = [0.5, 0.95, 0.99];

#[derive(Debug, Default)]
pub(super) struct StatsCache {
    last: Mutex<Option<(Instant, Arc<Value>)>>,
}

impl StatsCache {
    /// The present answer, at most a second old.
    pub(super) async fn get(&self, control: &ControlHandle) -> Result<Arc<Value>, String> {
        let mut last = self.last.lock().await;
        if let Some((at, stats)) = last.as_ref().filter(|(at, _)| at.elapsed() < CACHE) {
            tracing::trace!("statistics of {:?} ago reused", at.elapsed());
            return Ok(Arc::clone(stats));
        }
        let figures = control.read(Figures::copy).await?;
        // Only one at a time, by the lock: whoever polls need not wait for those who have a report made.
        let described = tokio::task::spawn_blocking(move || figures.describe()).await;
        let stats = described.map_err(|error| format!("The statistics could not be computed: {error}"))?;
        let stats = Arc::new(stats);
        *last = Some((Instant::now(), Arc::clone(&stats)));
        Ok(stats)
    }

    /// The next answer is computed anew.
    pub(super) async fn clear(&self) {
        *self.last.lock().await = None;
    }
}

/// What the answer is made of: copied on the control loop, computed elsewhere.
struct Figures {
    stats: RequestStats,
    now_unix_s: f64,
    state: RunState,
    user_count: u64,
    workers: Vec<Value>,
    worker_count: usize,
}

impl Figures {
    fn copy(reading: &Reading<'_>) -> Self {
        let view = &reading.view;
        let is_here = |worker: &&WorkerView| worker.state != WorkerState::Missing;
        Self {
            stats: view.stats.clone(),
            now_unix_s: view.now_unix_s,
            state: view.state,
            user_count: view.user_count,
            workers: describe_workers(view),
            worker_count: view.workers.iter().filter(is_here).count(),
        }
    }

    fn describe(self) -> Value {
        let (stats, now) = (&self.stats, self.now_unix_s);
        let mut rows: Vec<&StatsEntry> = stats.entries.values().collect();
        rows.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
        rows.truncate(MAX_STATS_ROWS);
        rows.push(&stats.total);
        let found = stats.current_times(now).percentiles_ms(&RECENT_PERCENTILES);
        let recent: serde_json::Map<String, Value> = RECENT_PERCENTILES
            .into_iter()
            .zip(found)
            .map(|(p, ms)| (format!("response_time_percentile_{p}"), json!(ms.map(rounded))))
            .collect();
        json!({
            "stats": rows.into_iter().map(|row| describe_row(stats, row, now)).collect::<Vec<_>>(),
            "errors": describe_errors(stats),
            "current_rps": stats.current_rps(now),
            "current_fail_per_sec": stats.current_fail_per_sec(now),
            "total_rps": stats.total_rps(),
            "total_fail_per_sec": stats.total_fail_per_sec(),
            "fail_ratio": stats.total.fail_ratio(),
            "current_response_time_percentiles": recent,
            "state": self.state.as_str(),
            "user_count": self.user_count,
            "workers": self.workers,
            "worker_count": self.worker_count,
        })
    }
}

fn describe_row(stats: &RequestStats, row: &StatsEntry, now_unix_s: f64) -> Value {
    let percentiles = row.percentiles_ms(&ROW_PERCENTILES);
    json!({
        "method": row.method,
        "name": row.name,
        "num_requests": row.num_requests,
        "num_failures": row.num_failures,
        "min_response_time": row.min_response_time.map_or(0.0, rounded),
        "max_response_time": rounded(row.max_response_time),
        "avg_response_time": row.avg_ms(),
        "median_response_time": percentiles[0],
        "current_rps": stats.entry_current_rps(row, now_unix_s),
        "current_fail_per_sec": stats.entry_current_fail_per_sec(row, now_unix_s),
        "total_rps": stats.entry_total_rps(row),
        "total_fail_per_sec": stats.entry_total_fail_per_sec(row),
        "response_time_percentile_0.95": rounded(percentiles[1]),
        "response_time_percentile_0.99": rounded(percentiles[2]),
        "avg_content_length": row.avg_content_length(),
    })
}

fn describe_errors(stats: &RequestStats) -> Vec<Value> {
    let errors = stats.errors().into_iter().take(MAX_STATS_ROWS);
    errors
        .map(|error| {
            json!({
                "name": error.name,
                "method": error.method,
                "error": error.error,
                "occurrences": error.occurrences,
                "first_seen": error.first_seen,
                "last_seen": error.last_seen,
            })
        })
        .collect()
}

fn describe_workers(view: &RunView<'_>) -> Vec<Value> {
    let workers = view.workers.iter();
    workers
        .map(|worker| {
            json!({
                "id": worker.id,
                "state": worker.state.as_str(),
                "user_count": worker.user_count,
                "cpu_usage": worker.cpu_percent,
                "memory_usage": worker.memory_bytes,
            })
        })
        .collect()
}

/// Milliseconds to the microsecond; what is below is noise of floating point.
fn rounded(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}
