//! The one linear stream of run events, and the view of the run that goes with each.
//!
//! The master's control plane (`server`) emits, reporters read: the console table, CSV, JSON and, later, the page,
//! history and metrics. Nothing here does I/O, and a reporter may never change the run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::{RequestStats, StatsReport, Value, WorkerState};

use crate::run::UserClass;

/// Where a run stands. Locust's names, in lower case, by [`RunState::as_str`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Nothing has been started yet.
    Ready,
    /// Users are being started or stopped to reach the target.
    Spawning,
    /// The target number of users is reached.
    Running,
    /// Users are ending; last reports are awaited.
    Stopping,
    /// A run has ended; another may be started.
    Stopped,
}

impl RunState {
    /// The name used on the wire, in the REST face and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Spawning => "spawning",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

/// Why a worker is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveReason {
    /// It said so.
    Quit,
    /// Its heartbeats stopped.
    Missing,
    /// It stopped its users on request and will register again.
    Stopped,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// `--run-time` is over.
    RunTime,
    /// Somebody asked for it through the REST face.
    Requested,
    /// A script raised `StopTest`, or a hook stopped or quit the runner.
    Script,
    /// The load shape is over.
    Shape,
    /// The load shape raised or returned what is no target.
    ShapeFailed,
    /// The script host died or did not answer.
    ScriptLost,
    /// No worker was left.
    WorkersLost,
    /// Ctrl-C or SIGTERM.
    Signal,
}

/// What happened. Events arrive in the order in which the control plane took its decisions.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// A worker registered.
    WorkerJoined {
        /// Node id.
        id: String,
        /// Number the master gave it, from 0.
        index: u32,
    },
    /// A worker is no longer usable.
    WorkerLeft {
        /// Node id.
        id: String,
        /// Why.
        reason: LeaveReason,
    },
    /// A missing worker was heard again.
    WorkerReturned {
        /// Node id.
        id: String,
    },
    /// The run went from one state to another.
    StateChanged {
        /// Before.
        from: RunState,
        /// Now.
        to: RunState,
    },
    /// A new run began: statistics are empty.
    RunStarted {
        /// Users wanted in all.
        target_users: u64,
        /// Users started per second.
        spawn_rate: f64,
    },
    /// A running test got a new target; statistics are kept.
    RunEdited {
        /// Users wanted in all.
        target_users: u64,
        /// Users started or stopped per second.
        spawn_rate: f64,
    },
    /// Every user of the target is handed out, and is running by the workers' word, or they were given time to say so.
    SpawningComplete {
        /// Users in all.
        user_count: u64,
    },
    /// A user's code raised on a worker.
    WorkerException {
        /// Node id.
        node_id: String,
        /// The exception's text.
        msg: String,
        /// Python's traceback.
        traceback: String,
    },
    /// A worker sent log lines.
    WorkerLogs {
        /// Node id.
        node_id: String,
    },
    /// Users were dealt anew over the workers, because one came or went.
    Rebalanced,
    /// A report was merged into the statistics. Follows the merge; one that had been merged before brings no event.
    Reported {
        /// Node id of the worker it is of.
        node_id: String,
        /// What it counts: deltas.
        report: Arc<StatsReport>,
    },
    /// Statistics were cleared.
    StatsReset,
    /// Every second while anything is connected or running.
    Tick,
    /// The run is over and every report that came in time is merged.
    RunEnded {
        /// Why.
        cause: EndCause,
    },
    /// The master is about to exit; the last event.
    Shutdown,
}

/// One worker as the master sees it now.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerView {
    /// Node id.
    pub id: String,
    /// Number the master gave it, from 0.
    pub index: u32,
    /// Its state by its last heartbeat, or `Missing`.
    pub state: WorkerState,
    /// Users running on it by its last report.
    pub user_count: u64,
    /// The same by class.
    pub user_classes_count: BTreeMap<String, u64>,
    /// Percent of one core.
    pub cpu_percent: f64,
    /// Resident memory in bytes; 0 if the worker does not tell.
    pub memory_bytes: u64,
    /// Seconds since its last heartbeat.
    pub last_heartbeat_s_ago: f64,
    /// How late its script's event loop runs, in milliseconds; 0 if the worker does not tell.
    pub loop_lag_ms: f64,
    /// Open connections to targets; 0 if the worker does not tell.
    pub connections: u64,
    /// Requests under way by its last report; 0 if the worker does not tell.
    pub in_flight: u64,
    /// From a heartbeat to its reply, milliseconds, by the worker's last heartbeat; None if the worker does not tell.
    pub round_trip_ms: Option<f64>,
    /// Its last statistics report, seconds ago; None before the first.
    pub last_report_s_ago: Option<f64>,
    /// Since when it is missing, unix seconds.
    pub missing_since_unix_s: Option<f64>,
}

/// One distinct exception of users' code.
#[derive(Debug, Clone, PartialEq)]
pub struct ExceptionView {
    /// How often it happened.
    pub count: u64,
    /// The exception's text.
    pub msg: String,
    /// Python's traceback.
    pub traceback: String,
    /// Node ids of the workers it happened on.
    pub nodes: BTreeSet<String>,
}

/// What of the script a run was started with.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScriptView<'a> {
    /// Hash of the bundle that workers should have; None if the script is not looked at again before a run.
    pub hash: Option<&'a str>,
    /// Every User class that may run, as it is now.
    pub classes: &'a [UserClass],
    /// Names of those that the run was started with.
    pub started: &'a [String],
    /// Load shape that drives it.
    pub shape: Option<&'a str>,
}

/// The run at the moment of an event. Borrowed: a reporter copies what it keeps.
#[derive(Debug, Clone, Copy)]
pub struct RunView<'a> {
    /// Unix time in seconds.
    pub now_unix_s: f64,
    /// Seconds since this run's start; 0 before the first run, frozen once it has ended.
    pub elapsed_s: f64,
    /// The run's time limit in seconds, if any.
    pub run_time_s: Option<f64>,
    /// Where the run stands.
    pub state: RunState,
    /// Users running now, as reported by workers.
    pub user_count: u64,
    /// Users wanted.
    pub target_user_count: u64,
    /// Users started per second.
    pub spawn_rate: f64,
    /// The host that overrides those of the classes, if any.
    pub host: Option<&'a str>,
    /// The options of the run by Locust's names, a map. Secret ones included: whoever shows or keeps them leaves those out.
    pub parsed_options: &'a Value,
    /// What of the script the run was started with.
    pub script: ScriptView<'a>,
    /// Users running now, by class.
    pub user_classes_count: &'a BTreeMap<String, u64>,
    /// Every known worker, missing ones included, by index.
    pub workers: &'a [WorkerView],
    /// Statistics of this run, merged over workers.
    pub stats: &'a RequestStats,
    /// Exceptions of this run.
    pub exceptions: &'a [ExceptionView],
    /// Last log lines by worker's node id; shared, so that whoever serves them copies none.
    pub logs: &'a BTreeMap<String, Arc<Vec<String>>>,
}

/// A reader of the event stream.
///
/// `handle` runs on the control plane's task: it must be quick and must not block for long. A failure (full disk, no
/// permission) is logged once by the reporter and never fails the run.
pub trait Reporter: Send {
    /// Called for every event, in order.
    fn handle(&mut self, event: &RunEvent, view: &RunView<'_>);
}
