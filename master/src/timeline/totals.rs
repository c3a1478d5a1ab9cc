//! What statistics count, added up over the whole run: so that the tables of a long run need no walk over all its intervals.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{Cell, ErrorId, RequestId};

/// Sums over all intervals since statistics were last reset. Equal to what a [`super::Window`] over them adds up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// All requests.
    pub total: Arc<Cell>,
    /// By request name.
    pub rows: BTreeMap<RequestId, Arc<Cell>>,
    /// Occurrences by error.
    pub errors: BTreeMap<ErrorId, u64>,
}

/// Totals that grow: what came since they were last looked at is added in one go.
#[derive(Debug, Default)]
pub(super) struct GrowingTotals {
    settled: Totals,
    fresh_total: Cell,
    fresh: BTreeMap<RequestId, Cell>,
}

impl GrowingTotals {
    pub(super) fn add_total(&mut self, cell: &Cell) {
        self.fresh_total.add(cell);
    }

    pub(super) fn add_cell(&mut self, request: RequestId, cell: &Cell) {
        self.fresh.entry(request).or_default().add(cell);
    }

    pub(super) fn add_error(&mut self, error: ErrorId, occurrences: u64) {
        let slot = self.settled.errors.entry(error).or_default();
        *slot = slot.saturating_add(occurrences);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn look(&mut self) -> Totals {
        let fresh_total = std::mem::take(&mut self.fresh_total);
        Arc::make_mut(&mut self.settled.total).add(&fresh_total);
        for (request, cell) in std::mem::take(&mut self.fresh) {
            Arc::make_mut(self.settled.rows.entry(request).or_default()).add(&cell);
        }
        self.settled.clone()
    }
}
