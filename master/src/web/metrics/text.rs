//! The text format of Prometheus, version 0.0.4: for each metric its help, its type and its samples, together.

use std::fmt::{Display, Write};

use super::collect::{BUCKETS_S, Present, Requests};
use crate::events::{RunState, WorkerView};

/// Name, help, and the figure of one row.
type Metric<Row, Figure> = (&'static str, &'static str, fn(&Row) -> Figure);

const STATES: [RunState; 5] = [
    RunState::Ready,
    RunState::Spawning,
    RunState::Running,
    RunState::Stopping,
    RunState::Stopped,
];

/// A text that grows. Writing to it cannot fail.
#[derive(Default)]
struct Page(String);

impl Page {
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP acrida_{name} {help}"));
        self.line(format_args!("# TYPE acrida_{name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
            .collect();
        if labels.is_empty() {
            self.line(format_args!("acrida_{name} {value}"));
        } else {
            self.line(format_args!("acrida_{name}{{{}}} {value}", labels.join(",")));
        }
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.metric(name, kind, help);
        self.sample(name, &[], value);
    }

    fn line(&mut self, line: impl Display) {
        let _a_string_takes_all = writeln!(self.0, "{line}");
    }
}

/// The page.
pub(super) fn render(present: &Present) -> String {
    let mut page = Page::default();
    page.metric("info", "gauge", "Version of the master.");
    page.sample("info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.metric("state", "gauge", "1 for the state the run is in.");
    for state in STATES {
        let is_it = u8::from(present.state == state);
        page.sample("state", &[("state", state.as_str())], is_it);
    }
    let elapsed_s = present.elapsed_s;
    page.single(
        "run_elapsed_seconds",
        "gauge",
        "Seconds the run has taken.",
        elapsed_s,
    );
    page.single("users", "gauge", "Users running.", present.users);
    page.single("target_users", "gauge", "Users wanted.", present.target_users);
    page.metric("class_users", "gauge", "Users running, by class.");
    for (class, users) in &present.users_by_class {
        page.sample("class_users", &[("class", class)], users);
    }
    page.single(
        "in_flight_requests",
        "gauge",
        "Requests under way.",
        present.in_flight,
    );
    let help = "Exceptions of users' code in this run.";
    page.single("exceptions_total", "counter", help, present.exceptions);
    requests(&mut page, &present.requests);
    workers(&mut page, present);
    page.0
}

fn requests(page: &mut Page, rows: &[Requests]) {
    let counters: [Metric<Requests, u64>; 3] = [
        ("requests_total", "Requests that ended in this run.", |row| {
            row.requests
        }),
        (
            "failures_total",
            "Requests of this run that failed; they are in acrida_requests_total too.",
            |row| row.failures,
        ),
        ("response_bytes_total", "Bytes of response bodies.", |row| {
            row.bytes
        }),
    ];
    for (name, help, value) in counters {
        page.metric(name, "counter", help);
        for row in rows {
            let labels = [("method", row.method.as_str()), ("name", row.name.as_str())];
            page.sample(name, &labels, value(row));
        }
    }
    let name = "response_time_seconds";
    page.metric(
        name,
        "histogram",
        "Response times of this run, failed requests included.",
    );
    for row in rows {
        let labels = [("method", row.method.as_str()), ("name", row.name.as_str())];
        let bounds = BUCKETS_S.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        let mut so_far = 0u64;
        for (bound, count) in bounds.zip(row.buckets) {
            so_far = so_far.saturating_add(count);
            let labels = [labels[0], labels[1], ("le", bound.as_str())];
            page.sample("response_time_seconds_bucket", &labels, so_far);
        }
        page.sample("response_time_seconds_sum", &labels, row.sum_s);
        page.sample("response_time_seconds_count", &labels, row.timed);
    }
}

fn workers(page: &mut Page, present: &Present) {
    page.metric("workers", "gauge", "Workers by state.");
    for (state, count) in &present.workers_by_state {
        page.sample("workers", &[("state", state)], count);
    }
    let gauges: [Metric<WorkerView, f64>; 6] = [
        ("worker_users", "Users on the worker.", |worker| {
            worker.user_count as f64
        }),
        (
            "worker_cpu_percent",
            "CPU of the worker, percent of one core.",
            |worker| worker.cpu_percent,
        ),
        (
            "worker_memory_bytes",
            "Resident memory; 0 if the worker does not tell.",
            |worker| worker.memory_bytes as f64,
        ),
        (
            "worker_loop_lag_seconds",
            "How late the worker's event loop runs; 0 if it does not tell.",
            |worker| worker.loop_lag_ms / 1000.0,
        ),
        (
            "worker_connections",
            "Open connections to targets; 0 if the worker does not tell.",
            |worker| worker.connections as f64,
        ),
        (
            "worker_in_flight_requests",
            "Requests under way; 0 if the worker does not tell.",
            |worker| worker.in_flight as f64,
        ),
    ];
    for (name, help, value) in gauges {
        page.metric(name, "gauge", help);
        for worker in &present.workers {
            page.sample(name, &[("worker", &worker.id)], value(worker));
        }
    }
}

/// As the value of a label.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        // Line ends for some parsers, no matter that the format knows one only.
        .replace('\r', " ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use protocol::RequestStats;

    use super::super::super::samples::view_of;
    use super::super::collect;
    use super::*;
    use crate::timeline::{Cell, Interval, RequestKey, RunInfo, RunRecord, Shown, Sum};

    /// The page of a run with these rows: name, response times (None: without), failures.
    fn page(rows: &[(&str, &[Option<f64>], u64)]) -> String {
        page_of(&counted(rows), record(rows))
    }

    fn page_of(stats: &RequestStats, record: RunRecord) -> String {
        let workers = super::super::super::samples::workers();
        let mut present = view_of(stats, &workers, Present::of);
        collect::add_times(&mut present.requests, &Shown { record, totals: None });
        render(&present)
    }

    fn counted(rows: &[(&str, &[Option<f64>], u64)]) -> RequestStats {
        let mut stats = RequestStats::new(1000.0);
        for (place, (name, times_ms, failures)) in rows.iter().enumerate() {
            let at = 1000.0 + place as f64;
            for ms in times_ms.iter().copied() {
                stats.record("GET", name, ms, ms.map_or(0, |_| 10), at);
            }
            for _ in 0..*failures {
                stats.record_failure("GET", name, "boom", at);
            }
        }
        stats
    }

    fn record(rows: &[(&str, &[Option<f64>], u64)]) -> RunRecord {
        let mut requests = Vec::new();
        let mut interval = Interval::default();
        for (name, times_ms, _) in rows {
            let mut sum = Sum::default();
            for ms in times_ms.iter().copied().flatten() {
                sum.times.record_ms(ms);
                sum.sum_ms += ms;
            }
            interval.cells.push((requests.len() as u32, Cell::from(&sum)));
            requests.push(RequestKey {
                method: "GET".to_owned(),
                name: (*name).to_owned(),
            });
        }
        RunRecord {
            info: Arc::new(RunInfo::default()),
            width_s: 1,
            counts_from_s: 0,
            requests: Arc::new(requests),
            errors: Arc::default(),
            intervals: vec![Arc::new(interval)],
            marks: Arc::default(),
            exceptions: Arc::default(),
        }
    }

    #[test]
    fn every_metric_has_its_help_type_and_samples() {
        let times = [0.4, 3.0, 3.0, 70.0, 90_000.0].map(Some);
        insta::assert_snapshot!(page(&[("/a\"b\\c\nd", &times, 0), ("/none", &[None], 1)]));
    }

    #[test]
    fn buckets_are_cumulative_and_end_with_the_count() {
        let text = page(&[("/", &[1.0, 100.0, 100_000.0].map(Some), 0)]);
        let value = |start: &str| -> f64 {
            let line = text.lines().find(|line| line.starts_with(start)).unwrap();
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        let bucket = |le: &str| {
            value(&format!(
                "acrida_response_time_seconds_bucket{{method=\"GET\",name=\"/\",le=\"{le}\"}}"
            ))
        };
        assert_eq!((bucket("0.25"), bucket("60"), bucket("+Inf")), (2.0, 2.0, 3.0));
        assert_eq!(value("acrida_response_time_seconds_count"), 3.0);
        assert!((value("acrida_response_time_seconds_sum") - 100.101).abs() < 1e-6);
    }

    #[test]
    fn names_past_the_limit_are_counted_together() {
        let count = crate::limits::MAX_METRIC_NAMES;
        let names: Vec<String> = (0..count + 3).map(|number| format!("/{number}")).collect();
        let rows: Vec<(&str, &[Option<f64>], u64)> = names
            .iter()
            .map(|name| (name.as_str(), [Some(1.0)].as_slice(), 0))
            .collect();
        let text = page(&rows);
        let rows = text
            .lines()
            .filter(|line| line.starts_with("acrida_requests_total{"))
            .count();
        assert_eq!(rows, count + 1);
        for name in ["requests_total", "response_time_seconds_count"] {
            let rest = format!("acrida_{name}{{method=\"\",name=\"Other\"}} 3");
            assert!(text.contains(&rest), "{text}");
        }
    }

    #[test]
    fn what_was_before_a_reset_is_not_shown() {
        let text = page_of(&RequestStats::new(1000.0), record(&[("/", &[Some(1.0)], 0)]));
        assert!(!text.contains("name=\"/\""), "{text}");
    }
}
