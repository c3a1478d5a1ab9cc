//! The engine's own log lines on their way to the master, beside the script's.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use settings::logging::LineSink;

use crate::limits::LOG_LINES_MAX;

/// Hands every line on, and keeps the newest until the link takes them. Any thread may log.
pub struct EngineLog {
    next: Arc<dyn LineSink>,
    kept: Mutex<VecDeque<String>>,
}

impl EngineLog {
    /// A log whose lines also go to `next`.
    pub fn before(next: Arc<dyn LineSink>) -> Arc<Self> {
        Arc::new(Self {
            next,
            kept: Mutex::default(),
        })
    }

    /// Takes the lines since the last call, oldest first.
    pub(super) fn take(&self) -> VecDeque<String> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl LineSink for EngineLog {
    fn write(&self, text: &[u8]) {
        self.next.write(text);
        let line = String::from_utf8_lossy(text).trim_end().to_owned();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= LOG_LINES_MAX {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}

impl fmt::Debug for EngineLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineLog").finish_non_exhaustive()
    }
}
