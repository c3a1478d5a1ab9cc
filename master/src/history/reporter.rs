//! Gives the run to the history: at its start, every few seconds while it goes on, and at its end.

use super::History;
use super::limits::SAVE_EVERY_S;
use crate::events::{Reporter, RunEvent, RunView};
use crate::limits::TICK_S;
use crate::timeline::{RunRecord, Runs};

/// Reader of the events for the history. Stands after the recorder of the run, which it reads from.
pub struct HistoryReporter {
    runs: Runs,
    history: History,
    ticks: u64,
    /// The run of [`Self::runs`] has something that was not given yet.
    is_due: bool,
}

impl HistoryReporter {
    /// Writes what `runs` has to `history`.
    pub fn new(runs: Runs, history: History) -> Self {
        Self {
            runs,
            history,
            ticks: 0,
            is_due: false,
        }
    }

    fn give(&self) {
        let current: Option<RunRecord> = self.runs.current();
        if let Some(record) = current {
            self.history.give(record);
        }
    }
}

impl Reporter for HistoryReporter {
    fn handle(&mut self, event: &RunEvent, _view: &RunView<'_>) {
        match event {
            RunEvent::RunStarted { .. } => {
                self.is_due = true;
                self.ticks = 0;
                self.give();
            }
            RunEvent::RunEnded { .. } => {
                self.is_due = false;
                self.give();
            }
            RunEvent::Tick if self.is_due => {
                self.ticks += 1;
                if self.ticks as f64 * TICK_S >= SAVE_EVERY_S as f64 {
                    self.ticks = 0;
                    self.give();
                }
            }
            _ => {}
        }
    }
}
