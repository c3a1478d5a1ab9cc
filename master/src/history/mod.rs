//! Every run is kept in one SQLite file: what it was asked for, what happened in it by interval, how it ended, and what
//! people wrote about it. Several masters may share the file.
//!
//! Writing has a thread of its own (`writer`), which is given shared snapshots and never waited for; whatever goes wrong
//! there is logged once and shown ([`History::trouble`]), and the run goes on. Reading opens the file anew each time, on
//! the caller's thread: it may block, so async code calls it through `spawn_blocking`. `compare` and `noise` are pure.

pub mod compare;
mod delay;
mod edit;
mod error;
mod figures;
pub mod limits;
mod mailbox;
mod noise;
mod owner;
mod pack;
mod place;
mod read;
mod reporter;
mod retain;
mod save;
mod schema;
mod shelf;
mod steady;
mod student;
mod writer;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;

pub use edit::{BadText, normal_tag, notes, tags};
pub use error::HistoryError;
pub use figures::Figures;
pub use noise::Verdict;
pub use place::default_file;
pub use read::{BASELINE_TAG, INCOMPLETE, KEPT_TAGS, Page, Query, Summary};
pub use reporter::HistoryReporter;
pub use retain::Keep;

use self::mailbox::Mailbox;
use self::owner::Owner;
use self::save::SaveError;
use self::shelf::Shelf;
use crate::timeline::RunRecord;

/// The kept runs. Clones share it.
#[derive(Debug, Clone)]
pub struct History(Arc<Inner>);

impl Default for History {
    /// Keeps nothing.
    fn default() -> Self {
        Self::off("none is kept")
    }
}

#[derive(Debug)]
struct Inner {
    /// None if nothing is kept.
    path: Option<PathBuf>,
    owner: Owner,
    mailbox: Arc<Mailbox>,
    shelf: Shelf,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.mailbox.close();
    }
}

impl History {
    /// The history in `path`, which is made if there is none. Returns at once; what is wrong with the file is told by
    /// [`Self::trouble`] and in the log.
    pub fn start(path: &Path, keep: Keep) -> Self {
        let mailbox = Arc::new(Mailbox::default());
        if let Err(error) = writer::start(path.to_owned(), keep, Arc::clone(&mailbox)) {
            return Self::off(&format!("no thread to write it could be started: {error}"));
        }
        Self(Arc::new(Inner {
            path: Some(path.to_owned()),
            owner: Owner::this(),
            mailbox,
            shelf: Shelf::default(),
        }))
    }

    /// Keeps nothing, for this reason.
    pub fn off(reason: &str) -> Self {
        let mailbox = Mailbox::default();
        mailbox.set_trouble(HistoryError::Off(reason.to_owned()));
        Self(Arc::new(Inner {
            path: None,
            owner: Owner::this(),
            mailbox: Arc::new(mailbox),
            shelf: Shelf::default(),
        }))
    }

    /// Whether there is a file to keep runs in, whatever state it is in.
    pub fn is_on(&self) -> bool {
        self.0.path.is_some()
    }

    /// Why runs are not kept at present; None if they are.
    pub fn trouble(&self) -> Option<HistoryError> {
        self.0.mailbox.trouble()
    }

    /// Has the run written as it is now, soon. Never waits.
    pub fn give(&self, record: RunRecord) {
        self.0.mailbox.give(record);
    }

    /// Waits until everything given is written, at most `patience`; false if it is not.
    pub fn flush(&self, patience: Duration) -> bool {
        self.0.mailbox.flush(patience)
    }

    /// The asked-for part of the list, newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn list(&self, query: &Query) -> Result<Page, HistoryError> {
        let page = self.read(|connection| read::list(connection, query, &self.0.owner, now_unix_s()))?;
        Ok(page.unwrap_or_default())
    }

    /// A run in one line; None if there is no such run.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn summary(&self, id: &str) -> Result<Option<Summary>, HistoryError> {
        let found = self.read(|connection| read::summary(connection, id, &self.0.owner, now_unix_s()))?;
        Ok(found.flatten())
    }

    /// A whole run; None if there is no such run.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged at this run.
    pub fn get(&self, id: &str) -> Result<Option<Arc<RunRecord>>, HistoryError> {
        if let Some(record) = self.0.shelf.find(id) {
            return Ok(Some(record));
        }
        let found = self.read(|connection| read::record(connection, id, &self.0.owner, now_unix_s()))?;
        let found = found.flatten().map(Arc::new);
        if let Some(record) = found.as_ref().filter(|record| record.info.ended_unix_s.is_some()) {
            self.0.shelf.put(record);
        }
        Ok(found)
    }

    /// Sets the notes and tags that are given, as [`notes`] and [`tags`] have made them. False if there is no such run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn update(
        &self,
        id: &str,
        notes: Option<&str>,
        tags: Option<&[String]>,
    ) -> Result<bool, HistoryError> {
        let done = self.read(|connection| Ok(edit::update(connection, id, notes, tags)?))?;
        Ok(done.unwrap_or_default())
    }

    /// Deletes a run. False if there is no such run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn delete(&self, id: &str) -> Result<bool, HistoryError> {
        self.0.shelf.forget(id);
        let done = self.read(|connection| Ok(edit::delete(connection, id)?))?;
        Ok(done.unwrap_or_default())
    }

    /// None if there is no file yet, or none is kept.
    fn read<T>(
        &self,
        look: impl FnOnce(&mut Connection) -> Result<T, SaveError>,
    ) -> Result<Option<T>, HistoryError> {
        let Some(path) = &self.0.path else {
            return Ok(None);
        };
        match schema::open_existing(path)? {
            Some(mut connection) => look(&mut connection).map(Some).map_err(|error| error.about(path)),
            None => Ok(None),
        }
    }
}

fn now_unix_s() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}
