//! The console on standard error: a live screen or, where that does not suit, a table every two seconds; and the final
//! tables.

use std::sync::Arc;

use protocol::WorkerState;
use settings::logging::LineSink;

use super::rows;
use super::table::{self, Kind};
use crate::events::{Reporter, RunEvent, RunState, RunView};
use crate::tui::Terminal;

/// Locust's interval, less a margin for ticks that come a little early.
const TABLE_INTERVAL_S: f64 = 1.9;

/// What is shown while a run is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing.
    Nothing,
    /// A table every two seconds.
    Tables,
    /// The live screen of a terminal.
    Screen,
}

/// What the console shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsoleOptions {
    /// While a run is on.
    pub progress: Progress,
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
    }

    fn tick(&mut self, view: &RunView<'_>) {
        let runs = matches!(
            view.state,
            RunState::Spawning | RunState::Running | RunState::Stopping
        );
        match self.options.progress {
            Progress::Screen if runs => self.terminal.show(view),
            Progress::Tables if runs && view.now_unix_s - self.last_table_unix_s >= TABLE_INTERVAL_S => {
                self.last_table_unix_s = view.now_unix_s;
                self.terminal.write(progress(view, Terminal::width()).as_bytes());
            }
            _ => {}
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
            RunEvent::RunStarted { .. } => {
                self.start(view);
                self.tick(view);
            }
            RunEvent::Tick => self.tick(view),
            RunEvent::RunEnded { .. } => self.terminal.hide(),
            RunEvent::Shutdown => {
                self.terminal.hide();
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
    let table = table::statistics(&rows::all(view.stats, view.now_unix_s), Kind::Running, width);
    format!("{header}\n{table}\n")
}

/// The final tables.
fn summary(view: &RunView<'_>, width: usize) -> String {
    let rows = rows::all(view.stats, view.now_unix_s);
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
