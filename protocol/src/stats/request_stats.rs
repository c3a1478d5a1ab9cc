//! The whole table: all rows, the total and the errors of a run, on a worker (recorded) or on a master (merged).
//!
//! It knows no report numbers: whoever merges must drop a report that it has seen before.

use std::collections::{BTreeMap, HashMap};

use super::entry::trim_seconds;
use super::recent::RecentTimes;
use super::{ErrorEntry, StatsEntry, StatsReport, Times, cut_name, rates};
use crate::limits::{FOLDED_NAME, MAX_ERRORS, MAX_NAMES};

/// How much was folded into "Other" because a table was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Folded {
    /// Requests and failures whose name was not kept.
    pub requests: u64,
    /// Error occurrences whose text was not kept.
    pub errors: u64,
}

type RowKey = (String, String);
type ErrorKey = (String, String, String);

/// All statistics of a run, bounded in rows by `limits`.
#[derive(Debug, Clone)]
pub struct RequestStats {
    /// Rows by (method, name), in that order.
    pub entries: BTreeMap<RowKey, StatsEntry>,
    /// The sum over everything.
    pub total: StatsEntry,
    errors: HashMap<ErrorKey, ErrorEntry>,
    recent: RecentTimes,
    folded: Folded,
    max_names: usize,
    max_errors: usize,
}

impl RequestStats {
    /// An empty table that counts from `now_unix_s`.
    pub fn new(now_unix_s: f64) -> Self {
        Self::with_limits(now_unix_s, MAX_NAMES, MAX_ERRORS)
    }

    /// The same with other limits on distinct names and errors.
    pub fn with_limits(now_unix_s: f64, max_names: usize, max_errors: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            total: StatsEntry::total(now_unix_s),
            errors: HashMap::new(),
            recent: RecentTimes::default(),
            folded: Folded::default(),
            max_names,
            max_errors,
        }
    }

    /// Records a request that ended at `now_unix_s` (see [`StatsEntry::record`]).
    pub fn record(
        &mut self,
        method: &str,
        name: &str,
        response_time_ms: Option<f64>,
        length: u64,
        now_unix_s: f64,
    ) {
        self.total.record(response_time_ms, length, now_unix_s);
        self.row(method, name, now_unix_s, 1)
            .record(response_time_ms, length, now_unix_s);
    }

    /// Counts a failure with its text.
    pub fn record_failure(&mut self, method: &str, name: &str, error: &str, now_unix_s: f64) {
        self.total.record_failure(now_unix_s);
        self.row(method, name, now_unix_s, 0).record_failure(now_unix_s);
        self.add_error(&ErrorEntry::new(method, name, error, now_unix_s));
    }

    /// Adds a worker's report that arrived at `now_unix_s`.
    pub fn merge_report(&mut self, report: &StatsReport, now_unix_s: f64) {
        for entry in &report.stats {
            let start_time = entry.start_time.min(now_unix_s);
            self.row(&entry.method, &entry.name, start_time, entry.num_requests)
                .merge(entry);
        }
        self.total.merge(&report.total);
        self.recent.add(&report.total.response_times, now_unix_s);
        for error in &report.errors {
            self.add_error(error);
        }
    }

    /// Takes everything recorded since the last call as a report; rows stay known but empty.
    pub fn take_report(
        &mut self,
        user_classes_count: BTreeMap<String, u64>,
        sequence: Option<u64>,
        now_unix_s: f64,
    ) -> StatsReport {
        let used = self.entries.values_mut().filter(|entry| !entry.is_empty());
        let mut errors: Vec<ErrorEntry> = self.errors.drain().map(|(_, error)| error).collect();
        errors.sort_by(|a, b| (&a.method, &a.name, &a.error).cmp(&(&b.method, &b.name, &b.error)));
        StatsReport {
            stats: used.map(|entry| entry.take_delta(now_unix_s)).collect(),
            total: self.total.take_delta(now_unix_s),
            errors,
            user_count: user_classes_count
                .values()
                .fold(0, |sum: u64, &count| sum.saturating_add(count)),
            user_classes_count,
            sequence,
            closed_unix_s: None,
            in_flight: 0,
            extra: BTreeMap::new(),
        }
    }

    /// Forgets everything; counts from `now_unix_s`.
    pub fn clear(&mut self, now_unix_s: f64) {
        self.entries.clear();
        self.errors.clear();
        self.recent.clear();
        self.total = StatsEntry::total(now_unix_s);
        self.folded = Folded::default();
    }

    /// The row of that (method, name).
    pub fn get(&self, method: &str, name: &str) -> Option<&StatsEntry> {
        self.entries.get(&(method.to_owned(), name.to_owned()))
    }

    /// The errors, sorted by method, name and text.
    pub fn errors(&self) -> Vec<&ErrorEntry> {
        let mut all: Vec<_> = self.errors.values().collect();
        all.sort_by(|a, b| (&a.method, &a.name, &a.error).cmp(&(&b.method, &b.name, &b.error)));
        all
    }

    /// What did not fit.
    pub fn folded(&self) -> Folded {
        self.folded
    }

    /// Requests per second right now: mean over a window of 10 s (see `rates::anchor` for where it lies).
    pub fn current_rps(&self, now_unix_s: f64) -> f64 {
        self.entry_current_rps(&self.total, now_unix_s)
    }

    /// Failures per second right now.
    pub fn current_fail_per_sec(&self, now_unix_s: f64) -> f64 {
        self.entry_current_fail_per_sec(&self.total, now_unix_s)
    }

    /// Requests per second of one row right now; the window is the total's.
    pub fn entry_current_rps(&self, entry: &StatsEntry, now_unix_s: f64) -> f64 {
        rates::current(
            &entry.num_reqs_per_sec,
            self.anchor(now_unix_s),
            self.total.start_time,
        )
    }

    /// Failures per second of one row right now; the window is the total's.
    pub fn entry_current_fail_per_sec(&self, entry: &StatsEntry, now_unix_s: f64) -> f64 {
        rates::current(
            &entry.num_fail_per_sec,
            self.anchor(now_unix_s),
            self.total.start_time,
        )
    }

    /// Requests per second over the whole run, up to the last request.
    pub fn total_rps(&self) -> f64 {
        self.entry_total_rps(&self.total)
    }

    /// Failures per second over the whole run, up to the last request.
    pub fn total_fail_per_sec(&self) -> f64 {
        self.entry_total_fail_per_sec(&self.total)
    }

    /// Requests per second of one row over the whole run (the total's span).
    pub fn entry_total_rps(&self, entry: &StatsEntry) -> f64 {
        rates::overall(
            entry.num_requests,
            self.total.start_time,
            self.total.last_request_timestamp,
        )
    }

    /// Failures per second of one row over the whole run (the total's span).
    pub fn entry_total_fail_per_sec(&self, entry: &StatsEntry) -> f64 {
        rates::overall(
            entry.num_failures,
            self.total.start_time,
            self.total.last_request_timestamp,
        )
    }

    /// Percentile (0 to 1) over the reports of the last 10 to 12 s, milliseconds; None if they hold no times.
    pub fn current_percentile_ms(&self, p: f64, now_unix_s: f64) -> Option<f64> {
        self.current_times(now_unix_s).percentile_ms(p)
    }

    /// The response times of the last 10 to 12 s, to take several percentiles from.
    pub fn current_times(&self, now_unix_s: f64) -> Times {
        self.recent.merged(now_unix_s)
    }

    fn anchor(&self, now_unix_s: f64) -> i64 {
        rates::anchor(self.total.last_request_timestamp, now_unix_s)
    }

    /// The row to count in: the one asked for, or "Other" if the table is full.
    fn row(&mut self, method: &str, name: &str, start_unix_s: f64, requests: u64) -> &mut StatsEntry {
        let (method, name) = (cut_name(method), cut_name(name));
        let mut key = (method.to_owned(), name.to_owned());
        if !self.entries.contains_key(&key) && self.entries.len() >= self.max_names {
            key = (String::new(), FOLDED_NAME.to_owned());
            self.folded.requests = self.folded.requests.saturating_add(requests);
        }
        self.entries
            .entry(key)
            .or_insert_with_key(|(method, name)| StatsEntry::new(name, method, start_unix_s))
    }

    fn add_error(&mut self, error: &ErrorEntry) {
        let mut key = (error.method.clone(), error.name.clone(), error.error.clone());
        if !self.errors.contains_key(&key) && self.errors.len() >= self.max_errors {
            key = (String::new(), FOLDED_NAME.to_owned(), FOLDED_NAME.to_owned());
            self.folded.errors = self.folded.errors.saturating_add(error.occurrences);
        }
        match self.errors.get_mut(&key) {
            Some(known) => known.merge(error),
            None => {
                let (method, name, text) = key.clone();
                self.errors.insert(
                    key,
                    ErrorEntry {
                        method,
                        name,
                        error: text,
                        ..error.clone()
                    },
                );
            }
        }
    }
}

impl StatsReport {
    /// Brings what a peer sent within this crate's limits (per-second history); names are cut when merged.
    pub(crate) fn trim(&mut self) {
        for entry in self.stats.iter_mut().chain([&mut self.total]) {
            trim_seconds(&mut entry.num_reqs_per_sec);
            trim_seconds(&mut entry.num_fail_per_sec);
        }
    }
}

#[cfg(test)]
mod tests;
