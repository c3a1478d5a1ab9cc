//! A master on an in-memory network, a recording reporter, and workers that behave, or not, as told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use master::events::{Reporter, RunEvent, RunState, RunView};
use master::server::{
    ControlHandle, MasterConfig, MasterError, Outcome, RunConfig, StartPlan, StartRequest, UserClass,
    control_channel, run_with,
};
use master::timeline::{self, Runs};
use protocol::{
    ClientVersion, Endpoint, Envelope, Heartbeat, HeartbeatExtra, Link, MemoryTransport, SpawningComplete,
    StatsEntry, StatsReport, ToMaster, ToWorker, Transport, Value, WorkerState, decode_to_worker,
    encode_to_master,
};
use tokio::task::JoinHandle;

pub const PORT: u16 = 5557;

pub fn class(name: &str) -> UserClass {
    UserClass {
        name: name.to_owned(),
        weight: 1.0,
        fixed_count: 0,
        host: None,
        tasks: Vec::new(),
        ratio: serde_json::Value::Null,
    }
}

/// With the REST face's behaviour (a stop keeps the master), but no REST face.
pub fn config() -> MasterConfig {
    MasterConfig {
        run: RunConfig {
            classes: vec![class("A"), class("B")],
            expect_workers: 1,
            expect_workers_max_wait_s: None,
            autostart: None,
            headless: false,
            autoquit_s: None,
            run_time_s: None,
            stop_timeout_s: 0.0,
            host: None,
            reset_stats: false,
            enable_rebalancing: false,
            parsed_options: Value::Map(Vec::new()),
        },
        locustfiles: Vec::new(),
        bundle: None,
        web: None,
        local_workers: None,
        script_host: None,
    }
}

pub fn headless(users: u64, spawn_rate: f64, run_time_s: f64, expect_workers: u32) -> MasterConfig {
    let mut config = config();
    config.run.headless = true;
    config.run.autostart = Some(StartPlan { users, spawn_rate });
    config.run.run_time_s = Some(run_time_s);
    config.run.expect_workers = expect_workers;
    config
}

pub fn swarm(users: u64, spawn_rate: f64) -> StartRequest {
    StartPlan { users, spawn_rate }.into()
}

pub struct Bench {
    pub net: MemoryTransport,
    pub control: ControlHandle,
    pub master: JoinHandle<Result<Outcome, MasterError>>,
    pub events: Arc<Mutex<Vec<RunEvent>>>,
    /// The record of the run.
    pub runs: Runs,
}

struct Recorder(Arc<Mutex<Vec<RunEvent>>>);

impl Reporter for Recorder {
    fn handle(&mut self, event: &RunEvent, _view: &RunView<'_>) {
        if *event != RunEvent::Tick {
            self.0.lock().unwrap().push(event.clone());
        }
    }
}

impl Bench {
    pub async fn new(config: MasterConfig) -> Self {
        let net = MemoryTransport::new();
        let listener = net.bind(&Endpoint::new("*", PORT)).await.unwrap();
        let events: Arc<Mutex<Vec<RunEvent>>> = Arc::default();
        let controls = control_channel();
        let control = controls.handle();
        let recorder = timeline::Recorder::new(timeline::About::default());
        let runs = recorder.runs();
        let reporters: Vec<Box<dyn Reporter>> =
            vec![Box::new(recorder), Box::new(Recorder(Arc::clone(&events)))];
        let master = tokio::spawn(run_with(config, listener, reporters, controls));
        Self {
            net,
            control,
            master,
            events,
            runs,
        }
    }

    pub async fn worker(&self, id: &str) -> Worker {
        Worker::start(&self.net, id, Manner::default()).await
    }

    pub async fn worker_that(&self, id: &str, manner: Manner) -> Worker {
        Worker::start(&self.net, id, manner).await
    }

    pub fn events(&self) -> Vec<RunEvent> {
        self.events.lock().unwrap().clone()
    }

    pub async fn state(&self) -> RunState {
        self.control.read(|reading| reading.view.state).await.unwrap()
    }

    pub async fn requests(&self) -> u64 {
        self.control
            .read(|reading| reading.view.stats.total.num_requests)
            .await
            .unwrap()
    }

    pub async fn workers(&self) -> usize {
        self.control
            .read(|reading| reading.machine.cluster().active_count())
            .await
            .unwrap()
    }

    /// Waits until the run is in that state, in virtual time.
    pub async fn until(&self, state: RunState) {
        for _ in 0..10_000 {
            if self.state().await == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the run is never {state:?}");
    }

    pub async fn until_workers(&self, count: usize) {
        for _ in 0..10_000 {
            if self.workers().await == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("there are never {count} workers");
    }
}

/// How a worker behaves.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Its heartbeats say that it is one of our own workers.
    pub ours: bool,
    /// Sends every report twice.
    pub repeats_reports: bool,
    /// Answers `quit` after this time.
    pub quit_delay: Duration,
    /// Never answers `quit` or `stop`.
    pub ignores_endings: bool,
    /// Seconds between `client_stopped` and `client_ready`.
    pub away: Duration,
}

impl Manner {
    /// One of ours that does all it is told, at once.
    pub const OBEDIENT: Self = Self {
        ours: true,
        repeats_reports: false,
        quit_delay: Duration::ZERO,
        ignores_endings: false,
        away: Duration::ZERO,
    };
}

impl Default for Manner {
    fn default() -> Self {
        Self::OBEDIENT
    }
}

/// What a worker was told, in order, heartbeats left out.
pub type Told = Arc<Mutex<Vec<ToWorker>>>;

pub struct Worker {
    pub told: Told,
    task: JoinHandle<()>,
}

impl Worker {
    async fn start(net: &MemoryTransport, id: &str, manner: Manner) -> Self {
        let link = net.connect(&Endpoint::new("master", PORT), id).await.unwrap();
        let told: Told = Arc::default();
        let body = Body {
            link,
            id: id.to_owned(),
            manner,
            told: Arc::clone(&told),
            users: BTreeMap::new(),
            sequence: 0,
            state: WorkerState::Ready,
        };
        Self {
            told,
            task: tokio::spawn(body.live()),
        }
    }

    /// The process dies without a word.
    pub fn kill(&self) {
        self.task.abort();
    }

    pub fn told(&self) -> Vec<ToWorker> {
        self.told.lock().unwrap().clone()
    }

    /// Users by the last `spawn`.
    pub fn users(&self) -> u64 {
        let told = self.told.lock().unwrap();
        let last = told.iter().rev().find_map(|message| match message {
            ToWorker::Spawn(spawn) => Some(spawn.user_classes_count.values().sum()),
            ToWorker::Stop | ToWorker::Quit => Some(0),
            _ => None,
        });
        last.unwrap_or(0)
    }

    pub fn spawns(&self) -> Vec<protocol::Spawn> {
        let told = self.told();
        told.into_iter()
            .filter_map(|message| {
                if let ToWorker::Spawn(spawn) = message {
                    Some(*spawn)
                } else {
                    None
                }
            })
            .collect()
    }
}

struct Body<L> {
    link: L,
    id: String,
    manner: Manner,
    told: Told,
    users: BTreeMap<String, u64>,
    sequence: u64,
    state: WorkerState,
}

impl<L: Link> Body<L> {
    async fn live(mut self) {
        self.say(ToMaster::ClientReady(ClientVersion::Text("2.47.0".to_owned())))
            .await;
        let mut heartbeats = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                received = self.link.recv() => {
                    let Ok(payload) = received else { return };
                    let message = decode_to_worker(&payload).unwrap().message;
                    if !self.obey(message).await {
                        return;
                    }
                }
                _ = heartbeats.tick() => {
                    let state = self.state.clone();
                    let extra = self.manner.ours.then_some(HeartbeatExtra { loop_lag_ms: 0.0, connections: 0, round_trip_ms: None, script: String::new() });
                    let beat = Heartbeat { state, current_cpu_usage: 1.0, current_memory_usage: 1, extra };
                    self.say(ToMaster::Heartbeat(beat)).await;
                }
            }
        }
    }

    async fn obey(&mut self, message: ToWorker) -> bool {
        if message != ToWorker::Heartbeat {
            self.told.lock().unwrap().push(message.clone());
        }
        match message {
            ToWorker::Spawn(spawn) => {
                self.say(ToMaster::Spawning).await;
                self.users = spawn.user_classes_count;
                self.state = WorkerState::Running;
                let done = SpawningComplete {
                    user_count: self.users.values().sum(),
                    user_classes_count: self.users.clone(),
                };
                self.say(ToMaster::SpawningComplete(done)).await;
                self.report(10).await;
            }
            ToWorker::Stop if !self.manner.ignores_endings => {
                self.users.clear();
                self.report(1).await;
                self.say(ToMaster::ClientStopped).await;
                tokio::time::sleep(self.manner.away).await;
                self.state = WorkerState::Ready;
                self.say(ToMaster::ClientReady(ClientVersion::Bypass)).await;
            }
            ToWorker::Quit if !self.manner.ignores_endings => {
                tokio::time::sleep(self.manner.quit_delay).await;
                self.report(5).await;
                self.say(ToMaster::Quit).await;
                return false;
            }
            _ => {}
        }
        true
    }

    async fn report(&mut self, requests: u64) {
        self.sequence += 1;
        let mut entry = StatsEntry::new("/", "GET", 1000.0);
        for _ in 0..requests {
            entry.record(Some(12.0), 100, 1000.0);
        }
        let mut total = StatsEntry::total(1000.0);
        total.merge(&entry);
        let report = StatsReport {
            stats: vec![entry],
            total,
            user_classes_count: self.users.clone(),
            user_count: self.users.values().sum(),
            sequence: Some(self.sequence),
            ..StatsReport::empty(1000.0)
        };
        let times = if self.manner.repeats_reports { 2 } else { 1 };
        for _ in 0..times {
            self.say(ToMaster::Stats(Box::new(report.clone()))).await;
        }
    }

    async fn say(&mut self, message: ToMaster) {
        let payload = encode_to_master(&Envelope {
            message,
            node_id: self.id.clone(),
        });
        // A worker that is cut off talks to nobody.
        let _cut_off = self.link.send(payload).await;
    }
}
