//! What a worker's message does.

use protocol::{
    ClientVersion, ExceptionReport, Heartbeat, LogsReport, NodeId, StatsReport, ToMaster, ToWorker, Value,
    WorkerState,
};

use super::machine::Machine;
use super::{Effect, Now};
use crate::cluster::{Advice, Joined, Place, Pulse, Welcome};
use crate::events::{EndCause, LeaveReason, RunEvent};
use crate::limits;

/// Our workers' own message: the script raised `StopTest`; data `{"reason": text}`.
const STOP_TEST: &str = "acrida_stop_test";
/// `runner.quit()` of a script on a worker: the worker's `quit` follows, and is wanted.
const SCRIPT_QUITS: &str = "acrida_script_quits";

impl Machine {
    /// A message of the worker whose routing id is `id`.
    pub fn on_message(&mut self, id: &str, message: ToMaster, now: Now) {
        match message {
            ToMaster::Locustfile { version, bundle } => {
                tracing::debug!("{id} (version {version}) asks for the locustfile");
                self.effects.push(Effect::SendLocustfile {
                    to: id.to_owned(),
                    bundle,
                });
            }
            ToMaster::ClientReady(version) => self.client_ready(id, &version, now),
            ToMaster::Heartbeat(beat) => self.heartbeat(id, &beat, now),
            ToMaster::Stats(report) => self.stats(id, report, now),
            ToMaster::Spawning => {
                if !self.cluster.spawning(id) && !self.cluster.knows(id) {
                    self.send(id, ToWorker::Quit);
                }
            }
            ToMaster::SpawningComplete(done) => {
                if self.cluster.spawning_complete(id, &done.user_classes_count) {
                    self.check_settled(now);
                } else if !self.cluster.knows(id) {
                    self.send(id, ToWorker::Quit);
                }
            }
            ToMaster::ClientStopped => self.left(id, Place::Returning, now),
            ToMaster::Quit => self.left(id, Place::Gone, now),
            ToMaster::Exception(report) => self.exception(id, report),
            ToMaster::Logs(report) => self.logs(id, report),
            ToMaster::Custom { kind, data } if kind == STOP_TEST => self.stop_test(id, &data, now),
            ToMaster::Custom { kind, .. } if kind == SCRIPT_QUITS => self.cluster.quits_by_script(id),
            ToMaster::Custom { kind, data } if self.script.is_there && self.cluster.knows(id) => {
                self.effects.push(Effect::ScriptMessage {
                    node_id: id.to_owned(),
                    kind,
                    data,
                });
            }
            ToMaster::Custom { kind, .. } => {
                tracing::warn!(
                    "worker {id} sent a message of type {kind:?}, which nobody on the master handles"
                );
            }
        }
    }

    /// A payload of `id` could not be read. Its worker opens a new connection, as with Locust; nothing else happens.
    pub fn on_corrupt(&mut self, id: &str) {
        if self.cluster.get(id).is_some() {
            self.send(id, ToWorker::Reconnect);
        }
    }

    fn client_ready(&mut self, id: &str, version: &ClientVersion, now: Now) {
        match self.cluster.client_ready(id, version, now.mono_s) {
            Joined::Refused(reason) => tracing::error!("worker {id} is refused: {reason}"),
            Joined::New { index, welcome } => {
                if welcome == Welcome::Differs {
                    tracing::warn!(
                        "worker {id} has version {version:?}, another than this master; it may misbehave"
                    );
                }
                self.acknowledge(id, index);
                self.send_updates(id);
                self.notify(RunEvent::WorkerJoined {
                    id: id.to_owned(),
                    index,
                });
                self.arrived(id, false, now);
            }
            Joined::Again { index, returned } => {
                self.acknowledge(id, index);
                self.send_updates(id);
                if returned {
                    self.notify(RunEvent::WorkerReturned { id: id.to_owned() });
                }
                self.arrived(id, false, now);
            }
        }
    }

    fn acknowledge(&mut self, id: &str, index: u32) {
        let parsed_options = self.config.parsed_options.clone();
        self.send(
            id,
            ToWorker::Ack {
                index,
                parsed_options,
                report_every_s: Some(limits::REPORT_EVERY_S),
            },
        );
    }

    fn heartbeat(&mut self, id: &str, beat: &Heartbeat, now: Now) {
        let has_users = matches!(beat.state, WorkerState::Spawning | WorkerState::Running);
        match self.cluster.heartbeat(id, beat, now.mono_s) {
            Pulse::Known { returned } => {
                self.send(id, ToWorker::Heartbeat);
                self.script_beat(id, beat.extra.as_ref(), now);
                if returned {
                    tracing::info!("worker {id} is heard again");
                    self.notify(RunEvent::WorkerReturned { id: id.to_owned() });
                    self.arrived(id, has_users, now);
                } else if has_users && self.may_not_have_users() && self.cluster.shall_be_stopped(id) {
                    tracing::info!(
                        "worker {id} still has users of a run that this master does not know; they are stopped"
                    );
                    self.send(id, ToWorker::Stop);
                }
            }
            Pulse::Adopted { index } => {
                tracing::info!("worker {id} is heard again after a long silence");
                self.send(id, ToWorker::Heartbeat);
                self.notify(RunEvent::WorkerJoined {
                    id: id.to_owned(),
                    index,
                });
                self.arrived(id, has_users, now);
            }
            Pulse::Stranger(Some(Advice::Reconnect)) => self.send(id, ToWorker::Reconnect),
            Pulse::Stranger(Some(Advice::Stop)) => self.send(id, ToWorker::Stop),
            Pulse::Stranger(None) => {}
        }
    }

    fn may_not_have_users(&self) -> bool {
        !self.is_active() && self.ending.is_none()
    }

    /// A worker is there (again). Left-over users of an earlier time are stopped, or counted in by the next spawn.
    fn arrived(&mut self, id: &str, has_users: bool, now: Now) {
        self.lost.remove(id);
        if self.is_quitting() {
            self.send(id, ToWorker::Quit);
        } else if self.is_active() {
            self.deal_in(id, now);
        } else {
            if has_users {
                self.send(id, ToWorker::Stop);
            }
            self.check_autostart(now);
        }
    }

    fn left(&mut self, id: &str, place: Place, now: Now) {
        let Some(worker) = self.cluster.remove(id, place) else {
            return;
        };
        self.answered(id);
        self.script_left(id);
        let reason = if place == Place::Gone {
            if self.is_active() && self.cluster.active_count() > 0 {
                tracing::warn!("worker {id} is gone; its users start again on the others");
            }
            LeaveReason::Quit
        } else {
            LeaveReason::Stopped
        };
        self.notify(RunEvent::WorkerLeft {
            id: id.to_owned(),
            reason,
        });
        if place == Place::Returning && self.is_active() && self.cluster.active_count() == 0 {
            // It registers again in a moment; losing the run for that would be rash.
            self.hold_until_s = Some(now.mono_s + self.config.stop_timeout_s + limits::STOP_GRACE_S);
        }
        if worker.quits_by_script && self.is_active() && self.cluster.active_count() == 0 {
            tracing::info!("the script has ended the last worker, and with it the run");
            self.end_run(EndCause::Script, now);
        }
        self.worker_gone(id, now);
    }

    fn stats(&mut self, id: &str, report: Box<StatsReport>, now: Now) {
        if self.cluster.accept_stats(id, &report, now.mono_s) {
            self.effects.push(Effect::Merge {
                node_id: id.to_owned(),
                report,
            });
        } else {
            tracing::debug!(
                "a report of {id} is not merged: unknown worker, repeated, or measured before this run"
            );
        }
        self.check_settled(now);
    }

    fn exception(&mut self, id: &str, report: ExceptionReport) {
        if !self.cluster.knows(id) {
            return;
        }
        let (node_id, ExceptionReport { msg, traceback }): (NodeId, _) = (id.to_owned(), report);
        let event = RunEvent::WorkerException {
            node_id: node_id.clone(),
            msg: msg.clone(),
            traceback: traceback.clone(),
        };
        self.effects.push(Effect::Exception {
            node_id,
            msg,
            traceback,
        });
        self.notify(event);
    }

    /// A script raised `StopTest`: as if the run's time were over. Several workers may say so at once.
    fn stop_test(&mut self, id: &str, data: &Value, now: Now) {
        if self.cluster.get(id).is_none() || !self.is_active() {
            return;
        }
        let fields = data.as_map().into_iter().flatten();
        let reason = fields
            .filter(|(key, _)| key.as_str() == Some("reason"))
            .find_map(|(_, value)| value.as_str())
            .filter(|reason| !reason.is_empty())
            .unwrap_or("no reason given");
        let reason: String = reason.chars().take(limits::MAX_TEXT_CHARS).collect();
        tracing::warn!("the script on worker {id} stops the test: {reason}");
        self.end_run(EndCause::Script, now);
    }

    fn logs(&mut self, id: &str, report: LogsReport) {
        if self.cluster.knows(id) {
            self.effects.push(Effect::Logs {
                node_id: id.to_owned(),
                lines: report.logs,
            });
            self.notify(RunEvent::WorkerLogs {
                node_id: id.to_owned(),
            });
        }
    }
}
