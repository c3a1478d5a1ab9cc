//! Dealing users: an edit, the steps of a ramp, and replacing users at a plateau.

use protocol::{Spawn, ToWorker, Value};

use super::machine::{Machine, Ramp, is_due};
use super::{Effect, Now, StartRequest};
use crate::dispatch::{ClassSpec, Pace};
use crate::events::{RunEvent, RunState};
use crate::limits;

impl Machine {
    pub(super) fn edit(&mut self, request: &StartRequest, specs: &Option<Vec<ClassSpec>>, now: Now) {
        if let Some(dispatcher) = &mut self.dispatcher {
            if let Some(specs) = specs {
                dispatcher.set_classes(specs);
            }
            dispatcher.set_target(request.plan.users);
        }
        if let Some(limit_s) = request.run_time_s {
            self.clock.end_at_s = Some(now.mono_s + limit_s);
            self.clock.limit_s = Some(self.elapsed_s(now) + limit_s);
        }
        let (target_users, spawn_rate) = (request.plan.users, request.plan.spawn_rate);
        self.begin_ramp(spawn_rate, now);
        self.notify(RunEvent::RunEdited {
            target_users,
            spawn_rate,
        });
        self.step(now);
    }

    pub(super) fn begin_ramp(&mut self, spawn_rate: f64, now: Now) {
        self.spawn_rate = spawn_rate;
        self.ramp = Some(Ramp {
            pace: Pace::new(now.mono_s, spawn_rate),
            repair: false,
        });
        self.settle_until_s = None;
        self.cluster.renew_options();
        self.set_state(RunState::Spawning);
    }

    /// Whether a step can do anything: there is a worker, and none is still on its way back from the last stop.
    pub(super) fn can_step(&self) -> bool {
        self.hold_until_s.is_none() && self.dispatcher.as_ref().is_some_and(|d| d.worker_count() > 0)
    }

    /// Takes the step that is due, if any.
    pub(super) fn step(&mut self, now: Now) {
        if !self.can_step() {
            return;
        }
        let (Some(ramp), Some(dispatcher)) = (&mut self.ramp, &mut self.dispatcher) else {
            return;
        };
        let Some(due) = ramp.pace.take(now.mono_s) else {
            return;
        };
        dispatcher.advance(due.count);
        let settled = dispatcher.is_settled();
        let repair = ramp.repair;
        self.send_changes(due.spread_s, now);
        if settled {
            self.ramp = None;
            if !repair {
                let held_s = self.held_until_s.map_or(0.0, |_| limits::FOREIGN_STEP_S);
                self.settle_until_s = Some(now.mono_s + held_s + due.spread_s + limits::RAMP_REPORT_WAIT_S);
                self.check_settled(now);
            }
        }
    }

    /// A worker came or came back during a run.
    pub(super) fn deal_in(&mut self, id: &str, now: Now) {
        let rebalance = self.config.enable_rebalancing && self.state == RunState::Running;
        let Some(dispatcher) = self.dispatcher.as_mut() else {
            return;
        };
        let was_empty = dispatcher.worker_count() == 0;
        dispatcher.add_worker(id);
        if rebalance {
            dispatcher.request_rebalance();
        }
        if self.hold_until_s.is_some() && self.cluster.returning().is_empty() {
            self.hold_until_s = None;
        }
        // Time without a worker is not made up for: the ramp's clock starts anew.
        if (was_empty || self.hold_until_s.is_some())
            && let Some(ramp) = &mut self.ramp
        {
            ramp.pace = Pace::new(now.mono_s, self.spawn_rate);
        }
        self.repair(now);
        self.step(now);
    }

    /// Starts a ramp if users wait for a place and none is under way; else only tells who must be told.
    pub(super) fn repair(&mut self, now: Now) {
        if !self.is_active() || self.ramp.is_some() {
            return;
        }
        let Some(dispatcher) = &mut self.dispatcher else {
            return;
        };
        if dispatcher.is_settled() {
            self.send_changes(0.0, now);
            return;
        }
        self.settle_until_s = None;
        let repair = self.state == RunState::Running;
        self.ramp = Some(Ramp {
            pace: Pace::new(now.mono_s, self.spawn_rate),
            repair,
        });
        self.notify(RunEvent::Rebalanced);
        self.step(now);
    }

    /// A ramp is over once the workers report as many users as are wanted, or have had time to.
    pub(super) fn check_settled(&mut self, now: Now) {
        let Some(until_s) = self.settle_until_s else {
            return;
        };
        let user_count = self.target_user_count();
        let is_reached = self.held_until_s.is_none() && self.cluster.user_count() == user_count;
        if !is_reached && !is_due(Some(until_s), now) {
            return;
        }
        self.settle_until_s = None;
        self.send_to_all(&ToWorker::SpawningComplete { user_count });
        self.set_state(RunState::Running);
        self.notify(RunEvent::SpawningComplete { user_count });
        if self.config.reset_stats {
            self.clear_stats();
        }
    }

    /// Tells the workers what has changed for them; those that were told something just now and are slow to take it in
    /// get the sum of their changes a little later.
    pub(super) fn send_changes(&mut self, spread_s: f64, now: Now) {
        let Some(dispatcher) = &mut self.dispatcher else {
            return;
        };
        let cluster = &self.cluster;
        let changes = dispatcher.take_changes_if(|id| is_due(Some(cluster.spawn_due_s(id)), now));
        self.held_until_s = dispatcher
            .waiting()
            .map(|id| cluster.spawn_due_s(id))
            .reduce(f64::min);
        for (to, user_classes_count) in changes {
            // Workers drop a spawn that is not newer than the last one, also when the clock was set back.
            let timestamp = now.unix_s.max(self.last_spawn_unix_s + 1e-6);
            self.last_spawn_unix_s = timestamp;
            let parsed_options = if self.cluster.spawn_sent(&to, now.mono_s) {
                self.config.parsed_options.clone()
            } else {
                Value::Map(Vec::new())
            };
            let spawn = Spawn {
                timestamp,
                user_classes_count,
                host: self.host.clone(),
                stop_timeout_s: self.config.stop_timeout_s,
                parsed_options,
                spread_s,
            };
            self.effects.push(Effect::Send {
                to,
                message: ToWorker::Spawn(Box::new(spawn)),
            });
        }
    }
}
