//! How runs and the master end: whoever is asked to stop or quit is waited for, within a bound.

use protocol::{NodeId, ToWorker};

use super::machine::{Machine, Waiting, is_due};
use super::{Effect, Finish, Now};
use crate::events::{EndCause, RunEvent, RunState};
use crate::limits;

impl Machine {
    /// The run's own end: the master goes with it when headless, else it stays for another run.
    pub(super) fn end_run(&mut self, cause: EndCause, now: Now) {
        if !self.is_active() {
            return;
        }
        if self.config.headless {
            self.quit(cause, now);
        } else {
            self.begin_stop(cause, now);
        }
    }

    /// Ends the master: every worker is told to quit, and its last report is waited for. A second call does not wait.
    pub fn quit(&mut self, cause: EndCause, now: Now) {
        if let Some(waiting) = self.quitting.take() {
            self.finish_quit(waiting, now);
            return;
        }
        self.cancel_start("The master is ending");
        let stopping = self.stopping.take();
        let cause = stopping.as_ref().map_or(cause, |waiting| waiting.cause);
        self.halt_ramp();
        if self.is_active() {
            self.set_state(RunState::Stopping);
        }
        let workers = self.cluster.active().map(str::to_owned).collect();
        self.send_to_all(&ToWorker::Quit);
        for id in self.cluster.returning() {
            self.send(&id, ToWorker::Quit);
        }
        self.quitting = Some(Waiting {
            workers,
            until_s: self.patience_s(now),
            cause,
        });
        self.check_waiting(now);
    }

    pub(super) fn begin_stop(&mut self, cause: EndCause, now: Now) {
        self.halt_ramp();
        self.set_state(RunState::Stopping);
        let workers = self.cluster.active().map(str::to_owned).collect();
        self.send_to_all(&ToWorker::Stop);
        self.stopping = Some(Waiting {
            workers,
            until_s: self.patience_s(now),
            cause,
        });
        self.check_waiting(now);
    }

    /// A worker said that it has stopped or quits. One that merely fell silent is still waited for: it may be busy
    /// ending its users, and its last report is worth the time.
    pub(super) fn answered(&mut self, id: &str) {
        for waiting in [&mut self.stopping, &mut self.quitting].into_iter().flatten() {
            waiting.workers.remove(id);
        }
        self.lost.remove(id);
    }

    /// A worker is not there any more, for whatever reason.
    pub(super) fn worker_gone(&mut self, id: &str, now: Now) {
        if let Some(dispatcher) = &mut self.dispatcher {
            dispatcher.remove_worker(id);
        }
        self.check_workers_left(now);
        self.repair(now);
        self.check_waiting(now);
    }

    /// Ends the run if no worker is left. While workers are on their way back from a stop, they are waited for.
    pub(super) fn check_workers_left(&mut self, now: Now) {
        if self.is_active() && self.cluster.active_count() == 0 && self.hold_until_s.is_none() {
            tracing::error!("no worker is left; the run ends, its results so far are kept");
            self.end_run(EndCause::WorkersLost, now);
        }
    }

    /// Ends a wait when everybody has answered or time is up.
    pub(super) fn check_waiting(&mut self, now: Now) {
        let over = |waiting: &Option<Waiting>| {
            waiting
                .as_ref()
                .is_some_and(|w| w.workers.is_empty() || is_due(Some(w.until_s), now))
        };
        if over(&self.quitting)
            && let Some(waiting) = self.quitting.take()
        {
            self.finish_quit(waiting, now);
        } else if over(&self.stopping)
            && let Some(waiting) = self.stopping.take()
        {
            self.finish_stop(waiting, now);
        }
    }

    fn finish_stop(&mut self, waiting: Waiting, now: Now) {
        for id in &waiting.workers {
            tracing::warn!("worker {id} did not report that its users have stopped");
        }
        self.lost.extend(waiting.workers);
        self.run_over(waiting.cause, now);
        if self.config.autostart.is_some() {
            self.autoquit_at_s = self.config.autoquit_s.map(|wait_s| now.mono_s + wait_s);
        }
    }

    fn finish_quit(&mut self, waiting: Waiting, now: Now) {
        self.lost.extend(waiting.workers);
        if self.clock.started_s.is_some() && self.clock.ended_s.is_none() {
            self.run_over(waiting.cause, now);
        }
        self.notify(RunEvent::Shutdown);
        let lost_reports: Vec<NodeId> = std::mem::take(&mut self.lost).into_iter().collect();
        self.effects.push(Effect::Finish(Finish::Ended {
            cause: waiting.cause,
            lost_reports,
        }));
    }

    fn run_over(&mut self, cause: EndCause, now: Now) {
        self.clock.ended_s = Some(now.mono_s);
        self.dispatcher = None;
        self.set_state(RunState::Stopped);
        self.notify(RunEvent::RunEnded { cause });
    }

    fn halt_ramp(&mut self) {
        self.ramp = None;
        self.settle_until_s = None;
        self.held_until_s = None;
        self.hold_until_s = None;
        self.clock.end_at_s = None;
        self.autoquit_at_s = None;
    }

    fn patience_s(&self, now: Now) -> f64 {
        now.mono_s + self.config.stop_timeout_s + limits::STOP_GRACE_S
    }
}
