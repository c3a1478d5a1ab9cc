//! The control loop itself: wait for whatever comes first and tell the machine, whose effects `effects` carries out.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use protocol::{Incoming, Listener, ToMaster, TransportError, decode_to_master};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::books::Books;
use super::bundle::BundleDesk;
use super::control::{Command, Controls};
use super::script::ScriptDesk;
use super::usage::Usage;
use super::{MasterConfig, MasterError, Outcome, local, reload};
use crate::events::{EndCause, Reporter};
use crate::limits;
use crate::local_workers::LocalWorkers;
use crate::run::{Finish, Machine, Now, StartRequest};
use crate::web::WebServer;

pub(super) struct EventLoop<L> {
    pub(super) machine: Machine,
    pub(super) books: Books,
    pub(super) listener: L,
    commands: mpsc::Receiver<Command>,
    started: Instant,
    pub(super) locustfiles: Vec<PathBuf>,
    pub(super) bundle: Option<BundleDesk>,
    pub(super) start_waiters: Vec<oneshot::Sender<Result<(), String>>>,
    pub(super) stop_waiters: Vec<oneshot::Sender<Result<(), String>>>,
    web: Option<WebServer>,
    pub(super) local_workers: Option<LocalWorkers>,
    /// Exit code of the launcher of local workers, if it ended before the master let it.
    pub(super) local_workers_ended: Option<i32>,
    /// A worker process of this machine that ended while a run waited for all to come.
    pub(super) lost_while_waiting: Option<String>,
    /// The local workers cannot be expected to end by the word `quit`: there are some that never joined, or do not answer.
    pub(super) are_local_workers_deaf: bool,
    pub(super) finish: Option<Finish>,
    pub(super) script: ScriptDesk,
    usage: Usage,
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
        // A headless master has one run, which begins with what was just read.
        let watches = !config.run.headless;
        let mut machine = Machine::new(config.run, now);
        let bundle = config.bundle.map(BundleDesk::new);
        if let Some(hash) = bundle.as_ref().and_then(BundleDesk::hash).filter(|_| watches) {
            machine.watch_script(hash.to_owned());
        }
        if let Some(host) = &config.script_host {
            machine.attach_script(host.shape().map(|shape| shape.name.clone()));
        }
        Ok(Self {
            machine,
            bundle,
            start_waiters: Vec::new(),
            books: Books::new(reporters, now),
            listener,
            commands: controls.commands,
            started,
            locustfiles: config.locustfiles,
            stop_waiters: Vec::new(),
            web,
            local_workers,
            local_workers_ended: None,
            lost_while_waiting: None,
            are_local_workers_deaf: false,
            finish: None,
            script: ScriptDesk::new(config.script_host),
            usage: Usage::new(),
        })
    }

    pub(super) async fn run(mut self) -> Result<Outcome, MasterError> {
        let end = loop {
            let deadline_s = self.machine.next_deadline_s().max(0.0);
            let wake = self.started + Duration::from_secs_f64(deadline_s);
            tokio::select! {
                incoming = self.listener.recv() => match incoming {
                    Ok(incoming) => self.on_payload(&incoming),
                    Err(error) => self.on_listener_failed(&error),
                },
                Some(command) = self.commands.recv() => self.on_command(command),
                code = local::exited(&mut self.local_workers) => self.on_local_workers_ended(code).await,
                progress = reload::progress(&mut self.bundle) => self.on_reload(progress).await,
                heard = self.script.next() => self.on_heard(heard).await,
                reading = self.usage.next() => self.script.on_usage(reading),
                () = tokio::time::sleep_until(wake) => {}
            }
            let now = self.now();
            self.machine.on_time(now);
            let failure = self.check_local_workers(now);
            self.carry_out().await;
            if let Some(failure) = failure {
                break Err(failure);
            }
            if let Some(finish) = self.finish.take() {
                break Ok(finish);
            }
        };
        self.wind_up(end).await
    }

    pub(super) fn now(&self) -> Now {
        now_since(self.started)
    }

    fn on_payload(&mut self, incoming: &Incoming) {
        match decode_to_master(&incoming.payload) {
            Ok(envelope) => {
                let now = self.now();
                match envelope.message {
                    ToMaster::Heartbeat(_) => {
                        self.script
                            .on_heartbeat("heartbeat_received", &incoming.peer, now);
                    }
                    ToMaster::Quit => self.note_early_end(&incoming.peer),
                    _ => {}
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
            Command::Start(request, reply) => self.on_start(&request, reply, now),
            Command::StartIf(check, request, reply) => {
                let mut may_start = false;
                self.books
                    .with_view(&self.machine, now, |reading| may_start = check(reading));
                // Otherwise the asker learns from its check why not.
                if may_start {
                    self.on_start(&request, reply, now);
                }
            }
            Command::Stop(reply) => match self.machine.stop(EndCause::Requested, now) {
                Ok(()) => self.stop_waiters.push(reply),
                Err(reason) => answer(reply, Err(reason)),
            },
            Command::ResetStats(reply) => {
                self.machine.reset_stats();
                answer(reply, ());
            }
            Command::Read(look) => self.books.with_view(&self.machine, now, look),
            Command::UpdateUserClass(settings, reply) if self.script.host().is_some() => {
                self.script
                    .update_user_class(settings, |result| answer(reply, result));
            }
            Command::UpdateUserClass(settings, reply) => {
                self.machine.update_user_class(settings);
                answer(reply, Ok(()));
            }
            Command::SetOptions(values, reply) => self.script.set_options(values, reply),
            Command::Quit(cause) => self.quit(cause, now),
        }
    }

    fn on_start(&mut self, request: &StartRequest, reply: oneshot::Sender<Result<(), String>>, now: Now) {
        match self.machine.start(request, now) {
            Ok(()) if self.machine.is_starting() => self.start_waiters.push(reply),
            answered => answer(reply, answered),
        }
    }

    pub(super) fn quit(&mut self, cause: EndCause, now: Now) {
        self.are_local_workers_deaf |= self.machine.cluster().active_count() == 0;
        self.machine.quit(cause, now);
    }

    async fn wind_up(mut self, end: Result<Finish, MasterError>) -> Result<Outcome, MasterError> {
        // Whoever asks or waits for an answer learns that there will be none.
        drop(self.commands);
        // A look at the script that is under way ends here.
        drop(self.bundle.take());
        self.listener
            .close(Duration::from_secs_f64(limits::CLOSE_WAIT_S))
            .await;
        if let Some(workers) = self.local_workers.take() {
            workers.finish(!self.are_local_workers_deaf).await;
        }
        if let Some(web) = self.web.take() {
            web.stop().await;
        }
        let is_done = matches!(end, Ok(Finish::Ended { .. }));
        let (script, script_host) = self.script.close(is_done).await;
        match end? {
            Finish::NotEnoughWorkers { came, expected } => {
                Err(MasterError::NotEnoughWorkers { came, expected })
            }
            Finish::Ended { cause, lost_reports } => {
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
        }
    }
}

pub(super) fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    // A caller that went away does not read its answer.
    let _unread = reply.send(value);
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
