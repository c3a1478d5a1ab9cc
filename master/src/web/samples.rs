//! A state of the master for tests.

use std::collections::BTreeMap;

use protocol::{RequestStats, Value, WorkerState};

use crate::events::{RunState, RunView, WorkerView};

/// Two workers, one of them missing.
pub(super) fn workers() -> Vec<WorkerView> {
    let worker = |id: &str, state| WorkerView {
        id: id.to_owned(),
        index: 0,
        state,
        user_count: 3,
        user_classes_count: BTreeMap::from([("A".to_owned(), 3)]),
        cpu_percent: 12.5,
        memory_bytes: 1 << 20,
        last_heartbeat_s_ago: 0.5,
        loop_lag_ms: 2.0,
        connections: 4,
        in_flight: 2,
        round_trip_ms: Some(1.5),
        last_report_s_ago: None,
        missing_since_unix_s: None,
    };
    vec![
        worker("h_a", WorkerState::Running),
        worker("h_b", WorkerState::Missing),
    ]
}

/// What `look` sees of a run with these figures.
pub(super) fn view_of<T>(
    stats: &RequestStats,
    workers: &[WorkerView],
    look: impl FnOnce(&RunView<'_>) -> T,
) -> T {
    let users = BTreeMap::from([("A".to_owned(), 3)]);
    look(&RunView {
        now_unix_s: 1010.0,
        elapsed_s: 10.0,
        run_time_s: None,
        state: RunState::Running,
        user_count: 3,
        target_user_count: 5,
        spawn_rate: 1.0,
        host: None,
        parsed_options: &Value::Nil,
        script: crate::events::ScriptView::default(),
        user_classes_count: &users,
        workers,
        stats,
        exceptions: &[],
        logs: &BTreeMap::new(),
    })
}
