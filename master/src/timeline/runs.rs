//! The record of the present run, for everybody who looks at it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::model::RunRecord;
use super::totals::Totals;

/// A shared handle on the record of the run that is on, or of the last one. Clones see the same.
#[derive(Debug, Clone)]
pub struct Runs {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    latest: Mutex<Option<Arc<Shown>>>,
    changes: watch::Sender<u64>,
}

/// A record as it was at some second.
#[derive(Debug)]
pub struct Shown {
    /// The record.
    pub record: RunRecord,
    /// What statistics count, added up; None if nobody did.
    pub totals: Option<Totals>,
}

impl Default for Runs {
    fn default() -> Self {
        Self::new()
    }
}

impl Runs {
    /// No run yet.
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                latest: Mutex::new(None),
                changes: watch::Sender::new(0),
            }),
        }
    }

    /// The record as it was at the last second; None before the first run. What is in it is shared, not copied.
    pub fn current(&self) -> Option<RunRecord> {
        self.latest().map(|shown| shown.record.clone())
    }

    /// The same with the sums over the whole run, and without even a copy of the list of intervals.
    pub fn latest(&self) -> Option<Arc<Shown>> {
        self.lock().clone()
    }

    /// Tells, by a number that grows, that the record has changed: each second while a run is on, and when it ends.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Puts a record in place of the last one; for tests of what reads records.
    pub fn publish(&self, record: RunRecord) {
        self.show(record, None);
    }

    pub(super) fn show(&self, record: RunRecord, totals: Option<Totals>) {
        *self.lock() = Some(Arc::new(Shown { record, totals }));
        self.shared
            .changes
            .send_modify(|number| *number = number.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Shown>>> {
        self.shared.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
