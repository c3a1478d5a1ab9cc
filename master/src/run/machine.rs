//! The machine's data and its clock. What messages do is in `inbox`, starts in `starting`, dealing users in `ramp`,
//! endings in `ending`.

use std::collections::BTreeSet;

use protocol::{NodeId, ToWorker, Value};

use super::ending::Ending;
use super::refresh::RefreshState;
use super::script::Script;
use super::starting::Starting;
use super::{Effect, Now, RunConfig};
use crate::cluster::{Cluster, Silence};
use crate::dispatch::{Dispatcher, Pace};
use crate::events::{EndCause, LeaveReason, RunEvent, RunState, ScriptView};
use crate::limits;

/// The control plane's state.
#[derive(Debug)]
pub struct Machine {
    pub(super) config: RunConfig,
    pub(super) cluster: Cluster,
    pub(super) state: RunState,
    pub(super) dispatcher: Option<Dispatcher>,
    /// Names of the User classes that the last run was started with.
    pub(super) started_classes: Vec<String>,
    pub(super) ramp: Option<Ramp>,
    pub(super) spawn_rate: f64,
    pub(super) host: Option<String>,
    pub(super) last_spawn_unix_s: f64,
    /// A ramp is done; reports are awaited until then.
    pub(super) settle_until_s: Option<f64>,
    /// Workers that are not ours have been told something less than a second ago; the rest of it is due then.
    pub(super) held_until_s: Option<f64>,
    /// Workers are on their way back from the last stop; the ramp waits for them until then.
    pub(super) hold_until_s: Option<f64>,
    pub(super) clock: RunClock,
    /// A run whose `test_start` hook is running.
    pub(super) starting: Option<Starting>,
    /// `test_start` was fired and `test_stop` was not yet.
    pub(super) is_test_open: bool,
    pub(super) ending: Option<Ending>,
    /// The master's end is in the effects: nothing ends any more.
    pub(super) is_finished: bool,
    pub(super) script: Script,
    /// Workers of this run whose last report is not here.
    pub(super) lost: BTreeSet<NodeId>,
    pub(super) autoquit_at_s: Option<f64>,
    pub(super) refresh: RefreshState,
    pub(super) autostart_pending: bool,
    pub(super) autostart_deadline_s: Option<f64>,
    pub(super) plan_version: u64,
    next_tick_s: f64,
    pub(super) effects: Vec<Effect>,
}

#[derive(Debug)]
pub(super) struct Ramp {
    pub(super) pace: Pace,
    /// Replaces or moves users at a plateau: the run stays `running` and nobody is told that spawning is complete.
    pub(super) repair: bool,
}

#[derive(Debug, Default)]
pub(super) struct RunClock {
    pub(super) started_s: Option<f64>,
    pub(super) ended_s: Option<f64>,
    pub(super) limit_s: Option<f64>,
    pub(super) end_at_s: Option<f64>,
}

impl Machine {
    /// Nothing connected, nothing started.
    pub fn new(config: RunConfig, now: Now) -> Self {
        let autostart_deadline_s = config
            .autostart
            .and(config.expect_workers_max_wait_s)
            .filter(|wait_s| *wait_s > 0.0)
            .map(|wait_s| now.mono_s + wait_s);
        Self {
            cluster: Cluster::default(),
            state: RunState::Ready,
            dispatcher: None,
            started_classes: Vec::new(),
            ramp: None,
            spawn_rate: config.autostart.map_or(0.0, |plan| plan.spawn_rate),
            host: config.host.clone(),
            last_spawn_unix_s: 0.0,
            settle_until_s: None,
            held_until_s: None,
            hold_until_s: None,
            clock: RunClock {
                limit_s: config.run_time_s,
                ..RunClock::default()
            },
            starting: None,
            is_test_open: false,
            ending: None,
            is_finished: false,
            script: Script::default(),
            lost: BTreeSet::new(),
            autoquit_at_s: None,
            refresh: RefreshState::default(),
            autostart_pending: config.autostart.is_some(),
            autostart_deadline_s,
            plan_version: 0,
            next_tick_s: now.mono_s + limits::TICK_S,
            effects: Vec::new(),
            config,
        }
    }

    /// Where the run stands.
    pub fn state(&self) -> RunState {
        self.state
    }

    /// The workers.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Options fixed for the master's life.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Users wanted; already those of a run whose first hook is running.
    pub fn target_user_count(&self) -> u64 {
        match &self.starting {
            Some(starting) => starting.request.plan.users,
            None => self.dispatcher.as_ref().map_or(0, Dispatcher::target),
        }
    }

    /// Users started per second in the last ramp asked for.
    pub fn spawn_rate(&self) -> f64 {
        self.spawn_rate
    }

    /// Host for all classes, if one is set.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The options of the run by Locust's names, a map.
    pub fn parsed_options(&self) -> &Value {
        &self.config.parsed_options
    }

    /// What of the script the present or last run was started with.
    pub fn script(&self) -> ScriptView<'_> {
        ScriptView {
            hash: self.script_hash(),
            classes: &self.config.classes,
            started: &self.started_classes,
            shape: self.shape(),
        }
    }

    /// The present run's time limit in seconds.
    pub fn run_time_s(&self) -> Option<f64> {
        self.clock.limit_s
    }

    /// Seconds since the run's start; frozen once it has ended.
    pub fn elapsed_s(&self, now: Now) -> f64 {
        self.clock.started_s.map_or(0.0, |started_s| {
            self.clock.ended_s.unwrap_or(now.mono_s) - started_s
        })
    }

    /// How often a run was started, edited, stopped or reset by whomever: a person, a key, the script or a load test
    /// elsewhere. A load shape's own steps and an end that comes by itself do not count. Two people who edit at once are
    /// told apart by it.
    pub fn plan_version(&self) -> u64 {
        self.plan_version
    }

    /// Whether a run starts by itself once enough workers are there.
    pub fn awaits_workers(&self) -> bool {
        self.autostart_pending
    }

    /// Whether the master is on its way out.
    pub fn is_quitting(&self) -> bool {
        self.is_finished || self.ending.as_ref().is_some_and(Ending::quits)
    }

    /// What is to be done since the last call.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// When [`Machine::on_time`] must be called next, on the monotonic clock.
    pub fn next_deadline_s(&self) -> f64 {
        let step_s = self
            .ramp
            .as_ref()
            .filter(|_| self.can_step())
            .map(|ramp| ramp.pace.next_step_s());
        [
            step_s,
            self.settle_until_s,
            self.held_until_s,
            self.hold_until_s,
            self.clock.end_at_s,
            self.ending_deadline_s(),
            self.autoquit_at_s,
            self.autostart_deadline_s,
            self.script_deadline_s(),
        ]
        .into_iter()
        .flatten()
        .fold(self.next_tick_s, f64::min)
    }

    /// Does everything that is due.
    pub fn on_time(&mut self, now: Now) {
        if is_due(Some(self.next_tick_s), now) {
            self.next_tick_s = now.mono_s + limits::TICK_S;
            self.tick(now);
        }
        if is_due(self.hold_until_s, now) {
            self.hold_until_s = None;
            self.check_workers_left(now);
        }
        if is_due(self.held_until_s, now) {
            self.send_changes(0.0, now);
        }
        self.step(now);
        self.check_settled(now);
        if is_due(self.clock.end_at_s, now) {
            self.clock.end_at_s = None;
            self.end_run(EndCause::RunTime, now);
        }
        if is_due(self.autoquit_at_s, now) {
            self.autoquit_at_s = None;
            self.quit(EndCause::RunTime, now);
        }
        if is_due(self.autostart_deadline_s, now) {
            self.give_up_waiting();
        }
        self.check_script_time(now);
        self.check_waiting(now);
    }

    /// Stops the run and keeps the master.
    ///
    /// # Errors
    /// One line for the user: there is no run to stop.
    pub fn stop(&mut self, cause: EndCause, now: Now) -> Result<(), String> {
        if self.ending.is_some() {
            return Ok(());
        }
        if self.cancel_start("The run was stopped before it began") {
            self.plan_version += 1;
            return Ok(());
        }
        if !self.is_active() && self.starting.is_none() {
            return Err("No run is on".to_owned());
        }
        // A headless master has one run: whoever ends that from outside, ends the master.
        let quits = self.config.headless && cause == EndCause::Requested;
        self.plan_version += 1;
        self.begin_ending(cause, quits, now);
        Ok(())
    }

    /// Clears statistics and exceptions.
    pub fn reset_stats(&mut self) {
        self.plan_version += 1;
        self.clear_stats();
    }

    /// The same, where nobody asked for it just now.
    pub(super) fn clear_stats(&mut self) {
        self.effects.push(Effect::ClearStats);
        self.notify(RunEvent::StatsReset);
    }

    pub(super) fn is_active(&self) -> bool {
        matches!(self.state, RunState::Spawning | RunState::Running)
    }

    pub(super) fn set_state(&mut self, to: RunState) {
        if self.state != to {
            let from = std::mem::replace(&mut self.state, to);
            self.notify(RunEvent::StateChanged { from, to });
        }
    }

    pub(super) fn notify(&mut self, event: RunEvent) {
        self.effects.push(Effect::Notify(event));
    }

    pub(super) fn send(&mut self, to: &str, message: ToWorker) {
        self.effects.push(Effect::Send {
            to: to.to_owned(),
            message,
        });
    }

    pub(super) fn send_to_all(&mut self, message: &ToWorker) {
        let everybody: Vec<NodeId> = self.cluster.iter().map(|(id, _)| id.clone()).collect();
        for id in everybody {
            self.send(&id, message.clone());
        }
    }

    fn tick(&mut self, now: Now) {
        for silence in self.cluster.tick(now.mono_s) {
            match silence {
                Silence::Missing(id) => {
                    tracing::warn!("worker {id} sends no heartbeats any more{}", self.fate_of_users());
                    if self.is_active() || self.ending.is_some() {
                        self.lost.insert(id.clone());
                    }
                    self.notify(RunEvent::WorkerLeft {
                        id: id.clone(),
                        reason: LeaveReason::Missing,
                    });
                    self.worker_gone(&id, now);
                }
                Silence::Dead(id) => {
                    tracing::info!("worker {id} has been missing for a minute and is forgotten");
                }
            }
        }
        if !self.cluster.is_empty() || self.is_active() || self.ending.is_some() {
            self.notify(RunEvent::Tick);
        }
    }

    /// For the log, after a worker went away.
    pub(super) fn fate_of_users(&self) -> &'static str {
        if self.is_active() && self.cluster.active_count() > 0 {
            "; its users start again on the others"
        } else {
            ""
        }
    }
}

/// Whether a deadline has come; timers may fire a little early.
pub(super) fn is_due(deadline_s: Option<f64>, now: Now) -> bool {
    deadline_s.is_some_and(|deadline_s| now.mono_s + 1e-6 >= deadline_s)
}
