//! Records made by hand for the tests of the rules.

use std::sync::Arc;

use protocol::{Fault, Times};

use crate::timeline::{Cell, ErrorKey, Gauges, Interval, Mark, PackedTimes, RequestKey, RunInfo, RunRecord};

/// One second as a test wants it.
#[derive(Debug, Clone)]
pub(super) struct Second {
    pub users: u64,
    pub rate: u64,
    pub ms: f64,
    pub failures: u64,
    pub failed_ms: f64,
    pub error: u32,
    pub lag_ms: f64,
    pub gauges: Gauges,
}

/// A quiet second: ten users, a hundred requests of 20 ms, two workers at a third of a core.
pub(super) fn quiet() -> Second {
    Second {
        users: 10,
        rate: 100,
        ms: 20.0,
        failures: 0,
        failed_ms: 20.0,
        error: 0,
        lag_ms: 0.2,
        gauges: Gauges {
            workers: 2,
            cpu_max_percent: 35.0,
            cpu_mean_percent: 30.0,
            loop_lag_max_ms: 3.0,
            ..Gauges::default()
        },
    }
}

/// A run of so many seconds, each as `second` makes it.
pub(super) fn run(seconds: u32, second: impl Fn(u32) -> Second) -> RunRecord {
    let intervals = (0..seconds).map(|at| Arc::new(interval(&second(at)))).collect();
    let error = |text: &str, fault| ErrorKey {
        method: "GET".to_owned(),
        name: "/".to_owned(),
        error: text.to_owned(),
        fault: Some(fault),
        first_seen: None,
        last_seen: None,
        sample: None,
    };
    RunRecord {
        info: Arc::new(RunInfo {
            state: "stopped".to_owned(),
            elapsed_s: f64::from(seconds),
            ended_unix_s: Some(f64::from(seconds)),
            ..RunInfo::default()
        }),
        width_s: 1,
        counts_from_s: 0,
        requests: Arc::new(vec![RequestKey {
            method: "GET".to_owned(),
            name: "/".to_owned(),
        }]),
        errors: Arc::new(vec![
            error("HTTPError('503 Server Error')", Fault::Target),
            error(
                "OSError(99, 'this load generator has no free local port left for the target')",
                Fault::Generator,
            ),
            error(
                "OSError(24, 'this load generator may not open more sockets')",
                Fault::Generator,
            ),
        ]),
        intervals,
        marks: Arc::default(),
        exceptions: Arc::default(),
    }
}

/// A mark about a worker.
pub(super) fn mark(at_s: f64, kind: &str, worker: &str) -> Mark {
    Mark {
        at_s,
        kind: kind.to_owned(),
        text: String::new(),
        data: serde_json::Map::from_iter([("worker".to_owned(), worker.into())]),
    }
}

fn interval(second: &Second) -> Interval {
    let (mut times, mut failed, mut lag) = (Times::new(), Times::new(), Times::new());
    let us = |ms: f64| (ms * 1000.0) as u64;
    times.record_n_us(us(second.ms), second.rate - second.failures);
    times.record_n_us(us(second.failed_ms), second.failures);
    failed.record_n_us(us(second.failed_ms), second.failures);
    lag.record_n_us(us(second.lag_ms), second.rate);
    let ok_ms = second.ms * (second.rate - second.failures) as f64;
    let cell = Cell {
        requests: second.rate,
        failures: second.failures,
        sum_ms: ok_ms + second.failed_ms * second.failures as f64,
        min_ms: Some(second.ms.min(second.failed_ms)),
        max_ms: Some(second.ms.max(second.failed_ms)),
        times: PackedTimes::from(&times),
        failed_times: PackedTimes::from(&failed),
        lag: PackedTimes::from(&lag),
        ..Cell::default()
    };
    Interval {
        gauges: Gauges {
            users: second.users,
            target_users: second.users,
            ..second.gauges.clone()
        },
        cells: vec![(0, cell.clone())],
        total: cell,
        errors: (second.failures > 0)
            .then_some((second.error, second.failures))
            .into_iter()
            .collect(),
    }
}
