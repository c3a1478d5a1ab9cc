//! Opening the file: its layout, and whether it is ours. Several masters may have it open at once.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::HistoryError;
use super::limits::BUSY_WAIT;

/// Says that a SQLite file is ours: `ACRH`.
const APPLICATION_ID: i64 = 0x4143_5248;
/// Layout of the tables and of what is packed in them. Raised with each change; a step for each is in [`migrate`].
pub(super) const LAYOUT: i64 = 1;
/// The write-ahead log is cut to this after a checkpoint.
const MAX_LOG_BYTES: u32 = 16 << 20;

const TABLES: &str = "
CREATE TABLE runs (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    started_unix_s REAL NOT NULL,
    is_over INTEGER NOT NULL,
    machine TEXT NOT NULL,
    process TEXT NOT NULL,
    written_unix_s REAL NOT NULL,
    width_s INTEGER NOT NULL,
    counts_from_s INTEGER NOT NULL,
    info TEXT NOT NULL,
    figures TEXT NOT NULL,
    names BLOB NOT NULL,
    bytes INTEGER NOT NULL DEFAULT 0,
    notes TEXT NOT NULL DEFAULT '',
    search_text TEXT NOT NULL DEFAULT ''
);
CREATE INDEX runs_by_start ON runs (started_unix_s);
CREATE TABLE chunks (
    run INTEGER NOT NULL REFERENCES runs (key) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    intervals BLOB NOT NULL,
    UNIQUE (run, number)
);
CREATE TABLE tags (
    run INTEGER NOT NULL REFERENCES runs (key) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (run, tag)
) WITHOUT ROWID;
CREATE INDEX runs_by_tag ON tags (tag);
";

/// Opens the file to write, makes it if there is none (for its owner's eyes only), and brings its layout up to date.
pub(super) fn open(path: &Path) -> Result<Connection, HistoryError> {
    create(path).map_err(|error| HistoryError::Denied {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    let mut connection = connect(path)?;
    prepare(&mut connection, path)?;
    Ok(connection)
}

/// Opens the file to read and for small changes; None if there is none.
pub(super) fn open_existing(path: &Path) -> Result<Option<Connection>, HistoryError> {
    if !path.exists() {
        return Ok(None);
    }
    let connection = connect(path)?;
    let of = |error: rusqlite::Error| HistoryError::of(path, &error);
    match identity(&connection).map_err(of)? {
        // Being made by another master right now.
        (0, 0) => Ok(None),
        found => {
            check(found, path)?;
            Ok(Some(connection))
        }
    }
}

fn create(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn connect(path: &Path) -> Result<Connection, HistoryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(BUSY_WAIT)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // With a write-ahead log a killed process loses nothing; a power cut at most the last seconds.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(connection)
    });
    opened.map_err(|error| HistoryError::of(path, &error))
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<(), HistoryError> {
    let of = |error: rusqlite::Error| HistoryError::of(path, &error);
    let found = identity(connection).map_err(of)?;
    if found == (0, 0) {
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(of)?;
        if tables > 0 {
            return Err(HistoryError::Foreign(path.to_owned()));
        }
        // Only before the first table; lets deleted runs give their room back.
        connection
            .pragma_update(None, "auto_vacuum", "INCREMENTAL")
            .map_err(of)?;
    } else {
        check(found, path)?;
    }
    connection
        .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .map_err(of)?;
    connection
        .query_row(
            &format!("PRAGMA journal_size_limit = {MAX_LOG_BYTES}"),
            [],
            |_| Ok(()),
        )
        .map_err(of)?;
    migrate(connection).map_err(of)?;
    check(identity(connection).map_err(of)?, path)
}

/// One step for each layout; the first makes the tables. Under the write lock, as two masters may begin at once.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if identity(&transaction)? == (0, 0) {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", LAYOUT)?;
    }
    transaction.commit()
}

/// Application id and layout.
fn identity(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok((number("application_id")?, number("user_version")?))
}

fn check((application, layout): (i64, i64), path: &Path) -> Result<(), HistoryError> {
    if application != APPLICATION_ID {
        return Err(HistoryError::Foreign(path.to_owned()));
    }
    if layout > LAYOUT {
        return Err(HistoryError::Newer {
            path: path.to_owned(),
            found: layout,
            known: LAYOUT,
        });
    }
    Ok(())
}
