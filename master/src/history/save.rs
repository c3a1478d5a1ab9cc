//! Writing a run, again and again while it goes on: only what has changed since the last time, in one transaction.
//!
//! Intervals are shared and replaced when they change, so those that are the same object need not be written again.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::edit;
use super::error::HistoryError;
use super::figures::Figures;
use super::limits::INTERVALS_PER_CHUNK;
use super::owner::Owner;
use super::pack::{self, PackError};
use crate::timeline::{Interval, RunRecord};

/// What the file has of the run that is being written.
#[derive(Debug)]
pub(super) struct Saved {
    id: String,
    key: i64,
    width_s: u32,
    intervals: Vec<Arc<Interval>>,
}

/// Trouble while writing.
#[derive(Debug, thiserror::Error)]
pub(super) enum SaveError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Pack(#[from] PackError),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

impl SaveError {
    pub(super) fn about(&self, path: &Path) -> HistoryError {
        match self {
            Self::Sqlite(error) => HistoryError::of(path, error),
            other => HistoryError::Other {
                path: path.to_owned(),
                reason: other.to_string(),
            },
        }
    }
}

/// Brings the file up to `record`; all of it or nothing.
pub(super) fn save(
    connection: &mut Connection,
    before: Option<Saved>,
    record: &RunRecord,
    owner: &Owner,
    now_unix_s: f64,
) -> Result<Saved, SaveError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let key = write_run(&transaction, record, owner, now_unix_s)?;
    let before = before.filter(|saved| {
        (saved.id.as_str(), saved.key, saved.width_s) == (record.info.id.as_str(), key, record.width_s)
    });
    let known = match &before {
        Some(saved) => saved.intervals.as_slice(),
        None => {
            transaction.execute("DELETE FROM chunks WHERE run = ?1", [key])?;
            &[]
        }
    };
    write_chunks(&transaction, key, known, &record.intervals)?;
    transaction.execute(
        "UPDATE runs SET bytes = length(names) + length(info)
             + (SELECT ifnull(sum(length(intervals)), 0) FROM chunks WHERE run = ?1) WHERE key = ?1",
        [key],
    )?;
    edit::refresh_search(&transaction, key)?;
    transaction.commit()?;
    Ok(Saved {
        id: record.info.id.clone(),
        key,
        width_s: record.width_s,
        intervals: record.intervals.clone(),
    })
}

fn write_run(
    transaction: &Transaction<'_>,
    record: &RunRecord,
    owner: &Owner,
    now_unix_s: f64,
) -> Result<i64, SaveError> {
    let info = pack::info(&record.info);
    let mut statement = transaction.prepare_cached(
        "INSERT INTO runs (id, started_unix_s, is_over, machine, process, written_unix_s, width_s, counts_from_s, info,
             figures, names)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (id) DO UPDATE SET is_over = ?3, machine = ?4, process = ?5, written_unix_s = ?6, width_s = ?7,
             counts_from_s = ?8, info = ?9, figures = ?10, names = ?11
         RETURNING key",
    )?;
    let key = statement.query_row(
        params![
            info.id,
            info.started_unix_s,
            info.ended_unix_s.is_some(),
            owner.machine,
            owner.process,
            now_unix_s,
            record.width_s,
            record.counts_from_s,
            serde_json::to_string(&info)?,
            serde_json::to_string(&Figures::of(record))?,
            pack::names(record)?,
        ],
        |row| row.get(0),
    )?;
    Ok(key)
}

fn write_chunks(
    transaction: &Transaction<'_>,
    key: i64,
    known: &[Arc<Interval>],
    now: &[Arc<Interval>],
) -> Result<(), SaveError> {
    let mut statement = transaction
        .prepare_cached("INSERT OR REPLACE INTO chunks (run, number, intervals) VALUES (?1, ?2, ?3)")?;
    let mut number: i64 = 0;
    for (index, chunk) in now.chunks(INTERVALS_PER_CHUNK).enumerate() {
        let from = index * INTERVALS_PER_CHUNK;
        let was = known
            .get(from..(from + chunk.len()).min(known.len()))
            .unwrap_or_default();
        let is_same = was.len() == chunk.len() && was.iter().zip(chunk).all(|(a, b)| Arc::ptr_eq(a, b));
        if !is_same {
            statement.execute(params![key, number, pack::intervals(chunk)?])?;
        }
        number += 1;
    }
    transaction.execute(
        "DELETE FROM chunks WHERE run = ?1 AND number >= ?2",
        params![key, number],
    )?;
    Ok(())
}
