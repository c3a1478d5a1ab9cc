//! The console: a table every two seconds, a progress bar, and the final tables, on standard error.
//!
//! Log lines go through [`Terminal`] too, so that they appear above the bar instead of through it.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use protocol::WorkerState;
use settings::logging::LineSink;

use super::rows;
use super::table::{self, Kind};
use crate::events::{Reporter, RunEvent, RunState, RunView};

/// Locust's interval, less a margin for ticks that come a little early.
const TABLE_INTERVAL_S: f64 = 1.9;
/// Table width where there is no terminal: as wide as Locust's.
const WIDTH_WITHOUT_TERMINAL: usize = 160;
/// Usual width of the text beside the bar.
const TEXT_WIDTH: usize = 62;
/// Steps of the bar.
const BAR_STEPS: u64 = 1000;

/// Standard error, shared by the log, the tables and the progress bar.
#[derive(Debug, Default)]
pub struct Terminal {
    bar: Mutex<Option<ProgressBar>>,
}

impl Terminal {
    /// Whether a person looks at it.
    pub fn is_interactive() -> bool {
        Term::stderr().is_term()
    }

    fn width() -> usize {
        Term::stderr()
            .size_checked()
            .map_or(WIDTH_WITHOUT_TERMINAL, |(_, columns)| usize::from(columns))
    }

    fn set_bar(&self, bar: Option<ProgressBar>) {
        let before = std::mem::replace(&mut *self.bar.lock().unwrap_or_else(PoisonError::into_inner), bar);
        if let Some(before) = before {
            before.finish_and_clear();
        }
    }

    fn bar(&self) -> Option<ProgressBar> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LineSink for Terminal {
    fn write(&self, text: &[u8]) {
        let write = || {
            let _nowhere_left_to_tell = std::io::stderr().lock().write_all(text);
        };
        match self.bar() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

/// What the console shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsoleOptions {
    /// The table every two seconds and the bar.
    pub while_running: bool,
    /// The tables at the end.
    pub summary: bool,
}

/// The console's reader of the event stream.
#[derive(Debug)]
pub struct ConsoleReporter {
    terminal: Arc<Terminal>,
    options: ConsoleOptions,
    last_table_unix_s: f64,
    any_run: bool,
}

impl ConsoleReporter {
    /// A reporter writing to `terminal`.
    pub fn new(terminal: Arc<Terminal>, options: ConsoleOptions) -> Self {
        Self {
            terminal,
            options,
            last_table_unix_s: 0.0,
            any_run: false,
        }
    }

    fn start(&mut self, view: &RunView<'_>) {
        self.any_run = true;
        self.last_table_unix_s = view.now_unix_s;
        if self.options.while_running && view.run_time_s.is_some() && Terminal::is_interactive() {
            let bar = ProgressBar::with_draw_target(Some(BAR_STEPS), ProgressDrawTarget::stderr());
            // Beside the text, which is cut rather than broken.
            let bar_width = Terminal::width().saturating_sub(TEXT_WIDTH).clamp(10, 40);
            let template = format!("{{bar:{bar_width}}} {{wide_msg}}");
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style);
            }
            self.terminal.set_bar(Some(bar));
        }
    }

    fn tick(&mut self, view: &RunView<'_>) {
        if let (Some(bar), Some(run_time_s)) = (self.terminal.bar(), view.run_time_s) {
            let part = if run_time_s > 0.0 {
                (view.elapsed_s / run_time_s).clamp(0.0, 1.0)
            } else {
                1.0
            };
            bar.set_position((part * BAR_STEPS as f64) as u64);
            bar.set_message(header(view));
        }
        let runs = matches!(
            view.state,
            RunState::Spawning | RunState::Running | RunState::Stopping
        );
        if self.options.while_running && runs && view.now_unix_s - self.last_table_unix_s >= TABLE_INTERVAL_S
        {
            self.last_table_unix_s = view.now_unix_s;
            self.terminal.write(progress(view, Terminal::width()).as_bytes());
        }
    }

    fn summarize(&self, view: &RunView<'_>) {
        if !self.options.summary || !self.any_run {
            return;
        }
        self.terminal.write(summary(view, Terminal::width()).as_bytes());
    }
}

impl Reporter for ConsoleReporter {
    fn handle(&mut self, event: &RunEvent, view: &RunView<'_>) {
        match event {
            RunEvent::RunStarted { .. } => self.start(view),
            RunEvent::Tick => self.tick(view),
            RunEvent::RunEnded { .. } => self.terminal.set_bar(None),
            RunEvent::Shutdown => {
                self.terminal.set_bar(None);
                self.summarize(view);
            }
            _ => {}
        }
    }
}

/// One line: time, users, workers.
fn header(view: &RunView<'_>) -> String {
    let limit = view
        .run_time_s
        .map(|limit| format!(" of {}", table::clock(limit)))
        .unwrap_or_default();
    let usable = view
        .workers
        .iter()
        .filter(|worker| worker.state != WorkerState::Missing)
        .count();
    let missing = match view.workers.len() - usable {
        0 => String::new(),
        missing => format!(" ({missing} missing)"),
    };
    format!(
        "{}: {}{limit}, {} of {} users, {usable} {}{missing}",
        view.state.as_str(),
        table::clock(view.elapsed_s),
        view.user_count,
        view.target_user_count,
        if usable == 1 { "worker" } else { "workers" },
    )
}

/// What is printed every two seconds.
fn progress(view: &RunView<'_>, width: usize) -> String {
    let header = header(view);
    if view.stats.total.num_requests == 0 && view.stats.total.num_failures == 0 {
        return format!("{header}; no requests are reported yet\n\n");
    }
    let table = table::statistics(&rows::all(view), Kind::Running, width);
    format!("{header}\n{table}\n")
}

/// The final tables.
fn summary(view: &RunView<'_>, width: usize) -> String {
    let rows = rows::all(view);
    let parts = [
        table::statistics(&rows, Kind::Final, width),
        table::percentiles(&rows, width),
        table::errors(&rows::errors(view.stats), width),
        table::exceptions(view.exceptions),
    ];
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(|part| format!("{part}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_header_tells_time_users_and_workers() {
        let sample = samples::Sample::new();
        assert_eq!(
            header(&sample.view()),
            "running: 0:00:12 of 0:01:00, 7 of 10 users, 1 worker (1 missing)"
        );
    }

    #[test]
    fn before_the_first_figures_there_is_a_line_instead_of_an_empty_table() {
        let (sample, empty) = (samples::Sample::new(), protocol::RequestStats::new(0.0));
        let view = RunView {
            stats: &empty,
            ..sample.view()
        };
        let line = "running: 0:00:12 of 0:01:00, 7 of 10 users, 1 worker (1 missing); no requests are reported yet\n\n";
        assert_eq!(progress(&view, 130), line);
        assert!(progress(&sample.view(), 130).contains("Aggregated"));
    }

    #[test]
    fn the_summary_has_every_table() {
        insta::assert_snapshot!(summary(&samples::Sample::new().view(), 130));
    }
}
