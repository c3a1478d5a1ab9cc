//! Keeps the record of a run: takes what happens with the time at which it does. No clock, no thread, no lock.

use std::sync::Arc;

use protocol::StatsReport;
use serde_json::Value;

use super::clocks::Clocks;
use super::marks::{Marks, mark};
use super::model::{ExceptionRow, Gauges, Mark, RunInfo, RunRecord};
use super::names::{ErrorNames, RequestNames};
use super::spread::{Placing, second_of};
use super::totals::{GrowingTotals, Totals};
use super::track::{Bounds, Track};
use crate::run::Now;

/// The state of the run at some moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Fleet {
    /// Name of the run's state.
    pub(super) state: &'static str,
    pub(super) gauges: Gauges,
    /// Exceptions of users' code, if they have changed.
    pub(super) exceptions: Option<Arc<Vec<ExceptionRow>>>,
}

/// The record of one run.
#[derive(Debug)]
pub(super) struct Keeper {
    info: Arc<RunInfo>,
    started: Now,
    ended_s: Option<f64>,
    track: Track,
    totals: GrowingTotals,
    clocks: Clocks,
    requests: RequestNames,
    errors: ErrorNames,
    marks: Marks,
    exceptions: Arc<Vec<ExceptionRow>>,
    most_workers: u32,
}

impl Keeper {
    /// A run that begins now.
    pub(super) fn new(info: RunInfo, fleet: Fleet, now: Now) -> Self {
        Self::with_bounds(info, fleet, now, Bounds::default())
    }

    pub(super) fn with_bounds(info: RunInfo, fleet: Fleet, now: Now, bounds: Bounds) -> Self {
        let mut keeper = Self {
            started: now,
            ended_s: None,
            track: Track::new(bounds, fleet.gauges.clone()),
            totals: GrowingTotals::default(),
            clocks: Clocks::default(),
            requests: RequestNames::default(),
            errors: ErrorNames::default(),
            marks: Marks::default(),
            exceptions: Arc::default(),
            most_workers: 0,
            info: Arc::new(RunInfo {
                started_unix_s: now.unix_s,
                ..info
            }),
        };
        let (users, spawn_rate) = (keeper.info.users, keeper.info.spawn_rate);
        let text = format!("Started with {users} users at {spawn_rate} per second");
        keeper.mark(
            "start",
            text,
            [("users", users.into()), ("spawn_rate", spawn_rate.into())],
            now,
        );
        keeper.look(fleet, now);
        keeper
    }

    /// Whether the run goes on.
    pub(super) fn is_live(&self) -> bool {
        self.ended_s.is_none()
    }

    /// A second has passed.
    pub(super) fn tick(&mut self, fleet: Fleet, now: Now) {
        if !self.is_live() {
            return;
        }
        self.track.advance(second_of(self.elapsed_s(now)));
        self.track.gauge(fleet.gauges.clone());
        self.look(fleet, now);
    }

    /// A report came. Of a run that has ended it belongs to its last seconds.
    pub(super) fn report(&mut self, node_id: &str, report: &StatsReport, now: Now) {
        let elapsed_s = self.elapsed_s(now);
        self.track.advance(second_of(elapsed_s));
        let placing = Placing::new(report, node_id, now, elapsed_s, &mut self.clocks);
        for (second, cell) in placing.cells(&report.total) {
            self.totals.add_total(&cell);
            self.track.change(second, |interval| interval.add_total(&cell));
        }
        for entry in &report.stats {
            let request = self.requests.id(&entry.method, &entry.name);
            for (second, cell) in placing.cells(entry) {
                self.totals.add_cell(request, &cell);
                self.track
                    .change(second, |interval| interval.add_cell(request, &cell));
            }
        }
        for error in &report.errors {
            let id = self.errors.id(error);
            self.totals.add_error(id, error.occurrences);
            self.track.change(placing.second(), |interval| {
                interval.add_error(id, error.occurrences)
            });
        }
    }

    /// Statistics were cleared.
    pub(super) fn reset(&mut self, now: Now) {
        self.track.advance(second_of(self.elapsed_s(now)));
        self.track.reset();
        self.totals.clear();
        self.exceptions = Arc::default();
        self.mark("reset", "Statistics were reset".to_owned(), [], now);
    }

    /// The run got a new target.
    pub(super) fn edit(&mut self, users: u64, spawn_rate: f64, run_time_s: Option<f64>, now: Now) {
        let info = Arc::make_mut(&mut self.info);
        (info.users, info.spawn_rate, info.run_time_s) = (users, spawn_rate, run_time_s);
        let text = format!("Changed to {users} users at {spawn_rate} per second");
        let data = [("users", users.into()), ("spawn_rate", spawn_rate.into())];
        self.mark("edit", text, data, now);
    }

    /// The run is over.
    pub(super) fn end(&mut self, cause: &str, fleet: Fleet, now: Now) {
        if !self.is_live() {
            return;
        }
        let text = format!("Ended: {cause}");
        self.mark("end", text, [("cause", cause.into())], now);
        self.tick(fleet, now);
        self.ended_s = Some(self.elapsed_s(now));
        let info = Arc::make_mut(&mut self.info);
        info.ended_unix_s = Some(now.unix_s);
        info.end_cause = Some(cause.to_owned());
    }

    /// Something happened that is to be seen on the time axis.
    pub(super) fn mark<const N: usize>(
        &mut self,
        kind: &str,
        text: String,
        data: [(&str, Value); N],
        now: Now,
    ) {
        let mark: Mark = mark(self.elapsed_s(now), kind, text, data);
        self.marks.add(mark);
    }

    /// The record as it is now. What has not changed since the last one is shared with it.
    pub(super) fn record(&self) -> RunRecord {
        RunRecord {
            info: self.info.clone(),
            width_s: self.track.width_s(),
            counts_from_s: self.track.counts_from_s(),
            requests: self.requests.keys().clone(),
            errors: self.errors.keys().clone(),
            intervals: self.track.intervals().to_vec(),
            marks: self.marks.all().clone(),
            exceptions: self.exceptions.clone(),
        }
    }

    /// What statistics count.
    pub(super) fn totals(&mut self) -> Totals {
        self.totals.look()
    }

    fn look(&mut self, fleet: Fleet, now: Now) {
        self.most_workers = self.most_workers.max(fleet.gauges.workers);
        let (elapsed_s, workers) = (self.elapsed_s(now), self.most_workers.to_string());
        let info = Arc::make_mut(&mut self.info);
        fleet.state.clone_into(&mut info.state);
        info.elapsed_s = elapsed_s;
        info.environment.insert("workers".to_owned(), workers);
        if let Some(exceptions) = fleet.exceptions {
            self.exceptions = exceptions;
        }
    }

    fn elapsed_s(&self, now: Now) -> f64 {
        self.ended_s
            .unwrap_or_else(|| (now.mono_s - self.started.mono_s).max(0.0))
    }
}

#[cfg(test)]
mod tests;
