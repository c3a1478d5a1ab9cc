//! The record of the present run, for everybody who looks at it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::model::RunRecord;

/// A shared handle on the record of the run that is on, or of the last one. Clones see the same.
#[derive(Debug, Clone)]
pub struct Runs {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    latest: Mutex<Option<Arc<RunRecord>>>,
    changes: watch::Sender<u64>,
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
        let latest = self
            .shared
            .latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        latest.map(|record| RunRecord::clone(&record))
    }

    /// Tells, by a number that grows, that the record has changed: each second while a run is on, and when it ends.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// Puts a new state of the record in place of the last one. For the recorder, and for tests of what reads records.
    pub fn publish(&self, record: RunRecord) {
        *self.shared.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(record));
        self.shared
            .changes
            .send_modify(|number| *number = number.wrapping_add(1));
    }
}
