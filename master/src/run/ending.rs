//! How runs and the master end: whoever is asked to stop or quit is waited for, within a bound, and so are the hooks.
//!
//! A run that is on: `test_stopping` → the workers are told → their last reports → `test_stop` → the run is over. The
//! master, after that or at once: the workers are told to quit, unless they were → `quitting` → the end.

use std::collections::BTreeSet;

use protocol::{NodeId, ToWorker};

use super::machine::{Machine, is_due};
use super::{Effect, Finish, Hook, Now};
use crate::events::{EndCause, RunEvent, RunState};
use crate::limits;

/// A run or the master that is ending.
#[derive(Debug)]
pub(super) struct Ending {
    cause: EndCause,
    /// The master ends too.
    quits: bool,
    /// The workers were told to quit, not only to stop.
    told_quit: bool,
    step: Step,
}

#[derive(Debug)]
enum Step {
    /// `test_start` is still running: nothing was started yet.
    Unstarted,
    /// `test_stopping` is running; the workers are told when it is done, or then.
    Announced { until_s: f64 },
    /// The workers were told; these have not answered yet.
    Waiting { workers: BTreeSet<NodeId>, until_s: f64 },
    /// `test_stop` is running.
    Closing,
    /// `quitting` is running.
    Quitting,
}

impl Ending {
    pub(super) fn quits(&self) -> bool {
        self.quits
    }
}

impl Machine {
    /// The run's own end: the master goes with it when headless, else it stays for another run.
    pub(super) fn end_run(&mut self, cause: EndCause, now: Now) {
        if !self.is_active() {
            return;
        }
        if self.config.headless {
            self.quit(cause, now);
        } else {
            self.begin_ending(cause, false, now);
        }
    }

    /// Ends the master: every worker is told to quit, and its last report is waited for. A second call does not wait.
    pub fn quit(&mut self, cause: EndCause, now: Now) {
        if self.is_finished {
            return;
        }
        self.cancel_start("The master is ending");
        let Some(ending) = &mut self.ending else {
            self.begin_ending(cause, true, now);
            return;
        };
        if ending.quits {
            self.finish(now);
            return;
        }
        ending.quits = true;
        if matches!(ending.step, Step::Waiting { .. }) {
            self.tell_workers(now);
        }
    }

    pub(super) fn begin_ending(&mut self, cause: EndCause, quits: bool, now: Now) {
        self.halt_ramp();
        self.end_shape();
        let step = if self.starting.is_some() {
            tracing::info!("the hook test_start is still running; its end is waited for");
            Step::Unstarted
        } else {
            let until_s = now.mono_s + limits::TEST_STOPPING_WAIT_S;
            Step::Announced { until_s }
        };
        let is_unstarted = matches!(step, Step::Unstarted);
        self.ending = Some(Ending {
            cause,
            quits,
            told_quit: false,
            step,
        });
        if self.is_active() {
            self.set_state(RunState::Stopping);
            self.fire(Hook::TestStopping, now);
        } else if !is_unstarted {
            self.tell_workers(now);
        }
    }

    /// `test_start` is done, and the run is to end before it has begun: its hooks come all the same.
    pub(super) fn end_unstarted(&mut self, now: Now) {
        if let Some(ending) = &mut self.ending {
            let until_s = now.mono_s + limits::TEST_STOPPING_WAIT_S;
            ending.step = Step::Announced { until_s };
            self.fire(Hook::TestStopping, now);
        }
    }

    /// The script was lost while `test_start` ran.
    pub(super) fn abandon_start(&mut self, now: Now) {
        self.starting = None;
        self.is_test_open = false;
        if self.ending.is_some() {
            self.tell_workers(now);
        }
    }

    pub(super) fn test_stopping_done(&mut self, now: Now) {
        match self.ending.as_ref().map(|ending| &ending.step) {
            Some(Step::Announced { .. }) => self.tell_workers(now),
            _ => self.check_waiting(now),
        }
    }

    fn tell_workers(&mut self, now: Now) {
        let workers = self.cluster.active().map(str::to_owned).collect();
        let until_s = now.mono_s + self.config.stop_timeout_s + limits::STOP_GRACE_S;
        let Some(ending) = &mut self.ending else { return };
        ending.step = Step::Waiting { workers, until_s };
        ending.told_quit = ending.quits;
        if ending.quits {
            self.send_to_all(&ToWorker::Quit);
            for id in self.cluster.returning() {
                self.send(&id, ToWorker::Quit);
            }
        } else {
            self.send_to_all(&ToWorker::Stop);
        }
        self.check_waiting(now);
    }

    /// A worker said that it has stopped or quits. One that merely fell silent is still waited for: it may be busy
    /// ending its users, and its last report is worth the time.
    pub(super) fn answered(&mut self, id: &str) {
        if let Some(Ending {
            step: Step::Waiting { workers, .. },
            ..
        }) = &mut self.ending
        {
            workers.remove(id);
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

    /// When the present wait is over.
    pub(super) fn ending_deadline_s(&self) -> Option<f64> {
        match self.ending.as_ref()?.step {
            Step::Announced { until_s } => Some(until_s),
            // Late, but `test_stopping` still runs: its answer goes on from here.
            Step::Waiting { until_s, .. } if self.script.awaited.is_none() => Some(until_s),
            _ => None,
        }
    }

    /// Ends a wait when everybody has answered or time is up.
    pub(super) fn check_waiting(&mut self, now: Now) {
        let Some(ending) = &mut self.ending else { return };
        match &mut ending.step {
            Step::Announced { until_s } if is_due(Some(*until_s), now) => self.tell_workers(now),
            Step::Waiting { workers, until_s }
                if (workers.is_empty() || is_due(Some(*until_s), now)) && self.script.awaited.is_none() =>
            {
                let silent = std::mem::take(workers);
                if !ending.quits {
                    for id in &silent {
                        tracing::warn!("worker {id} did not report that its users have stopped");
                    }
                }
                self.lost.extend(silent);
                if self.is_test_open {
                    ending.step = Step::Closing;
                    self.fire(Hook::TestStop, now);
                } else {
                    self.after_run(now);
                }
            }
            _ => {}
        }
    }

    pub(super) fn test_stopped(&mut self, now: Now) {
        if let Some(cause) = self.ending.as_ref().map(|ending| ending.cause) {
            self.run_over(cause, now);
            self.after_run(now);
        }
    }

    /// There is no run any more: the master waits for another, or goes.
    fn after_run(&mut self, now: Now) {
        let Some(ending) = &mut self.ending else { return };
        if !ending.quits {
            self.ending = None;
            if self.config.autostart.is_some() {
                self.autoquit_at_s = self.config.autoquit_s.map(|wait_s| now.mono_s + wait_s);
            }
        } else if ending.told_quit {
            ending.step = Step::Quitting;
            self.fire(Hook::Quitting, now);
        } else {
            self.tell_workers(now);
        }
    }

    /// The end of the master, whatever is still awaited.
    pub(super) fn finish(&mut self, now: Now) {
        let Some(ending) = self.ending.take() else { return };
        self.is_finished = true;
        match ending.step {
            Step::Waiting { workers, .. } => self.lost.extend(workers),
            Step::Announced { .. } => {
                let untold: Vec<NodeId> = self.cluster.active().map(str::to_owned).collect();
                self.lost.extend(untold);
            }
            Step::Unstarted | Step::Closing | Step::Quitting => {}
        }
        if !ending.told_quit {
            self.send_to_all(&ToWorker::Quit);
        }
        self.run_over(ending.cause, now);
        self.notify(RunEvent::Shutdown);
        let lost_reports: Vec<NodeId> = std::mem::take(&mut self.lost).into_iter().collect();
        self.effects.push(Effect::Finish(Finish::Ended {
            cause: ending.cause,
            lost_reports,
        }));
    }

    /// The run that is on, if one is, is over.
    fn run_over(&mut self, cause: EndCause, now: Now) {
        self.is_test_open = false;
        self.starting = None;
        if self.clock.started_s.is_none() || self.clock.ended_s.is_some() {
            return;
        }
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
}
