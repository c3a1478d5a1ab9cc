//! The link to the master: keeps the connection, sends heartbeats, reports and logs, carries messages both ways.
//!
//! It runs beside the requests on the reactor thread, so neither waits for user code. [`state`] decides, this file does.

mod commands;
mod connection;
mod logs;
mod resources;
mod state;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use protocol::{
    Endpoint, ExceptionReport, Heartbeat, HeartbeatExtra, LogsReport, NodeId, StatsReport, ToMaster,
    Transport, WorkerState,
};
use tokio::sync::mpsc::Receiver;
use tokio::time::{MissedTickBehavior, interval};

use crate::limits::{HEARTBEAT_INTERVAL, LOG_INTERVAL, REPORT_INTERVAL, RESOURCE_INTERVAL};
use crate::reactor::{Core, LinkRequest, milliseconds};

pub use commands::{Command, Commands};
use connection::{Connection, Happened};
use logs::LogBuffer;
use resources::Resources;
use state::{Effect, LinkState};

/// Where the master is, and who we are.
#[derive(Debug, Clone)]
pub struct LinkConfig {
    /// The master's host and port.
    pub master: Endpoint,
    /// This worker's identity.
    pub node_id: NodeId,
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
    let mut report = every(REPORT_INTERVAL);
    let mut logs = every(LOG_INTERVAL);
    let mut resources = every(RESOURCE_INTERVAL);
    loop {
        tokio::select! {
            happened = link.connection.next() => link.on_connection(happened).await,
            request = from_python.recv() => match request {
                None => return,
                Some(LinkRequest::Shutdown(answer)) => {
                    link.farewell(&answer).await;
                    return;
                }
                Some(request) => link.on_request(request).await,
            },
            _ = heartbeat.tick() => link.heartbeat().await,
            _ = report.tick() => {
                link.report().await;
            }
            _ = logs.tick() => link.send_logs().await,
            _ = resources.tick() => link.resources.read(),
        }
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

async fn serve_alone(core: &Core, from_python: &mut Receiver<LinkRequest>) {
    while let Some(request) = from_python.recv().await {
        match request {
            LinkRequest::Snapshot(answer) => {
                let _ = answer.send(core.recorder.borrow().snapshot(core.clock.now_unix_s()));
            }
            LinkRequest::Shutdown(answer) => {
                let _ = answer.send(true);
                return;
            }
            LinkRequest::Send(_) | LinkRequest::Users(_) | LinkRequest::Log(_) => {}
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
    resources: Resources,
    /// A report that was taken but could not be sent; it keeps its number, so that it counts once.
    unsent: Option<Box<StatsReport>>,
}

impl<T: Transport> Link<T> {
    fn new(core: Rc<Core>, transport: T, config: LinkConfig, commands: Arc<Commands>) -> Self {
        Self {
            state: LinkState::new(config.master.to_string(), Instant::now()),
            connection: Connection::new(transport, config.master, config.node_id.clone()),
            node_id: config.node_id,
            script_hash: config.script_hash,
            core,
            commands,
            users: Users {
                state: WorkerState::Ready,
                by_class: BTreeMap::new(),
            },
            logs: LogBuffer::default(),
            resources: Resources::new(),
            unsent: None,
        }
    }

    async fn on_connection(&mut self, happened: Happened) {
        match happened {
            Happened::Connected => {
                let idle = self.users.state == WorkerState::Ready;
                let effects = self.state.on_connected(idle, Instant::now());
                self.apply(effects).await;
            }
            Happened::Disconnected => self.state.on_disconnected(),
            Happened::Message(message) => {
                let greeted = matches!(message, protocol::ToWorker::Ack { .. });
                let effects = self.state.on_message(message, Instant::now());
                self.apply(effects).await;
                if greeted {
                    self.heartbeat().await;
                    self.report().await;
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
                    self.report().await;
                    self.send(ToMaster::Quit).await;
                }
                Effect::Reopen => {
                    self.connection.reopen();
                    self.state.on_disconnected();
                }
            }
        }
    }

    async fn send(&mut self, message: ToMaster) -> bool {
        self.connection.send(message).await
    }

    async fn on_request(&mut self, request: LinkRequest) {
        match request {
            LinkRequest::Send(message) => self.send_for_script(*message).await,
            LinkRequest::Users(users) => self.users = users,
            LinkRequest::Log(line) => self.logs.push(line),
            LinkRequest::Snapshot(answer) => {
                let snapshot = self.core.recorder.borrow().snapshot(self.core.clock.now_unix_s());
                let _ = answer.send(snapshot); // a script that no longer waits needs none
            }
            LinkRequest::Shutdown(_) => debug_assert!(false, "the loop ends on it"),
        }
    }

    /// Sends what the script asked for. The last figures of a run leave before the word that it has stopped.
    async fn send_for_script(&mut self, message: ToMaster) {
        if !matches!(message, ToMaster::ClientStopped) {
            if !self.send(message.clone()).await
                && let ToMaster::Exception(ExceptionReport { msg, .. }) | ToMaster::Custom { kind: msg, .. } =
                    message
            {
                tracing::warn!("the master is away, so a message to it is lost: {msg}");
            }
            return;
        }
        self.report().await;
        self.send(message).await;
        let effects = self.state.present(Instant::now());
        self.apply(effects).await;
    }

    async fn heartbeat(&mut self) {
        let effects = self.state.on_tick(Instant::now());
        self.apply(effects).await;
        if !self.state.is_known() {
            return;
        }
        let heartbeat = Heartbeat {
            state: self.users.state.clone(),
            current_cpu_usage: self.resources.cpu_percent,
            current_memory_usage: self.resources.memory_bytes,
            extra: Some(HeartbeatExtra {
                loop_lag_ms: milliseconds(self.commands.reader_lag()),
                connections: crate::http::open_connections(),
                script: self.script_hash.clone(),
            }),
        };
        self.send(ToMaster::Heartbeat(heartbeat)).await;
    }

    /// Sends everything since the last report; what cannot be sent stays in the recorder or in `unsent`.
    async fn report(&mut self) -> bool {
        if !self.state.is_known() {
            return false;
        }
        if let Some(report) = self.unsent.take()
            && !self.send(ToMaster::Stats(report.clone())).await
        {
            self.unsent = Some(report);
            return false;
        }
        let now = self.core.clock.now_unix_s();
        let report = Box::new(
            self.core
                .recorder
                .borrow_mut()
                .take_report(self.users.by_class.clone(), now),
        );
        if self.send(ToMaster::Stats(report.clone())).await {
            return true;
        }
        self.unsent = Some(report);
        false
    }

    async fn send_logs(&mut self) {
        if self.state.is_known()
            && let Some(logs) = self.logs.take()
        {
            let worker_id = self.node_id.clone();
            self.send(ToMaster::Logs(LogsReport { worker_id, logs })).await;
        }
    }

    /// The last report and `quit`; answers whether the master took both.
    async fn farewell(mut self, answer: &SyncSender<bool>) {
        self.send_logs().await;
        let reported = self.report().await;
        let quit = self.send(ToMaster::Quit).await;
        let flushed = self.connection.close().await;
        let _ = answer.send(reported && quit && flushed);
    }
}

#[cfg(test)]
mod tests;
