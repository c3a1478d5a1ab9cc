//! How the load generator is right now, for the page's strip.

use protocol::WorkerState;
use serde::Serialize;
use utoipa::ToSchema;

use super::thresholds::{CPU_BUSY_PERCENT, CPU_NEAR_PERCENT, LOOP_BLOCKED_MS, LOOP_LAG_MS};
use crate::events::{RunView, WorkerView};

/// Reasons that are listed; one per worker and kind, so many workers could make the list long.
const MAX_REASONS: usize = 20;

/// The generator's state in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthLevel {
    /// Nothing to say.
    #[default]
    Good,
    /// Near a limit.
    Warn,
    /// What is measured now is not reliable.
    Bad,
}

/// What a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthReasonKind {
    /// Value: percent of a core.
    Cpu,
    /// Value: milliseconds.
    LoopLag,
    /// Value: seconds since it was last heard.
    MissingWorker,
}

/// Why the level is what it is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HealthReason {
    /// What it is about.
    pub kind: HealthReasonKind,
    /// Node id.
    pub worker: String,
    /// See [`HealthReasonKind`].
    pub value: f64,
}

/// The generator's state and the reasons, the gravest first, at most 20.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct Health {
    /// The gravest of the reasons.
    pub level: HealthLevel,
    /// Why it is not good.
    pub reasons: Vec<HealthReason>,
}

/// Looks at every worker's last heartbeat.
pub fn health(view: &RunView<'_>) -> Health {
    let mut found: Vec<(HealthLevel, HealthReason)> = view.workers.iter().flat_map(of_worker).collect();
    found.sort_by(|(a, _), (b, _)| b.cmp(a));
    found.truncate(MAX_REASONS);
    Health {
        level: found.first().map(|(level, _)| *level).unwrap_or_default(),
        reasons: found.into_iter().map(|(_, reason)| reason).collect(),
    }
}

fn of_worker(worker: &WorkerView) -> Vec<(HealthLevel, HealthReason)> {
    let reason = |kind, value: f64| HealthReason {
        kind,
        worker: worker.id.clone(),
        value: (value * 10.0).round() / 10.0,
    };
    // Its last heartbeat says nothing about now.
    if worker.state == WorkerState::Missing {
        let silence = reason(HealthReasonKind::MissingWorker, worker.last_heartbeat_s_ago);
        return vec![(HealthLevel::Bad, silence)];
    }
    let level = |value: f64, warn: f64, bad: f64| match value {
        value if value >= bad => Some(HealthLevel::Bad),
        value if value >= warn => Some(HealthLevel::Warn),
        _ => None,
    };
    let cpu = level(worker.cpu_percent, CPU_NEAR_PERCENT, CPU_BUSY_PERCENT);
    let lag = level(worker.loop_lag_ms, LOOP_LAG_MS, LOOP_BLOCKED_MS);
    [
        cpu.map(|level| (level, reason(HealthReasonKind::Cpu, worker.cpu_percent))),
        lag.map(|level| (level, reason(HealthReasonKind::LoopLag, worker.loop_lag_ms))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::events::RunState;

    fn worker(id: &str, state: WorkerState, cpu_percent: f64, loop_lag_ms: f64) -> WorkerView {
        WorkerView {
            id: id.to_owned(),
            index: 0,
            state,
            user_count: 1,
            user_classes_count: BTreeMap::new(),
            cpu_percent,
            memory_bytes: 0,
            last_heartbeat_s_ago: 7.04,
            loop_lag_ms,
            connections: 0,
            in_flight: 0,
            round_trip_ms: None,
            last_report_s_ago: None,
            missing_since_unix_s: None,
        }
    }

    fn health_of(workers: &[WorkerView]) -> Health {
        let stats = protocol::RequestStats::new(0.0);
        health(&RunView {
            now_unix_s: 0.0,
            elapsed_s: 0.0,
            run_time_s: None,
            state: RunState::Running,
            user_count: 0,
            target_user_count: 0,
            spawn_rate: 1.0,
            host: None,
            parsed_options: &protocol::Value::Nil,
            script: crate::events::ScriptView::default(),
            user_classes_count: &BTreeMap::new(),
            workers,
            stats: &stats,
            exceptions: &[],
            logs: &BTreeMap::new(),
        })
    }

    #[test]
    fn the_worst_worker_decides_and_comes_first() {
        use WorkerState::{Missing, Running};
        assert_eq!(health_of(&[worker("a", Running, 74.0, 99.0)]), Health::default());
        let near = health_of(&[worker("a", Running, 80.0, 0.0)]);
        assert_eq!(near.level, HealthLevel::Warn);
        let bad = health_of(&[
            worker("a", Running, 80.0, 0.0),
            worker("b", Running, 93.46, 600.0),
            worker("c", Missing, 100.0, 0.0),
        ]);
        assert_eq!(bad.level, HealthLevel::Bad);
        let reasons: Vec<_> = bad
            .reasons
            .iter()
            .map(|reason| (reason.kind, reason.worker.as_str(), reason.value))
            .collect();
        assert_eq!(
            reasons,
            [
                (HealthReasonKind::Cpu, "b", 93.5),
                (HealthReasonKind::LoopLag, "b", 600.0),
                (HealthReasonKind::MissingWorker, "c", 7.0),
                (HealthReasonKind::Cpu, "a", 80.0),
            ]
        );
    }

    #[test]
    fn many_workers_make_no_long_list() {
        let workers = vec![worker("w", WorkerState::Running, 100.0, 0.0); 100];
        assert_eq!(health_of(&workers).reasons.len(), MAX_REASONS);
    }
}
