//! The requests of a report over the seconds in which they were made.
//!
//! Our workers close a report at each whole second of their clock, or a moment later: all of it happened in one second. Locust's workers report
//! every three seconds, with the requests and failures of each second but with all times in one histogram.

use std::collections::BTreeMap;

use protocol::{StatsEntry, StatsReport};

use super::clocks::Clocks;
use super::model::Cell;
use crate::run::Now;

/// A report closed so soon after a whole second, in seconds, is that of the second before; a busy worker is a little late. One
/// that is closed later is the last of a run, and of the second that has begun.
const LATE_S: f64 = 0.25;

/// Where the seconds of a report lie in the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placing {
    /// The second of the run in which it arrived.
    arrival: u32,
    /// The second of the run in which all of it happened, if it tells.
    covers: Option<u32>,
    /// To be added to a unix time of the worker to get seconds of the run.
    shift_s: f64,
}

impl Placing {
    /// `elapsed_s` is how far the run is at `now`, when the report arrives.
    pub(super) fn new(
        report: &StatsReport,
        node_id: &str,
        now: Now,
        elapsed_s: f64,
        clocks: &mut Clocks,
    ) -> Self {
        let start_unix_s = now.unix_s - elapsed_s;
        let arrival = second_of(elapsed_s);
        let Some(closed_unix_s) = report.closed_unix_s.filter(|closed| closed.is_finite()) else {
            let last = report
                .total
                .last_request_timestamp
                .filter(|last| last.is_finite());
            let offset_s = last.map_or(0.0, |last| clocks.foreign_offset_s(node_id, now.unix_s - last));
            return Self {
                arrival,
                covers: None,
                shift_s: offset_s - start_unix_s,
            };
        };
        let offset_s = clocks.offset_s(node_id, now.unix_s - closed_unix_s);
        let shift_s = offset_s - start_unix_s;
        let whole_s = closed_unix_s.floor();
        let is_full = closed_unix_s - whole_s < LATE_S;
        let middle_s = if is_full { whole_s - 0.5 } else { whole_s + 0.5 };
        Self {
            arrival,
            covers: Some(second_of(middle_s + shift_s).min(arrival)),
            shift_s,
        }
    }

    /// The second to which errors belong, and whatever has no second of its own.
    pub(super) fn second(&self) -> u32 {
        self.covers.unwrap_or(self.arrival)
    }

    /// What a row counts, by the seconds it belongs to.
    pub(super) fn cells(&self, entry: &StatsEntry) -> Vec<(u32, Cell)> {
        let mut here = Cell::from(entry);
        if self.covers.is_some() {
            return vec![(self.second(), here)];
        }
        let requests = self.by_second(&entry.num_reqs_per_sec, &mut here.requests);
        let failures = self.by_second(&entry.num_fail_per_sec, &mut here.failures);
        let mut cells: BTreeMap<u32, Cell> = BTreeMap::new();
        cells.insert(self.arrival, here);
        for (second, count) in requests {
            cells.entry(second).or_default().requests += count;
        }
        for (second, count) in failures {
            cells.entry(second).or_default().failures += count;
        }
        cells.into_iter().collect()
    }

    /// Takes counts by second out of `all`, newest first, never more than there are.
    fn by_second(&self, counts: &BTreeMap<i64, u64>, all: &mut u64) -> Vec<(u32, u64)> {
        let mut found = Vec::new();
        for (&unix_s, &count) in counts.iter().rev() {
            let count = count.min(*all);
            *all -= count;
            let second = second_of(unix_s as f64 + 0.5 + self.shift_s).min(self.arrival);
            if count > 0 {
                found.push((second, count));
            }
        }
        found
    }
}

/// The second of the run in which a moment lies; before the run is its first one.
pub(super) fn second_of(run_s: f64) -> u32 {
    // Saturates at both ends, and is 0 for what is no number.
    run_s as u32
}
