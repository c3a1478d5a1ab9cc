//! Records made by hand, for the tests of what is written from them.

use std::sync::Arc;

use protocol::{Fault, Times};

use crate::timeline::{
    Cell, ErrorExample, ErrorKey, ExceptionRow, Gauges, Interval, Mark, PackedTimes, RequestKey, RunInfo,
    RunRecord,
};

/// A run of so many seconds with three request names, one of them hostile; the second one fails at times.
pub(super) fn run(seconds: u32) -> RunRecord {
    let key = |method: &str, name: &str| RequestKey {
        method: method.to_owned(),
        name: name.to_owned(),
    };
    RunRecord {
        info: Arc::new(info(seconds)),
        width_s: 1,
        counts_from_s: 0,
        requests: Arc::new(vec![
            key("GET", "/"),
            key("POST", "/cart"),
            key("GET", "</script><b>|\"&\u{2028}"),
        ]),
        errors: Arc::new(vec![ErrorKey {
            method: "POST".to_owned(),
            name: "/cart".to_owned(),
            error: "HTTPError('503 Server Error: <busy> | for url: /cart')".to_owned(),
            fault: Some(Fault::Target),
            first_seen: Some(1_790_000_001.5),
            last_seen: Some(1_790_000_009.25),
            sample: Some(ErrorExample {
                url: "http://127.0.0.1/cart".to_owned(),
                status: Some(503),
                body: "<h1>busy</h1>".to_owned(),
                node_id: "box_1".to_owned(),
            }),
        }]),
        intervals: (0..seconds).map(|at| Arc::new(interval(at))).collect(),
        marks: Arc::new(vec![Mark {
            at_s: 0.0,
            kind: "start".to_owned(),
            text: "10 users, 5 a second".to_owned(),
            data: serde_json::Map::from_iter([("users".to_owned(), 10.into())]),
        }]),
        exceptions: Arc::new(vec![ExceptionRow {
            count: 2,
            msg: "division by zero".to_owned(),
            traceback: "Traceback …\nZeroDivisionError: division by zero\n".to_owned(),
            nodes: vec!["box_1".to_owned()],
        }]),
    }
}

fn info(seconds: u32) -> RunInfo {
    RunInfo {
        id: "20260922-123456-7f3a".to_owned(),
        state: "stopped".to_owned(),
        started_unix_s: 1_790_000_000.0,
        ended_unix_s: Some(1_790_000_000.0 + f64::from(seconds)),
        elapsed_s: f64::from(seconds),
        end_cause: Some("run_time".to_owned()),
        users: 10,
        spawn_rate: 5.0,
        run_time_s: Some(f64::from(seconds)),
        host: Some("http://127.0.0.1:8000".to_owned()),
        user_classes: vec!["Shopper".to_owned()],
        locustfile: "shop.py".to_owned(),
        environment: [("version".to_owned(), "0.1.0".to_owned())].into(),
        ..RunInfo::default()
    }
}

fn interval(at: u32) -> Interval {
    let cells = vec![
        (
            0,
            cell(20, 0, |request| 10.0 + f64::from((request * 7 + at) % 13)),
        ),
        (
            1,
            cell(10, u32::from(at % 3 == 1), |request| {
                80.5 + f64::from(request * request)
            }),
        ),
        (2, cell(2, 0, |request| 0.25 + f64::from(request + at) * 0.125)),
    ];
    let mut total = Cell::default();
    for (_, cell) in &cells {
        total.add(cell);
    }
    Interval {
        gauges: Gauges {
            users: u64::from(at + 1).min(10),
            target_users: 10,
            workers: 2,
            in_flight: 1.5,
            cpu_max_percent: 31.5,
            cpu_mean_percent: 28.25,
            loop_lag_max_ms: 1.25,
            memory_bytes: 50 << 20,
            ..Gauges::default()
        },
        errors: (at % 3 == 1).then_some((0, 1)).into_iter().collect(),
        total,
        cells,
    }
}

fn cell(requests: u32, failures: u32, ms: impl Fn(u32) -> f64) -> Cell {
    let (mut times, mut failed, mut lag) = (Times::new(), Times::new(), Times::new());
    let all: Vec<f64> = (0..requests).map(ms).collect();
    for (place, ms) in all.iter().enumerate() {
        times.record_ms(*ms);
        lag.record_us(30 + place as u64);
        if place < failures as usize {
            failed.record_ms(*ms);
        }
    }
    Cell {
        requests: u64::from(requests),
        failures: u64::from(failures),
        bytes: u64::from(requests) * 12,
        sum_ms: all.iter().sum(),
        min_ms: all.iter().copied().reduce(f64::min),
        max_ms: all.iter().copied().reduce(f64::max),
        times: PackedTimes::from(&times),
        failed_times: PackedTimes::from(&failed),
        lag: PackedTimes::from(&lag),
        status_codes: match failures {
            0 => vec![(200, u64::from(requests))],
            _ => vec![(200, u64::from(requests - failures)), (503, u64::from(failures))],
        },
        ..Cell::default()
    }
}
