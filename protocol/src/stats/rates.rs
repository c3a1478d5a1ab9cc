//! Requests per second. Locust's window, but it follows the clock when traffic stops.

use std::collections::BTreeMap;

/// Locust's window reaches from 12 to 2 seconds before its anchor.
const WINDOW_START_S: i64 = 12;
const WINDOW_END_S: i64 = 2;
/// How far the anchor may lag behind the clock: one report interval (3 s) plus a slow report.
const ANCHOR_GRACE_S: f64 = 5.0;

/// The second that current rates are anchored to.
///
/// Locust takes the last request's time and so shows the last rate for ever once traffic stops (locust#2399). Here the anchor is that
/// time while it is at most 5 s old (reports arrive every 3 s, so the newest seconds are not in yet), else 5 s before `now_unix_s`;
/// it never lies in the future, whatever a worker's clock says.
pub(super) fn anchor(last_request_unix_s: Option<f64>, now_unix_s: f64) -> i64 {
    let oldest = now_unix_s - ANCHOR_GRACE_S;
    last_request_unix_s.map_or(oldest, |last| last.max(oldest).min(now_unix_s)) as i64
}

/// Mean of the per-second counters over seconds [anchor-12, anchor-2), not before `start_unix_s`.
pub(super) fn current(per_sec: &BTreeMap<i64, u64>, anchor: i64, start_unix_s: f64) -> f64 {
    let end = anchor - WINDOW_END_S;
    let start = (anchor - WINDOW_START_S).max(start_unix_s as i64);
    if start >= end {
        return 0.0;
    }
    let sum: u64 = per_sec.range(start..end).map(|(_, &count)| count).sum();
    sum as f64 / (end - start) as f64
}

/// `count` by the seconds from `start_unix_s` to the last request; 0 if there is no such span.
pub(super) fn overall(count: u64, start_unix_s: f64, last_request_unix_s: Option<f64>) -> f64 {
    match last_request_unix_s {
        Some(last) if last > start_unix_s => count as f64 / (last - start_unix_s),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_failures_are_zero_and_not_minus_zero() {
        assert!(current(&BTreeMap::new(), 100, 0.0).is_sign_positive());
    }

    fn steady(from: i64, to: i64) -> BTreeMap<i64, u64> {
        (from..to).map(|s| (s, 7)).collect()
    }

    #[test]
    fn a_steady_rate_is_shown_exactly() {
        assert_eq!(current(&steady(100, 200), anchor(Some(199.9), 200.5), 100.0), 7.0);
    }

    #[test]
    fn the_rate_falls_to_zero_when_traffic_stops() {
        let seconds = steady(100, 200);
        let at = |now| current(&seconds, anchor(Some(199.9), now), 100.0);
        assert_eq!(at(204.0), 7.0);
        assert!(at(210.0) < 7.0 && at(210.0) > 0.0);
        assert_eq!(at(220.0), 0.0);
    }

    #[test]
    fn a_young_run_averages_only_over_its_own_seconds() {
        assert_eq!(current(&steady(100, 106), anchor(Some(106.0), 106.0), 100.0), 7.0);
        assert_eq!(current(&steady(100, 102), anchor(Some(101.0), 101.0), 100.0), 0.0);
    }

    #[test]
    fn a_worker_clock_in_the_future_does_not_move_the_window() {
        assert_eq!(anchor(Some(9_999.0), 200.0), 200);
        assert_eq!(anchor(None, 200.0), 195);
    }

    #[test]
    fn the_overall_rate_needs_a_span() {
        assert_eq!(overall(10, 100.0, Some(105.0)), 2.0);
        assert_eq!(overall(10, 100.0, Some(100.0)), 0.0);
        assert_eq!(overall(10, 100.0, None), 0.0);
    }
}
