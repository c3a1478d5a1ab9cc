//! The number of the plan: how often a run was started, edited, stopped or reset through the web face. Two people who
//! edit at once are told apart by it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts changes.
#[derive(Debug, Default)]
pub(crate) struct PlanVersions(AtomicU64);

impl PlanVersions {
    /// The present number.
    pub(crate) fn present(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Something was changed.
    pub(crate) fn advance(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
