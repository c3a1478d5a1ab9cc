//! One row of the statistics: counters and the distribution for a (method, name), or for everything.

use std::collections::BTreeMap;

use super::Times;
use crate::limits::{MAX_SECONDS_KEPT, MAX_STATUS_CODES, OTHER_STATUS};

/// Name of the total, as Locust sends it.
pub(crate) const TOTAL_NAME: &str = "Aggregated";

/// Statistics of one request name; the fields are Locust's. Sums saturate instead of overflowing.
#[derive(Debug, Clone, PartialEq)]
pub struct StatsEntry {
    /// Request name; "Aggregated" for the total.
    pub name: String,
    /// Request type, e.g. "GET"; empty for the total.
    pub method: String,
    /// When the last request ended, unix seconds by the worker's clock.
    pub last_request_timestamp: Option<f64>,
    /// Since when it counts, unix seconds.
    pub start_time: f64,
    /// All requests, failed ones and those without a time included.
    pub num_requests: u64,
    /// Requests recorded without a response time.
    pub num_none_requests: u64,
    /// Failed requests.
    pub num_failures: u64,
    /// Exact sum of the response times, milliseconds.
    pub total_response_time: f64,
    /// Exact largest response time, milliseconds; 0 if there is none.
    pub max_response_time: f64,
    /// Exact smallest response time, milliseconds.
    pub min_response_time: Option<f64>,
    /// Bytes of the response bodies.
    pub total_content_length: u64,
    /// The distribution of the response times.
    pub response_times: Times,
    /// Ours: the part of [`StatsEntry::response_times`] that belongs to failed requests; None if there is none or the peer
    /// does not tell.
    pub failed_times: Option<Times>,
    /// Ours: responses by HTTP status code; requests without a response are in none.
    pub status_codes: BTreeMap<u16, u64>,
    /// Ours: time from the script's call to the generator's start on the request. What comes after it (a place in the pool, the
    /// name, the connection, TLS) is part of the response time.
    pub lag: Option<Times>,
    /// Requests by unix second of the worker's clock; only the newest seconds are kept.
    pub num_reqs_per_sec: BTreeMap<i64, u64>,
    /// Failures by unix second of the worker's clock; only the newest seconds are kept.
    pub num_fail_per_sec: BTreeMap<i64, u64>,
}

impl StatsEntry {
    /// An empty row that counts from `now_unix_s`.
    pub fn new(name: impl Into<String>, method: impl Into<String>, now_unix_s: f64) -> Self {
        Self {
            name: name.into(),
            method: method.into(),
            last_request_timestamp: None,
            start_time: now_unix_s,
            num_requests: 0,
            num_none_requests: 0,
            num_failures: 0,
            total_response_time: 0.0,
            max_response_time: 0.0,
            min_response_time: None,
            total_content_length: 0,
            response_times: Times::new(),
            failed_times: None,
            status_codes: BTreeMap::new(),
            lag: None,
            num_reqs_per_sec: BTreeMap::new(),
            num_fail_per_sec: BTreeMap::new(),
        }
    }

    /// The empty total.
    pub fn total(now_unix_s: f64) -> Self {
        Self::new(TOTAL_NAME, "", now_unix_s)
    }

    /// Records a request that ended at `now_unix_s`: its time in milliseconds (None = it has none) and the body's bytes.
    ///
    /// A failed request is recorded with this *and* [`StatsEntry::record_failure`], as in Locust.
    pub fn record(&mut self, response_time_ms: Option<f64>, content_length: u64, now_unix_s: f64) {
        self.num_requests = self.num_requests.saturating_add(1);
        self.total_content_length = self.total_content_length.saturating_add(content_length);
        self.last_request_timestamp = Some(
            self.last_request_timestamp
                .map_or(now_unix_s, |last| last.max(now_unix_s)),
        );
        count_second(&mut self.num_reqs_per_sec, now_unix_s);
        match response_time_ms {
            None => self.num_none_requests = self.num_none_requests.saturating_add(1),
            Some(ms) => {
                let ms = if ms.is_finite() && ms > 0.0 { ms } else { 0.0 };
                self.total_response_time += ms;
                self.max_response_time = self.max_response_time.max(ms);
                self.min_response_time = Some(self.min_response_time.map_or(ms, |min| min.min(ms)));
                self.response_times.record_ms(ms);
            }
        }
    }

    /// Counts a failure at `now_unix_s`.
    pub fn record_failure(&mut self, now_unix_s: f64) {
        self.num_failures = self.num_failures.saturating_add(1);
        count_second(&mut self.num_fail_per_sec, now_unix_s);
    }

    /// Records the response time of a request that failed, in milliseconds, beside the one among all times.
    pub fn record_failed_ms(&mut self, ms: f64) {
        self.failed_times.get_or_insert_default().record_ms(ms);
    }

    /// Counts a response by its HTTP status. Takes memory for a code's first response only.
    pub fn record_status(&mut self, code: u16) {
        count_status(&mut self.status_codes, code, 1);
    }

    /// Records how long a request waited in the generator before it was begun, in microseconds.
    pub fn record_lag_us(&mut self, us: u64) {
        self.lag.get_or_insert_default().record_us(us);
    }

    /// Adds `other`: sums, and the extremes of times and timestamps. Name and method stay.
    pub fn merge(&mut self, other: &Self) {
        self.last_request_timestamp = later(self.last_request_timestamp, other.last_request_timestamp);
        self.start_time = self.start_time.min(other.start_time);
        self.num_requests = self.num_requests.saturating_add(other.num_requests);
        self.num_none_requests = self.num_none_requests.saturating_add(other.num_none_requests);
        self.num_failures = self.num_failures.saturating_add(other.num_failures);
        self.total_response_time += other.total_response_time;
        self.max_response_time = self.max_response_time.max(other.max_response_time);
        self.min_response_time = match (self.min_response_time, other.min_response_time) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.total_content_length = self
            .total_content_length
            .saturating_add(other.total_content_length);
        self.response_times.merge(&other.response_times);
        if let Some(failed) = &other.failed_times {
            self.failed_times.get_or_insert_default().merge(failed);
        }
        for (&code, &count) in &other.status_codes {
            count_status(&mut self.status_codes, code, count);
        }
        if let Some(lag) = &other.lag {
            self.lag.get_or_insert_default().merge(lag);
        }
        add_seconds(&mut self.num_reqs_per_sec, &other.num_reqs_per_sec);
        add_seconds(&mut self.num_fail_per_sec, &other.num_fail_per_sec);
    }

    /// What has been recorded so far, leaving this row empty and counting from `now_unix_s`. Nothing is counted twice or lost.
    pub fn take_delta(&mut self, now_unix_s: f64) -> Self {
        let empty = Self::new(self.name.clone(), self.method.clone(), now_unix_s);
        std::mem::replace(self, empty)
    }

    /// Neither requests nor failures.
    pub fn is_empty(&self) -> bool {
        self.num_requests == 0 && self.num_failures == 0
    }

    /// Exact mean of the response times, milliseconds; 0 without any.
    pub fn avg_ms(&self) -> f64 {
        ratio(
            self.total_response_time,
            self.num_requests.saturating_sub(self.num_none_requests),
        )
    }

    /// Median, milliseconds; 0 without any time.
    pub fn median_ms(&self) -> f64 {
        self.percentile_ms(0.5)
    }

    /// The response time at `p` (0 to 1), milliseconds; 0 without any. Never below the exact minimum nor above the exact maximum.
    pub fn percentile_ms(&self, p: f64) -> f64 {
        let Some(ms) = self.response_times.percentile_ms(p) else {
            return 0.0;
        };
        let low = self.min_response_time.unwrap_or(0.0);
        ms.max(low).min(self.max_response_time.max(low))
    }

    /// The response times at the ascending `ps`, as [`StatsEntry::percentile_ms`], from one pass over the histogram.
    pub fn percentiles_ms(&self, ps: &[f64]) -> Vec<f64> {
        let low = self.min_response_time.unwrap_or(0.0);
        let high = self.max_response_time.max(low);
        let all = self.response_times.percentiles_ms(ps);
        all.into_iter()
            .map(|ms| ms.map_or(0.0, |ms| ms.max(low).min(high)))
            .collect()
    }

    /// Failures by requests; 1 if there are failures but no requests.
    pub fn fail_ratio(&self) -> f64 {
        match (self.num_requests, self.num_failures) {
            (0, 0) => 0.0,
            (0, _) => 1.0,
            (requests, failures) => failures as f64 / requests as f64,
        }
    }

    /// Mean body size, bytes.
    pub fn avg_content_length(&self) -> f64 {
        ratio(self.total_content_length as f64, self.num_requests)
    }
}

/// Brings a per-second map back under its limit, oldest seconds first.
pub(crate) fn trim_seconds(seconds: &mut BTreeMap<i64, u64>) {
    while seconds.len() > MAX_SECONDS_KEPT {
        seconds.pop_first();
    }
}

/// Adds to a map of responses by status, which stays within its limit: codes past it count under [`OTHER_STATUS`].
pub(crate) fn count_status(codes: &mut BTreeMap<u16, u64>, code: u16, count: u64) {
    if let Some(known) = codes.get_mut(&code) {
        *known = known.saturating_add(count);
        return;
    }
    let code = if codes.len() < MAX_STATUS_CODES {
        code
    } else {
        OTHER_STATUS
    };
    let slot = codes.entry(code).or_default();
    *slot = slot.saturating_add(count);
}

fn count_second(seconds: &mut BTreeMap<i64, u64>, now_unix_s: f64) {
    *seconds.entry(now_unix_s.floor() as i64).or_default() += 1;
    trim_seconds(seconds);
}

fn add_seconds(ours: &mut BTreeMap<i64, u64>, theirs: &BTreeMap<i64, u64>) {
    for (&second, &count) in theirs {
        let slot = ours.entry(second).or_default();
        *slot = slot.saturating_add(count);
    }
    trim_seconds(ours);
}

fn later(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

fn ratio(sum: f64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { sum / count as f64 }
}

#[cfg(test)]
mod tests;
