//! The history as the command line asks for it.

use super::options::Options;
use crate::history::limits::{LAST_WRITES, MAX_BYTES};
use crate::history::{self, History, Keep};

/// Opens it. Whatever is wrong is told in the log and on the page; it is no reason not to run.
pub(super) fn open(options: &Options) -> History {
    if options.no_history {
        return History::off("turned off by --no-history");
    }
    let Some(file) = options.history.clone().or_else(history::default_file) else {
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

/// Waits for the last writing.
pub(super) fn close(history: &History) {
    if !history.flush(LAST_WRITES) && history.trouble().is_none() {
        tracing::warn!(
            "the history may lack the last run: the disk did not take it in {} s",
            LAST_WRITES.as_secs()
        );
    }
}
