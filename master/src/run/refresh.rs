//! Before a run: is the script still the one that everybody has? If not, the workers get the new one first.
//!
//! A start is put aside while the server looks. Is the script unchanged, the run begins. Has it changed, our workers are
//! told; each ends, fetches it and registers again under its identity, and the run begins once all are back, or after
//! [`limits::SCRIPT_RETURN_S`] with those that are. Other implementations' workers keep what they once fetched, as under Locust.

use std::collections::BTreeMap;

use protocol::{HeartbeatExtra, NodeId, ToWorker, Value};

use super::machine::{Machine, is_due};
use super::{Effect, Now, StartRequest, UserClass};
use crate::limits;

/// Our own message to our workers: there is a new script; data `{"hash": text}`.
const NEW_SCRIPT: &str = "acrida_new_script";

/// What the server found when it looked at the script.
#[derive(Debug, Clone, PartialEq)]
pub enum ScriptLook {
    /// It is the one that workers have.
    Unchanged,
    /// It is another, and it can be run.
    Changed {
        /// Hash of its bundle.
        hash: String,
        /// What it holds.
        classes: Vec<UserClass>,
        /// Its options, if it has any of its own.
        options: Option<Value>,
    },
    /// It cannot be run; the old one stays in force. One line for the user.
    Unusable(String),
}

/// What the machine knows of the script.
#[derive(Debug, Default)]
pub(super) struct RefreshState {
    /// Hash of the bundle that workers should have; none if there is no bundle.
    hash: Option<String>,
    start: Option<PendingStart>,
    /// Workers that were told of a new script, and whether they have ended since.
    told: BTreeMap<NodeId, bool>,
    failure: Option<String>,
}

#[derive(Debug)]
struct PendingStart {
    request: StartRequest,
    until_s: f64,
    /// The script has been looked at; workers are on their way back.
    is_known: bool,
}

impl Machine {
    /// Workers get a bundle of this hash; from now on each run begins with a look at the script.
    pub fn watch_script(&mut self, hash: String) {
        self.refresh.hash = Some(hash);
    }

    /// Hash of the bundle that workers should have; none if no changes are looked for.
    pub(super) fn script_hash(&self) -> Option<&str> {
        self.refresh.hash.as_deref()
    }

    /// Whether a start waits for the script.
    pub fn is_starting(&self) -> bool {
        self.refresh.start.is_some()
    }

    /// Why the last start that waited came to nothing.
    pub fn take_start_failure(&mut self) -> Option<String> {
        self.refresh.failure.take()
    }

    /// Puts a start aside until the script has been looked at. A later one takes its place. False: there is no script to
    /// look at.
    pub(super) fn begin_refresh(&mut self, request: &StartRequest, now: Now) -> bool {
        if self.refresh.hash.is_none() {
            return false;
        }
        if let Some(start) = &mut self.refresh.start {
            start.request = request.clone();
            return true;
        }
        self.refresh.failure = None;
        self.refresh.start = Some(PendingStart {
            request: request.clone(),
            until_s: now.mono_s + limits::SCRIPT_READ_S,
            is_known: false,
        });
        self.effects.push(Effect::LookAtScript);
        true
    }

    /// The answer to [`Effect::LookAtScript`].
    pub fn on_script_look(&mut self, look: ScriptLook, now: Now) {
        match look {
            ScriptLook::Unchanged => {}
            ScriptLook::Unusable(reason) => {
                if self.is_starting() {
                    self.fail_start(reason);
                }
                return;
            }
            ScriptLook::Changed {
                hash,
                classes,
                options,
            } => {
                self.config.classes = classes;
                if let Some(options) = options {
                    self.config.parsed_options = options;
                }
                self.refresh.hash = Some(hash);
                self.refresh.told.clear();
                let ours = self
                    .cluster
                    .iter()
                    .filter(|(_, worker)| worker.ours && !worker.is_missing());
                let ours: Vec<NodeId> = ours.map(|(id, _)| id.clone()).collect();
                tracing::info!("the script has changed; workers fetch it: {}", ours.len());
                for id in ours {
                    self.tell_of_script(&id);
                }
            }
        }
        if let Some(start) = &mut self.refresh.start {
            start.is_known = true;
            start.until_s = now.mono_s + limits::SCRIPT_RETURN_S;
        }
        self.check_script_returns(now);
    }

    /// A worker's sign of life: one that was told of a new script and has ended since is back with it. One that has an old
    /// one, because it fetched it just before the new one was found, is told.
    pub(super) fn script_beat(&mut self, id: &str, extra: Option<&HeartbeatExtra>, now: Now) {
        let (Some(extra), Some(hash)) = (extra, &self.refresh.hash) else {
            return;
        };
        let is_old = !extra.script.is_empty() && extra.script != *hash;
        match self.refresh.told.get(id) {
            Some(false) => {}
            Some(true) | None if is_old => self.tell_of_script(id),
            Some(true) => {
                self.refresh.told.remove(id);
                self.check_script_returns(now);
            }
            None => {}
        }
    }

    /// A worker has ended.
    pub(super) fn script_left(&mut self, id: &str) {
        if let Some(has_ended) = self.refresh.told.get_mut(id) {
            *has_ended = true;
        }
    }

    /// Forgets the start that waits. True if there was one.
    pub(super) fn cancel_start(&mut self, reason: &str) -> bool {
        let was_waiting = self.refresh.start.take().is_some();
        if was_waiting {
            self.refresh.failure = Some(reason.to_owned());
        }
        was_waiting
    }

    pub(super) fn script_deadline_s(&self) -> Option<f64> {
        self.refresh.start.as_ref().map(|start| start.until_s)
    }

    /// Ends the wait when its time is up.
    pub(super) fn check_script_time(&mut self, now: Now) {
        let Some(start) = self
            .refresh
            .start
            .as_ref()
            .filter(|start| is_due(Some(start.until_s), now))
        else {
            return;
        };
        if !start.is_known {
            self.fail_start(format!(
                "The locustfile and its files could not be read within {} s; try again when they are",
                limits::SCRIPT_READ_S
            ));
            return;
        }
        for id in self.refresh.told.keys() {
            tracing::warn!(
                "worker {id} is not back with the new script after {} s; the run starts without waiting for it",
                limits::SCRIPT_RETURN_S
            );
        }
        // The next start does not wait for them again; one that comes late is told by what its heartbeats say.
        self.refresh.told.clear();
        self.start_pending(now);
    }

    fn check_script_returns(&mut self, now: Now) {
        let is_known = self.refresh.start.as_ref().is_some_and(|start| start.is_known);
        if is_known && self.refresh.told.is_empty() {
            self.start_pending(now);
        }
    }

    fn start_pending(&mut self, now: Now) {
        let Some(start) = self.refresh.start.take() else {
            return;
        };
        if let Err(reason) = self.start_now(&start.request, now) {
            self.fail_start(reason);
        }
    }

    fn fail_start(&mut self, reason: String) {
        self.refresh.start = None;
        tracing::error!("cannot start the run: {reason}");
        self.refresh.failure = Some(reason);
    }

    fn tell_of_script(&mut self, id: &str) {
        let hash = self.refresh.hash.clone().unwrap_or_default();
        self.refresh.told.insert(id.to_owned(), false);
        let message = ToWorker::Custom {
            kind: NEW_SCRIPT.to_owned(),
            data: Value::Map(vec![("hash".into(), hash.into())]),
        };
        self.send(id, message);
    }
}

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
