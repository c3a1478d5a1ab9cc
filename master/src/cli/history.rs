//! The history as the command line asks for it.

use std::path::{Path, PathBuf};

use super::options::Options;
use crate::history::limits::{LAST_WRITES, MAX_BYTES};
use crate::history::{self, History, Keep};

/// Opens it. Whatever is wrong is told in the log and on the page; it is no reason not to run.
pub(super) fn open(options: &Options) -> History {
    if options.no_history {
        return History::off("turned off by --no-history");
    }
    let Some(file) = file(options) else {
        let reason = "the environment names no home folder; name a file with --history";
        tracing::warn!("history is off: {reason}");
        return History::off(reason);
    };
    let keep = Keep {
        runs: options.history_keep,
        bytes: MAX_BYTES,
    };
    History::start(&file, keep)
}

/// Where it is kept; None without a home folder or if it is turned off.
pub(super) fn file(options: &Options) -> Option<PathBuf> {
    let named = || options.history.clone().or_else(history::default_file);
    if options.no_history { None } else { named() }
}

/// The file with those that SQLite keeps beside it while it writes.
pub(super) fn files_of(file: &Path) -> Vec<PathBuf> {
    let beside = |end: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    ["", "-wal", "-shm", "-journal"].map(beside).to_vec()
}

/// Waits for the last writing.
pub(super) fn close(history: &History) {
    if history.flush(LAST_WRITES) {
        return;
    }
    match history.trouble() {
        Some(trouble) => tracing::warn!("the history lacks the last run, or a part of it: {trouble}"),
        None => tracing::warn!(
            "the history may lack the last run: the disk did not take it in {} s",
            LAST_WRITES.as_secs()
        ),
    }
}
