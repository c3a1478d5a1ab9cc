//! Carrying out what the run machine has decided, in its order.

use std::sync::Arc;

use protocol::{Envelope, Listener, ToWorker, encode_to_worker};

use super::event_loop::{EventLoop, answer};
use super::locustfile;
use crate::events::{RunEvent, RunState};
use crate::run::{Effect, Finish};

impl<L: Listener> EventLoop<L> {
    /// Carries out what the machine has decided since the last time, and answers whoever waited for it.
    pub(super) async fn carry_out(&mut self) {
        loop {
            let effects = self.machine.take_effects();
            if effects.is_empty() {
                break;
            }
            for effect in effects {
                self.carry_out_one(effect).await;
            }
        }
        if !self.machine.is_starting() && !self.start_waiters.is_empty() {
            let failure = self.machine.take_start_failure();
            for waiter in self.start_waiters.drain(..) {
                answer(waiter, failure.clone().map_or(Ok(()), Err));
            }
        }
        let has_no_run = matches!(self.machine.state(), RunState::Ready | RunState::Stopped);
        if has_no_run && !self.machine.is_test_open() {
            self.answer_stop_waiters();
        }
    }

    async fn carry_out_one(&mut self, effect: Effect) {
        let now = self.now();
        match effect {
            Effect::Send { to, message } => self.send(to, message).await,
            Effect::Notify(event) => {
                self.books.report(&event, &self.machine, now);
                let script = &mut self.script;
                self.books.with_view(&self.machine, now, |reading| {
                    script.on_event(&event, &reading.view);
                });
            }
            Effect::ClearStats => self.books.clear(now),
            Effect::Merge { node_id, report } => {
                let report = Arc::from(report);
                self.books.merge(&report, now);
                self.script.on_report(&node_id, &report);
                let event = RunEvent::Reported { node_id, report };
                self.books.report(&event, &self.machine, now);
            }
            Effect::Fire(hook) => {
                let script = &mut self.script;
                self.books
                    .with_view(&self.machine, now, |reading| script.fire(hook, &reading.view));
            }
            Effect::BeginShape => {
                if let Some(host) = self.script.host() {
                    host.begin_shape();
                }
            }
            Effect::EndShape => {
                if let Some(host) = self.script.host() {
                    host.end_shape();
                }
            }
            Effect::ScriptMessage { node_id, kind, data } => {
                if let Some(host) = self.script.host() {
                    host.message(&kind, data, &node_id);
                }
            }
            Effect::UpdateUserClass(settings) => {
                self.script.update_user_class(settings, |done| {
                    if let Err(reason) = done {
                        tracing::error!("a User class was not changed as asked: {reason}");
                    }
                });
            }
            Effect::Exception {
                node_id,
                msg,
                traceback,
            } => self.books.add_exception(node_id, msg, traceback),
            Effect::Logs { node_id, lines } => self.books.set_logs(node_id, lines),
            Effect::LookAtScript => {
                if let Some(bundle) = &mut self.bundle {
                    bundle.look();
                }
            }
            Effect::SendLocustfile { to, bundle } => {
                let reply = match (&self.bundle, bundle) {
                    (Some(desk), Some(request)) => desk.reply(&request),
                    _ => locustfile::reply(&self.locustfiles).await,
                };
                self.send(to, ToWorker::Locustfile(reply)).await;
            }
            Effect::Finish(finish) => {
                self.are_local_workers_deaf |= match &finish {
                    Finish::NotEnoughWorkers { .. } => true,
                    Finish::Ended { lost_reports, .. } => !lost_reports.is_empty(),
                };
                self.finish = Some(finish);
            }
        }
    }

    /// A worker that cannot be reached is found missing by its heartbeats; that is not decided here.
    async fn send(&mut self, to: String, message: ToWorker) {
        if message == ToWorker::Heartbeat {
            self.script.on_heartbeat("heartbeat_sent", &to, self.now());
        }
        let envelope = Envelope { message, node_id: to };
        let payload = encode_to_worker(&envelope);
        if let Err(error) = self.listener.send(&envelope.node_id, payload).await {
            tracing::debug!("a message to {} was not sent: {error}", envelope.node_id);
        }
    }
}
