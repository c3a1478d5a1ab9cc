//! The run: ready → spawning → running → stopping → stopped, and the end of the master.
//!
//! Pure: [`Machine`] takes messages, commands and times, and returns [`Effect`]s for `server` to carry out in order. It
//! composes `cluster` (who is there) and `dispatch` (who runs what). No socket, no clock, no async.

mod config;
mod ending;
mod inbox;
mod machine;
mod ramp;
mod refresh;
mod script;
mod starting;

pub use config::{RunConfig, StartPlan, StartRequest, UserClass};
pub use machine::Machine;
pub use refresh::ScriptLook;
pub use script::Hook;

use protocol::{BundleRequest, NodeId, StatsReport, ToWorker, Value};

use crate::events::{EndCause, RunEvent};

/// A moment on two clocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Now {
    /// Seconds on a clock that never goes back.
    pub mono_s: f64,
    /// Unix time in seconds.
    pub unix_s: f64,
}

/// What is to be done, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a message to a worker. A worker that is not connected is no error.
    Send {
        /// Node id.
        to: NodeId,
        /// What to say.
        message: ToWorker,
    },
    /// Tell the reporters.
    Notify(RunEvent),
    /// Forget all statistics and exceptions.
    ClearStats,
    /// Merge a report.
    Merge {
        /// Worker it is of.
        node_id: NodeId,
        /// The report.
        report: Box<StatsReport>,
    },
    /// Run a hook of the script and say when it is done.
    Fire(Hook),
    /// The load shape drives the run from now on.
    BeginShape,
    /// The load shape has nothing to drive any more.
    EndShape,
    /// Give the script a worker's message.
    ScriptMessage {
        /// Worker it is of.
        node_id: NodeId,
        /// Its type.
        kind: String,
        /// Whatever the worker's script sent.
        data: Value,
    },
    /// Change attributes of a User class in the script; it says so when that is done.
    UpdateUserClass(Value),
    /// Count an exception of a user's code.
    Exception {
        /// Worker it happened on.
        node_id: NodeId,
        /// Text.
        msg: String,
        /// Python's traceback.
        traceback: String,
    },
    /// Replace a worker's log lines.
    Logs {
        /// Whose.
        node_id: NodeId,
        /// All of them, oldest first.
        lines: Vec<String>,
    },
    /// Answer a request for the locustfile.
    SendLocustfile {
        /// Temporary identity that asked.
        to: NodeId,
        /// The part of the bundle it wants; none for the flat file.
        bundle: Option<BundleRequest>,
    },
    /// See whether the script has changed, and say so by [`Machine::on_script_look`].
    LookAtScript,
    /// The master is done.
    Finish(Finish),
}

/// How the master ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Finish {
    /// After a run, or on request before one.
    Ended {
        /// Why.
        cause: EndCause,
        /// Workers whose last report did not come.
        lost_reports: Vec<NodeId>,
    },
    /// The expected workers did not come in time.
    NotEnoughWorkers {
        /// How many did.
        came: usize,
        /// How many were expected.
        expected: u32,
    },
}
