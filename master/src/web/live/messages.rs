//! What the feed says: the events' contents and their bytes.

use std::sync::Arc;

use axum::body::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::diagnosis::{Finding, diagnose};
use crate::timeline::views::{Failures, Heatmap, SERIES_PERCENTILES, Series, Statistics};
use crate::timeline::{self, Mark, RunRecord, Shown};
use crate::web::api::summary::RunSummary;
use crate::web::status::Status;

/// Intervals that are sent again to a page that comes back: late reports may have changed them meanwhile.
const AGAIN_S: u32 = 10;
/// The diagnosis is made anew after so many seconds.
pub(super) const DIAGNOSIS_EVERY_S: f64 = 5.0;

/// Everything there is of the present run. Without one all but the status is null.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hello {
    status: Status,
    run: Option<RunSummary>,
    /// All requests, the whole run.
    series: Option<Series>,
    /// The same.
    heatmap: Option<Heatmap>,
    statistics: Option<Statistics>,
    failures: Option<Failures>,
    marks: Option<Vec<Mark>>,
    diagnosis: Option<Vec<Finding>>,
}

/// What a second brought. Null is: as before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tick {
    status: Status,
    /// When its state has changed.
    run: Option<RunSummary>,
    /// Intervals that are new or changed; each replaces the one with the same `t`.
    series: Option<Series>,
    /// The same.
    heatmap: Option<Heatmap>,
    statistics: Option<Statistics>,
    failures: Option<Failures>,
    marks: Option<Vec<Mark>>,
    diagnosis: Option<Vec<Finding>>,
}

impl Tick {
    fn nothing(status: Status) -> Self {
        Self {
            status,
            run: None,
            series: None,
            heatmap: None,
            statistics: None,
            failures: None,
            marks: None,
            diagnosis: None,
        }
    }
}

/// How far a client has come: run, first second it does not know, and length of an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventId {
    run: String,
    second: u32,
    width_s: u32,
}

impl EventId {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().rsplitn(3, ':');
        let width_s = parts.next()?.parse().ok()?;
        let second = parts.next()?.parse().ok()?;
        let run = parts.next()?.to_owned();
        Some(Self { run, second, width_s })
    }

    fn of(record: &RunRecord) -> Self {
        Self {
            run: record.info.id.clone(),
            second: record.begin_of(record.complete_intervals()),
            width_s: record.width_s,
        }
    }

    /// The intervals such a client lacks; None if it must begin anew.
    fn missing(&self, record: &RunRecord) -> Option<Vec<usize>> {
        let is_of_it = self.run == record.info.id && self.width_s == record.width_s;
        let first = self.second.saturating_sub(AGAIN_S.max(self.width_s)) / self.width_s.max(1);
        is_of_it.then(|| (first as usize..record.complete_intervals()).collect())
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.run, self.second, self.width_s)
    }
}

/// The event with everything.
pub(super) fn hello(status: Status, shown: Option<&Shown>) -> Bytes {
    let record = shown.map(|shown| &shown.record);
    let hello = Hello {
        status,
        run: record.map(RunSummary::of),
        series: record.map(|record| record.window(Some(0), None).series(None, &SERIES_PERCENTILES)),
        heatmap: record.map(|record| record.window(Some(0), None).heatmap(None)),
        statistics: shown.map(statistics),
        failures: shown.map(failures),
        marks: record.map(|record| record.marks.to_vec()),
        diagnosis: record.map(findings),
    };
    event("hello", record, &hello)
}

/// The event for a client that comes back. None if it lacks too much: then it is to be greeted anew.
pub(super) fn catch_up(status: Status, shown: &Shown, last: &EventId) -> Option<Bytes> {
    let record = &shown.record;
    let missing = last.missing(record)?;
    let tick = Tick {
        status,
        run: Some(RunSummary::of(record)),
        series: Some(record.series_of(missing.clone(), None, &SERIES_PERCENTILES)),
        heatmap: Some(record.heatmap_of(missing, None)),
        statistics: Some(statistics(shown)),
        failures: Some(failures(shown)),
        marks: Some(record.marks.to_vec()),
        diagnosis: Some(findings(record)),
    };
    Some(event("tick", Some(record), &tick))
}

/// What went out last, to tell what is new.
#[derive(Debug, Default)]
pub(super) struct Told {
    shown: Option<Arc<Shown>>,
    diagnosis: Option<Vec<Finding>>,
    diagnosed_at_s: f64,
}

impl Told {
    /// Everybody knows this.
    pub(super) fn since(shown: Option<Arc<Shown>>) -> Self {
        Self {
            shown,
            ..Self::default()
        }
    }

    /// The event for everybody after a second.
    pub(super) fn next(&mut self, status: Status, shown: Option<Arc<Shown>>) -> Bytes {
        let before = std::mem::replace(&mut self.shown, shown.clone());
        let Some(shown) = shown else {
            return event("tick", None, &Tick::nothing(status));
        };
        let new = &shown.record;
        let goes_on = |before: &Arc<Shown>| {
            let old = &before.record;
            old.info.id == new.info.id && old.width_s == new.width_s
        };
        match before.filter(goes_on) {
            Some(before) => event("tick", Some(new), &self.tick(status, &before, &shown)),
            None => {
                self.forget_diagnosis();
                hello(status, Some(&shown))
            }
        }
    }

    fn tick(&mut self, status: Status, before: &Arc<Shown>, shown: &Arc<Shown>) -> Tick {
        if Arc::ptr_eq(before, shown) {
            return Tick::nothing(status);
        }
        let (old, new) = (&before.record, &shown.record);
        let changed = changed(old, new);
        let has_ended = old.is_live() && !new.is_live();
        let has_news = new.is_live() || has_ended || before.totals != shown.totals;
        let counted = |shown: &Shown| shown.totals.as_ref().map(|totals| totals.errors.clone());
        let has_failures = !Arc::ptr_eq(&old.errors, &new.errors) || counted(before) != counted(shown);
        Tick {
            run: has_ended.then(|| RunSummary::of(new)),
            series: (!changed.is_empty()).then(|| new.series_of(changed.clone(), None, &SERIES_PERCENTILES)),
            heatmap: (!changed.is_empty()).then(|| new.heatmap_of(changed, None)),
            statistics: has_news.then(|| statistics(shown)),
            failures: has_failures.then(|| failures(shown)),
            marks: (!Arc::ptr_eq(&old.marks, &new.marks)).then(|| new.marks.to_vec()),
            diagnosis: self.diagnosis(new, has_ended),
            ..Tick::nothing(status)
        }
    }

    fn forget_diagnosis(&mut self) {
        self.diagnosis = None;
        self.diagnosed_at_s = 0.0;
    }

    fn diagnosis(&mut self, record: &RunRecord, has_ended: bool) -> Option<Vec<Finding>> {
        let now_s = record.info.elapsed_s;
        if !has_ended && now_s < self.diagnosed_at_s + DIAGNOSIS_EVERY_S {
            return None;
        }
        self.diagnosed_at_s = now_s;
        let found = findings(record);
        if self.diagnosis.as_ref() == Some(&found) {
            return None;
        }
        self.diagnosis = Some(found.clone());
        Some(found)
    }
}

/// Positions of the complete intervals of `new` that are not the same in `old`.
fn changed(old: &RunRecord, new: &RunRecord) -> Vec<usize> {
    let known = old.complete_intervals();
    let is_same = |position: usize| match (old.intervals.get(position), new.intervals.get(position)) {
        (Some(a), Some(b)) => position < known && Arc::ptr_eq(a, b),
        _ => false,
    };
    (0..new.complete_intervals())
        .filter(|position| !is_same(*position))
        .collect()
}

fn statistics(shown: &Shown) -> Statistics {
    match &shown.totals {
        Some(totals) => timeline::whole_statistics(&shown.record, totals),
        None => timeline::statistics(shown.record.window(None, None)),
    }
}

fn failures(shown: &Shown) -> Failures {
    match &shown.totals {
        Some(totals) => timeline::whole_failures(&shown.record, totals),
        None => timeline::failures(shown.record.window(None, None)),
    }
}

fn findings(record: &RunRecord) -> Vec<Finding> {
    diagnose(record, None, None)
}

/// An event in the format of `text/event-stream`.
fn event<T: Serialize>(name: &str, record: Option<&RunRecord>, data: &T) -> Bytes {
    let mut bytes = format!("event: {name}\n").into_bytes();
    if let Some(record) = record {
        bytes.extend_from_slice(format!("id: {}\n", EventId::of(record)).as_bytes());
    }
    bytes.extend_from_slice(b"data: ");
    // JSON without line breaks; figures, texts and maps with text keys cannot fail to become JSON.
    if let Err(error) = serde_json::to_writer(&mut bytes, data) {
        tracing::error!("the live feed cannot tell what happened: {error}");
    }
    bytes.extend_from_slice(b"\n\n");
    bytes.into()
}
