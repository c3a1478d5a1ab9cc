//! Who is there: workers by node id, their indexes, their liveness, and which of their reports have been merged.
//!
//! Pure: takes messages and times, returns what changed. Decides nothing about users; that is `dispatch`.
//!
//! An *identity* is a node id the master once acknowledged. It outlives the worker record: a worker that stops its
//! users registers again under the same id and keeps its index, and its reports stay numbered.

mod identity;
mod strangers;
mod version;
mod worker;

use std::collections::BTreeMap;

use protocol::{ClientVersion, Heartbeat, NodeId, StatsReport, WorkerState};

pub use identity::Place;
pub use strangers::Advice;
pub use version::Welcome;
pub use worker::Worker;

use crate::limits;
use identity::Identities;
use strangers::Strangers;

/// The workers.
#[derive(Debug, Default)]
pub struct Cluster {
    workers: BTreeMap<NodeId, Worker>,
    identities: Identities,
    strangers: Strangers,
}

/// Result of a `client_ready`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// No acknowledgement: why.
    Refused(&'static str),
    /// A worker that was not there.
    New {
        /// Its index.
        index: u32,
        /// Whether its version deserves a warning.
        welcome: Welcome,
    },
    /// It was there and is acknowledged again.
    Again {
        /// Its index.
        index: u32,
        /// Whether it was missing until now.
        returned: bool,
    },
}

/// Result of a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pulse {
    /// A worker that is there.
    Known {
        /// Whether it was missing until now.
        returned: bool,
    },
    /// Acknowledged once, since forgotten; it is registered again.
    Adopted {
        /// Its index.
        index: u32,
    },
    /// Not one of ours: what to tell it, if anything.
    Stranger(Option<Advice>),
}

/// What a liveness tick found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    /// A worker went missing.
    Missing(NodeId),
    /// A missing worker was forgotten.
    Dead(NodeId),
}

impl Cluster {
    /// A worker presents itself.
    pub fn client_ready(&mut self, id: &str, version: &ClientVersion, now_s: f64) -> Joined {
        let welcome = match version::judge(version) {
            Ok(welcome) => welcome,
            Err(reason) => return Joined::Refused(reason),
        };
        if let Some(worker) = self.workers.get_mut(id) {
            let returned = worker.is_missing();
            worker.revive(now_s);
            worker.has_options = false;
            return Joined::Again {
                index: worker.index,
                returned,
            };
        }
        match self.register(id, now_s) {
            Some(index) => Joined::New { index, welcome },
            None => Joined::Refused("the master has as many workers as it can hold"),
        }
    }

    /// A sign of life.
    pub fn heartbeat(&mut self, id: &str, beat: &Heartbeat, now_s: f64) -> Pulse {
        if !self.workers.contains_key(id) {
            return match self.identities.place(id) {
                Some(Place::Forgotten) => self.adopt(id, beat, now_s),
                Some(Place::Returning | Place::Gone | Place::Registered) => Pulse::Stranger(None),
                None => Pulse::Stranger(self.strangers.advise(id, beat.extra.is_some(), now_s)),
            };
        }
        let Some(worker) = self.workers.get_mut(id) else {
            return Pulse::Stranger(None);
        };
        let returned = worker.is_missing();
        worker.revive(now_s);
        worker.state = beat.state.clone();
        worker.cpu_percent = beat.current_cpu_usage;
        worker.memory_bytes = beat.current_memory_usage;
        worker.ours = beat.extra.is_some();
        worker.loop_lag_ms = beat.extra.as_ref().map_or(0.0, |extra| extra.loop_lag_ms);
        worker.connections = beat.extra.as_ref().map_or(0, |extra| extra.connections);
        worker.round_trip_ms = beat.extra.as_ref().and_then(|extra| extra.round_trip_ms);
        Pulse::Known { returned }
    }

    /// One second has passed; it is `now_s`.
    pub fn tick(&mut self, now_s: f64) -> Vec<Silence> {
        let mut found = Vec::new();
        for (id, worker) in &mut self.workers {
            if worker.liveness < 0 && !worker.is_missing() {
                worker.lose(now_s);
                found.push(Silence::Missing(id.clone()));
            } else if worker.is_missing() && worker.liveness <= limits::DEAD_TICKS {
                found.push(Silence::Dead(id.clone()));
            }
            worker.liveness -= 1;
        }
        for silence in &found {
            if let Silence::Dead(id) = silence {
                self.workers.remove(id);
                self.identities.set_place(id, Place::Forgotten);
            }
        }
        found
    }

    /// The worker stopped its users or left. Returns its record, if there was one.
    pub fn remove(&mut self, id: &str, place: Place) -> Option<Worker> {
        let removed = self.workers.remove(id)?;
        self.identities.set_place(id, place);
        Some(removed)
    }

    /// A `spawn` reached the worker: from here on its reports belong to the present run. False for an unknown worker.
    pub fn spawning(&mut self, id: &str) -> bool {
        self.identities.counts_from_now(id);
        let Some(worker) = self.workers.get_mut(id) else {
            return false;
        };
        if !worker.is_missing() {
            worker.state = WorkerState::Spawning;
        }
        true
    }

    /// A worker carried out a `spawn`. False for an unknown worker.
    pub fn spawning_complete(&mut self, id: &str, counts: &BTreeMap<String, u64>) -> bool {
        self.identities.counts_from_now(id);
        let Some(worker) = self.workers.get_mut(id) else {
            return false;
        };
        if !worker.is_missing() {
            worker.has_options = true;
            worker.state = WorkerState::Running;
            worker.user_classes_count.clone_from(counts);
        }
        true
    }

    /// Takes a report's user counts and the requests under way, and says whether its numbers are to be merged: exactly once, only of a worker
    /// the master acknowledged, and only what was measured in the present run.
    pub fn accept_stats(&mut self, id: &str, report: &StatsReport, now_s: f64) -> bool {
        if let Some(worker) = self.workers.get_mut(id).filter(|worker| !worker.is_missing()) {
            worker.user_classes_count.clone_from(&report.user_classes_count);
            worker.in_flight = report.in_flight;
            worker.last_report_s = Some(now_s);
        }
        self.identities.accept(id, report.sequence)
    }

    /// The script on the worker announced that it quits.
    pub fn quits_by_script(&mut self, id: &str) {
        if let Some(worker) = self.workers.get_mut(id) {
            worker.quits_by_script = true;
        }
    }

    /// A new run begins: reports of the last one that are still under way do not count any more.
    pub fn begin_run(&mut self) {
        self.identities.begin_run();
    }

    /// The next `spawn` to each worker carries the option map, and so on until the worker has carried one out.
    pub fn renew_options(&mut self) {
        for worker in self.workers.values_mut() {
            worker.has_options = false;
        }
    }

    /// From when on a worker may be sent a `spawn`: one of ours always, any other at its slower pace.
    pub fn spawn_due_s(&self, id: &str) -> f64 {
        let worker = self.workers.get(id).filter(|worker| !worker.ours);
        worker
            .and_then(|worker| worker.last_spawn_s)
            .map_or(f64::NEG_INFINITY, |last_s| last_s + limits::FOREIGN_STEP_S)
    }

    /// Whether a worker that has users without a run is to be told to stop them: once, and only if this record of it
    /// was never sent a `spawn`. It came with them from a master that ended without a word.
    pub fn shall_be_stopped(&mut self, id: &str) -> bool {
        let worker = self
            .workers
            .get_mut(id)
            .filter(|worker| worker.last_spawn_s.is_none());
        worker.is_some_and(|worker| !std::mem::replace(&mut worker.is_stopped, true))
    }

    /// A worker is sent a `spawn`. True if it must carry the option map.
    pub fn spawn_sent(&mut self, id: &str, now_s: f64) -> bool {
        let Some(worker) = self.workers.get_mut(id) else {
            return true;
        };
        worker.last_spawn_s = Some(now_s);
        !worker.has_options
    }

    /// The record of a worker.
    pub fn get(&self, id: &str) -> Option<&Worker> {
        self.workers.get(id)
    }

    /// All workers, missing ones included, by node id.
    pub fn iter(&self) -> impl Iterator<Item = (&NodeId, &Worker)> {
        self.workers.iter()
    }

    /// Node ids of the workers that are not missing.
    pub fn active(&self) -> impl Iterator<Item = &str> {
        self.workers
            .iter()
            .filter(|(_, worker)| !worker.is_missing())
            .map(|(id, _)| id.as_str())
    }

    /// Number of workers that are not missing.
    pub fn active_count(&self) -> usize {
        self.active().count()
    }

    /// Whether any worker is there, missing or not.
    pub fn is_empty(&self) -> bool {
        self.workers.is_empty()
    }

    /// Users by class as reported by all workers.
    pub fn user_classes_count(&self) -> BTreeMap<String, u64> {
        let mut sum = BTreeMap::new();
        for (class, users) in self
            .workers
            .values()
            .flat_map(|worker| &worker.user_classes_count)
        {
            *sum.entry(class.clone()).or_insert(0) += users;
        }
        sum
    }

    /// Users as reported by all workers.
    pub fn user_count(&self) -> u64 {
        self.workers.values().map(Worker::user_count).sum()
    }

    /// Whether the master ever acknowledged this node id.
    pub fn knows(&self, id: &str) -> bool {
        self.identities.place(id).is_some()
    }

    /// Node ids of workers that stopped their users and are about to register again.
    pub fn returning(&self) -> Vec<NodeId> {
        self.identities.returning()
    }

    fn adopt(&mut self, id: &str, beat: &Heartbeat, now_s: f64) -> Pulse {
        match self.register(id, now_s) {
            Some(index) => {
                if let Some(worker) = self.workers.get_mut(id) {
                    worker.state = beat.state.clone();
                    worker.ours = beat.extra.is_some();
                }
                Pulse::Adopted { index }
            }
            None => Pulse::Stranger(None),
        }
    }

    fn register(&mut self, id: &str, now_s: f64) -> Option<u32> {
        if self.workers.len() >= limits::MAX_WORKERS {
            return None;
        }
        let index = self.identities.register(id);
        self.strangers.forget(id);
        self.workers.insert(id.to_owned(), Worker::new(index, now_s));
        Some(index)
    }
}

#[cfg(test)]
mod tests;
