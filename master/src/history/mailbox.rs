//! What waits for the writing thread: the newest state of the run that goes on, and runs that ended. Bounded; giving
//! something never waits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::HistoryError;
use super::limits::MAX_WAITING_RUNS;
use crate::timeline::RunRecord;

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Ended runs and, last, the one that goes on. One place for each run.
    waiting: VecDeque<RunRecord>,
    is_busy: bool,
    is_closed: bool,
    /// Attempts that failed so far.
    failures: u64,
    trouble: Option<HistoryError>,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a run to be written; it takes the place of an older state of the same run.
    pub(super) fn give(&self, record: RunRecord) {
        let mut state = self.lock();
        if state.trouble.as_ref().is_some_and(HistoryError::is_lasting) {
            return;
        }
        state.waiting.retain(|waiting| waiting.info.id != record.info.id);
        state.waiting.push_back(record);
        if state.waiting.len() > MAX_WAITING_RUNS {
            state.waiting.pop_front();
        }
        drop(state);
        self.changed.notify_all();
    }

    /// No more will come: the thread ends when it has written what there is.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Waits for something to write; None when closed. After a failure a new attempt waits `pause` or for news.
    pub(super) fn next(&self, pause: Option<Duration>) -> Option<RunRecord> {
        let mut state = self.lock();
        if let Some(pause) = pause.filter(|_| !state.is_closed) {
            state = self
                .changed
                .wait_timeout(state, pause)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        loop {
            if let Some(record) = state.waiting.pop_front() {
                state.is_busy = true;
                return Some(record);
            }
            if state.is_closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What came of writing `record`, which comes back if that failed. True if trouble began or ended by it.
    pub(super) fn done(&self, outcome: Result<(), (RunRecord, HistoryError)>) -> bool {
        let mut state = self.lock();
        state.is_busy = false;
        let is_news = match outcome {
            Ok(()) => state.trouble.take().is_some(),
            Err((record, error)) => {
                state.failures += 1;
                if error.is_lasting() {
                    state.waiting.clear();
                } else if !state.is_closed
                    && state.waiting.iter().all(|other| other.info.id != record.info.id)
                {
                    state.waiting.push_front(record);
                }
                let is_news = state.trouble.is_none();
                state.trouble = Some(error);
                is_news
            }
        };
        drop(state);
        self.changed.notify_all();
        is_news
    }

    /// What is wrong, from the last attempt.
    pub(super) fn trouble(&self) -> Option<HistoryError> {
        self.lock().trouble.clone()
    }

    /// Writes down a trouble that was there before any writing.
    pub(super) fn set_trouble(&self, trouble: HistoryError) {
        self.lock().trouble = Some(trouble);
    }

    /// Waits until everything given is written, at most `patience`. False if it is not; at once after a failed attempt.
    pub(super) fn flush(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        let failures = state.failures;
        while state.is_busy || !state.waiting.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.failures > failures {
                return false;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.failures == failures
    }
}
