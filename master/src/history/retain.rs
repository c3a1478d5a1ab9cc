//! Making room: how many runs, and how many bytes of them, are kept.
//!
//! Runs tagged `keep` or `baseline` are never deleted by this and do not count as runs; their bytes count. Runs that go
//! on and the newest run are never deleted either. Of the others the oldest go first, those with notes after all
//! without.

use rusqlite::Connection;

use super::edit;
use super::owner::Owner;
use super::read::KEPT_TAGS;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Runs, those tagged to be kept not counted.
    pub runs: u32,
    /// Bytes of all runs.
    pub bytes: u64,
}

/// A run as far as it matters here.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    key: i64,
    bytes: u64,
    has_notes: bool,
    is_tagged: bool,
    is_alive: bool,
}

/// Deletes what is too much and returns how many runs that were.
pub(super) fn make_room(
    connection: &Connection,
    keep: Keep,
    this: &Owner,
    now_unix_s: f64,
) -> rusqlite::Result<usize> {
    let leaving = choose(&runs(connection, this, now_unix_s)?, keep);
    for key in &leaving {
        connection.execute("DELETE FROM runs WHERE key = ?1", [key])?;
    }
    if !leaving.is_empty() {
        edit::give_room_back(connection)?;
    }
    Ok(leaving.len())
}

/// Oldest first.
fn runs(connection: &Connection, this: &Owner, now_unix_s: f64) -> rusqlite::Result<Vec<Kept>> {
    let tags = KEPT_TAGS.map(|tag| format!("'{tag}'")).join(", ");
    let mut statement = connection.prepare(&format!(
        "SELECT key, bytes, notes <> '', EXISTS (SELECT 1 FROM tags WHERE run = key AND tag IN ({tags})), is_over, machine,
             process, written_unix_s FROM runs ORDER BY started_unix_s, id"
    ))?;
    let rows = statement.query_map([], |row| {
        let owner = Owner {
            machine: row.get(5)?,
            process: row.get(6)?,
        };
        Ok(Kept {
            key: row.get(0)?,
            bytes: row.get::<_, i64>(1)?.try_into().unwrap_or_default(),
            has_notes: row.get(2)?,
            is_tagged: row.get(3)?,
            is_alive: !row.get::<_, bool>(4)? && owner.is_alive(this, row.get(7)?, now_unix_s),
        })
    })?;
    rows.collect()
}

/// Keys of the runs that go, in the order in which they go.
fn choose(oldest_first: &[Kept], keep: Keep) -> Vec<i64> {
    let mut count = oldest_first.iter().filter(|run| !run.is_tagged).count();
    let mut bytes: u64 = oldest_first.iter().map(|run| run.bytes).sum();
    let mut candidates: Vec<&Kept> = oldest_first
        .split_last()
        .map(|(_newest, older)| older)
        .unwrap_or_default()
        .iter()
        .filter(|run| !run.is_tagged && !run.is_alive)
        .collect();
    candidates.sort_by_key(|run| run.has_notes);
    let most = usize::try_from(keep.runs).unwrap_or(usize::MAX);
    let mut leaving = Vec::new();
    for run in candidates {
        if count <= most && bytes <= keep.bytes {
            break;
        }
        count -= 1;
        bytes -= run.bytes;
        leaving.push(run.key);
    }
    leaving
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: u64 = 1_000;

    fn run(key: i64) -> Kept {
        Kept {
            key,
            bytes: 100,
            has_notes: false,
            is_tagged: false,
            is_alive: false,
        }
    }

    fn check(runs: &[Kept], keep_runs: u32, keep_bytes: u64, expected: &[i64]) {
        let keep = Keep {
            runs: keep_runs,
            bytes: keep_bytes,
        };
        assert_eq!(choose(runs, keep), expected, "{runs:?} {keep:?}");
    }

    #[test]
    fn the_oldest_go_first() {
        let runs: Vec<_> = (1..=5).map(run).collect();
        check(&runs, 5, ROOM, &[]);
        check(&runs, 3, ROOM, &[1, 2]);
        check(&runs, 5, 450, &[1]);
        check(&runs, 1, 0, &[1, 2, 3, 4]);
        check(&[], 1, 0, &[]);
    }

    #[test]
    fn runs_that_somebody_cares_for_stay() {
        let mut runs: Vec<_> = (1..=6).map(run).collect();
        runs[0].is_tagged = true;
        runs[1].has_notes = true;
        runs[2].is_alive = true;
        check(&runs, 4, ROOM, &[4]);
        check(&runs, 2, ROOM, &[4, 5, 2]);
        check(&runs, 1, 0, &[4, 5, 2]);
    }
}
