//! Statistics where they arise: one row per request name, written by the reactor thread alone, without locks.
//!
//! A row is found by its *slot*, an index that the Python thread hands out once per (method, name), so recording neither
//! hashes nor compares names. The total is made when a report is taken, not per request.

mod names;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use protocol::{ErrorEntry, StatsEntry, StatsReport};

use crate::limits::FAILURE_TEXTS_MAX;
use crate::reactor::milliseconds;

pub use names::{Names, OTHER_NAME};

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
    /// The failure's text, if it failed.
    pub failure: Option<String>,
    /// How long the generator itself delayed it.
    pub lag: Option<Duration>,
}

/// All rows since the last report, and the sums since the last reset.
#[derive(Debug)]
pub struct Recorder {
    rows: Vec<StatsEntry>,
    reported: Vec<StatsEntry>,
    failures: HashMap<(Slot, String), ErrorEntry>,
    sequence: u64,
}

impl Recorder {
    /// A recorder without rows.
    pub fn new() -> Self {
        Self {
            rows: Vec::new(),
            reported: Vec::new(),
            failures: HashMap::new(),
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
    pub fn record(&mut self, record: Record, now_unix_s: f64) {
        let Some(row) = self.rows.get_mut(record.slot as usize) else {
            debug_assert!(false, "slot {} was used before its row was made", record.slot);
            return;
        };
        row.record(record.response_time_ms, record.length, now_unix_s);
        if let Some(lag) = record.lag {
            row.record_lag_us(u64::try_from(lag.as_micros()).unwrap_or(u64::MAX));
        }
        if let Some(text) = record.failure {
            row.record_failure(now_unix_s);
            let (method, name) = (row.method.clone(), row.name.clone());
            self.count_failure(record.slot, &method, &name, text, now_unix_s);
        }
    }

    fn count_failure(&mut self, slot: Slot, method: &str, name: &str, text: String, now_unix_s: f64) {
        let known = self.failures.len();
        let key = (slot, text);
        if let Some(entry) = self.failures.get_mut(&key) {
            entry.occurrences += 1;
            entry.last_seen = Some(now_unix_s);
            return;
        }
        let key = if known < FAILURE_TEXTS_MAX {
            key
        } else {
            (slot, OTHER_NAME.to_owned())
        };
        self.failures
            .entry(key)
            .and_modify(|entry| {
                entry.occurrences += 1;
                entry.last_seen = Some(now_unix_s);
            })
            .or_insert_with_key(|(_, text)| ErrorEntry::new(method, name, text, now_unix_s));
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
        failure: Option<String>,
        lag: Duration,
    ) -> Self {
        Self {
            slot,
            response_time_ms: Some(milliseconds(time)),
            length,
            failure,
            lag: Some(lag),
        }
    }
}

#[cfg(test)]
mod tests;
