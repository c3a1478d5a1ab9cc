//! The record of one worker.

use std::collections::BTreeMap;

use protocol::WorkerState;

use crate::limits::LIVENESS_TICKS;

/// What the master knows of a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Worker {
    /// Number the master gave it, from 0.
    pub index: u32,
    /// By its last message, or `Missing`.
    pub state: WorkerState,
    /// Ticks left; below zero the worker is missing.
    pub liveness: i32,
    /// Users by class, by its last report.
    pub user_classes_count: BTreeMap<String, u64>,
    /// Percent of one core.
    pub cpu_percent: f64,
    /// Resident bytes; 0 if unknown.
    pub memory_bytes: u64,
    /// Delay of its script's event loop, milliseconds; 0 if unknown.
    pub loop_lag_ms: f64,
    /// Open connections to targets; 0 if unknown.
    pub connections: u64,
    /// Requests under way by its last report; 0 if unknown.
    pub in_flight: u64,
    /// From a heartbeat to its reply, milliseconds; None if unknown.
    pub round_trip_ms: Option<f64>,
    /// When its last report came.
    pub last_report_s: Option<f64>,
    /// Since when it is missing: when it was found so, on the clock of `last_heard_s`.
    pub missing_since_s: Option<f64>,
    /// When it was last heard.
    pub last_heard_s: f64,
    /// Whether its heartbeats say that it is one of our own workers.
    pub ours: bool,
    /// It has carried out a `spawn` with the option map; further ones may leave the map out.
    pub has_options: bool,
    /// Its script announced that it quits: its end is no loss.
    pub quits_by_script: bool,
    /// It was told to stop users that nobody on this master started.
    pub(super) is_stopped: bool,
    /// When it was last sent a `spawn`.
    pub(super) last_spawn_s: Option<f64>,
}

impl Worker {
    pub(super) fn new(index: u32, now_s: f64) -> Self {
        Self {
            index,
            state: WorkerState::Ready,
            liveness: LIVENESS_TICKS,
            user_classes_count: BTreeMap::new(),
            cpu_percent: 0.0,
            memory_bytes: 0,
            loop_lag_ms: 0.0,
            connections: 0,
            in_flight: 0,
            round_trip_ms: None,
            last_report_s: None,
            missing_since_s: None,
            last_heard_s: now_s,
            ours: false,
            has_options: false,
            quits_by_script: false,
            is_stopped: false,
            last_spawn_s: None,
        }
    }

    /// Whether its heartbeats stopped.
    pub fn is_missing(&self) -> bool {
        self.state == WorkerState::Missing
    }

    /// Users on it, by its last report.
    pub fn user_count(&self) -> u64 {
        self.user_classes_count.values().sum()
    }

    pub(super) fn revive(&mut self, now_s: f64) {
        self.liveness = LIVENESS_TICKS;
        self.last_heard_s = now_s;
        self.missing_since_s = None;
        if self.is_missing() {
            self.state = WorkerState::Ready;
        }
    }

    pub(super) fn lose(&mut self, now_s: f64) {
        self.state = WorkerState::Missing;
        self.has_options = false;
        self.user_classes_count.clear();
        (self.connections, self.in_flight) = (0, 0);
        self.missing_since_s = Some(now_s);
    }
}
