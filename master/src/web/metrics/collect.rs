//! The figures of `GET /metrics`: of the fleet from the present state, of requests from the run's record.

use std::collections::BTreeMap;

use protocol::WorkerState;

use crate::events::{RunState, RunView, WorkerView};
use crate::limits::{MAX_METRIC_NAMES, MAX_METRIC_WORKERS};
use crate::timeline::{Cell, PackedTimes, RequestId, RequestKey, Shown};

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
    fn of(key: &RequestKey, cell: &Cell) -> Self {
        Self {
            method: key.method.clone(),
            name: key.name.clone(),
            requests: cell.requests,
            failures: cell.failures,
            bytes: cell.bytes,
            timed: cell.times.count(),
            sum_s: cell.sum_ms / 1000.0,
            buckets: buckets(&cell.times),
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

fn buckets(times: &PackedTimes) -> [u64; BUCKETS_S.len() + 1] {
    let mut counts = [0u64; BUCKETS_S.len() + 1];
    times.for_each_us(|us, count| {
        let index = BUCKETS_S.partition_point(|bound_s| bound_s * 1_000_000.0 < us as f64);
        if let Some(cell) = counts.get_mut(index) {
            *cell = cell.saturating_add(count);
        }
    });
    counts
}

/// The state of the fleet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fleet {
    pub(super) state: RunState,
    pub(super) elapsed_s: f64,
    pub(super) users: u64,
    pub(super) target_users: u64,
    pub(super) users_by_class: BTreeMap<String, u64>,
    pub(super) in_flight: u64,
    pub(super) exceptions: u64,
    pub(super) workers_by_state: BTreeMap<String, u64>,
    pub(super) workers: Vec<WorkerView>,
}

impl Fleet {
    /// Quick: it runs on the control loop.
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
            workers_by_state,
            workers: there.take(MAX_METRIC_WORKERS).cloned().collect(),
        }
    }
}

/// The names in the order in which they came, so that a later one takes no place of an earlier one; the rest together.
/// Walks all response times of the run: not for the control loop.
pub(super) fn requests(shown: &Shown) -> Vec<Requests> {
    match &shown.totals {
        Some(totals) => rows(shown, totals.rows.iter().map(|(id, cell)| (*id, cell.as_ref()))),
        None => {
            let sums = shown.record.window(None, None).rows();
            let cells: Vec<(RequestId, Cell)> = sums.iter().map(|(id, sum)| (*id, Cell::from(sum))).collect();
            rows(shown, cells.iter().map(|(id, cell)| (*id, cell)))
        }
    }
}

fn rows<'a>(shown: &Shown, cells: impl Iterator<Item = (RequestId, &'a Cell)>) -> Vec<Requests> {
    let mut all = cells.filter_map(|(id, cell)| {
        let key = shown.record.requests.get(id as usize)?;
        Some(Requests::of(key, cell))
    });
    let mut rows: Vec<Requests> = all.by_ref().take(MAX_METRIC_NAMES).collect();
    let rest = all.reduce(|mut rest, row| {
        rest.add(&row);
        rest
    });
    rows.extend(rest.map(|rest| Requests {
        method: String::new(),
        name: "Other".to_owned(),
        ..rest
    }));
    rows
}
