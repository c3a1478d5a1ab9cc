//! The master at work: one task that owns all state and is told things by workers, timers, the REST face and signals.
//!
//! It carries out what [`crate::run::Machine`] decides and keeps the books (statistics, exceptions, logs). It decides
//! nothing by itself.

mod books;
mod bundle;
mod control;
mod effects;
mod event_loop;
mod hearing;
mod local;
mod locustfile;
mod reload;
mod script;
mod signals;
mod usage;

use std::path::PathBuf;

use protocol::{Listener, NodeId, RequestStats, TransportError};

pub use bundle::{BundleConfig, Reload, Reloaded, Room};
pub use control::{Command, ControlHandle, Controls, Reading, control_channel};

use crate::events::{EndCause, ExceptionView, Reporter};
use crate::local_workers::{LocalWorkerError, LocalWorkersConfig};
pub use crate::run::{RunConfig, StartPlan, StartRequest, UserClass};
use crate::script_host::{Host, ScriptVerdict};
use crate::web::{WebConfig, WebError};

/// Everything the master needs to know.
#[derive(Debug)]
pub struct MasterConfig {
    /// The run and its options.
    pub run: RunConfig,
    /// Handed to workers that ask; paths, or `http(s)` addresses which workers fetch themselves. In order.
    pub locustfiles: Vec<PathBuf>,
    /// The script as our own workers get it, with its modules and data; they get the flat locustfiles if none.
    pub bundle: Option<BundleConfig>,
    /// REST face; `None` when headless.
    pub web: Option<WebConfig>,
    /// Workers to start on this machine.
    pub local_workers: Option<LocalWorkersConfig>,
    /// The loaded and configured script; without one there are no hooks and no load shape.
    pub script_host: Option<Host>,
}

/// How it ended, and the results.
#[derive(Debug)]
pub struct Outcome {
    /// Why.
    pub cause: EndCause,
    /// Workers whose last report did not come in time: the results may lack up to one report interval of each.
    pub lost_reports: Vec<NodeId>,
    /// Statistics of the last run.
    pub stats: RequestStats,
    /// Exceptions of the last run.
    pub exceptions: Vec<ExceptionView>,
    /// What the script says about the exit code.
    pub script: ScriptVerdict,
    /// The script host, unless it was lost: to be told the exit code.
    pub script_host: Option<Host>,
}

/// Why the master could not do its work. Each text is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MasterError {
    /// `--expect-workers-max-wait` is over.
    #[error(
        "only {came} of {expected} expected workers came in time; start more, or raise --expect-workers-max-wait"
    )]
    NotEnoughWorkers {
        /// How many came.
        came: usize,
        /// How many were expected.
        expected: u32,
    },
    /// The REST face cannot be served.
    #[error(transparent)]
    Web(#[from] WebError),
    /// Local workers could not be started, or ended before the run.
    #[error(transparent)]
    LocalWorkers(#[from] LocalWorkerError),
    /// The workers' port failed.
    #[error("the port for workers failed: {0}")]
    Transport(#[from] TransportError),
}

impl MasterError {
    /// Exit code of the process (reference § 3.9).
    pub fn exit_code(&self) -> u8 {
        settings::exit::FAILURE
    }
}

/// Runs the master until its run is over (headless) or it is told to end by Ctrl-C, SIGTERM or through `controls`.
///
/// # Errors
/// When the master cannot start or not enough workers come; a run that ended badly is an [`Outcome`].
pub async fn run(
    config: MasterConfig,
    listener: impl Listener,
    reporters: Vec<Box<dyn Reporter>>,
    controls: Controls,
) -> Result<Outcome, MasterError> {
    let signals = tokio::spawn(signals::forward(controls.handle()));
    let outcome = run_with(config, listener, reporters, controls).await;
    signals.abort();
    outcome
}

/// Like [`run`], told to end through `controls` only.
///
/// # Errors
/// As for [`run`].
pub async fn run_with(
    config: MasterConfig,
    listener: impl Listener,
    reporters: Vec<Box<dyn Reporter>>,
    controls: Controls,
) -> Result<Outcome, MasterError> {
    event_loop::EventLoop::start(config, listener, reporters, controls)
        .await?
        .run()
        .await
}
