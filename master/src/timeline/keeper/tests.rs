//! The keeper with times given, without clocks.

use proptest::prelude::*;
use protocol::{ErrorEntry, RequestStats, StatsEntry, Times};

use super::*;
use crate::timeline::{Cell, Sum, Window};

mod long;
mod sums;

const START: Now = Now {
    mono_s: 50.0,
    unix_s: 1_000.25,
};

fn at(run_s: f64) -> Now {
    Now {
        mono_s: START.mono_s + run_s,
        unix_s: START.unix_s + run_s,
    }
}

fn fleet(users: u64) -> Fleet {
    Fleet {
        state: "running",
        gauges: Gauges {
            users,
            ..Gauges::default()
        },
        exceptions: None,
    }
}

fn keeper(bounds: Bounds) -> Keeper {
    Keeper::with_bounds(RunInfo::default(), fleet(0), START, bounds)
}

fn ours() -> Keeper {
    keeper(Bounds::default())
}

/// A report of one of our workers: `requests` at 10 ms, closed at this unix second.
fn report(requests: u64, closed_unix_s: f64) -> StatsReport {
    let mut entry = StatsEntry::new("/", "GET", 0.0);
    for _ in 0..requests {
        entry.record(Some(10.0), 100, closed_unix_s - 0.5);
    }
    let mut report = StatsReport::empty(0.0);
    report.total.merge(&entry);
    report.stats.push(entry);
    report.closed_unix_s = Some(closed_unix_s);
    report
}

/// Requests by interval.
fn requests(keeper: &Keeper) -> Vec<u64> {
    let record = keeper.record();
    record
        .intervals
        .iter()
        .map(|interval| interval.total.requests)
        .collect()
}

#[test]
fn a_report_belongs_to_the_second_it_covers_by_the_workers_clock() {
    let mut keeper = ours();
    for second in 0..4u32 {
        // The run began at 1000.25: its second 1 is nearest to the clock's second 1001.
        let closed = 1_002.02 + f64::from(second);
        keeper.report(
            "w",
            &report(10 + u64::from(second), closed),
            at(closed - START.unix_s + 0.05),
        );
    }
    assert_eq!(requests(&keeper), [0, 10, 11, 12, 13]);
}

#[test]
fn clocks_of_workers_may_be_wrong() {
    for off_s in [-86_400.0f64, -3.4, 2.6, 7_200.0] {
        let mut keeper = ours();
        for second in 1..5u32 {
            let now = at(f64::from(second) + 1.75 + 0.04 * f64::from(second % 2));
            keeper.report(
                "w",
                &report(
                    second.into(),
                    (START.unix_s + f64::from(second) + 1.75).floor() + off_s.round(),
                ),
                now,
            );
        }
        assert_eq!(requests(&keeper)[2..6], [1, 2, 3, 4], "{off_s}");
    }
}

#[test]
fn a_late_report_changes_an_older_interval_and_shares_the_others() {
    let mut keeper = ours();
    keeper.report("w", &report(1, 1_002.0), at(1.8));
    keeper.report("w", &report(1, 1_003.0), at(2.8));
    keeper.tick(fleet(1), at(6.0));
    let before = keeper.record();
    keeper.report("w", &report(5, 1_004.0), at(6.5));
    let after = keeper.record();
    assert_eq!(requests(&keeper), [0, 1, 1, 5, 0, 0, 0]);
    let changed: Vec<usize> = (0..7)
        .filter(|at| !Arc::ptr_eq(&before.intervals[*at], &after.intervals[*at]))
        .collect();
    assert_eq!(changed, [3]);
}

#[test]
fn the_last_report_is_closed_in_the_middle_of_its_second() {
    let mut keeper = ours();
    keeper.report("w", &report(7, 1_005.0), at(4.8));
    keeper.report("w", &report(3, 1_005.3), at(5.06));
    assert_eq!(requests(&keeper), [0, 0, 0, 0, 7, 3]);
}

#[test]
fn reports_of_a_foreign_worker_are_spread_over_their_seconds() {
    let mut keeper = ours();
    let mut foreign = report(6, 1_004.0);
    foreign.closed_unix_s = None;
    for entry in foreign.stats.iter_mut().chain([&mut foreign.total]) {
        entry.num_reqs_per_sec = [(1_001, 1), (1_002, 2), (1_003, 3)].into();
        entry.num_fail_per_sec = [(1_002, 2)].into();
        entry.num_failures = 3;
    }
    keeper.report("w", &foreign, at(4.0));
    let record = keeper.record();
    assert_eq!(requests(&keeper), [0, 1, 2, 3, 0]);
    let failures: Vec<u64> = record
        .intervals
        .iter()
        .map(|interval| interval.total.failures)
        .collect();
    assert_eq!(
        failures,
        [0, 0, 2, 0, 1],
        "what has no second stays where it arrived"
    );
    assert_eq!(record.intervals[4].total.times.count(), 6);
    assert_eq!(record.window(None, None).total().avg_ms(), Some(10.0));
}

#[test]
fn seconds_without_a_tick_are_like_the_last_one() {
    let mut keeper = ours();
    keeper.tick(fleet(5), at(1.02));
    keeper.tick(fleet(7), at(4.9));
    keeper.tick(fleet(9), at(5.001));
    let users: Vec<u64> = keeper
        .record()
        .intervals
        .iter()
        .map(|interval| interval.gauges.users)
        .collect();
    assert_eq!(users, [0, 5, 5, 5, 7, 9]);
}

#[test]
fn several_seconds_of_gauges_are_one_as_each_field_says() {
    let mut keeper = keeper(Bounds {
        intervals: 2,
        bytes: usize::MAX,
    });
    for second in 0..4u32 {
        let mut fleet = fleet(u64::from(second));
        fleet.gauges.in_flight = f64::from(second);
        fleet.gauges.cpu_max_percent = f64::from(10 - second);
        keeper.tick(fleet, at(f64::from(second) + 0.5));
    }
    let record = keeper.record();
    assert_eq!((record.width_s, record.intervals.len()), (2, 2));
    let gauges = &record.intervals[1].gauges;
    assert_eq!(
        (gauges.users, gauges.in_flight, gauges.cpu_max_percent),
        (3, 2.5, 8.0)
    );
}

#[test]
fn a_reset_lets_statistics_count_anew_and_keeps_the_charts() {
    let mut keeper = ours();
    keeper.report("w", &report(10, 1_003.0), at(2.8));
    keeper.report("w", &report(11, 1_004.0), at(3.8));
    keeper.reset(at(4.1));
    keeper.report("w", &report(12, 1_005.0), at(4.8));
    let record = keeper.record();
    assert_eq!(record.counts_from_s, 4);
    assert_eq!(record.window(None, None).total().requests, 12);
    assert_eq!(record.window(Some(0), None).total().requests, 33);
    assert_eq!(keeper.totals().total.requests, 12);
    // Of a second before the reset, but the statistics count it.
    keeper.report("v", &report(5, 1_004.0), at(4.9));
    assert_eq!(keeper.record().window(None, None).total().requests, 17);
}

#[test]
fn a_reset_after_a_report_of_the_same_second_or_in_the_first_one_counts_nothing_before() {
    for reset_s in [0.9, 5.9] {
        let mut keeper = ours();
        // Foreign: it belongs to the second in which it arrives.
        let mut early = report(10, 1_000.9);
        early.closed_unix_s = None;
        keeper.report("w", &early, at(reset_s - 0.1));
        keeper.reset(at(reset_s));
        keeper.report("w", &report(3, 1_001.0 + reset_s.floor()), at(reset_s + 0.05));
        let record = keeper.record();
        assert_eq!(record.window(None, None).total().requests, 3, "{reset_s}");
        assert_eq!(record.window(Some(0), None).total().requests, 13);
    }
}

#[test]
fn the_record_does_not_grow_without_end() {
    const NAMES: usize = 200;
    let bounds = Bounds {
        intervals: 64,
        bytes: 1_600_000,
    };
    let mut keeper = keeper(bounds);
    let mut entries = StatsReport::empty(0.0);
    for name in 0..NAMES {
        let mut entry = StatsEntry::new(format!("/{name}"), "GET", 0.0);
        for ms in 0..5 {
            entry.record(Some(f64::from(ms) * 0.3 + name as f64 / 1_000.0), 100, 0.0);
        }
        entries.total.merge(&entry);
        entries.stats.push(entry);
    }
    for second in 0..600u32 {
        entries.closed_unix_s = Some(1_001.0 + f64::from(second));
        keeper.report("w", &entries, at(f64::from(second) + 0.8));
    }
    let record = keeper.record();
    let bytes: usize = record
        .intervals
        .iter()
        .map(|interval| interval.memory_bytes())
        .sum();
    assert!(
        record.intervals.len() <= 64 && bytes < 2_400_000,
        "{} {bytes}",
        record.intervals.len()
    );
    assert!(
        record.width_s > 8,
        "the bytes, not the number of intervals, are the bound here"
    );
    assert_eq!(record.window(None, None).total().requests, 600 * 5 * NAMES as u64);
    assert_eq!(record.window(None, None).rows().len(), NAMES);
}

#[test]
fn marks_and_the_end_are_kept() {
    let mut keeper = ours();
    keeper.edit(20, 5.0, Some(60.0), at(3.0));
    keeper.mark("worker_lost", "w".to_owned(), [("worker", "w".into())], at(4.5));
    keeper.end("requested", fleet(0), at(10.4));
    keeper.tick(fleet(3), at(15.0));
    keeper.report("w", &report(4, 1_010.0), at(16.0));
    let record = keeper.record();
    let kinds: Vec<&str> = record.marks.iter().map(|mark| mark.kind.as_str()).collect();
    assert_eq!(kinds, ["start", "edit", "worker_lost", "end"]);
    assert_eq!(record.marks[2].at_s, 4.5);
    assert_eq!(record.intervals.len(), 11, "an ended run grows no more");
    assert_eq!(record.window(None, None).total().requests, 4);
    assert!(!record.is_live());
    assert_eq!(record.info.end_cause.as_deref(), Some("requested"));
    assert_eq!(record.window(None, None).span_s(), record.info.elapsed_s);
}
