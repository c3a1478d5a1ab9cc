//! Between the control loop and the script host: what is asked of the script and for whom, and what it is told of the run.
//!
//! It carries words and decides nothing; without a host every word is lost, which the run machine knows.

use std::collections::{BTreeMap, HashMap};

use protocol::{NodeId, StatsReport, Value};
use tokio::sync::oneshot;

use super::usage::Reading;
use crate::events::{RunEvent, RunView};
use crate::run::{Hook, Now};
use crate::script_host::{Answer, Heard, Host, ScriptVerdict, map, report_map};

type OptionsReply = oneshot::Sender<Result<(), String>>;
/// Told once whether a User class was changed.
type ClassReply = Box<dyn FnOnce(Result<(), String>) + Send>;

/// The host, and who waits for which of its answers.
#[derive(Default)]
pub(super) struct ScriptDesk {
    host: Option<Host>,
    hooks: HashMap<u64, Hook>,
    options: HashMap<u64, (Value, OptionsReply)>,
    classes: HashMap<u64, ClassReply>,
    /// Its requests to stop the run: answered when that is done.
    pub(super) stop_waiters: Vec<u64>,
    /// What was set last, by name, for a host that takes this one's place. Names are those of the start form.
    values: BTreeMap<String, Value>,
    /// The host has made room for another, which is not there yet.
    is_changing: bool,
    /// Of hosts that are gone.
    last_verdict: ScriptVerdict,
}

/// What an answer means for the run.
#[derive(Debug)]
pub(super) enum Done {
    /// A hook's listeners have all returned.
    Hook(Hook),
    /// The script's options have changed: all options, for the workers.
    Options(Value, OptionsReply),
}

impl ScriptDesk {
    pub(super) fn new(host: Option<Host>) -> Self {
        Self {
            host,
            ..Self::default()
        }
    }

    /// The host, if there is one.
    pub(super) fn host(&mut self) -> Option<&mut Host> {
        self.host.as_mut()
    }

    /// Name of the load shape that drives the next run.
    pub(super) fn shape(&self) -> Option<String> {
        let shape = self.host.as_ref()?.shape()?;
        Some(shape.name.clone())
    }

    /// What the host says next; never anything without one. Cancel-safe.
    pub(super) async fn next(&mut self) -> Heard {
        match &mut self.host {
            Some(host) => host.next().await,
            None => std::future::pending().await,
        }
    }

    /// Fires a hook, whose listeners see the run as it is now.
    pub(super) fn fire(&mut self, hook: Hook, view: &RunView<'_>) {
        if let Some(host) = &mut self.host {
            host.state(&state(view));
            self.hooks.insert(host.fire(hook.as_str()), hook);
        }
    }

    /// Hands values of the start form to the script.
    pub(super) fn set_options(&mut self, values: Value, reply: OptionsReply) {
        match &mut self.host {
            Some(host) => {
                self.options
                    .insert(host.set_options(values.clone()), (values, reply));
            }
            None if self.is_changing => refuse(
                reply,
                "The changed locustfile is still being loaded; try again in a moment",
            ),
            // Nobody reads them yet: a start is not refused for their sake.
            None => {
                self.keep(&values);
                let _unread = reply.send(Ok(()));
            }
        }
    }

    /// Has the script change attributes of a User class; `done` is told whether it could.
    pub(super) fn update_user_class(
        &mut self,
        settings: Value,
        done: impl FnOnce(Result<(), String>) + Send + 'static,
    ) {
        match &mut self.host {
            Some(host) => {
                let id = host.update_user_class(settings);
                self.classes.insert(id, Box::new(done));
            }
            None => done(Err("there is no script".to_owned())),
        }
    }

    /// Whom an answer is for.
    pub(super) fn done(&mut self, id: u64, answer: Answer) -> Option<Done> {
        if let Some(hook) = self.hooks.remove(&id) {
            if let Err(error) = answer {
                tracing::error!("the hook {} failed: {error}", hook.as_str());
            }
            return Some(Done::Hook(hook));
        }
        if let Some(reply) = self.classes.remove(&id) {
            reply(answer.map(|_| ()).map_err(|error| error.to_string()));
            return None;
        }
        let (values, reply) = self.options.remove(&id)?;
        match answer {
            Ok(answer) if answer["options"].is_map() => {
                self.keep(&values);
                if let Some(host) = &mut self.host {
                    host.take_shape(&answer);
                }
                Some(Done::Options(answer["options"].clone(), reply))
            }
            Ok(_) => {
                refuse(reply, "the script host answers without options");
                None
            }
            Err(error) => {
                refuse(reply, &error.to_string());
                None
            }
        }
    }

    /// Tells the script of an event of the run, and of the run's state when it may have changed.
    pub(super) fn on_event(&mut self, event: &RunEvent, view: &RunView<'_>) {
        let Some(host) = &mut self.host else { return };
        match event {
            RunEvent::WorkerException { .. } | RunEvent::WorkerLogs { .. } | RunEvent::Shutdown => return,
            _ => host.state(&state(view)),
        }
        let (hook, args) = match event {
            RunEvent::WorkerJoined { id, .. } => ("worker_connect", vec![("client_id", id.as_str().into())]),
            RunEvent::SpawningComplete { user_count } => {
                ("spawning_complete", vec![("user_count", (*user_count).into())])
            }
            RunEvent::StatsReset => ("reset_stats", Vec::new()),
            _ => return,
        };
        if host.listens_to(hook) {
            host.event(hook, map(args));
        }
    }

    /// Gives the script a worker's report, if it listens.
    pub(super) fn on_report(&mut self, node_id: &NodeId, report: &StatsReport) {
        if let Some(host) = self.host.as_mut().filter(|host| host.listens_to("worker_report")) {
            let args = vec![
                ("client_id", node_id.as_str().into()),
                ("data", report_map(report)),
            ];
            host.event("worker_report", map(args));
        }
    }

    /// A heartbeat came (`heartbeat_received`) or went (`heartbeat_sent`).
    pub(super) fn on_heartbeat(&mut self, hook: &str, node_id: &str, now: Now) {
        if let Some(host) = self.host.as_mut().filter(|host| host.listens_to(hook)) {
            let args = vec![("client_id", node_id.into()), ("timestamp", now.unix_s.into())];
            host.event(hook, map(args));
        }
    }

    /// Tells the script what the master itself uses.
    pub(super) fn on_usage(&mut self, reading: Reading) {
        let Some(host) = &mut self.host else { return };
        let cpu = ("cpu_usage", reading.cpu_percent.into());
        if reading.is_high() && host.listens_to("cpu_warning") {
            host.event("cpu_warning", map(vec![cpu.clone()]));
        }
        if host.listens_to("usage_monitor") {
            let memory = ("memory_usage", reading.memory_bytes.into());
            host.event("usage_monitor", map(vec![cpu, memory]));
        }
    }

    /// The host is dead or given up: whoever waits for it is told, and what is left of it is ended.
    pub(super) async fn lose(&mut self) {
        if let Some(host) = self.take("the script host is gone") {
            self.last_verdict.lost = true;
            host.kill().await;
        }
    }

    /// Gives the host away, to be ended in order, with the values for the one that takes its place.
    pub(super) fn make_room(&mut self) -> (Option<Host>, Value) {
        let host = self.take("The changed locustfile is being loaded; try again in a moment");
        self.is_changing = true;
        let values = self.values.iter();
        let values = values.map(|(name, value)| (name.as_str().into(), value.clone()));
        (host, Value::Map(values.collect()))
    }

    /// Whoever was to come in the host's place is there, or will not come.
    pub(super) fn settle(&mut self, host: Option<Host>) {
        self.is_changing = false;
        if host.is_some() {
            self.host = host;
        }
    }

    /// Takes the host out. Nobody waits for its answers any more.
    fn take(&mut self, reason: &str) -> Option<Host> {
        self.hooks.clear();
        self.stop_waiters.clear();
        for (_, (_, reply)) in self.options.drain() {
            refuse(reply, reason);
        }
        for (_, reply) in self.classes.drain() {
            reply(Err(reason.to_owned()));
        }
        let host = self.host.take()?;
        self.last_verdict = host.verdict().after(self.last_verdict);
        Some(host)
    }

    fn keep(&mut self, values: &Value) {
        for (name, value) in values.as_map().into_iter().flatten() {
            if let Some(name) = name.as_str() {
                self.values.insert(name.to_owned(), value.clone());
            }
        }
    }

    /// The end of the master. The host comes back only if it has nothing left to answer: else it is ended.
    pub(super) async fn close(mut self, goes_on: bool) -> (ScriptVerdict, Option<Host>) {
        let is_free = self.hooks.is_empty();
        let Some(host) = self.take("The master is ending") else {
            return (self.last_verdict, None);
        };
        if goes_on && is_free {
            return (self.last_verdict, Some(host));
        }
        host.kill().await;
        (self.last_verdict, None)
    }
}

fn refuse(reply: OptionsReply, reason: &str) {
    // A caller that went away does not read its answer.
    let _unread = reply.send(Err(reason.to_owned()));
}

/// The run as the script's `environment.runner` shows it.
fn state(view: &RunView<'_>) -> Value {
    let counts = |counts: &BTreeMap<String, u64>| -> Value {
        let pairs = counts.iter();
        Value::Map(
            pairs
                .map(|(class, users)| (class.as_str().into(), (*users).into()))
                .collect(),
        )
    };
    let workers = view.workers.iter().map(|worker| {
        map(vec![
            ("id", worker.id.as_str().into()),
            ("index", worker.index.into()),
            ("state", worker.state.as_str().into()),
            ("user_count", worker.user_count.into()),
            ("user_classes_count", counts(&worker.user_classes_count)),
            ("cpu", worker.cpu_percent.into()),
            ("memory", worker.memory_bytes.into()),
        ])
    });
    map(vec![
        ("state", view.state.as_str().into()),
        ("user_count", view.user_count.into()),
        ("target_user_count", view.target_user_count.into()),
        ("user_classes_count", counts(view.user_classes_count)),
        ("spawn_rate", view.spawn_rate.into()),
        ("elapsed_s", view.elapsed_s.into()),
        ("workers", workers.collect()),
    ])
}
