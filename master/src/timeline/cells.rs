//! Adding up what happened: of a report's row into a cell, of a cell into another, of an interval into its neighbour.

use protocol::StatsEntry;
use protocol::limits::{MAX_STATUS_CODES, OTHER_STATUS};

use super::model::{Cell, Gauges, Interval};
use super::packed::PackedTimes;
use super::sum::{Sum, clamped, least, most};

impl Cell {
    /// Nothing happened.
    pub fn is_empty(&self) -> bool {
        self.requests == 0 && self.failures == 0 && self.times.is_empty()
    }

    /// Adds all of `other`.
    pub fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.failures = self.failures.saturating_add(other.failures);
        self.without_time = self.without_time.saturating_add(other.without_time);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.sum_ms += other.sum_ms;
        self.min_ms = least(self.min_ms, other.min_ms);
        self.max_ms = most(self.max_ms, other.max_ms);
        self.times.add(&other.times);
        self.failed_times.add(&other.failed_times);
        self.lag.add(&other.lag);
        for &(code, count) in &other.status_codes {
            count_status(&mut self.status_codes, code, count);
        }
    }

    /// Mean response time, milliseconds.
    pub fn avg_ms(&self) -> Option<f64> {
        let n = self.times.count();
        (n > 0).then(|| self.sum_ms / n as f64)
    }

    /// Response times at `fractions` (0 to 1), milliseconds; never below the exact minimum nor above the exact maximum.
    pub fn percentiles_ms(&self, fractions: &[f64]) -> Vec<Option<f64>> {
        clamped(self.times.percentiles_ms(fractions), self.min_ms, self.max_ms)
    }

    /// The same of the requests that did not fail; nothing if peers do not tell which times are of failed ones.
    pub fn ok_percentiles_ms(&self, fractions: &[f64]) -> Vec<Option<f64>> {
        match self.ok_times() {
            Some(ok) => clamped(ok.percentiles_ms(fractions), self.min_ms, self.max_ms),
            None => vec![None; fractions.len()],
        }
    }

    /// Mean response time of the requests that did not fail, milliseconds: exact but for the failed ones, whose times are known
    /// to the precision of a histogram.
    pub fn ok_avg_ms(&self) -> Option<f64> {
        let n = self.ok_times()?.count();
        let failed = self.failed_times.cells();
        let failed_ms: f64 = failed.map(|(us, count)| us as f64 / 1_000.0 * count as f64).sum();
        (n > 0).then(|| ((self.sum_ms - failed_ms) / n as f64).max(self.min_ms.unwrap_or(0.0)))
    }

    /// Times of the requests that did not fail; None if peers do not tell which those are: then some failed request neither has
    /// a time nor is among those without one.
    pub fn ok_times(&self) -> Option<PackedTimes> {
        let is_known = self.failures <= self.failed_times.count().saturating_add(self.without_time);
        is_known.then(|| self.times.without(&self.failed_times))
    }

    /// Failures by requests, 0 to 1; 1 if there are failures but no requests.
    pub fn fail_ratio(&self) -> f64 {
        match (self.requests, self.failures) {
            (0, 0) => 0.0,
            (0, _) => 1.0,
            (requests, failures) => failures as f64 / requests as f64,
        }
    }

    /// About how many bytes of memory it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        const ALLOCATION: usize = 16;
        let parts = [
            self.times.as_bytes().len(),
            self.failed_times.as_bytes().len(),
            self.lag.as_bytes().len(),
            self.status_codes.len() * 16,
        ];
        let heap = parts
            .iter()
            .filter(|bytes| **bytes > 0)
            .map(|bytes| bytes + ALLOCATION);
        size_of::<(u32, Self)>() + heap.sum::<usize>()
    }
}

/// Adds to a list of responses by status, ascending. Codes past the limit count under [`OTHER_STATUS`], as in the statistics.
fn count_status(codes: &mut Vec<(u16, u64)>, code: u16, count: u64) {
    let place = |codes: &[(u16, u64)], code: u16| codes.binary_search_by_key(&code, |(code, _)| *code);
    let is_past = codes.len() >= MAX_STATUS_CODES && place(codes, code).is_err();
    let code = if is_past { OTHER_STATUS } else { code };
    match place(codes, code) {
        Ok(at) => {
            if let Some((_, sum)) = codes.get_mut(at) {
                *sum = sum.saturating_add(count);
            }
        }
        Err(at) => codes.insert(at, (code, count)),
    }
}

impl From<&StatsEntry> for Cell {
    fn from(entry: &StatsEntry) -> Self {
        let packed = |times: &Option<protocol::Times>| times.as_ref().map(PackedTimes::from);
        let is_timed = !entry.response_times.is_empty();
        Self {
            requests: entry.num_requests,
            failures: entry.num_failures,
            without_time: entry.num_none_requests,
            bytes: entry.total_content_length,
            sum_ms: entry.total_response_time,
            min_ms: entry.min_response_time,
            max_ms: is_timed.then_some(entry.max_response_time),
            times: PackedTimes::from(&entry.response_times),
            failed_times: packed(&entry.failed_times).unwrap_or_default(),
            lag: packed(&entry.lag).unwrap_or_default(),
            status_codes: entry.status_codes.iter().map(|(code, n)| (*code, *n)).collect(),
        }
    }
}

impl From<&Sum> for Cell {
    fn from(sum: &Sum) -> Self {
        Self {
            requests: sum.requests,
            failures: sum.failures,
            without_time: sum.without_time,
            bytes: sum.bytes,
            sum_ms: sum.sum_ms,
            min_ms: sum.min_ms,
            max_ms: sum.max_ms,
            times: PackedTimes::from(&sum.times),
            failed_times: PackedTimes::from(&sum.failed_times),
            lag: PackedTimes::from(&sum.lag),
            status_codes: sum.status_codes.iter().map(|(code, n)| (*code, *n)).collect(),
        }
    }
}

impl Interval {
    /// Adds a cell to the total. Returns by how many bytes the interval grew.
    pub(super) fn add_total(&mut self, cell: &Cell) -> usize {
        let before = self.total.memory_bytes();
        self.total.add(cell);
        self.total.memory_bytes().saturating_sub(before)
    }

    /// Adds a cell to that of its request name. Returns by how many bytes the interval grew.
    pub(super) fn add_cell(&mut self, request: u32, cell: &Cell) -> usize {
        let at = self.cells.binary_search_by_key(&request, |(id, _)| *id);
        match at {
            Ok(at) => self.cells.get_mut(at).map_or(0, |(_, known)| {
                let before = known.memory_bytes();
                known.add(cell);
                known.memory_bytes().saturating_sub(before)
            }),
            Err(at) => {
                self.cells.insert(at, (request, cell.clone()));
                cell.memory_bytes()
            }
        }
    }

    /// Counts occurrences of an error. Returns by how many bytes the interval grew.
    pub(super) fn add_error(&mut self, error: u32, occurrences: u64) -> usize {
        match self.errors.binary_search_by_key(&error, |(id, _)| *id) {
            Ok(at) => {
                if let Some((_, known)) = self.errors.get_mut(at) {
                    *known = known.saturating_add(occurrences);
                }
                0
            }
            Err(at) => {
                self.errors.insert(at, (error, occurrences));
                size_of::<(u32, u64)>()
            }
        }
    }

    /// Adds what happened in `other`; the state of the fleet stays.
    pub(crate) fn add_counts(&mut self, other: &Self) {
        self.total.add(&other.total);
        for (request, cell) in &other.cells {
            self.add_cell(*request, cell);
        }
        for (error, occurrences) in &other.errors {
            self.add_error(*error, *occurrences);
        }
    }

    /// Nothing happened in it.
    pub(super) fn is_empty(&self) -> bool {
        self.total.is_empty() && self.cells.is_empty() && self.errors.is_empty()
    }

    /// The same state of the fleet, and nothing happened.
    pub(super) fn emptied(&self) -> Self {
        Self {
            gauges: self.gauges.clone(),
            ..Self::default()
        }
    }

    /// About how many bytes of memory it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        let cells = self.cells.iter().map(|(_, cell)| cell.memory_bytes());
        size_of::<Self>() + self.total.memory_bytes() + cells.sum::<usize>() + self.errors.len() * 16
    }
}

impl Gauges {
    /// The state over `seconds` of this and then `later_seconds` of `later`.
    pub(crate) fn then(&self, seconds: u32, later: &Self, later_seconds: u32) -> Self {
        let (a, b) = (f64::from(seconds), f64::from(later_seconds));
        let mean = |ours: f64, theirs: f64| {
            if a + b > 0.0 {
                (ours * a + theirs * b) / (a + b)
            } else {
                theirs
            }
        };
        Self {
            users: later.users,
            target_users: later.target_users,
            workers: later.workers,
            workers_missing: self.workers_missing.max(later.workers_missing),
            in_flight: mean(self.in_flight, later.in_flight),
            connections: self.connections.max(later.connections),
            cpu_max_percent: self.cpu_max_percent.max(later.cpu_max_percent),
            cpu_mean_percent: mean(self.cpu_mean_percent, later.cpu_mean_percent),
            loop_lag_max_ms: self.loop_lag_max_ms.max(later.loop_lag_max_ms),
            memory_bytes: self.memory_bytes.max(later.memory_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_past_the_limit_are_counted_together() {
        let mut all = Cell::default();
        for code in 100..=(100 + MAX_STATUS_CODES as u16 + 5) {
            all.add(&Cell {
                status_codes: vec![(code, 2)],
                ..Cell::default()
            });
        }
        assert_eq!(all.status_codes.len(), MAX_STATUS_CODES + 1);
        assert_eq!(all.status_codes[..2], [(OTHER_STATUS, 12), (100, 2)]);
    }
}
