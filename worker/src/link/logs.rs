//! The log lines that go to the master, by Locust's rules: the whole buffer whenever it grew, and an end to it when a
//! script logs too much.

use std::collections::VecDeque;

use tracing::Level;

use crate::limits::{LOG_LINE_MAX_CHARS, LOG_LINES_MAX, LOG_LINES_PER_INTERVAL_MAX};

/// The newest lines.
#[derive(Debug, Default)]
pub struct LogBuffer {
    lines: VecDeque<String>,
    new_lines: usize,
    ended: bool,
}

impl LogBuffer {
    /// Adds a line; the oldest goes when the buffer is full.
    pub fn push(&mut self, mut line: String) {
        if self.ended {
            return;
        }
        if let Some((end, _)) = line.char_indices().nth(LOG_LINE_MAX_CHARS) {
            line.truncate(end);
        }
        if self.lines.len() >= LOG_LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        self.new_lines += 1;
    }

    /// What is to be sent now, if anything came since the last time.
    pub fn take(&mut self) -> Option<Vec<String>> {
        if self.ended || self.new_lines == 0 {
            return None;
        }
        if self.new_lines > LOG_LINES_PER_INTERVAL_MAX {
            let text = format!(
                "more than {LOG_LINES_PER_INTERVAL_MAX} log lines came in one interval: no further logs are sent to the master"
            );
            self.push(settings::logging::line(Level::WARN, "acrida.worker", &text));
            self.ended = true;
        }
        self.new_lines = 0;
        Some(self.lines.iter().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_buffer_is_sent_only_when_it_grew() {
        let mut logs = LogBuffer::default();
        assert_eq!(logs.take(), None);
        logs.push("one".to_owned());
        assert_eq!(logs.take().unwrap(), ["one"]);
        assert_eq!(logs.take(), None);
        logs.push("two".to_owned());
        assert_eq!(logs.take().unwrap(), ["one", "two"]);
    }

    #[test]
    fn too_many_lines_in_one_interval_end_the_sending_with_a_warning() {
        let mut logs = LogBuffer::default();
        for number in 0..=LOG_LINES_PER_INTERVAL_MAX {
            logs.push(number.to_string());
        }
        let last = logs.take().unwrap().pop().unwrap();
        assert!(
            last.contains("/WARNING/acrida.worker: ") && last.contains("no further logs"),
            "{last}"
        );
        logs.push("later".to_owned());
        assert_eq!(logs.take(), None);
    }

    #[test]
    fn a_full_buffer_still_sends_what_is_new() {
        let mut logs = LogBuffer::default();
        for number in 0..LOG_LINES_MAX + 10 {
            logs.push(number.to_string());
            logs.take();
        }
        logs.push("newest".to_owned());
        let sent = logs.take().unwrap();
        assert_eq!(
            (sent.len(), sent.last().map(String::as_str)),
            (LOG_LINES_MAX, Some("newest"))
        );
    }
}
