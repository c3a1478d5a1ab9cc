//! What the load generator itself may have added to the figures of a run: a smaller difference is none.
//!
//! A request waits in a busy generator before it leaves, and this wait is measured (`lag`); its response waits as long on
//! the way in, and that is part of the response time. So a time is believed up to such waits: a percentile up to the same
//! percentile of them, the median and the mean up to their mean. A user who wakes late starts its next request late: the
//! rate is believed up to the usual lateness of the event loop by the time from one request of a user to the next.

use super::noise::Figure;
use super::steady::Steady;
use crate::timeline::{RunRecord, Sum};

/// However late a generator is, a rate that differs by more than this share differs.
const MAX_RATE_SHARE: f64 = 0.25;

/// Waits in the generator during the compared part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Delay {
    mean_ms: f64,
    p95_ms: f64,
    /// Also shown.
    pub(super) p99_ms: f64,
    /// Share of a user's time from request to request.
    rate_share: f64,
}

impl Delay {
    /// Of the compared part, whose requests together are `total`.
    pub(super) fn of(record: &RunRecord, steady: &Steady, total: &Sum) -> Self {
        let (mut count, mut sum_ms) = (0_u64, 0.0);
        total.lag.for_each_us(|us, n| {
            count += n;
            sum_ms += us as f64 / 1_000.0 * n as f64;
        });
        let window = record.window(Some(steady.from_s), Some(steady.to_s));
        let (mut late_ms, mut users, mut intervals) = (Vec::new(), 0, 0);
        for (_, interval) in window.intervals() {
            late_ms.push(interval.gauges.loop_lag_max_ms);
            users += interval.gauges.users;
            intervals += 1;
        }
        let user_ms = users as f64 / f64::from(intervals.max(1)) * window.span_s() * 1_000.0;
        let at = |p: f64| total.lag.percentile_ms(p).unwrap_or_default();
        Self {
            mean_ms: sum_ms / count.max(1) as f64,
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            rate_share: if user_ms > 0.0 {
                (median(&mut late_ms) * total.requests as f64 / user_ms).min(MAX_RATE_SHARE)
            } else {
                0.0
            },
        }
    }

    /// The least difference of a figure from `base` that is not the generator's.
    pub(super) fn least(&self, figure: Figure, base: f64) -> f64 {
        match figure {
            Figure::Rate => self.rate_share * base.abs(),
            Figure::FailRatio => 0.0,
            Figure::Average | Figure::P50 => self.mean_ms,
            Figure::P95 => self.p95_ms,
            Figure::P99 => self.p99_ms,
        }
    }
}

/// Seconds of a pause do not count: the usual is asked for.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
