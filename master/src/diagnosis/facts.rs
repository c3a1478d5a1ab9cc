//! A record digested for the rules: one [`Moment`] per interval, and the sums.

use crate::timeline::{Cell, Interval, RunRecord, Sum, Window};

use super::thresholds::LAG_PERCENTILE;

/// What the rules look at.
pub(super) struct Facts<'a> {
    /// The record itself, for marks, errors and the run's settings.
    pub record: &'a RunRecord,
    /// First second looked at.
    pub from_s: u32,
    /// End of the seconds looked at, exclusive.
    pub to_s: u32,
    /// Whether that is all that statistics count.
    pub is_whole: bool,
    /// One per interval, in order.
    pub moments: Vec<Moment<'a>>,
    /// Requests that ended.
    pub requests: u64,
    /// Of these, failed ones.
    pub failures: u64,
    /// Requests with a response time.
    pub timed: u64,
    window: Window<'a>,
}

/// One interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    /// Its first second.
    pub at_s: u32,
    /// Its length in seconds.
    pub width_s: u32,
    /// Users running.
    pub users: f64,
    /// Requests that ended, by second.
    pub rate: f64,
    /// Mean response time, milliseconds; None without any.
    pub avg_ms: Option<f64>,
    /// High percentile of requests' wait in the generator, milliseconds; None if it is not told.
    pub lag_ms: Option<f64>,
    /// The interval itself.
    pub interval: &'a Interval,
}

impl Moment<'_> {
    /// End, exclusive.
    pub fn end_s(&self) -> u32 {
        self.at_s + self.width_s
    }
}

impl<'a> Facts<'a> {
    pub fn of(record: &'a RunRecord, from_s: Option<u32>, to_s: Option<u32>) -> Self {
        let width_s = record.width_s.max(1);
        let end_s = u32::try_from(record.intervals.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(width_s);
        let counts_from_s = record.counts_from_s;
        let (from, to) = (from_s.unwrap_or(counts_from_s), to_s.unwrap_or(end_s).min(end_s));
        let moments: Vec<Moment<'_>> = (0..end_s)
            .step_by(width_s as usize)
            .zip(&record.intervals)
            .filter(|(at_s, _)| at_s + width_s > from && *at_s < to)
            .map(|(at_s, interval)| moment(at_s, width_s, interval))
            .collect();
        let count = |of: fn(&Cell) -> u64| moments.iter().map(|moment| of(&moment.interval.total)).sum();
        let (requests, failures): (u64, u64) = (count(|total| total.requests), count(|total| total.failures));
        let timed = requests.saturating_sub(count(|total| total.without_time));
        Self {
            record,
            from_s: moments.first().map_or(from, |moment| moment.at_s),
            to_s: moments.last().map_or(from, Moment::end_s),
            is_whole: from <= counts_from_s && to >= end_s,
            requests,
            failures,
            timed,
            moments,
            window: record.window(from_s, to_s),
        }
    }

    /// Everything added up, histograms too. That costs more than all the rest: only for a rule that has to.
    pub fn sum(&self) -> Sum {
        self.window.total()
    }

    /// Seconds looked at; the last interval counts as far as the run went.
    pub fn seconds(&self) -> u32 {
        let end_s = (self.record.info.elapsed_s.round() as u32).max(self.from_s + 1);
        self.to_s.min(end_s).saturating_sub(self.from_s)
    }

    /// Failed requests by all.
    pub fn fail_ratio(&self) -> f64 {
        ratio(self.failures, self.requests)
    }

    /// Unbroken stretches of at least `least_s` seconds whose moments all satisfy `is_so`.
    pub fn stretches(&self, least_s: u32, is_so: impl Fn(&Moment<'_>) -> bool) -> Vec<&[Moment<'a>]> {
        // A wide interval keeps its worst second only; one alone proves nothing that lasted.
        let least = (least_s.div_ceil(self.record.width_s.max(1)) as usize).max(2);
        self.moments
            .chunk_by(|a, b| is_so(a) == is_so(b))
            .filter(|stretch| stretch.len() >= least && stretch.first().is_some_and(&is_so))
            .collect()
    }
}

/// `part` by `all`; 0 of nothing.
pub(super) fn ratio(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

fn moment(at_s: u32, width_s: u32, interval: &Interval) -> Moment<'_> {
    let total = &interval.total;
    let timed = total.requests.saturating_sub(total.without_time);
    Moment {
        at_s,
        width_s,
        users: interval.gauges.users as f64,
        rate: total.requests as f64 / f64::from(width_s),
        avg_ms: (timed > 0).then(|| total.sum_ms / timed as f64),
        // Straight from the packed cells: a histogram for every second would cost more than the rest of the diagnosis.
        lag_ms: total
            .lag
            .percentiles_ms(&[LAG_PERCENTILE])
            .first()
            .copied()
            .flatten(),
        interval,
    }
}
