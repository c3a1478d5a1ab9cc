//! A run in the middle, for the tests of every report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::{ErrorEntry, RequestStats, StatsReport, WorkerState};

use super::rows::{self, Row};
use crate::events::{ExceptionView, RunState, RunView, WorkerView};

const START_UNIX_S: f64 = 1_790_000_000.0;

pub(crate) struct Sample {
    stats: RequestStats,
    classes: BTreeMap<String, u64>,
    workers: Vec<WorkerView>,
    exceptions: Vec<ExceptionView>,
    logs: BTreeMap<String, Arc<Vec<String>>>,
}

impl Sample {
    pub(crate) fn new() -> Self {
        Self {
            stats: stats(),
            classes: BTreeMap::from([("Shopper".to_owned(), 7)]),
            workers: vec![worker(0, WorkerState::Running), worker(1, WorkerState::Missing)],
            exceptions: exceptions(),
            logs: BTreeMap::new(),
        }
    }

    pub(crate) fn view(&self) -> RunView<'_> {
        RunView {
            now_unix_s: START_UNIX_S + 12.5,
            elapsed_s: 12.5,
            run_time_s: Some(60.0),
            state: RunState::Running,
            user_count: 7,
            target_user_count: 10,
            spawn_rate: 2.0,
            host: None,
            parsed_options: &protocol::Value::Nil,
            script: crate::events::ScriptView::default(),
            user_classes_count: &self.classes,
            workers: &self.workers,
            stats: &self.stats,
            exceptions: &self.exceptions,
            logs: &self.logs,
        }
    }
}

pub(crate) fn rows() -> Vec<Row> {
    rows::all(&Sample::new().stats, Sample::new().view().now_unix_s)
}

pub(crate) fn exceptions() -> Vec<ExceptionView> {
    vec![ExceptionView {
        count: 3,
        msg: "division by zero".to_owned(),
        traceback: "Traceback (most recent call last):\n  File \"shop.py\", line 7, in buy\nZeroDivisionError: division by zero\n"
            .to_owned(),
        nodes: BTreeSet::from(["box_1".to_owned(), "box_2".to_owned()]),
    }]
}

/// 120 requests over 12 s, ten a second, every tenth failed; a second name with none timed.
fn stats() -> RequestStats {
    let mut worker = RequestStats::new(START_UNIX_S);
    for request in 0..120u32 {
        let now = START_UNIX_S + f64::from(request) / 10.0;
        worker.record("GET", "/a, \"b\"", Some(f64::from(request) * 1.5 + 0.25), 12, now);
        if request % 10 == 0 {
            worker.record_failure("GET", "/a, \"b\"", "HTTPError('500')", now);
        }
    }
    worker.record("WAIT", "untimed", None, 0, START_UNIX_S + 1.0);
    let report: StatsReport = worker.take_report(BTreeMap::new(), Some(1), START_UNIX_S + 12.0);
    let mut master = RequestStats::new(START_UNIX_S);
    master.merge_report(&report, START_UNIX_S + 12.0);
    debug_assert_eq!(
        master
            .errors()
            .iter()
            .map(|error: &&ErrorEntry| error.occurrences)
            .sum::<u64>(),
        12
    );
    master
}

fn worker(index: u32, state: WorkerState) -> WorkerView {
    WorkerView {
        id: format!("box_{index}"),
        index,
        state,
        user_count: 7,
        user_classes_count: BTreeMap::new(),
        cpu_percent: 50.0,
        memory_bytes: 1 << 20,
        last_heartbeat_s_ago: 0.5,
        loop_lag_ms: 0.0,
        connections: 0,
        in_flight: 0,
        round_trip_ms: None,
        last_report_s_ago: Some(0.5),
        missing_since_unix_s: None,
    }
}
