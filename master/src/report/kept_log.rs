//! The newest lines of the master's own log, for `GET /logs`. The workers' lines are in [`crate::events::RunView`].

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use settings::logging::LineSink;

use crate::limits::{MAX_LOG_LINES, MAX_TEXT_CHARS};

/// The process logs to one place, so what it has logged is one list.
static LINES: OnceLock<Arc<KeptLog>> = OnceLock::new();

/// Passes lines on and keeps the newest.
pub struct KeptLog {
    next: Arc<dyn LineSink>,
    lines: Mutex<VecDeque<String>>,
    /// How many lines so far were warnings or errors.
    warnings: AtomicU64,
}

impl std::fmt::Debug for KeptLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeptLog")
    }
}

impl KeptLog {
    /// A sink in front of `next`, which [`lines`] reads from now on if it is the first of the process.
    pub fn before(next: Arc<dyn LineSink>) -> Arc<Self> {
        let kept = Arc::new(Self {
            next,
            lines: Mutex::default(),
            warnings: AtomicU64::new(0),
        });
        let _an_earlier_one_stays = LINES.set(Arc::clone(&kept));
        kept
    }

    fn kept(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }
}

impl LineSink for KeptLog {
    fn write(&self, text: &[u8]) {
        let line = String::from_utf8_lossy(text);
        if is_warning(&line) {
            self.warnings.fetch_add(1, Ordering::Relaxed);
        }
        {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.len() >= MAX_LOG_LINES {
                lines.pop_front();
            }
            lines.push_back(line.trim_end().chars().take(MAX_TEXT_CHARS).collect());
        }
        self.next.write(text);
    }
}

/// The newest lines of this process, oldest first; none if it does not log.
pub fn lines() -> Vec<String> {
    LINES.get().map(|kept| kept.kept()).unwrap_or_default()
}

/// How many lines of this process so far were warnings or errors.
pub fn warnings() -> u64 {
    LINES
        .get()
        .map_or(0, |kept| kept.warnings.load(Ordering::Relaxed))
}

/// Whether a line of ours or of a worker, `[time] host/LEVEL/logger: text`, is a warning or worse.
pub fn is_warning(line: &str) -> bool {
    let level = line.split_once("] ").and_then(|(_, rest)| rest.split('/').nth(1));
    matches!(level, Some("WARNING" | "ERROR" | "CRITICAL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nowhere;

    impl LineSink for Nowhere {
        fn write(&self, _: &[u8]) {}
    }

    #[test]
    fn warnings_are_told_by_the_level() {
        assert!(is_warning(
            "[2026-11-23 04:00:00,000] box/WARNING/acrida.master: a worker is gone"
        ));
        assert!(is_warning("[2026-11-23 04:00:00,000] box/ERROR/root: no"));
        assert!(!is_warning(
            "[2026-11-23 04:00:00,000] box/INFO/root: what /ERROR/ means"
        ));
        assert!(!is_warning("Traceback (most recent call last):"));
    }

    #[test]
    fn the_newest_lines_are_kept_without_their_ends() {
        let kept = KeptLog {
            next: Arc::new(Nowhere),
            lines: Mutex::default(),
            warnings: AtomicU64::new(0),
        };
        for number in 0..MAX_LOG_LINES + 2 {
            kept.write(format!("line {number}\n").as_bytes());
        }
        let lines = kept.kept();
        assert_eq!(lines.len(), MAX_LOG_LINES);
        assert_eq!(
            (lines[0].as_str(), lines.last().unwrap().as_str()),
            ("line 2", "line 501")
        );
    }
}
