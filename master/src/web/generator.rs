//! How the load generator is, for the page's strip.

use protocol::WorkerState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::events::RunView;

/// In one word, with the reasons.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `good`, `warn` or `bad`.
    level: &'static str,
    /// Why it is not good.
    reasons: Vec<Reason>,
}

/// A worker that is not well.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// `missing_worker`.
    kind: &'static str,
    /// Node id.
    worker: String,
    /// Seconds since it was last heard.
    value: f64,
}

/// Looks at every worker's last heartbeat.
pub(super) fn health(view: &RunView<'_>) -> Health {
    let missing = view
        .workers
        .iter()
        .filter(|worker| worker.state == WorkerState::Missing);
    let reasons: Vec<Reason> = missing
        .map(|worker| Reason {
            kind: "missing_worker",
            worker: worker.id.clone(),
            value: worker.last_heartbeat_s_ago,
        })
        .collect();
    let level = if reasons.is_empty() { "good" } else { "bad" };
    Health { level, reasons }
}
