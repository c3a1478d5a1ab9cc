//! Locust's four CSV files (reference § 3.5): exact headers, CRLF, rewritten every second; the history grows.
//!
//! Percentiles are written with their digits (at most three decimals) where Locust has whole milliseconds, because most
//! answers of a fast target take less than one.

mod of_record;
mod recent;

use std::path::{Path, PathBuf};

use protocol::{RequestStats, StatsEntry, Times};
use settings::CliError;

pub use self::of_record::{exceptions_of, failures_of, requests_of};
use self::recent::RecentTimes;
use super::disk::{self, Disk};
use super::rows::{self, PERCENTILE_TITLES, PERCENTILES, Row};
use crate::events::{ExceptionView, Reporter, RunEvent, RunState, RunView};

/// Writes PREFIX_stats.csv, PREFIX_stats_history.csv, PREFIX_failures.csv and PREFIX_exceptions.csv.
#[derive(Debug)]
pub struct CsvReporter {
    disk: Disk,
    stats: PathBuf,
    history: PathBuf,
    failures: PathBuf,
    exceptions: PathBuf,
    /// Present with `--csv-full-history`.
    recent: Option<RecentTimes>,
}

impl CsvReporter {
    /// Creates the files with their headers, and the directories of the prefix.
    ///
    /// # Errors
    /// A file cannot be written (exit code 1): better said now than after the run.
    pub fn create(prefix: &Path, full_history: bool, disk: Disk) -> Result<Self, CliError> {
        let path = |suffix: &str| beside(prefix, suffix);
        let reporter = Self {
            disk,
            stats: path("_stats.csv"),
            history: history_path(prefix),
            failures: path("_failures.csv"),
            exceptions: path("_exceptions.csv"),
            recent: full_history.then(RecentTimes::default),
        };
        let headers = [
            (&reporter.stats, record(&stats_header())),
            (&reporter.history, record(&history_header())),
            (&reporter.failures, record(&FAILURES_HEADER)),
            (&reporter.exceptions, record(&EXCEPTIONS_HEADER)),
        ];
        for (path, header) in headers {
            disk::create_now(path, &header).map_err(|error| {
                CliError::failure(format!("cannot write {}: {error}", path.display()))
                    .hint("give --csv a prefix in a directory where you may write and where there is space")
            })?;
        }
        Ok(reporter)
    }

    fn rewrite(&self, view: &RunView<'_>) {
        self.disk
            .replace(&self.stats, requests_file(view.stats, view.now_unix_s));
        self.disk.replace(&self.failures, failures_file(view.stats));
        self.disk
            .replace(&self.exceptions, exceptions_file(view.exceptions));
    }

    fn add_history(&mut self, view: &RunView<'_>) {
        let mut lines = Vec::new();
        if let Some(recent) = &mut self.recent {
            recent.advance(view);
            for (entry, row) in rows::sorted(view.stats)
                .into_iter()
                .zip(rows::all(view.stats, view.now_unix_s))
            {
                lines.extend(history_line(view, &row, recent_percentiles(recent, entry)));
            }
            let current = view.stats.current_times(view.now_unix_s);
            let max_ms = view.stats.total.max_response_time;
            let current = percentiles_up_to(&current, max_ms);
            lines.extend(history_line(view, &rows::total(view), Some(current)));
        } else {
            let total = rows::total(view);
            lines.extend(history_line(view, &total, total.percentiles_ms));
        }
        self.disk.append(&self.history, &lines);
    }
}

impl Reporter for CsvReporter {
    fn handle(&mut self, event: &RunEvent, view: &RunView<'_>) {
        match event {
            RunEvent::Tick if matches!(view.state, RunState::Ready | RunState::Stopped) => {}
            RunEvent::Tick | RunEvent::RunEnded { .. } => {
                self.rewrite(view);
                self.add_history(view);
            }
            RunEvent::RunStarted { .. } => self.recent.iter_mut().for_each(RecentTimes::clear),
            RunEvent::StatsReset => {
                self.recent.iter_mut().for_each(RecentTimes::clear);
                self.rewrite(view);
            }
            RunEvent::Shutdown => self.rewrite(view),
            _ => {}
        }
    }
}

fn beside(prefix: &Path, suffix: &str) -> PathBuf {
    let mut path = prefix.as_os_str().to_owned();
    path.push(suffix);
    PathBuf::from(path)
}

/// The file that grows by a line (or one for each entry) every second.
pub fn history_path(prefix: &Path) -> PathBuf {
    beside(prefix, "_stats_history.csv")
}

const FAILURES_HEADER: [&str; 6] = [
    "Method",
    "Name",
    "Error",
    "Occurrences",
    "First Seen",
    "Last Seen",
];
const EXCEPTIONS_HEADER: [&str; 4] = ["Count", "Message", "Traceback", "Nodes"];

fn stats_header() -> Vec<&'static str> {
    let mut header = vec![
        "Type",
        "Name",
        "Request Count",
        "Failure Count",
        "Median Response Time",
        "Average Response Time",
        "Min Response Time",
        "Max Response Time",
        "Average Content Size",
        "Requests/s",
        "Failures/s",
    ];
    header.extend(PERCENTILE_TITLES);
    header
}

fn history_header() -> Vec<&'static str> {
    let mut header = vec![
        "Timestamp",
        "User Count",
        "Type",
        "Name",
        "Requests/s",
        "Failures/s",
    ];
    header.extend(PERCENTILE_TITLES);
    header.extend([
        "Total Request Count",
        "Total Failure Count",
        "Total Median Response Time",
        "Total Average Response Time",
        "Total Min Response Time",
        "Total Max Response Time",
        "Total Average Content Size",
    ]);
    header
}

/// `PREFIX_stats.csv`: every request name, and the total.
pub fn requests_file(stats: &RequestStats, now_unix_s: f64) -> Vec<u8> {
    stats_file(&rows::all(stats, now_unix_s))
}

fn stats_file(rows: &[Row]) -> Vec<u8> {
    let mut file = record(&stats_header());
    for row in rows {
        let mut fields = vec![row.method.clone(), row.name.clone()];
        fields.extend(figures(row));
        fields.extend([float(row.total_rps), float(row.total_failures_per_s)]);
        fields.extend(percentile_fields(row.percentiles_ms));
        file.extend(record(&fields));
    }
    file
}

fn history_line(view: &RunView<'_>, row: &Row, percentiles: Option<[f64; 11]>) -> Vec<u8> {
    let mut fields = vec![
        format!("{}", view.now_unix_s as i64),
        view.user_count.to_string(),
        row.method.clone(),
        row.name.clone(),
        format!("{:.6}", row.current_rps),
        format!("{:.6}", row.current_failures_per_s),
    ];
    fields.extend(percentile_fields(percentiles.filter(|_| row.requests > 0)));
    fields.extend(figures(row));
    record(&fields)
}

/// The seven figures that both files have, in the same order.
fn figures(row: &Row) -> [String; 7] {
    [
        row.requests.to_string(),
        row.failures.to_string(),
        short(row.median_ms),
        float(row.avg_ms),
        float(row.min_ms),
        float(row.max_ms),
        float(row.avg_content_bytes),
    ]
}

fn percentiles_up_to(times: &Times, max_ms: f64) -> [f64; 11] {
    let found = times.percentiles_ms(&PERCENTILES);
    let found: Vec<f64> = found
        .into_iter()
        .map(|ms| ms.unwrap_or(0.0).min(max_ms))
        .collect();
    rows::in_order(&found)
}

fn recent_percentiles(recent: &RecentTimes, entry: &StatsEntry) -> Option<[f64; 11]> {
    let times = recent.times_of(entry);
    Some(percentiles_up_to(&times, entry.max_response_time))
}

fn percentile_fields(values: Option<[f64; 11]>) -> Vec<String> {
    match values {
        Some(values) => values.iter().map(|value| short(*value)).collect(),
        None => vec!["N/A".to_owned(); PERCENTILES.len()],
    }
}

/// `PREFIX_failures.csv`: every error.
pub fn failures_file(stats: &RequestStats) -> Vec<u8> {
    let mut file = record(&FAILURES_HEADER);
    for error in stats.errors() {
        file.extend(record(&[
            error.method.clone(),
            error.name.clone(),
            error.error.clone(),
            error.occurrences.to_string(),
            error.first_seen.map(utc_time).unwrap_or_default(),
            error.last_seen.map(utc_time).unwrap_or_default(),
        ]));
    }
    file
}

/// `PREFIX_exceptions.csv`: what users' code raised, with how often and where.
pub fn exceptions_file(exceptions: &[ExceptionView]) -> Vec<u8> {
    let mut file = record(&EXCEPTIONS_HEADER);
    for exception in exceptions {
        let nodes: Vec<&str> = exception.nodes.iter().map(String::as_str).collect();
        file.extend(record(&[
            exception.count.to_string(),
            exception.msg.clone(),
            exception.traceback.clone(),
            nodes.join(", "),
        ]));
    }
    file
}

/// One record, quoted where needed, with its line end.
fn record<T: AsRef<[u8]>>(fields: &[T]) -> Vec<u8> {
    let mut writer = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // A vector takes every write, and a single record cannot differ in length from another.
    let _cannot_fail = writer.write_record(fields);
    writer.into_inner().unwrap_or_default()
}

/// As Python writes a float: always with a point.
fn float(value: f64) -> String {
    format!("{value:?}")
}

/// At most three decimals, none if they are zeros.
fn short(value: f64) -> String {
    let rounded = (value * 1000.0).round() / 1000.0;
    format!("{rounded}")
}

/// `2026-11-22T10:43:20Z`.
fn utc_time(unix_s: f64) -> String {
    jiff::Timestamp::from_second(unix_s as i64)
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::samples::Sample;
    use super::*;

    fn files_after(full_history: bool, events: &[RunEvent]) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::start().unwrap();
        let prefix = dir.path().join("new/out");
        let mut reporter = CsvReporter::create(&prefix, full_history, disk.clone()).unwrap();
        let sample = Sample::new();
        for event in events {
            reporter.handle(event, &sample.view());
        }
        assert!(disk.flush(Duration::from_secs(20)));
        let mut all = String::new();
        for name in ["stats", "stats_history", "failures", "exceptions"] {
            let text = std::fs::read_to_string(dir.path().join(format!("new/out_{name}.csv"))).unwrap();
            assert!(text.ends_with("\r\n"));
            all += &format!("== {name}\n{}", text.replace("\r\n", "\n"));
        }
        (dir, all)
    }

    #[test]
    fn the_files_have_locusts_headers_from_the_start() {
        insta::assert_snapshot!(files_after(false, &[]).1);
    }

    #[test]
    fn the_files_hold_entries_errors_and_exceptions() {
        insta::assert_snapshot!(files_after(false, &[RunEvent::Tick, RunEvent::Tick, RunEvent::Shutdown]).1);
    }

    #[test]
    fn the_full_history_has_a_line_for_each_entry() {
        let (_dir, text) = files_after(true, &[RunEvent::Tick]);
        let history = text
            .split("== failures")
            .next()
            .unwrap()
            .split("== stats_history")
            .nth(1)
            .unwrap()
            .to_owned();
        insta::assert_snapshot!(history);
    }

    #[test]
    fn a_prefix_that_cannot_be_written_is_said_before_the_run() {
        let error =
            CsvReporter::create(Path::new("/proc/nowhere/x"), false, Disk::start().unwrap()).unwrap_err();
        assert_eq!(error.code(), 1);
        assert!(error.message().contains("/proc/nowhere/x_stats.csv"), "{error}");
    }
}
