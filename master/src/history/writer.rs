//! The thread that writes: opens the file when it is first needed, and again after trouble or when it was removed.
//!
//! Trouble is logged once, until writing succeeds again, and never reaches the run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::error::HistoryError;
use super::limits::SAVE_EVERY_S;
use super::mailbox::Mailbox;
use super::owner::Owner;
use super::retain::{self, Keep};
use super::save::{self, Saved};
use super::{now_unix_s, schema};
use crate::timeline::RunRecord;

/// Starts the thread, which ends when the mailbox is closed.
pub(super) fn start(path: PathBuf, keep: Keep, mailbox: Arc<Mailbox>) -> std::io::Result<()> {
    let writer = Writer {
        path,
        keep,
        owner: Owner::this(),
        open: None,
    };
    std::thread::Builder::new()
        .name("history".to_owned())
        .spawn(move || writer.run(&mailbox))?;
    Ok(())
}

struct Writer {
    path: PathBuf,
    keep: Keep,
    owner: Owner,
    open: Option<Open>,
}

struct Open {
    connection: Connection,
    saved: Option<Saved>,
    /// Which file the connection has: the path may have another by now.
    file: Option<(u64, u64)>,
}

impl Writer {
    fn run(mut self, mailbox: &Mailbox) {
        // At the start, so that the page can say that something is wrong before there is a run to lose.
        if let Err(error) = self.open_and_make_room() {
            mailbox.set_trouble(error.clone());
            report(&error);
        }
        self.open = None;
        let mut pause = None;
        while let Some(record) = mailbox.next(pause.take()) {
            let outcome = self.write(&record);
            if outcome.is_err() {
                pause = Some(Duration::from_secs(SAVE_EVERY_S));
            }
            if outcome.is_err() || record.info.ended_unix_s.is_some() {
                // The last one to close the file moves all of it out of the write-ahead log, so that it can be copied.
                self.open = None;
            }
            let error = outcome.as_ref().err().cloned();
            let is_news = mailbox.done(outcome.map_err(|error| (record, error)));
            match error {
                Some(error) if is_news => report(&error),
                None if is_news => tracing::info!("the history is written again"),
                _ => {}
            }
        }
    }

    fn write(&mut self, record: &RunRecord) -> Result<(), HistoryError> {
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.file != file_at(&self.path))
        {
            tracing::warn!(
                "{} was moved or removed; the run is written to a new file in its place",
                self.path.display()
            );
            self.open = None;
        }
        if self.open.is_none() {
            self.open_and_make_room()?;
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let now = now_unix_s();
        let saved = save::save(&mut open.connection, open.saved.take(), record, &self.owner, now)
            .map_err(|error| error.about(&self.path))?;
        let is_over = record.info.ended_unix_s.is_some();
        open.saved = (!is_over).then_some(saved);
        if is_over {
            self.make_room()?;
        }
        Ok(())
    }

    fn open_and_make_room(&mut self) -> Result<(), HistoryError> {
        let connection = schema::open(&self.path)?;
        self.open = Some(Open {
            connection,
            saved: None,
            file: file_at(&self.path),
        });
        self.make_room()
    }

    fn make_room(&self) -> Result<(), HistoryError> {
        let Some(open) = &self.open else { return Ok(()) };
        let deleted = retain::make_room(&open.connection, self.keep, &self.owner, now_unix_s())
            .map_err(|error| HistoryError::of(&self.path, &error))?;
        if deleted > 0 {
            tracing::info!(
                "the history holds {} runs: {deleted} of the oldest were deleted",
                self.keep.runs
            );
        }
        Ok(())
    }
}

fn report(error: &HistoryError) {
    let then = if error.is_lasting() {
        "this run is not kept"
    } else {
        "the run goes on, and writing is tried again"
    };
    tracing::error!("history is off: {error} ({then})");
}

#[cfg(unix)]
fn file_at(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn file_at(path: &Path) -> Option<(u64, u64)> {
    path.exists().then_some((0, 0))
}
