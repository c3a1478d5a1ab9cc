//! What the routes of runs answer, made of the master's own record and of what the history knows.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::super::api::summary::without_ratio;
use super::RunSummary;
use crate::history::compare::{self, Compared};
use crate::history::{History, HistoryError, Query, Summary};
use crate::timeline::RunRecord;

/// A part of the list of runs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct RunList {
    /// Newest first
    pub(super) runs: Vec<RunSummary>,
    /// How many there are in all that fit
    pub(super) total: u64,
    /// Why runs are not kept at present, and what to do; null if they are
    pub(super) history_off: Option<String>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct RunDetails {
    #[serde(flatten)]
    pub(super) summary: RunSummary,
    /// Distinct exceptions
    pub(super) exceptions: u64,
}

impl RunDetails {
    /// Of this master's own record, of what is kept, or of both; None of neither.
    pub(super) fn of(present: Option<&RunRecord>, kept: Option<Summary>) -> Option<Self> {
        let exceptions = present.map(|record| u64::try_from(record.exceptions.len()).unwrap_or(u64::MAX));
        let exceptions = exceptions.or(kept.as_ref().map(|kept| kept.figures.exceptions));
        Some(Self {
            summary: merged(present, kept)?,
            exceptions: exceptions.unwrap_or_default(),
        })
    }
}

/// Runs side by side.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct Comparison {
    /// Id of the run that the others are compared with
    pub(super) reference: String,
    /// The runs, in the order in which they were named; figures of the whole runs
    pub(super) runs: Vec<RunSummary>,
    #[serde(flatten)]
    pub(super) compared: Compared,
}

/// The asked-for part of the list. The present run is among it, whether it is kept or not, if no search tells otherwise.
pub(super) fn list(
    history: &History,
    asked: &Query,
    present: Option<&RunRecord>,
) -> Result<RunList, HistoryError> {
    let trouble = history.trouble();
    let page = match history.list(asked) {
        Ok(page) => page,
        // Off for a known reason: what there is, is the present run.
        Err(_) if trouble.is_some() => Default::default(),
        Err(error) => return Err(error),
    };
    let mut total = page.total;
    let is_present = |run: &Summary| present.is_some_and(|record| record.info.id == run.info.id);
    let is_kept = page.runs.iter().any(is_present);
    let is_first_page = asked.search.trim().is_empty() && asked.tag.is_none() && asked.offset == 0;
    let mut runs = Vec::new();
    if let Some(record) = present.filter(|_| is_first_page && !is_kept) {
        // Not written yet, or never: it is the newest.
        runs.extend(merged(Some(record), None));
        total += 1;
    }
    for kept in page.runs {
        let own = present.filter(|_| is_present(&kept));
        runs.extend(merged(own, Some(kept)));
    }
    runs.truncate(asked.limit);
    Ok(RunList {
        runs,
        total,
        history_off: trouble.map(|trouble| trouble.to_string()),
    })
}

/// Compares, with what the history knows of the runs.
pub(super) fn compare(
    history: &History,
    records: &[Arc<RunRecord>],
    reference: usize,
) -> Result<Comparison, HistoryError> {
    let mut runs = Vec::new();
    for record in records {
        let kept = history.summary(&record.info.id).unwrap_or_default();
        runs.extend(merged(Some(record), kept));
    }
    Ok(Comparison {
        reference: records
            .get(reference)
            .map(|record| record.info.id.clone())
            .unwrap_or_default(),
        runs,
        compared: compare::compare(records, reference),
    })
}

/// Figures of this master's own record, which are the newest, with notes and tags of what is kept.
fn merged(present: Option<&RunRecord>, kept: Option<Summary>) -> Option<RunSummary> {
    match (present, kept) {
        (Some(record), kept) => {
            let mut summary = RunSummary::of(record);
            if let Some(kept) = kept {
                (summary.notes, summary.tags) = (kept.notes, kept.tags);
            }
            Some(summary)
        }
        (None, Some(kept)) => {
            let figures = kept.figures;
            let fail_ratio = if figures.requests > 0 {
                figures.failures as f64 / figures.requests as f64
            } else {
                0.0
            };
            Some(RunSummary {
                info: without_ratio(kept.info),
                requests: figures.requests,
                failures: figures.failures,
                fail_ratio,
                rate: figures.rate,
                p50_ms: figures.p50_ms,
                p95_ms: figures.p95_ms,
                p99_ms: figures.p99_ms,
                notes: kept.notes,
                tags: kept.tags,
                is_live: false,
            })
        }
        (None, None) => None,
    }
}
