//! The figures of `GET /metrics`, copied from the present state. Quick: it runs on the control loop.

use std::collections::BTreeMap;

use protocol::{StatsEntry, Times, WorkerState};

use crate::events::{RunState, RunView, WorkerView};
use crate::limits::{MAX_METRIC_NAMES, MAX_METRIC_WORKERS};

/// Upper bounds of the buckets of response times, seconds; a last one has all.
pub(super) const BUCKETS_S: [f64; 16] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// One request name; or the rest of them, with an empty method.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Requests {
    pub(super) method: String,
    pub(super) name: String,
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) bytes: u64,
    /// Requests with a response time.
    pub(super) timed: u64,
    pub(super) sum_s: f64,
    /// Response times in each of [`BUCKETS_S`], and above; not cumulative.
    pub(super) buckets: [u64; BUCKETS_S.len() + 1],
}

impl Requests {
    fn of(entry: &StatsEntry) -> Self {
        Self {
            method: entry.method.clone(),
            name: entry.name.clone(),
            requests: entry.num_requests,
            failures: entry.num_failures,
            bytes: entry.total_content_length,
            timed: entry.response_times.len(),
            sum_s: entry.total_response_time / 1000.0,
            buckets: buckets(&entry.response_times),
        }
    }

    fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.failures = self.failures.saturating_add(other.failures);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.timed = self.timed.saturating_add(other.timed);
        self.sum_s += other.sum_s;
        for (own, other) in self.buckets.iter_mut().zip(other.buckets) {
            *own = own.saturating_add(other);
        }
    }
}

fn buckets(times: &Times) -> [u64; BUCKETS_S.len() + 1] {
    let mut counts = [0u64; BUCKETS_S.len() + 1];
    times.for_each_us(|us, count| {
        let index = BUCKETS_S.partition_point(|bound_s| bound_s * 1_000_000.0 < us as f64);
        if let Some(cell) = counts.get_mut(index) {
            *cell = cell.saturating_add(count);
        }
    });
    counts
}

/// Everything that is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    pub(super) state: RunState,
    pub(super) elapsed_s: f64,
    pub(super) users: u64,
    pub(super) target_users: u64,
    pub(super) users_by_class: BTreeMap<String, u64>,
    pub(super) in_flight: u64,
    pub(super) exceptions: u64,
    pub(super) requests: Vec<Requests>,
    pub(super) workers_by_state: BTreeMap<String, u64>,
    pub(super) workers: Vec<WorkerView>,
}

impl Figures {
    pub(super) fn of(view: &RunView<'_>) -> Self {
        let mut workers_by_state =
            BTreeMap::from([("missing", 0), ("ready", 0), ("running", 0), ("spawning", 0)])
                .into_iter()
                .map(|(state, count)| (state.to_owned(), count))
                .collect::<BTreeMap<String, u64>>();
        for worker in view.workers {
            // A worker of somebody else may call its state what it likes.
            let state = match &worker.state {
                WorkerState::Other(_) => "other",
                state => state.as_str(),
            };
            *workers_by_state.entry(state.to_owned()).or_default() += 1;
        }
        let there = view
            .workers
            .iter()
            .filter(|worker| worker.state != WorkerState::Missing);
        Self {
            state: view.state,
            elapsed_s: view.elapsed_s,
            users: view.user_count,
            target_users: view.target_user_count,
            users_by_class: view.user_classes_count.clone(),
            in_flight: there
                .clone()
                .map(|worker| worker.in_flight)
                .fold(0, u64::saturating_add),
            exceptions: view.exceptions.iter().map(|exception| exception.count).sum(),
            requests: requests(view),
            workers_by_state,
            workers: there.take(MAX_METRIC_WORKERS).cloned().collect(),
        }
    }
}

/// The names in the order in which they came, so that a later one takes no place of an earlier one; the rest together.
fn requests(view: &RunView<'_>) -> Vec<Requests> {
    let mut entries: Vec<&StatsEntry> = view.stats.entries.values().collect();
    entries.sort_by(|a, b| a.start_time.total_cmp(&b.start_time));
    let (kept, rest) = entries.split_at(entries.len().min(MAX_METRIC_NAMES));
    let mut rows: Vec<Requests> = kept.iter().map(|entry| Requests::of(entry)).collect();
    if !rest.is_empty() {
        let mut other = Requests {
            name: "Other".to_owned(),
            ..Requests::default()
        };
        for entry in rest {
            other.add(&Requests::of(entry));
        }
        rows.push(other);
    }
    rows
}
