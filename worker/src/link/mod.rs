//! The link to the master: keeps the connection, sends heartbeats, reports and logs, carries messages both ways.
//!
//! It runs beside the requests on the reactor thread, so neither waits for user code. [`state`] decides, this file does.

mod cadence;
mod commands;
mod connection;
mod engine_log;
mod logs;
mod reports;
mod round_trip;
mod state;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use protocol::{
    Endpoint, ExceptionReport, Heartbeat, HeartbeatExtra, LogsReport, NodeId, StatsReport, ToMaster,
    ToWorker, Transport, WorkerState,
};
use tokio::sync::mpsc::Receiver;
use tokio::time::{MissedTickBehavior, interval, interval_at, sleep_until};

use crate::limits::{HEARTBEAT_INTERVAL, LOG_INTERVAL, RESOURCE_INTERVAL, USAGE_INTERVAL};
use crate::reactor::{Core, Extras, LinkRequest, milliseconds};

use cadence::Cadence;
pub use commands::{Command, Commands};
use connection::{Connection, Happened};
pub use engine_log::EngineLog;
use logs::LogBuffer;
use reports::Asking;
use round_trip::RoundTrip;
use settings::resources::Resources;
use state::{Effect, LinkState};

/// Where the master is, and who we are.
#[derive(Debug, Clone)]
pub struct LinkConfig {
    /// The master's host and port.
    pub master: Endpoint,
    /// This worker's identity.
    pub node_id: NodeId,
    /// Called once the last figures were sent in place of a script that does not end: ends the process.
    pub when_stuck: fn(),
    /// Where the engine's own log lines are kept for the master.
    pub engine_log: Arc<EngineLog>,
    /// Hash of the script bundle it runs; empty if its script did not come as one.
    pub script_hash: String,
}

/// The users running on this worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users {
    /// What the worker is doing.
    pub state: WorkerState,
    /// Users by class, all classes of the script included.
    pub by_class: BTreeMap<String, u64>,
}

/// Runs until a shutdown is asked for. Without a `config` there is no master: only the statistics are served.
pub async fn run<T: Transport>(
    core: Rc<Core>,
    transport: T,
    config: Option<LinkConfig>,
    mut from_python: Receiver<LinkRequest>,
    commands: Arc<Commands>,
) {
    let Some(config) = config else {
        serve_alone(&core, &mut from_python).await;
        return;
    };
    let mut link = Link::new(core, transport, config, commands);
    let mut heartbeat = every(HEARTBEAT_INTERVAL);
    let mut logs = every(LOG_INTERVAL);
    let mut resources = every(RESOURCE_INTERVAL);
    let mut usage = interval_at(tokio::time::Instant::now() + USAGE_INTERVAL, USAGE_INTERVAL);
    loop {
        let report_at = link.next_report();
        tokio::select! {
            happened = link.connection.next() => link.on_connection(happened).await,
            request = from_python.recv() => match request {
                None => return,
                Some(LinkRequest::Shutdown(answer, extras)) => {
                    link.farewell(&answer, extras).await;
                    return;
                }
                Some(request) => link.on_request(request).await,
            },
            _ = heartbeat.tick() => link.heartbeat().await,
            () = sleep_until(report_at) => {
                link.cadence.advance(link.now_unix_s());
                link.report_is_due().await;
            }
            _ = logs.tick() => link.send_logs().await,
            _ = resources.tick() => link.resources.read(),
            _ = usage.tick() => link.tell_usage(),
        }
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Unix seconds by the runtime's clock: the one that tests can stop.
fn tokio_unix_s(core: &Core) -> f64 {
    core.clock.unix_s(tokio::time::Instant::now().into_std())
}

async fn serve_alone(core: &Core, from_python: &mut Receiver<LinkRequest>) {
    while let Some(request) = from_python.recv().await {
        match request {
            LinkRequest::Snapshot(answer) => {
                let _ = answer.send(core.recorder.borrow().snapshot(core.clock.now_unix_s()));
            }
            LinkRequest::Failures(answer) => {
                let _ = answer.send(core.recorder.borrow().failures());
            }
            LinkRequest::Shutdown(answer, _) => {
                let _ = answer.send(true);
                return;
            }
            LinkRequest::Send(_)
            | LinkRequest::Users(_)
            | LinkRequest::Log(_)
            | LinkRequest::Listen { .. }
            | LinkRequest::Extras(..)
            | LinkRequest::Stopped(_) => {}
        }
    }
}

struct Link<T: Transport> {
    core: Rc<Core>,
    node_id: NodeId,
    script_hash: String,
    state: LinkState,
    connection: Connection<T>,
    commands: Arc<Commands>,
    users: Users,
    logs: LogBuffer,
    engine_log: Arc<EngineLog>,
    resources: Resources,
    /// Reports that were taken but could not be sent, oldest first; each keeps its number, so that it counts once.
    unsent: VecDeque<Box<StatsReport>>,
    asking: Asking,
    cadence: Cadence,
    round_trip: RoundTrip,
    when_stuck: fn(),
}

impl<T: Transport> Link<T> {
    fn new(core: Rc<Core>, transport: T, config: LinkConfig, commands: Arc<Commands>) -> Self {
        Self {
            state: LinkState::new(config.master.to_string(), Instant::now()),
            connection: Connection::new(transport, config.master, config.node_id.clone()),
            node_id: config.node_id,
            script_hash: config.script_hash,
            cadence: Cadence::new(tokio_unix_s(&core)),
            round_trip: RoundTrip::default(),
            core,
            commands,
            users: Users {
                state: WorkerState::Ready,
                by_class: BTreeMap::new(),
            },
            logs: LogBuffer::default(),
            engine_log: config.engine_log,
            resources: Resources::new(),
            unsent: VecDeque::new(),
            asking: Asking::default(),
            when_stuck: config.when_stuck,
        }
    }

    async fn on_connection(&mut self, happened: Happened) {
        match happened {
            Happened::Connected => {
                let idle = self.users.state == WorkerState::Ready;
                let effects = self.state.on_connected(idle, Instant::now());
                self.apply(effects).await;
            }
            Happened::Disconnected => self.disconnected(),
            Happened::Message(message) => {
                let greeted = match &message {
                    ToWorker::Ack { report_every_s, .. } => {
                        self.cadence.ask(*report_every_s, self.now_unix_s());
                        true
                    }
                    ToWorker::Heartbeat => {
                        self.round_trip.answered(Instant::now());
                        if self.asking.wants_heartbeats {
                            self.commands.push(Command::Heartbeat);
                        }
                        false
                    }
                    _ => false,
                };
                let effects = self.state.on_message(message, Instant::now());
                self.apply(effects).await;
                if greeted {
                    self.heartbeat().await;
                    self.report_is_due().await;
                    self.send_logs().await;
                }
            }
        }
    }

    async fn apply(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(message) => {
                    self.send(*message).await;
                }
                Effect::Tell(command) => self.commands.push(command),
                Effect::EndForScript => {
                    tracing::error!(
                        "the script does not let its users end: sending the last figures without it"
                    );
                    self.send_logs().await;
                    self.report(Extras::new()).await;
                    self.send(ToMaster::Quit).await;
                    (self.when_stuck)();
                    // The process ends in a moment; nothing that still happens is of interest to anybody.
                    std::future::pending::<()>().await;
                }
                Effect::Reopen => {
                    self.connection.reopen();
                    self.disconnected();
                }
            }
        }
    }

    fn disconnected(&mut self) {
        self.state.on_disconnected();
        self.round_trip.forget();
    }

    /// Unix seconds now, on the clock that reports wait by.
    fn now_unix_s(&self) -> f64 {
        tokio_unix_s(&self.core)
    }

    fn next_report(&self) -> tokio::time::Instant {
        let wait_s = self.cadence.due_unix_s() - self.now_unix_s();
        tokio::time::Instant::now() + Duration::try_from_secs_f64(wait_s).unwrap_or_default()
    }

    async fn send(&mut self, message: ToMaster) -> bool {
        self.connection.send(message).await
    }

    async fn on_request(&mut self, request: LinkRequest) {
        match request {
            LinkRequest::Send(message) => self.send_for_script(*message).await,
            LinkRequest::Users(users) => self.users = users,
            LinkRequest::Log(line) => {
                self.gather_own_lines();
                self.logs.push(line);
            }
            LinkRequest::Listen { reports, heartbeats } => self.asking.listen(reports, heartbeats),
            LinkRequest::Extras(number, extras) => {
                if self.asking.is_answered_by(number) {
                    self.report(extras).await;
                }
            }
            LinkRequest::Stopped(extras) => self.stopped(extras).await,
            LinkRequest::Snapshot(answer) => {
                let snapshot = self.core.recorder.borrow().snapshot(self.core.clock.now_unix_s());
                let _ = answer.send(snapshot); // a script that no longer waits needs none
            }
            LinkRequest::Failures(answer) => {
                let _ = answer.send(self.core.recorder.borrow().failures());
            }
            LinkRequest::Shutdown(..) => debug_assert!(false, "the loop ends on it"),
        }
    }

    async fn send_for_script(&mut self, message: ToMaster) {
        if !self.send(message.clone()).await
            && let ToMaster::Exception(ExceptionReport { msg, .. }) | ToMaster::Custom { kind: msg, .. } =
                message
        {
            tracing::warn!("the master is away, so a message to it is lost: {msg}");
        }
    }

    async fn heartbeat(&mut self) {
        let (now, lag) = (Instant::now(), self.commands.reader_lag());
        let mut effects = self.state.on_tick(now);
        effects.extend(self.state.on_script_silence(lag, now));
        self.apply(effects).await;
        if !self.state.is_known() {
            return;
        }
        let heartbeat = Heartbeat {
            state: self.users.state.clone(),
            current_cpu_usage: self.resources.cpu_percent,
            current_memory_usage: self.resources.memory_bytes,
            extra: Some(HeartbeatExtra {
                loop_lag_ms: milliseconds(lag),
                connections: crate::http::open_connections(),
                round_trip_ms: self.round_trip.last_ms(),
                script: self.script_hash.clone(),
            }),
        };
        if self.send(ToMaster::Heartbeat(heartbeat)).await {
            self.round_trip.sent(Instant::now());
        }
    }

    fn tell_usage(&self) {
        self.commands.push(Command::Usage {
            cpu_percent: self.resources.cpu_percent,
            memory_bytes: self.resources.memory_bytes,
        });
    }

    fn gather_own_lines(&mut self) {
        for line in self.engine_log.take() {
            self.logs.push(line);
        }
    }

    async fn send_logs(&mut self) {
        self.gather_own_lines();
        if self.state.is_known()
            && let Some(logs) = self.logs.take()
        {
            let worker_id = self.node_id.clone();
            self.send(ToMaster::Logs(LogsReport { worker_id, logs })).await;
        }
    }

    /// The last report and `quit`; answers whether the master took both.
    async fn farewell(mut self, answer: &SyncSender<bool>, extras: Extras) {
        self.send_logs().await;
        let reported = self.report(extras).await;
        let quit = self.send(ToMaster::Quit).await;
        let flushed = self.connection.close().await;
        let _ = answer.send(reported && quit && flushed);
    }
}

#[cfg(test)]
mod tests;
