//! How a run begins: by a request or by itself, after a look at the script and its `test_start` hook.

use protocol::ToWorker;

use super::machine::Machine;
use super::script::BEFORE_SHAPE;
use super::{Effect, Finish, Hook, Now, StartRequest};
use crate::dispatch::{ClassSpec, Dispatcher};
use crate::events::{RunEvent, RunState};
use crate::limits;

/// What will begin once the `test_start` hook is done.
#[derive(Debug)]
pub(super) struct Starting {
    pub(super) request: StartRequest,
}

impl Machine {
    /// Starts a run, or edits the one that is on. A start may have to wait for the script: see [`Machine::is_starting`].
    ///
    /// # Errors
    /// One line for the user: what is wrong with the request or why it cannot start now.
    pub fn start(&mut self, request: &StartRequest, now: Now) -> Result<(), String> {
        if self.starting.is_some() {
            return Err("A run is about to start: its test_start hook is still running".to_owned());
        }
        if self.ending.is_some() {
            return Err("The last run is still stopping; try again when its state is \"stopped\"".to_owned());
        }
        let mut is_to_refresh = false;
        if !self.is_active() {
            self.checked(request)?;
            self.check_workers_present()?;
            is_to_refresh = self.begin_refresh(request, now);
        }
        if is_to_refresh {
            self.autostart_pending = false;
            self.autostart_deadline_s = None;
        } else {
            self.start_now(request, now)?;
        }
        self.plan_version += 1;
        Ok(())
    }

    /// The request with numbers that make sense; those of a run that a load shape drives are the shape's affair.
    fn checked(&self, request: &StartRequest) -> Result<StartRequest, String> {
        let has_shape = self.has_shape();
        let request = if has_shape {
            StartRequest {
                plan: BEFORE_SHAPE,
                run_time_s: None,
                ..request.clone()
            }
        } else {
            request.clone()
        };
        let plan = request.plan;
        let is_pace = plan.spawn_rate.is_finite() && plan.spawn_rate > 0.0;
        if !is_pace && !has_shape {
            return Err("Spawn rate must be a finite number greater than 0".to_owned());
        }
        if plan.users > limits::MAX_USERS {
            return Err(format!("Number of users must be at most {}", limits::MAX_USERS));
        }
        Ok(request)
    }

    /// Starts or edits without looking at the script again.
    pub(super) fn start_now(&mut self, request: &StartRequest, now: Now) -> Result<(), String> {
        let request = &self.checked(request)?;
        let specs = self.specs(request.user_classes.as_deref())?;
        let is_edit = self.is_active();
        if is_edit && self.script.is_shape_on {
            return Err("A load shape drives this run: its users cannot be edited".to_owned());
        }
        if !is_edit {
            self.check_workers_present()?;
        }
        if let Some(host) = &request.host {
            self.host = Some(host.clone()).filter(|host| !host.is_empty());
        }
        self.autostart_pending = false;
        self.autostart_deadline_s = None;
        self.autoquit_at_s = None;
        if is_edit {
            self.edit(request, &specs, now);
        } else {
            self.prepare(request, now);
        }
        Ok(())
    }

    fn check_workers_present(&self) -> Result<(), String> {
        if self.cluster.active_count() == 0 && self.cluster.returning().is_empty() {
            return Err("No worker is connected; start at least one, then start the run".to_owned());
        }
        Ok(())
    }

    /// Starts by itself once the expected workers are there.
    pub(super) fn check_autostart(&mut self, now: Now) {
        let Some(plan) = self.config.autostart.filter(|_| self.autostart_pending) else {
            return;
        };
        if self.cluster.active_count() >= self.config.expect_workers.max(1) as usize
            && let Err(reason) = self.start(&plan.into(), now)
        {
            tracing::error!("cannot start the run: {reason}");
        }
    }

    pub(super) fn specs(&self, wanted: Option<&[String]>) -> Result<Option<Vec<ClassSpec>>, String> {
        let Some(wanted) = wanted else { return Ok(None) };
        let mut specs = Vec::new();
        for name in wanted {
            let class = self.config.classes.iter().find(|class| class.name == *name);
            specs.push(
                class
                    .ok_or_else(|| format!("There is no User class {name:?} in the locustfile"))?
                    .spec(),
            );
        }
        Ok(Some(specs))
    }

    /// A new run: its hooks first. From here on reports of the last one do not count any more.
    pub(super) fn prepare(&mut self, request: &StartRequest, now: Now) {
        self.cluster.begin_run();
        self.lost.clear();
        self.effects.push(Effect::ClearStats);
        self.is_test_open = true;
        // Locust's hook sees what the run is going to be.
        self.spawn_rate = request.plan.spawn_rate;
        for settings in &request.class_settings {
            self.set_up_class(settings);
        }
        self.starting = Some(Starting {
            request: request.clone(),
        });
        self.fire(Hook::TestStart, now);
    }

    /// The hooks are done: users are started, unless somebody has ended the run meanwhile.
    pub(super) fn test_started(&mut self, now: Now) {
        let Some(Starting { request }) = self.starting.take() else {
            return;
        };
        if self.ending.is_some() {
            self.end_unstarted(now);
            return;
        }
        // Weights may have changed since the request was checked; names cannot have.
        let specs = self.specs(request.user_classes.as_deref()).unwrap_or_default();
        self.begin(&request, specs, now);
        self.check_workers_left(now);
    }

    fn begin(&mut self, request: &StartRequest, specs: Option<Vec<ClassSpec>>, now: Now) {
        let all = || self.config.classes.iter().map(super::UserClass::spec).collect();
        let specs = specs.unwrap_or_else(all);
        self.started_classes = specs.iter().map(|spec| spec.name.clone()).collect();
        let mut dispatcher = Dispatcher::new(&specs, self.cluster.active());
        dispatcher.set_target(request.plan.users);
        self.dispatcher = Some(dispatcher);
        self.clock.started_s = Some(now.mono_s);
        self.clock.ended_s = None;
        // A load shape ends its run itself.
        let limit_s = request.run_time_s.or(self.config.run_time_s);
        self.clock.limit_s = limit_s.filter(|_| !self.has_shape());
        self.clock.end_at_s = self.clock.limit_s.map(|limit_s| now.mono_s + limit_s);
        let wait_s = self.config.stop_timeout_s + limits::STOP_GRACE_S;
        self.hold_until_s = (!self.cluster.returning().is_empty()).then_some(now.mono_s + wait_s);
        let (target_users, spawn_rate) = (request.plan.users, request.plan.spawn_rate);
        if self.has_shape() {
            self.spawn_rate = spawn_rate;
            self.set_state(RunState::Spawning);
            self.begin_shape();
        } else {
            self.begin_ramp(spawn_rate, now);
        }
        self.notify(RunEvent::RunStarted {
            target_users,
            spawn_rate,
        });
        self.step(now);
    }

    /// Lets the workers go without having started anything.
    pub fn give_up(&mut self) {
        self.autostart_deadline_s = None;
        self.autostart_pending = false;
        self.send_to_all(&ToWorker::Quit);
        self.notify(RunEvent::Shutdown);
    }

    pub(super) fn give_up_waiting(&mut self) {
        let came = self.cluster.active_count();
        self.give_up();
        let expected = self.config.expect_workers;
        self.effects
            .push(Effect::Finish(Finish::NotEnoughWorkers { came, expected }));
    }
}
