//! What the live screen shows: figures taken from the run's view. No I/O, no layout.

use protocol::{StatsEntry, Times, WorkerState};

use crate::events::{RunState, RunView, WorkerView};
use crate::limits::{MAX_SCREEN_ERRORS, MAX_SCREEN_REQUESTS};

/// The percentiles of the screen, as fractions; 1 is the maximum.
pub(super) const PERCENTILES: [f64; 5] = [0.5, 0.95, 0.99, 0.999, 1.0];
/// Their titles.
pub(super) const PERCENTILE_TITLES: [&str; 5] = ["50%", "95%", "99%", "99.9%", "max"];
/// Seconds the trend of the rate goes back: as many as the statistics keep, without those that may be incomplete.
pub(super) const TREND_S: i64 = 56;
/// The newest seconds, whose reports may be under way.
const UNREPORTED_S: i64 = 4;
/// From here on a worker's CPU use spoils what it measures, percent of a core (Locust's threshold).
const BUSY_CPU_PERCENT: f64 = 90.0;
/// From here on the delay of a worker's event loop spoils what it measures, milliseconds.
const BUSY_LAG_MS: f64 = 100.0;

/// Everything the screen shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Screen {
    pub(super) state: RunState,
    pub(super) elapsed_s: f64,
    pub(super) run_time_s: Option<f64>,
    pub(super) users: u64,
    pub(super) target_users: u64,
    pub(super) spawn_rate: f64,
    pub(super) workers_up: usize,
    pub(super) workers_missing: usize,
    /// Requests and failures per second of the last seconds.
    pub(super) rate: f64,
    pub(super) fail_rate: f64,
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) fail_ratio: f64,
    /// Requests of each of the last seconds, the oldest first.
    pub(super) trend: Vec<u64>,
    /// Milliseconds by [`PERCENTILES`]: of the last 10 s, and of the whole run.
    pub(super) recent_ms: Option<[f64; 5]>,
    pub(super) whole_ms: Option<[f64; 5]>,
    pub(super) generator: Generator,
    /// Request names by their rate, the highest first; how many there are beside these.
    pub(super) requests_by_rate: Vec<RequestLine>,
    pub(super) more_requests: usize,
    /// Errors, the most frequent first; how many there are beside these.
    pub(super) errors: Vec<(u64, String)>,
    pub(super) more_errors: usize,
    /// Exceptions of users' code, and how many different ones.
    pub(super) exceptions: u64,
    pub(super) exception_kinds: usize,
}

/// One request name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RequestLine {
    pub(super) name: String,
    /// Requests per second of the last seconds.
    pub(super) rate: f64,
    /// Over the whole run.
    pub(super) fail_ratio: f64,
    /// 95th percentile over the whole run.
    pub(super) p95_ms: Option<f64>,
}

/// The worst of the workers: whether what they measure can be trusted.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Generator {
    /// Percent of a core, and whose.
    pub(super) cpu: Option<(f64, String)>,
    /// Milliseconds, and whose.
    pub(super) loop_lag: Option<(f64, String)>,
}

impl Generator {
    fn of(workers: &[WorkerView]) -> Self {
        let worst = |figure: fn(&WorkerView) -> f64| {
            workers
                .iter()
                .filter(|worker| worker.state != WorkerState::Missing)
                .map(|worker| (figure(worker), worker.id.clone()))
                .max_by(|a, b| a.0.total_cmp(&b.0))
        };
        Self {
            cpu: worst(|worker| worker.cpu_percent),
            loop_lag: worst(|worker| worker.loop_lag_ms),
        }
    }

    /// Whether a worker is too busy to measure well.
    pub(super) fn is_busy(&self) -> bool {
        let reaches =
            |figure: &Option<(f64, String)>, limit| figure.as_ref().is_some_and(|(value, _)| *value >= limit);
        reaches(&self.cpu, BUSY_CPU_PERCENT) || reaches(&self.loop_lag, BUSY_LAG_MS)
    }
}

impl Screen {
    pub(super) fn of(view: &RunView<'_>) -> Self {
        let (stats, total) = (view.stats, &view.stats.total);
        let missing = view
            .workers
            .iter()
            .filter(|worker| worker.state == WorkerState::Missing)
            .count();
        let recent = stats.current_times(view.now_unix_s);
        let requests_by_rate = requests_by_rate(view);
        let mut errors = stats.errors();
        errors.sort_by_key(|error| std::cmp::Reverse(error.occurrences));
        Self {
            state: view.state,
            elapsed_s: view.elapsed_s,
            run_time_s: view.run_time_s,
            users: view.user_count,
            target_users: view.target_user_count,
            spawn_rate: view.spawn_rate,
            workers_up: view.workers.len() - missing,
            workers_missing: missing,
            rate: stats.current_rps(view.now_unix_s),
            fail_rate: stats.current_fail_per_sec(view.now_unix_s),
            requests: total.num_requests,
            failures: total.num_failures,
            fail_ratio: total.fail_ratio(),
            trend: trend(total, view.now_unix_s),
            recent_ms: percentiles(&recent, None),
            whole_ms: percentiles(&total.response_times, Some(total.max_response_time)),
            generator: Generator::of(view.workers),
            more_requests: stats.entries.len() - requests_by_rate.len(),
            requests_by_rate,
            more_errors: errors.len().saturating_sub(MAX_SCREEN_ERRORS),
            errors: errors
                .into_iter()
                .take(MAX_SCREEN_ERRORS)
                .map(|error| {
                    (
                        error.occurrences,
                        format!("{} {}: {}", error.method, error.name, error.error),
                    )
                })
                .collect(),
            exceptions: view.exceptions.iter().map(|exception| exception.count).sum(),
            exception_kinds: view.exceptions.len(),
        }
    }
}

fn percentiles(times: &Times, max_ms: Option<f64>) -> Option<[f64; 5]> {
    if times.is_empty() {
        return None;
    }
    let mut ms = PERCENTILES.map(|percentile| times.percentile_ms(percentile).unwrap_or_default());
    // The histogram's last step is coarser than the maximum that is kept beside it.
    if let (Some(last), Some(max_ms)) = (ms.last_mut(), max_ms) {
        *last = max_ms;
    }
    Some(ms)
}

/// Requests of each second up to the newest that is complete. Empty before the first.
fn trend(total: &StatsEntry, now_unix_s: f64) -> Vec<u64> {
    let Some(last_s) = total.last_request_timestamp else {
        return Vec::new();
    };
    // When nothing comes any more the trend goes on, with zeros.
    let end = (last_s as i64).max(now_unix_s as i64 - UNREPORTED_S);
    let start = (end - TREND_S).max(total.start_time as i64);
    (start..end)
        .map(|second| total.num_reqs_per_sec.get(&second).copied().unwrap_or(0))
        .collect()
}

fn requests_by_rate(view: &RunView<'_>) -> Vec<RequestLine> {
    let stats = view.stats;
    let mut entries: Vec<(f64, &StatsEntry)> = stats
        .entries
        .values()
        .map(|entry| (stats.entry_current_rps(entry, view.now_unix_s), entry))
        .collect();
    let order = |a: &(f64, &StatsEntry), b: &(f64, &StatsEntry)| {
        let names = || (&a.1.name, &a.1.method).cmp(&(&b.1.name, &b.1.method));
        let counts = || b.1.num_requests.cmp(&a.1.num_requests);
        b.0.total_cmp(&a.0).then_with(counts).then_with(names)
    };
    entries.sort_by(order);
    entries.truncate(MAX_SCREEN_REQUESTS);
    let line = |(rate, entry): (f64, &StatsEntry)| RequestLine {
        name: format!("{} {}", entry.method, entry.name),
        rate: rate + 0.0,
        fail_ratio: entry.fail_ratio(),
        p95_ms: (!entry.response_times.is_empty()).then(|| entry.percentile_ms(0.95)),
    };
    entries.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::report::samples::Sample;
    use super::*;

    #[test]
    fn the_worst_worker_that_is_there_tells_the_generators_health() {
        let sample = Sample::new();
        let mut workers = sample.view().workers.to_vec();
        workers[1].cpu_percent = 100.0;
        let generator = Generator::of(&workers);
        assert_eq!(
            generator.cpu,
            Some((50.0, "box_0".to_owned())),
            "the other is missing"
        );
        assert!(!generator.is_busy());
        workers[0].loop_lag_ms = 150.0;
        assert!(Generator::of(&workers).is_busy());
        assert_eq!(Generator::of(&[]), Generator::default());
    }

    #[test]
    fn the_trend_has_complete_seconds_only_and_falls_to_zero_when_traffic_stops() {
        let sample = Sample::new();
        let total = &sample.view().stats.total;
        let start = total.start_time;
        assert_eq!(
            trend(total, start + 12.5),
            [10, 11, 10, 10, 10, 10, 10, 10, 10, 10, 10]
        );
        assert_eq!(trend(total, start + 18.0)[10..], [10, 10, 0, 0]);
        assert!(trend(total, start + 1000.0).iter().all(|requests| *requests == 0));
    }

    #[test]
    fn names_come_by_rate_and_the_maximum_is_exact() {
        let screen = Screen::of(&Sample::new().view());
        let names: Vec<&str> = screen
            .requests_by_rate
            .iter()
            .map(|line| line.name.as_str())
            .collect();
        assert_eq!(names, ["GET /a, \"b\"", "WAIT untimed"]);
        assert_eq!(screen.requests_by_rate[1].p95_ms, None);
        assert_eq!(screen.whole_ms.map(|ms| ms[4]), Some(178.75));
        assert_eq!((screen.exceptions, screen.exception_kinds), (3, 1));
    }
}
