//! Statistics where they arise: one row per request name, written by the reactor thread alone, without locks.
//!
//! A row is found by its *slot*, an index that the Python thread hands out once per (method, name), so recording neither
//! hashes nor compares names. The total is made when a report is taken, not per request.

mod names;
mod sample;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use protocol::limits::MAX_REPORT_SAMPLES;
use protocol::{ErrorEntry, ErrorSample, Fault, StatsEntry, StatsReport};

use crate::limits::FAILURE_TEXTS_MAX;
use crate::reactor::milliseconds;

pub use names::{Names, OTHER_NAME};
pub use sample::sample;

/// Index of a row; see [`Names`].
pub type Slot = u32;

/// One request as it is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The row.
    pub slot: Slot,
    /// Milliseconds; `None` if the request has no time.
    pub response_time_ms: Option<f64>,
    /// Bytes of the response.
    pub length: u64,
    /// HTTP status of the response, if one came.
    pub status: Option<u16>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// How long the generator itself delayed it.
    pub lag: Option<Duration>,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The text it is counted under.
    pub text: String,
    /// Whose fault it is; None if nobody can tell.
    pub fault: Option<Fault>,
    /// What to show of it, if it turns out to be the first of its kind.
    pub sample: Option<Box<ErrorSample>>,
}

impl Failure {
    /// One without a sample.
    pub fn new(text: impl Into<String>, fault: Option<Fault>) -> Self {
        Self {
            text: text.into(),
            fault,
            sample: None,
        }
    }
}

/// All rows since the last report, and the sums since the last reset.
#[derive(Debug)]
pub struct Recorder {
    rows: Vec<StatsEntry>,
    reported: Vec<StatsEntry>,
    failures: HashMap<(Slot, String), ErrorEntry>,
    /// How many of them have a sample.
    samples: usize,
    sequence: u64,
}

impl Recorder {
    /// A recorder without rows.
    pub fn new() -> Self {
        Self {
            rows: Vec::new(),
            reported: Vec::new(),
            failures: HashMap::new(),
            samples: 0,
            sequence: 0,
        }
    }

    /// Adds the row of the next slot.
    pub fn add_row(&mut self, method: &str, name: &str, now_unix_s: f64) {
        self.rows.push(StatsEntry::new(name, method, now_unix_s));
        self.reported.push(StatsEntry::new(name, method, now_unix_s));
    }

    /// The name of a row.
    pub fn name(&self, slot: Slot) -> &str {
        self.rows.get(slot as usize).map_or("", |row| &row.name)
    }

    /// Counts one request that ended at `now_unix_s`.
    pub fn record(&mut self, mut record: Record, now_unix_s: f64) {
        let sample = record.failure.as_mut().and_then(|failure| failure.sample.take());
        self.record_sampled(record, now_unix_s, || sample.map(|sample| *sample));
    }

    /// The same; `sample` is only asked for a failure of a kind that has come for the first time since the last report.
    pub fn record_sampled(
        &mut self,
        record: Record,
        now_unix_s: f64,
        sample: impl FnOnce() -> Option<ErrorSample>,
    ) {
        let Some(row) = self.rows.get_mut(record.slot as usize) else {
            debug_assert!(false, "slot {} was used before its row was made", record.slot);
            return;
        };
        row.record(record.response_time_ms, record.length, now_unix_s);
        if let Some(lag) = record.lag {
            row.record_lag_us(u64::try_from(lag.as_micros()).unwrap_or(u64::MAX));
        }
        if let Some(status) = record.status {
            row.record_status(status);
        }
        if let Some(failure) = record.failure {
            row.record_failure(now_unix_s);
            if let Some(ms) = record.response_time_ms {
                row.record_failed_ms(ms);
            }
            self.count_failure(record.slot, failure, now_unix_s, sample);
        }
    }

    fn count_failure(
        &mut self,
        slot: Slot,
        failure: Failure,
        now_unix_s: f64,
        sample: impl FnOnce() -> Option<ErrorSample>,
    ) {
        let key = (slot, failure.text);
        if let Some(entry) = self.failures.get_mut(&key) {
            entry.occurrences += 1;
            entry.last_seen = Some(now_unix_s);
            return;
        }
        let Some(row) = self.rows.get(slot as usize) else {
            return;
        };
        if self.failures.len() >= FAILURE_TEXTS_MAX {
            // Failures of several kinds: nobody's fault in particular, and no one of them stands for the others.
            self.failures
                .entry((slot, OTHER_NAME.to_owned()))
                .and_modify(|entry| {
                    entry.occurrences += 1;
                    entry.last_seen = Some(now_unix_s);
                })
                .or_insert_with(|| ErrorEntry::new(&row.method, &row.name, OTHER_NAME, now_unix_s));
            return;
        }
        let mut entry = ErrorEntry::new(&row.method, &row.name, &key.1, now_unix_s);
        entry.fault = failure.fault;
        if self.samples < MAX_REPORT_SAMPLES {
            entry.sample = sample();
            self.samples += usize::from(entry.sample.is_some());
        }
        self.failures.insert(key, entry);
    }

    /// Takes everything since the last report. Reports are numbered from 1, so that a master can drop one it has seen.
    pub fn take_report(&mut self, users: BTreeMap<String, u64>, now_unix_s: f64) -> StatsReport {
        let mut report = StatsReport::empty(now_unix_s);
        for (row, sum) in self.rows.iter_mut().zip(&mut self.reported) {
            if !row.is_empty() {
                sum.merge(row);
                report.total.merge(row);
                report.stats.push(row.take_delta(now_unix_s));
            }
        }
        report.errors = self.failures.drain().map(|(_, entry)| entry).collect();
        self.samples = 0;
        report.user_count = users.values().sum();
        report.user_classes_count = users;
        self.sequence += 1;
        report.sequence = Some(self.sequence);
        report
    }

    /// The sums since the last reset, rows without requests left out; the last one is the total.
    pub fn snapshot(&self, now_unix_s: f64) -> Vec<StatsEntry> {
        let mut total = StatsEntry::total(now_unix_s);
        let mut rows = Vec::new();
        for (row, sum) in self.rows.iter().zip(&self.reported) {
            let mut all = sum.clone();
            all.merge(row);
            if !all.is_empty() {
                total.merge(&all);
                rows.push(all);
            }
        }
        rows.push(total);
        rows
    }

    /// The kinds of failures since the last report; without a link there are none, so since the last reset.
    pub fn failures(&self) -> Vec<ErrorEntry> {
        self.failures.values().cloned().collect()
    }

    /// Forgets all figures; the rows keep their slots.
    pub fn reset(&mut self, now_unix_s: f64) {
        for row in self.rows.iter_mut().chain(&mut self.reported) {
            let _forgotten = row.take_delta(now_unix_s);
        }
        self.failures.clear();
        self.samples = 0;
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Record {
    /// The record of a request that the reactor carried out.
    pub fn of_request(
        slot: Slot,
        time: Duration,
        length: u64,
        status: Option<u16>,
        failure: Option<Failure>,
        lag: Duration,
    ) -> Self {
        Self {
            slot,
            response_time_ms: Some(milliseconds(time)),
            length,
            status,
            failure,
            lag: Some(lag),
        }
    }
}

#[cfg(test)]
mod tests;
