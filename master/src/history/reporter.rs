//! Gives the run to the history: at its start, every few seconds while it goes on, and at its end.

use super::History;
use super::limits::SAVE_EVERY_S;
use crate::events::{Reporter, RunEvent, RunView};
use crate::timeline::{RunRecord, Runs};

/// Reader of the events for the history. Stands after the recorder of the run, which it reads from.
#[derive(Debug)]
pub struct HistoryReporter {
    runs: Runs,
    history: History,
    /// Seconds since it was last given.
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
                // The record of the new run is there a moment later: the next tick gives it.
                self.is_due = true;
                self.ticks = SAVE_EVERY_S - 1;
            }
            RunEvent::RunEnded { .. } => {
                self.is_due = false;
                self.give();
            }
            RunEvent::Tick if self.is_due => {
                self.ticks += 1;
                if self.ticks >= SAVE_EVERY_S {
                    self.ticks = 0;
                    self.give();
                }
            }
            _ => {}
        }
    }
}
