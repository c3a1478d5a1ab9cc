//! The script's part in a run: hooks that are waited for, the load shape's targets, messages, changed User classes.

use protocol::{ToWorker, Value};

use super::machine::Machine;
use super::{Effect, Now, StartPlan, StartRequest};
use crate::events::EndCause;
use crate::limits::MAX_USER_CLASS_UPDATES;

/// A hook the run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// Before the first user of a run.
    TestStart,
    /// A run is about to stop; the workers do not know yet.
    TestStopping,
    /// A run has stopped and its reports are merged.
    TestStop,
    /// The master is about to end.
    Quitting,
}

impl Hook {
    /// Locust's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TestStart => "test_start",
            Self::TestStopping => "test_stopping",
            Self::TestStop => "test_stop",
            Self::Quitting => "quitting",
        }
    }
}

/// The script as the machine knows it.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// Whether there is a script host to fire hooks in.
    pub(super) is_there: bool,
    /// Name of the load shape that drives the runs.
    shape: Option<String>,
    /// The shape drives the present run.
    pub(super) is_shape_on: bool,
    /// The hook that is running.
    pub(super) awaited: Option<Hook>,
    /// Changes of User classes so far, for workers that join later.
    updates: Vec<Value>,
}

impl Machine {
    /// A script, or another in its place: from now on hooks are fired and waited for. `shape`: its load shape that drives
    /// the runs.
    pub fn attach_script(&mut self, shape: Option<String>) {
        self.script.is_there = true;
        self.script.updates.clear();
        self.script.shape = shape;
    }

    /// The script makes room for another. Until that is attached no hook is fired, and no run may start.
    pub fn detach_script(&mut self) {
        self.script.is_there = false;
    }

    /// Whether the script's load shape drives the runs: a start needs no number of users.
    pub fn has_shape(&self) -> bool {
        self.script.shape.is_some()
    }

    /// Name of that load shape.
    pub fn shape(&self) -> Option<&str> {
        self.script.shape.as_deref()
    }

    /// Whether `test_start` was fired and `test_stop` is not done yet.
    pub fn is_test_open(&self) -> bool {
        self.is_test_open
    }

    /// Every listener of the hook has returned.
    pub fn on_hook_done(&mut self, hook: Hook, now: Now) {
        if self.script.awaited != Some(hook) {
            return;
        }
        self.script.awaited = None;
        self.hook_done(hook, now);
    }

    /// There are no hooks any more, and the master ends: it has lost what it was to run.
    pub fn on_script_lost(&mut self, now: Now) {
        self.script.is_there = false;
        self.script.shape = None;
        self.script.is_shape_on = false;
        match self.script.awaited.take() {
            Some(Hook::TestStart) => self.abandon_start(now),
            Some(hook) => self.hook_done(hook, now),
            None => {}
        }
        if !self.is_quitting() {
            self.quit(EndCause::ScriptLost, now);
        }
    }

    /// The shape's present target: taken at once, also during a ramp.
    ///
    /// # Errors
    /// One line: a class that is not there.
    pub fn on_shape_target(&mut self, request: &StartRequest, now: Now) -> Result<(), String> {
        if self.script.is_shape_on && self.is_active() {
            let specs = self.specs(request.user_classes.as_deref())?;
            self.edit(request, &specs, now);
        }
        Ok(())
    }

    /// The shape is over or failed.
    pub fn on_shape_over(&mut self, cause: EndCause, now: Now) {
        if self.script.is_shape_on {
            self.end_run(cause, now);
        }
    }

    /// A message of the script for one worker, or for all.
    pub fn send_custom(&mut self, kind: String, data: Value, to: Option<String>) {
        let message = ToWorker::Custom { kind, data };
        match to {
            Some(id) => self.send(&id, message),
            None => self.send_to_all(&message),
        }
    }

    /// Changes attributes of a User class on all workers, also on those that join later.
    pub fn update_user_class(&mut self, settings: Value) {
        let name = settings.as_map().into_iter().flatten();
        let name = name
            .filter(|(key, _)| key.as_str() == Some("user_class_name"))
            .find_map(|(_, value)| value.as_str());
        let mut classes = self.config.classes.iter_mut();
        if let Some(class) = classes.find(|class| Some(class.name.as_str()) == name) {
            class.update(&settings);
        }
        self.send_to_all(&ToWorker::UpdateUserClass(settings.clone()));
        if self.script.updates.len() >= MAX_USER_CLASS_UPDATES {
            tracing::warn!(
                "the script has changed User classes {MAX_USER_CLASS_UPDATES} times: workers that join later do not \
                 get its first changes"
            );
            self.script.updates.remove(0);
        }
        self.script.updates.push(settings);
    }

    /// The same on the master's own script first, which passes it on.
    pub(super) fn set_up_class(&mut self, settings: &Value) {
        if self.script.is_there {
            self.effects.push(Effect::UpdateUserClass(settings.clone()));
        } else {
            self.update_user_class(settings.clone());
        }
    }

    /// Whether a run was asked for and has not begun: the script is read or its first hook is running.
    pub fn is_about_to_start(&self) -> bool {
        self.starting.is_some() || self.is_starting()
    }

    /// The options that go to the workers with the next run's first users; `shape`: the load shape that drives that run.
    pub fn set_options(&mut self, options: Value, shape: Option<String>) {
        self.config.parsed_options = options;
        self.script.shape = shape;
    }

    pub(super) fn send_updates(&mut self, id: &str) {
        for settings in self.script.updates.clone() {
            self.send(id, ToWorker::UpdateUserClass(settings));
        }
    }

    /// Fires a hook; what follows it is in [`Machine::hook_done`].
    pub(super) fn fire(&mut self, hook: Hook, now: Now) {
        if self.script.is_there {
            self.script.awaited = Some(hook);
            self.effects.push(Effect::Fire(hook));
        } else {
            self.hook_done(hook, now);
        }
    }

    fn hook_done(&mut self, hook: Hook, now: Now) {
        match hook {
            Hook::TestStart => self.test_started(now),
            Hook::TestStopping => self.test_stopping_done(now),
            Hook::TestStop => self.test_stopped(now),
            Hook::Quitting => self.finish(now),
        }
    }

    pub(super) fn begin_shape(&mut self) {
        self.script.is_shape_on = true;
        self.effects.push(Effect::BeginShape);
    }

    pub(super) fn end_shape(&mut self) {
        if std::mem::take(&mut self.script.is_shape_on) {
            self.effects.push(Effect::EndShape);
        }
    }
}

/// What a run that a shape drives starts with: nobody, until the shape's first target comes.
pub(super) const BEFORE_SHAPE: StartPlan = StartPlan {
    users: 0,
    spawn_rate: 0.0,
};
