//! A long run with many names, by the limits that hold in earnest.

use super::*;
use crate::timeline::limits::{MAX_INTERVALS, MAX_RECORD_BYTES};
use crate::timeline::{statistics, whole_statistics};

const NAMES: u64 = 500;
/// Enough for the record to grow past its memory while it has fewer intervals than it may.
const SECONDS: u32 = 2_400;
const REQUESTS: u64 = 20;

/// A report of all names, [`REQUESTS`] each, with times as a loaded target has them.
fn busy(variant: u64) -> StatsReport {
    let mut report = StatsReport::empty(0.0);
    for name in 0..NAMES {
        let mut entry = StatsEntry::new(format!("/{name}"), "GET", 0.0);
        for request in 0..REQUESTS {
            let spread = (name * 7 + request * 131 + variant * 17) % 97;
            let ms = 1.3f64.powf(spread as f64 / 5.0) + 0.37;
            entry.record(Some(ms), 512, 0.5);
            entry.lag.get_or_insert_default().record_ms(ms / 20.0);
        }
        report.total.merge(&entry);
        report.stats.push(entry);
    }
    report
}

#[test]
fn a_long_run_of_many_names_becomes_coarser_and_stays_exact() {
    let mut keeper = ours();
    let mut reports: Vec<StatsReport> = (0..16).map(busy).collect();
    let mut most_bytes = 0;
    for second in 0..SECONDS {
        let closed = START.unix_s.floor() + f64::from(second) + 1.01;
        let report = &mut reports[second as usize % 16];
        report.closed_unix_s = Some(closed);
        let now = at(closed - START.unix_s + 0.02);
        keeper.report("w", report, now);
        keeper.tick(fleet(u64::from(second)), now);
        if second % 100 == 0 {
            most_bytes = most_bytes.max(bytes_of(&keeper.record()));
        }
    }
    let (record, totals) = (keeper.record(), keeper.totals());
    most_bytes = most_bytes.max(bytes_of(&record));
    const { assert!((SECONDS as usize) < MAX_INTERVALS) };
    assert!(record.width_s > 1);
    // Between two halvings a second may come.
    assert!(
        most_bytes <= MAX_RECORD_BYTES + MAX_RECORD_BYTES / 100,
        "{most_bytes}"
    );
    assert_eq!(totals.total.requests, u64::from(SECONDS) * NAMES * REQUESTS);
    assert_eq!(
        statistics(record.window(None, None)).rows,
        whole_statistics(&record, &totals).rows
    );
}

fn bytes_of(record: &RunRecord) -> usize {
    record.intervals.iter().map(|part| part.memory_bytes()).sum()
}
