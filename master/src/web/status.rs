//! The present state in one object: the answer of `GET /api/v1/status`, and a part of every message of the live feed.

use std::collections::BTreeMap;

use protocol::WorkerState;
use serde::Serialize;
use utoipa::ToSchema;

use super::face::Face;
use crate::diagnosis::{Health, health};
use crate::events::{RunState, WorkerView};
use crate::report::kept_log;
use crate::server::Reading;

/// The master, its run and its workers as they are now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Status {
    /// Of this program.
    pub(crate) version: &'static str,
    /// Unix time of this answer, seconds.
    pub(crate) now_unix_s: f64,
    /// `ready`, `spawning`, `running`, `stopping`, `stopped`.
    pub(crate) state: &'static str,
    /// Id of the run that is on, or of the last one.
    pub(crate) run_id: Option<String>,
    /// Grows with every start, edit, stop and reset, whoever asked for it; send it with an edit as `if_plan_version`.
    pub(crate) plan_version: u64,
    /// Seconds the run has taken; frozen at its end.
    pub(crate) elapsed_s: f64,
    /// Its time limit, seconds.
    pub(crate) run_time_s: Option<f64>,
    /// Users running.
    pub(crate) users: u64,
    /// Users wanted.
    pub(crate) target_users: u64,
    /// Users started or stopped per second.
    pub(crate) spawn_rate: f64,
    /// Users running, by class.
    pub(crate) user_classes_count: BTreeMap<String, u64>,
    /// The host that overrides those of the classes.
    pub(crate) host: Option<String>,
    /// Label given at the start.
    pub(crate) profile: Option<String>,
    /// Load shape that drives the runs.
    pub(crate) shape_class: Option<String>,
    /// Requests per second now.
    pub(crate) rate: f64,
    /// Failures per second now.
    pub(crate) fail_rate: f64,
    /// Failures by requests of the whole run, 0 to 1.
    pub(crate) fail_ratio: f64,
    /// Requests of the run.
    pub(crate) requests: u64,
    /// Failed ones.
    pub(crate) failures: u64,
    /// Distinct exceptions of users' code.
    pub(crate) exceptions: usize,
    /// Every known worker.
    pub(crate) workers: Vec<WorkerStatus>,
    /// Workers that are heard.
    pub(crate) workers_up: usize,
    /// Workers that are not heard any more.
    pub(crate) workers_missing: usize,
    /// How the load generator is.
    pub(crate) health: Health,
    /// Log lines of the master and its workers that are warnings or errors.
    pub(crate) log_warnings: u64,
    /// Whether runs are kept.
    pub(crate) history: bool,
    /// The run was given by the command line: none can be started here.
    pub(crate) headless: bool,
    /// File names of the script.
    pub(crate) locustfile: String,
}

/// One worker as the master sees it now. What it does not tell is 0 or null.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct WorkerStatus {
    /// Node id.
    pub(crate) id: String,
    /// Number the master gave it, from 0.
    pub(crate) index: u32,
    /// `ready`, `spawning`, `running`, `stopped`, `missing`, or its own word.
    pub(crate) state: String,
    /// Users on it.
    pub(crate) users: u64,
    /// The same by class.
    pub(crate) user_classes_count: BTreeMap<String, u64>,
    /// Percent of a core.
    pub(crate) cpu_percent: f64,
    /// Resident bytes.
    pub(crate) memory_bytes: u64,
    /// How late its script's event loop runs, milliseconds.
    pub(crate) loop_lag_ms: f64,
    /// Open connections to targets.
    pub(crate) connections: u64,
    /// Requests under way.
    pub(crate) in_flight: u64,
    /// From a heartbeat to its reply, milliseconds.
    pub(crate) round_trip_ms: Option<f64>,
    /// Seconds since its last heartbeat.
    pub(crate) last_heartbeat_s_ago: f64,
    /// Seconds since its last report.
    pub(crate) last_report_s_ago: Option<f64>,
    /// Since when it is missing, unix seconds.
    pub(crate) missing_since_unix_s: Option<f64>,
}

impl From<&WorkerView> for WorkerStatus {
    fn from(worker: &WorkerView) -> Self {
        Self {
            id: worker.id.clone(),
            index: worker.index,
            state: worker.state.as_str().to_owned(),
            users: worker.user_count,
            user_classes_count: worker.user_classes_count.clone(),
            cpu_percent: rounded(worker.cpu_percent),
            memory_bytes: worker.memory_bytes,
            loop_lag_ms: rounded(worker.loop_lag_ms),
            connections: worker.connections,
            in_flight: worker.in_flight,
            round_trip_ms: worker.round_trip_ms.map(rounded),
            last_heartbeat_s_ago: rounded(worker.last_heartbeat_s_ago),
            last_report_s_ago: worker.last_report_s_ago.map(rounded),
            missing_since_unix_s: worker.missing_since_unix_s.map(rounded),
        }
    }
}

impl Status {
    /// The state that `reading` shows. Quick: it may run on the control loop.
    pub(crate) fn of(reading: &Reading<'_>, face: &Face) -> Self {
        let view = &reading.view;
        let workers: Vec<WorkerStatus> = view.workers.iter().map(WorkerStatus::from).collect();
        let is_missing = |worker: &&WorkerView| worker.state == WorkerState::Missing;
        let workers_missing = view.workers.iter().filter(is_missing).count();
        let total = &view.stats.total;
        let was_run = view.state != RunState::Ready;
        Self {
            version: env!("CARGO_PKG_VERSION"),
            now_unix_s: rounded(view.now_unix_s),
            state: view.state.as_str(),
            run_id: face
                .config
                .runs
                .latest()
                .map(|shown| shown.record.info.id.clone()),
            plan_version: reading.machine.plan_version(),
            elapsed_s: rounded(view.elapsed_s),
            run_time_s: view.run_time_s,
            users: view.user_count,
            target_users: view.target_user_count,
            spawn_rate: view.spawn_rate,
            user_classes_count: view.user_classes_count.clone(),
            host: view.host.map(str::to_owned),
            profile: text_option(reading, "profile"),
            shape_class: reading.machine.shape().map(str::to_owned),
            rate: if was_run {
                rounded(view.stats.current_rps(view.now_unix_s))
            } else {
                0.0
            },
            fail_rate: if was_run {
                rounded(view.stats.current_fail_per_sec(view.now_unix_s))
            } else {
                0.0
            },
            fail_ratio: total.fail_ratio(),
            requests: total.num_requests,
            failures: total.num_failures,
            exceptions: view.exceptions.len(),
            workers_up: workers.len() - workers_missing,
            workers_missing,
            workers,
            health: health(view),
            log_warnings: reading.log_warnings + kept_log::warnings(),
            history: face.config.history.is_on(),
            headless: face.config.is_headless,
            locustfile: face.config.locustfile.clone(),
        }
    }
}

impl Status {
    /// What is left to say of a master that has ended with its run.
    pub(crate) fn after_the_end(self) -> Self {
        Self {
            state: RunState::Stopped.as_str(),
            plan_version: self.plan_version + 1,
            users: 0,
            user_classes_count: BTreeMap::new(),
            rate: 0.0,
            fail_rate: 0.0,
            workers: Vec::new(),
            workers_up: 0,
            workers_missing: 0,
            ..self
        }
    }
}

impl Face {
    /// The present state.
    ///
    /// # Errors
    /// When the master is ending.
    pub(crate) async fn status(&self) -> Result<Status, String> {
        let face = self.clone();
        self.control.read(move |reading| Status::of(reading, &face)).await
    }
}

fn text_option(reading: &Reading<'_>, name: &str) -> Option<String> {
    let options = reading.view.parsed_options.as_map()?;
    let found = options.iter().find(|(key, _)| key.as_str() == Some(name));
    found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
}

/// To three decimals: what is below is noise.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
