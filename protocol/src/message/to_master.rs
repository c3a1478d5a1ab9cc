//! What a worker says to its master.

use std::collections::BTreeMap;

use rmpv::Value;

use crate::{NodeId, StatsReport};

/// A message from a worker.
#[derive(Debug, Clone, PartialEq)]
pub enum ToMaster {
    /// Asks for the locustfile, under a temporary identity.
    Locustfile {
        /// The worker's version, for the log only.
        version: String,
        /// Ours (`acrida`): it takes the script bundle too. A master that does not know it sends the flat file.
        bundle: Option<BundleRequest>,
    },
    /// Presents the worker; repeated until acknowledged.
    ClientReady(ClientVersion),
    /// Sign of life, once a second.
    Heartbeat(Heartbeat),
    /// Statistics since the last report.
    Stats(Box<StatsReport>),
    /// A `spawn` has arrived.
    Spawning,
    /// A `spawn` has been carried out.
    SpawningComplete(SpawningComplete),
    /// All users have stopped after a `stop`.
    ClientStopped,
    /// The worker process is going away.
    Quit,
    /// An exception nobody caught in a user's code.
    Exception(ExceptionReport),
    /// The worker's log lines so far.
    Logs(LogsReport),
    /// A script's own message.
    Custom {
        /// Its type; none of the standard ones.
        kind: String,
        /// Whatever the script sent.
        data: Value,
    },
}

/// Which part of the script bundle a worker wants next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BundleRequest {
    /// Hash of the bundle it is getting; empty to get whatever the master has.
    pub hash: String,
    /// Where the part begins, in bytes. The answer begins elsewhere (at 0) if the master has another bundle by now.
    pub offset: u64,
    /// Hash of a bundle that is there already and need not be sent; empty for none.
    pub have: String,
}

/// The version a worker presents itself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientVersion {
    /// A version string, e.g. "2.47.0".
    Text(String),
    /// -1: a third-party worker that asks not to be compared.
    Bypass,
    /// Nil or empty: older than Locust 2; a master refuses it.
    Missing,
}

/// A worker's sign of life.
#[derive(Debug, Clone, PartialEq)]
pub struct Heartbeat {
    /// What the worker is doing.
    pub state: WorkerState,
    /// CPU of the worker process, percent of one core (may exceed 100).
    pub current_cpu_usage: f64,
    /// Resident memory in bytes; 0 if the worker does not say.
    pub current_memory_usage: u64,
    /// What only our own workers add.
    pub extra: Option<HeartbeatExtra>,
}

/// Our addition to a heartbeat, under the key `acrida` that Locust ignores.
#[derive(Debug, Clone, PartialEq)]
pub struct HeartbeatExtra {
    /// How late the script's event loop runs, in milliseconds.
    pub loop_lag_ms: f64,
    /// Open connections to targets.
    pub connections: u64,
    /// From the last heartbeat that was answered to its answer, in milliseconds; None before the first.
    pub round_trip_ms: Option<f64>,
    /// Hash of the script bundle it runs; empty if its script did not come as one.
    pub script: String,
}

/// State of a worker, by Locust's names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkerState {
    /// Connected, no users.
    Ready,
    /// Starting or stopping users.
    Spawning,
    /// Running its share.
    Running,
    /// Tearing down (local runs only).
    Cleanup,
    /// Stopping users.
    Stopping,
    /// Users stopped.
    Stopped,
    /// Given by a master to a worker that fell silent.
    Missing,
    /// Anything else a third-party worker reports.
    Other(String),
}

impl WorkerState {
    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ready => "ready",
            Self::Spawning => "spawning",
            Self::Running => "running",
            Self::Cleanup => "cleanup",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Missing => "missing",
            Self::Other(name) => name,
        }
    }

    /// The state of that name; unknown names are kept as they are.
    pub fn parse(name: &str) -> Self {
        match name {
            "ready" => Self::Ready,
            "spawning" => Self::Spawning,
            "running" => Self::Running,
            "cleanup" => Self::Cleanup,
            "stopping" => Self::Stopping,
            "stopped" => Self::Stopped,
            "missing" => Self::Missing,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// How many users a worker runs after a `spawn`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpawningComplete {
    /// Users by class on this worker.
    pub user_classes_count: BTreeMap<String, u64>,
    /// All users on this worker.
    pub user_count: u64,
}

/// An exception nobody caught in a user's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionReport {
    /// The exception's text.
    pub msg: String,
    /// The formatted stack.
    pub traceback: String,
}

/// A worker's log so far; replaces what it sent before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsReport {
    /// Whose log.
    pub worker_id: NodeId,
    /// Formatted lines, oldest first.
    pub logs: Vec<String>,
}
