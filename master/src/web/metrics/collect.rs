//! The figures of `GET /metrics`: counts from the present state, response times from the run's record.

use std::collections::{BTreeMap, HashMap};

use protocol::{StatsEntry, WorkerState};

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
    fn named(method: &str, name: &str) -> Self {
        Self {
            method: method.to_owned(),
            name: name.to_owned(),
            ..Self::default()
        }
    }

    fn add_counts(&mut self, entry: &StatsEntry) {
        self.requests = self.requests.saturating_add(entry.num_requests);
        self.failures = self.failures.saturating_add(entry.num_failures);
        self.bytes = self.bytes.saturating_add(entry.total_content_length);
    }

    fn add_times(&mut self, cell: &Cell) {
        self.timed = self.timed.saturating_add(cell.times.count());
        self.sum_s += cell.sum_ms / 1000.0;
        for (own, other) in self.buckets.iter_mut().zip(buckets(&cell.times)) {
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

/// The present state.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Present {
    pub(super) state: RunState,
    pub(super) elapsed_s: f64,
    pub(super) users: u64,
    pub(super) target_users: u64,
    pub(super) users_by_class: BTreeMap<String, u64>,
    pub(super) in_flight: u64,
    pub(super) exceptions: u64,
    pub(super) workers_by_state: BTreeMap<String, u64>,
    pub(super) workers: Vec<WorkerView>,
    /// What was counted of each name; the response times are not in it yet.
    pub(super) requests: Vec<Requests>,
}

impl Present {
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
            requests: counted(view),
        }
    }
}

/// The names in the order in which they came, so that a later one takes no place of an earlier one; the rest together.
fn counted(view: &RunView<'_>) -> Vec<Requests> {
    let mut entries: Vec<&StatsEntry> = view.stats.entries.values().collect();
    entries.sort_by(|a, b| a.start_time.total_cmp(&b.start_time));
    let (kept, rest) = entries.split_at(entries.len().min(MAX_METRIC_NAMES));
    let names = kept
        .iter()
        .map(|entry| Requests::named(&entry.method, &entry.name));
    let mut rows: Vec<Requests> = names.collect();
    if !rest.is_empty() {
        rows.push(Requests::named("", "Other"));
    }
    for (place, entry) in entries.iter().enumerate() {
        rows[place.min(MAX_METRIC_NAMES)].add_counts(entry);
    }
    rows
}

/// Adds the response times of the run to what was counted. Walks all of them: not for the control loop.
pub(super) fn add_times(rows: &mut [Requests], shown: &Shown) {
    match &shown.totals {
        Some(totals) => add_cells(
            rows,
            shown,
            totals.rows.iter().map(|(id, cell)| (*id, cell.as_ref())),
        ),
        None => {
            let sums = shown.record.window(None, None).rows();
            let cells: Vec<(RequestId, Cell)> = sums.iter().map(|(id, sum)| (*id, Cell::from(sum))).collect();
            add_cells(rows, shown, cells.iter().map(|(id, cell)| (*id, cell)));
        }
    }
}

/// What the record has and nobody counts any more was before a reset.
fn add_cells<'a>(rows: &mut [Requests], shown: &Shown, cells: impl Iterator<Item = (RequestId, &'a Cell)>) {
    let keys = rows.iter().take(MAX_METRIC_NAMES).map(|row| RequestKey {
        method: row.method.clone(),
        name: row.name.clone(),
    });
    let places: HashMap<RequestKey, usize> = keys.zip(0..).collect();
    for (id, cell) in cells {
        let Some(key) = shown.record.requests.get(id as usize) else {
            continue;
        };
        let place = places.get(key).copied().unwrap_or(MAX_METRIC_NAMES);
        if let Some(row) = rows.get_mut(place) {
            row.add_times(cell);
        }
    }
}
