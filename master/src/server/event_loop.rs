//! The control loop itself: wait for whatever comes first, ask the machine, carry out its effects.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use protocol::{
    Envelope, Incoming, Listener, ToMaster, ToWorker, TransportError, decode_to_master, encode_to_worker,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::books::Books;
use super::control::{Command, Controls};
use super::script::ScriptDesk;
use super::{MasterConfig, MasterError, Outcome, locustfile};
use crate::events::{EndCause, Reporter, RunState};
use crate::limits;
use crate::local_workers::{LocalWorkerError, LocalWorkers};
use crate::run::{Effect, Finish, Machine, Now};
use crate::web::WebServer;

pub(super) struct EventLoop<L> {
    pub(super) machine: Machine,
    pub(super) books: Books,
    listener: L,
    commands: mpsc::Receiver<Command>,
    started: Instant,
    locustfiles: Vec<PathBuf>,
    pub(super) stop_waiters: Vec<oneshot::Sender<Result<(), String>>>,
    web: Option<WebServer>,
    local_workers: Option<LocalWorkers>,
    /// Exit code of the launcher of local workers, if it ended before the master let it.
    local_workers_ended: Option<i32>,
    /// The local workers cannot be expected to end by the word `quit`: there are some that never joined, or do not answer.
    pub(super) are_local_workers_deaf: bool,
    finish: Option<Finish>,
    pub(super) script: ScriptDesk,
}

impl<L: Listener> EventLoop<L> {
    pub(super) async fn start(
        config: MasterConfig,
        listener: L,
        reporters: Vec<Box<dyn Reporter>>,
        controls: Controls,
    ) -> Result<Self, MasterError> {
        let web = match &config.web {
            Some(web) => Some(WebServer::start(web, controls.handle()).await?),
            None => None,
        };
        let local_workers = match &config.local_workers {
            Some(workers) => Some(LocalWorkers::start(workers, listener.local_port())?),
            None => None,
        };
        let started = Instant::now();
        let now = now_since(started);
        let mut machine = Machine::new(config.run, now);
        if let Some(host) = &config.script_host {
            machine.attach_script(host.shape().is_some());
        }
        Ok(Self {
            machine,
            books: Books::new(reporters, now),
            listener,
            commands: controls.commands,
            started,
            locustfiles: config.locustfiles,
            stop_waiters: Vec::new(),
            web,
            local_workers,
            local_workers_ended: None,
            are_local_workers_deaf: false,
            finish: None,
            script: ScriptDesk::new(config.script_host),
        })
    }

    pub(super) async fn run(mut self) -> Result<Outcome, MasterError> {
        let mut failure = None;
        while self.finish.is_none() && failure.is_none() {
            let deadline_s = self.machine.next_deadline_s().max(0.0);
            let wake = self.started + Duration::from_secs_f64(deadline_s);
            tokio::select! {
                incoming = self.listener.recv() => match incoming {
                    Ok(incoming) => self.on_payload(&incoming),
                    Err(error) => self.on_listener_failed(&error),
                },
                Some(command) = self.commands.recv() => self.on_command(command),
                code = exited(&mut self.local_workers) => self.on_local_workers_ended(code).await,
                heard = self.script.next() => self.on_heard(heard).await,
                () = tokio::time::sleep_until(wake) => {}
            }
            let now = self.now();
            self.machine.on_time(now);
            failure = self.check_local_workers(now);
            self.carry_out().await;
        }
        self.wind_up(failure).await
    }

    pub(super) fn now(&self) -> Now {
        now_since(self.started)
    }

    fn on_payload(&mut self, incoming: &Incoming) {
        match decode_to_master(&incoming.payload) {
            Ok(envelope) => {
                let now = self.now();
                if matches!(envelope.message, ToMaster::Heartbeat(_)) {
                    self.script
                        .on_heartbeat("heartbeat_received", &incoming.peer, now);
                }
                self.machine.on_message(&incoming.peer, envelope.message, now);
            }
            Err(error) => {
                tracing::warn!(
                    "a message of {} cannot be read and is dropped: {error}",
                    incoming.peer
                );
                self.machine.on_corrupt(&incoming.peer);
            }
        }
    }

    /// Without its port the master cannot hear anybody: what is known so far becomes the result.
    fn on_listener_failed(&mut self, error: &TransportError) {
        tracing::error!("the port for workers failed: {error}; the run ends with the results so far");
        let now = self.now();
        self.machine.quit(EndCause::WorkersLost, now);
        self.machine.quit(EndCause::WorkersLost, now);
    }

    fn on_command(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Start(request, reply) => answer(reply, self.machine.start(&request, now)),
            Command::Stop(reply) => match self.machine.stop(EndCause::Requested, now) {
                Ok(()) => self.stop_waiters.push(reply),
                Err(reason) => answer(reply, Err(reason)),
            },
            Command::ResetStats(reply) => {
                self.machine.reset_stats();
                answer(reply, ());
            }
            Command::Read(look) => self.books.with_view(&self.machine, now, look),
            Command::SetOptions(values, reply) => self.script.set_options(values, reply),
            Command::Quit(cause) => self.quit(cause, now),
        }
    }

    pub(super) fn quit(&mut self, cause: EndCause, now: Now) {
        self.are_local_workers_deaf |= self.machine.cluster().active_count() == 0;
        self.machine.quit(cause, now);
    }

    async fn on_local_workers_ended(&mut self, code: i32) {
        if let Some(mut workers) = self.local_workers.take() {
            workers.drain().await;
        }
        if !self.machine.is_quitting() && self.finish.is_none() {
            self.local_workers_ended = Some(code);
            if self.machine.cluster().active_count() > 0 && !self.machine.awaits_workers() {
                tracing::error!("{}; others go on", LocalWorkerError::EndedEarly { code });
            }
        }
    }

    /// Without its local workers the master ends, unless others are there and a run is not still waiting for all. A run
    /// that is on is ended by the machine, when it finds no worker left.
    fn check_local_workers(&mut self, now: Now) -> Option<MasterError> {
        let error = LocalWorkerError::EndedEarly {
            code: self.local_workers_ended?,
        };
        let cluster = self.machine.cluster();
        let is_alone = cluster.active_count() == 0 && cluster.returning().is_empty();
        match self.machine.state() {
            RunState::Ready if is_alone || self.machine.awaits_workers() => {
                self.local_workers_ended = None;
                self.machine.give_up();
                Some(error.into())
            }
            RunState::Stopped if is_alone && !self.machine.is_quitting() => {
                self.local_workers_ended = None;
                tracing::error!("{error}");
                self.machine.quit(EndCause::WorkersLost, now);
                None
            }
            _ => None,
        }
    }

    async fn carry_out(&mut self) {
        loop {
            let effects = self.machine.take_effects();
            if effects.is_empty() {
                break;
            }
            for effect in effects {
                self.carry_out_one(effect).await;
            }
        }
        if matches!(self.machine.state(), RunState::Ready | RunState::Stopped) {
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
                    script.on_event(&event, &reading.view)
                });
            }
            Effect::ClearStats => self.books.clear(now),
            Effect::Merge { node_id, report } => {
                self.books.merge(&report, now);
                self.script.on_report(&node_id, &report);
            }
            Effect::Fire(hook) => self.script.fire(hook),
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
            Effect::Exception {
                node_id,
                msg,
                traceback,
            } => self.books.add_exception(node_id, msg, traceback),
            Effect::Logs { node_id, lines } => self.books.set_logs(node_id, lines),
            Effect::SendLocustfile { to } => {
                let reply = locustfile::reply(&self.locustfiles).await;
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

    async fn wind_up(mut self, failure: Option<MasterError>) -> Result<Outcome, MasterError> {
        self.listener
            .close(Duration::from_secs_f64(limits::CLOSE_WAIT_S))
            .await;
        if let Some(workers) = self.local_workers.take() {
            workers.finish(!self.are_local_workers_deaf).await;
        }
        if let Some(web) = self.web.take() {
            web.stop().await;
        }
        let is_done = failure.is_none() && matches!(self.finish, Some(Finish::Ended { .. }));
        let (script, script_host) = self.script.close(is_done).await;
        if let Some(failure) = failure {
            return Err(failure);
        }
        match self.finish {
            Some(Finish::NotEnoughWorkers { came, expected }) => {
                Err(MasterError::NotEnoughWorkers { came, expected })
            }
            Some(Finish::Ended { cause, lost_reports }) => {
                let (stats, exceptions) = self.books.close();
                Ok(Outcome {
                    cause,
                    lost_reports,
                    stats,
                    exceptions,
                    script,
                    script_host,
                })
            }
            None => {
                let (stats, exceptions) = self.books.close();
                Ok(Outcome {
                    cause: EndCause::Signal,
                    lost_reports: Vec::new(),
                    stats,
                    exceptions,
                    script,
                    script_host,
                })
            }
        }
    }
}

pub(super) fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    // A caller that went away does not read its answer.
    let _unread = reply.send(value);
}

async fn exited(workers: &mut Option<LocalWorkers>) -> i32 {
    match workers {
        Some(workers) => workers.exited().await,
        None => std::future::pending().await,
    }
}

fn now_since(started: Instant) -> Now {
    let unix_s = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64());
    Now {
        mono_s: started.elapsed().as_secs_f64(),
        unix_s,
    }
}
