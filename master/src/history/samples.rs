//! Runs to test with.

use std::sync::Arc;

use protocol::Times;

use crate::timeline::{Cell, Gauges, Interval, Mark, PackedTimes, RequestKey, RunInfo, RunRecord};

/// A source of numbers that are the same each time for a seed: xorshift64*.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to below 1.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A cell of these times in milliseconds, the first `failures` of them failed.
pub(crate) fn cell(times_ms: &[f64], failures: u64) -> Cell {
    let mut times = Times::new();
    for ms in times_ms {
        times.record_ms(*ms);
    }
    Cell {
        requests: times_ms.len() as u64,
        failures,
        bytes: 10 * times_ms.len() as u64,
        sum_ms: times_ms.iter().sum(),
        min_ms: times_ms.iter().copied().reduce(f64::min),
        max_ms: times_ms.iter().copied().reduce(f64::max),
        times: PackedTimes::from(&times),
        ..Cell::default()
    }
}

/// A run with one request name, of seconds with these cells; all users there from second 0.
pub(crate) fn run_of(id: &str, cells: Vec<Cell>) -> RunRecord {
    let intervals: Vec<_> = cells
        .into_iter()
        .map(|cell| {
            Arc::new(Interval {
                gauges: Gauges {
                    users: 5,
                    target_users: 5,
                    workers: 1,
                    ..Gauges::default()
                },
                total: cell.clone(),
                cells: vec![(0, cell)],
                errors: Vec::new(),
            })
        })
        .collect();
    RunRecord {
        info: Arc::new(RunInfo {
            id: id.to_owned(),
            state: "stopped".to_owned(),
            started_unix_s: 1_000.0,
            ended_unix_s: Some(2_000.0),
            elapsed_s: intervals.len() as f64,
            host: Some("http://127.0.0.1:8000".to_owned()),
            users: 5,
            locustfile: "locustfile.py".to_owned(),
            ..RunInfo::default()
        }),
        width_s: 1,
        counts_from_s: 0,
        requests: Arc::new(vec![RequestKey {
            method: "GET".to_owned(),
            name: "/".to_owned(),
        }]),
        errors: Arc::default(),
        intervals,
        marks: Arc::new(vec![Mark {
            at_s: 0.0,
            kind: "spawning_complete".to_owned(),
            text: "5 users".to_owned(),
            data: serde_json::Map::new(),
        }]),
        exceptions: Arc::default(),
    }
}

/// A run of so many seconds with a few requests in each.
pub(crate) fn short_run(id: &str, seconds: u32) -> RunRecord {
    run_of(
        id,
        (0..seconds)
            .map(|s| cell(&[1.0, 2.0, 3.0 + f64::from(s)], 1))
            .collect(),
    )
}

/// `record` as it was while it went on.
pub(crate) fn running(mut record: RunRecord) -> RunRecord {
    let info = Arc::make_mut(&mut record.info);
    info.state = "running".to_owned();
    info.ended_unix_s = None;
    record
}

/// `record` started at another time.
pub(crate) fn started_at(mut record: RunRecord, unix_s: f64) -> RunRecord {
    Arc::make_mut(&mut record.info).started_unix_s = unix_s;
    record
}
