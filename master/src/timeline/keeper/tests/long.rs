//! A long run with many names: what it takes, and how long it takes to look at. Prints figures, so it is run by hand:
//! `cargo nextest run --workspace --cargo-profile ci --run-ignored only --no-capture long_run`.

use std::time::Instant;

use super::*;
use crate::diagnosis::diagnose;
use crate::timeline::limits::MAX_RECORD_BYTES;
use crate::timeline::views::SERIES_PERCENTILES;
use crate::timeline::{statistics, whole_statistics};

const NAMES: u64 = 500;
const SECONDS: u32 = 7_200;
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
#[ignore = "takes a minute, and its point is the figures it prints"]
fn a_long_run_of_many_names_stays_in_bounds_and_quick_to_look_at() {
    let mut keeper = ours();
    let mut reports: Vec<StatsReport> = (0..16).map(busy).collect();
    let began = Instant::now();
    for second in 0..SECONDS {
        let closed = START.unix_s.floor() + f64::from(second) + 1.01;
        let report = &mut reports[second as usize % 16];
        report.closed_unix_s = Some(closed);
        let now = at(closed - START.unix_s + 0.02);
        keeper.report("w", report, now);
        keeper.tick(fleet(u64::from(second)), now);
        keeper.totals();
    }
    let a_second = began.elapsed() / SECONDS;
    let (record, totals) = (keeper.record(), keeper.totals());
    let bytes: usize = record.intervals.iter().map(|part| part.memory_bytes()).sum();
    assert!(bytes <= MAX_RECORD_BYTES + MAX_RECORD_BYTES / 10, "{bytes}");
    assert_eq!(totals.total.requests, u64::from(SECONDS) * NAMES * REQUESTS);

    let looked = |what: &str, look: &dyn Fn() -> usize| {
        let began = Instant::now();
        let length = look();
        println!("{what}: {:?}, {length} bytes of JSON", began.elapsed());
    };
    println!(
        "{a_second:?} a second; {} intervals of {} s, {} MiB",
        record.intervals.len(),
        record.width_s,
        bytes >> 20
    );
    let whole = record.window(Some(0), None);
    let length = |json: serde_json::Result<String>| json.unwrap().len();
    looked("series", &|| {
        length(serde_json::to_string(&whole.series(None, &SERIES_PERCENTILES)))
    });
    looked("heat-map", &|| {
        length(serde_json::to_string(&whole.heatmap(None)))
    });
    looked("statistics of the whole", &|| {
        length(serde_json::to_string(&whole_statistics(&record, &totals)))
    });
    looked("diagnosis", &|| {
        length(serde_json::to_string(&diagnose(&record, None, None)))
    });
    looked("statistics of a window of all", &|| {
        length(serde_json::to_string(&statistics(whole)))
    });
}
