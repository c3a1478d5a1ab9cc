//! The kept runs last looked at, unpacked: a page that opens one asks for it several times in a moment.

use std::sync::{Arc, Mutex, PoisonError};

use super::limits::MAX_UNPACKED_RUNS;
use crate::timeline::RunRecord;

#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<Vec<Arc<RunRecord>>>);

impl Shelf {
    /// A run that was put here.
    pub(super) fn find(&self, id: &str) -> Option<Arc<RunRecord>> {
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.iter().find(|record| record.info.id == id).cloned()
    }

    /// Keeps a run that changes no more.
    pub(super) fn put(&self, record: &Arc<RunRecord>) {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.retain(|other| other.info.id != record.info.id);
        records.push(Arc::clone(record));
        if records.len() > MAX_UNPACKED_RUNS {
            records.remove(0);
        }
    }

    /// Forgets a run that was deleted.
    pub(super) fn forget(&self, id: &str) {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.retain(|record| record.info.id != id);
    }
}
