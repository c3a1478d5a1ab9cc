//! Reading: the list with search, and whole runs.

use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::figures::Figures;
use super::limits::{MAX_LISTED, MAX_SEARCH_CHARS, MAX_SEARCH_WORDS};
use super::owner::Owner;
use super::pack::{self, Names, PackError};
use super::save::SaveError;
use crate::limits::MAX_RUN_S;
use crate::timeline::{Interval, RunInfo, RunRecord};

/// State of a run that ended in order.
const OVER: &str = "stopped";
/// State of a run that was cut off by the end of its master.
pub const INCOMPLETE: &str = "incomplete";
/// Runs with one of these tags are never deleted to make room.
pub const KEPT_TAGS: [&str; 2] = ["keep", "baseline"];
/// Marks the run that others are compared with.
pub const BASELINE_TAG: &str = "baseline";

/// A kept run in one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// What run it is.
    pub info: RunInfo,
    /// Its figures.
    pub figures: Figures,
    /// What people wrote about it.
    pub notes: String,
    /// In order.
    pub tags: Vec<String>,
    /// It goes on, in this master or in another that shares the file.
    pub is_alive: bool,
}

impl Summary {
    /// Others are to be compared with it.
    pub fn is_baseline(&self) -> bool {
        self.tags.iter().any(|tag| tag == BASELINE_TAG)
    }
}

/// Which runs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that all must be in the id, notes, tags, host, locustfile or profile.
    pub search: String,
    /// A tag they have.
    pub tag: Option<String>,
    /// Left out of the answer, e.g. as it is shown from elsewhere.
    pub without: Option<String>,
    /// At most so many.
    pub limit: usize,
    /// So many of the newest are skipped.
    pub offset: usize,
}

/// A part of the list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Newest first.
    pub runs: Vec<Summary>,
    /// How many there are in all.
    pub total: u64,
}

/// The words a search looks for.
pub(super) fn words(search: &str) -> Vec<String> {
    let cut: String = search.chars().take(MAX_SEARCH_CHARS).collect();
    cut.to_lowercase()
        .split_whitespace()
        .take(MAX_SEARCH_WORDS)
        .map(str::to_owned)
        .collect()
}

const COLUMNS: &str =
    "info, figures, notes, (SELECT group_concat(tag, char(10) ORDER BY tag) FROM tags WHERE run = key),
    is_over, machine, process, written_unix_s";

/// The asked-for part of the list.
pub(super) fn list(
    connection: &Connection,
    query: &Query,
    this: &Owner,
    now_unix_s: f64,
) -> Result<Page, SaveError> {
    let mut conditions = vec!["1".to_owned()];
    let mut values: Vec<Value> = Vec::new();
    let mut add = |condition: &str, value: String| {
        values.push(value.into());
        conditions.push(condition.replace('?', &format!("?{}", values.len())));
    };
    for word in words(&query.search) {
        add("instr(search_text, ?) > 0", word);
    }
    if let Some(tag) = &query.tag {
        add("key IN (SELECT run FROM tags WHERE tag = ?)", tag.clone());
    }
    if let Some(id) = &query.without {
        add("id <> ?", id.clone());
    }
    let which = conditions.join(" AND ");
    let total: i64 = connection.query_row(
        &format!("SELECT count(*) FROM runs WHERE {which}"),
        params_from_iter(&values),
        |row| row.get(0),
    )?;
    let mut statement = connection.prepare(&format!(
        "SELECT {COLUMNS} FROM runs WHERE {which} ORDER BY started_unix_s DESC, id DESC LIMIT {} OFFSET {}",
        query.limit.min(MAX_LISTED),
        i64::try_from(query.offset).unwrap_or(i64::MAX),
    ))?;
    let mut rows = statement.query(params_from_iter(&values))?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(summary_of(row, this, now_unix_s)?);
    }
    Ok(Page {
        runs,
        total: u64::try_from(total).unwrap_or_default(),
    })
}

/// The run in one line; None if there is none.
pub(super) fn summary(
    connection: &Connection,
    id: &str,
    this: &Owner,
    now_unix_s: f64,
) -> Result<Option<Summary>, SaveError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    summary_of(row, this, now_unix_s).map(Some)
}

fn summary_of(row: &Row<'_>, this: &Owner, now_unix_s: f64) -> Result<Summary, SaveError> {
    let mut info: RunInfo = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
    let figures = serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
    let tags: Option<String> = row.get(3)?;
    let owner = Owner {
        machine: row.get(5)?,
        process: row.get(6)?,
    };
    let is_over = row.get::<_, bool>(4)?;
    let is_alive = !is_over && owner.is_alive(this, row.get(7)?, now_unix_s);
    if is_over {
        OVER.clone_into(&mut info.state);
    } else if !is_alive {
        INCOMPLETE.clone_into(&mut info.state);
    }
    Ok(Summary {
        info,
        figures,
        notes: row.get(2)?,
        tags: tags
            .iter()
            .flat_map(|tags| tags.split('\n'))
            .map(str::to_owned)
            .collect(),
        is_alive,
    })
}

/// The whole run; None if there is none.
pub(super) fn record(
    connection: &mut Connection,
    id: &str,
    this: &Owner,
    now_unix_s: f64,
) -> Result<Option<RunRecord>, SaveError> {
    // One moment of the file, as another master may be writing this very run.
    let transaction = connection.transaction()?;
    let Some(summary) = summary(&transaction, id, this, now_unix_s)? else {
        return Ok(None);
    };
    let found = transaction
        .query_row(
            "SELECT key, width_s, counts_from_s, names FROM runs WHERE id = ?1",
            [id],
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get::<_, Vec<u8>>(3)?,
                ))
            },
        )
        .optional()?;
    let Some((key, width_s, counts_from_s, names)) = found else {
        return Ok(None);
    };
    let names: Names = pack::unpack(&names)?;
    let mut statement =
        transaction.prepare_cached("SELECT intervals FROM chunks WHERE run = ?1 ORDER BY number")?;
    let mut rows = statement.query([key])?;
    let mut intervals = Vec::new();
    while let Some(row) = rows.next()? {
        let chunk: Vec<Interval> = pack::unpack(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        intervals.extend(chunk.into_iter().map(Arc::new));
    }
    check_axis(width_s, counts_from_s, intervals.len())?;
    Ok(Some(RunRecord {
        info: Arc::new(summary.info),
        width_s,
        counts_from_s,
        requests: Arc::new(names.requests),
        errors: Arc::new(names.errors),
        intervals,
        marks: Arc::new(names.marks),
        exceptions: Arc::new(names.exceptions),
    }))
}

/// Whoever computes with a record may trust its time axis, as the recorder made it.
fn check_axis(width_s: u32, counts_from_s: u32, intervals: usize) -> Result<(), SaveError> {
    let end_s = u64::from(width_s).saturating_mul(intervals as u64);
    let is_sound = width_s > 0 && end_s <= u64::from(MAX_RUN_S) && counts_from_s <= MAX_RUN_S;
    if is_sound {
        Ok(())
    } else {
        Err(PackError::new("its time axis makes no sense").into())
    }
}
