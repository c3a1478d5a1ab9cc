//! Tables of a window: statistics, failures, exceptions, and one distribution.

use std::collections::BTreeMap;

use super::model::{Cell, ErrorId, RequestId, RunRecord};
use super::series::rounded;
use super::totals::Totals;
use super::views::{Exceptions, FailureRow, Failures, Histogram, PERCENTILES, Row, Statistics};
use super::window::Window;

/// Name of the total, as Locust has it.
const TOTAL_NAME: &str = "Aggregated";
/// Seconds of the present rates.
const CURRENT_S: u32 = 10;

/// The table of request names of a window.
pub fn statistics(window: Window<'_>) -> Statistics {
    let rows: Vec<(RequestId, Cell)> = window
        .rows()
        .iter()
        .map(|(id, sum)| (*id, Cell::from(sum)))
        .collect();
    let rows = rows.iter().map(|(id, cell)| (*id, cell));
    table(window, rows, &Cell::from(&window.total()))
}

/// The same of all that statistics count, from sums that are there already.
pub fn whole_statistics(record: &RunRecord, totals: &Totals) -> Statistics {
    let rows = totals.rows.iter().map(|(id, cell)| (*id, cell.as_ref()));
    table(record.window(None, None), rows, &totals.total)
}

fn table<'a>(
    window: Window<'_>,
    rows: impl Iterator<Item = (RequestId, &'a Cell)>,
    total: &Cell,
) -> Statistics {
    let record = window.record();
    let span_s = window.span_s();
    let current = Current::of(record);
    let mut rows: Vec<Row> = rows
        .map(|(id, cell)| {
            let key = record.requests.get(id as usize);
            let (current_rate, current_fail_rate) = current.row(Some(id));
            Row {
                id: Some(id),
                method: key.map(|key| key.method.clone()).unwrap_or_default(),
                name: key.map(|key| key.name.clone()).unwrap_or_default(),
                current_rate,
                current_fail_rate,
                ..row(cell, span_s)
            }
        })
        .collect();
    rows.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    let (current_rate, current_fail_rate) = current.row(None);
    Statistics {
        from_s: window.from_s(),
        to_s: window.to_s(),
        seconds: window.seconds(),
        percentiles: PERCENTILES.to_vec(),
        rows,
        total: Row {
            name: TOTAL_NAME.to_owned(),
            current_rate,
            current_fail_rate,
            ..row(total, span_s)
        },
    }
}

/// Rates of the last complete seconds of a run that goes on.
struct Current {
    counts: BTreeMap<Option<RequestId>, (u64, u64)>,
    seconds: Option<f64>,
}

impl Current {
    fn of(record: &RunRecord) -> Self {
        let mut counts: BTreeMap<Option<RequestId>, (u64, u64)> = BTreeMap::new();
        if !record.is_live() {
            return Self {
                counts,
                seconds: None,
            };
        }
        let width_s = record.width_s.max(1);
        let end_s = u32::try_from(record.complete_intervals())
            .unwrap_or(u32::MAX)
            .saturating_mul(width_s);
        let from_s = end_s
            .saturating_sub(CURRENT_S.max(width_s))
            .max(record.counts_from_s);
        let window = record.window(Some(from_s), Some(end_s));
        for (_, interval) in window.intervals() {
            let cells = interval.cells.iter().map(|(id, cell)| (Some(*id), cell));
            for (id, cell) in cells.chain([(None, &interval.total)]) {
                let (requests, failures) = counts.entry(id).or_default();
                *requests = requests.saturating_add(cell.requests);
                *failures = failures.saturating_add(cell.failures);
            }
        }
        let seconds = window.to_s().saturating_sub(window.from_s());
        Self {
            counts,
            seconds: (seconds > 0).then(|| f64::from(seconds)),
        }
    }

    fn row(&self, id: Option<RequestId>) -> (Option<f64>, Option<f64>) {
        let Some(seconds) = self.seconds else {
            return (None, None);
        };
        let (requests, failures) = self.counts.get(&id).copied().unwrap_or_default();
        let rate = |count: u64| Some(rounded(count as f64 / seconds));
        (rate(requests), rate(failures))
    }
}

/// The figures of a row.
fn row(cell: &Cell, span_s: f64) -> Row {
    let per = |count: f64, by: f64| if by > 0.0 { count / by } else { 0.0 };
    let rounded_all = |all: Vec<Option<f64>>| all.into_iter().map(|ms| ms.map(rounded)).collect();
    Row {
        requests: cell.requests,
        failures: cell.failures,
        without_time: cell.without_time,
        fail_ratio: cell.fail_ratio(),
        avg_ms: cell.avg_ms().map(rounded),
        min_ms: cell.min_ms.map(rounded),
        max_ms: cell.max_ms.map(rounded),
        avg_bytes: rounded(per(cell.bytes as f64, cell.requests as f64)),
        rate: rounded(per(cell.requests as f64, span_s)),
        fail_rate: rounded(per(cell.failures as f64, span_s)),
        ms: rounded_all(cell.percentiles_ms(&PERCENTILES)),
        ok_ms: rounded_all(cell.ok_percentiles_ms(&PERCENTILES)),
        ok_avg_ms: cell.ok_avg_ms().map(rounded),
        lag_p99_ms: cell.lag.percentiles_ms(&[0.99]).pop().flatten().map(rounded),
        status_codes: cell
            .status_codes
            .iter()
            .map(|(code, count)| (code.to_string(), *count))
            .collect(),
        ..Row::default()
    }
}

/// The table of errors of a window.
pub fn failures(window: Window<'_>) -> Failures {
    error_table(window.record(), window.errors())
}

/// The same of all that statistics count, from sums that are there already.
pub fn whole_failures(record: &RunRecord, totals: &Totals) -> Failures {
    error_table(record, totals.errors.iter().map(|(id, count)| (*id, *count)))
}

fn error_table(record: &RunRecord, errors: impl IntoIterator<Item = (ErrorId, u64)>) -> Failures {
    let mut rows: Vec<FailureRow> = errors
        .into_iter()
        .filter_map(|(id, occurrences)| {
            let key = record.errors.get(id as usize)?;
            Some(FailureRow {
                method: key.method.clone(),
                name: key.name.clone(),
                error: key.error.clone(),
                fault: key.fault.map(protocol::Fault::as_str),
                occurrences,
                first_seen_unix_s: key.first_seen,
                last_seen_unix_s: key.last_seen,
                sample: key.sample.clone(),
            })
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.occurrences));
    Failures { rows }
}

/// The table of exceptions of a run.
pub fn exceptions(record: &RunRecord) -> Exceptions {
    Exceptions {
        rows: record.exceptions.to_vec(),
    }
}

/// The distribution of response times of a window: of one request name, or of all.
pub fn histogram(window: Window<'_>, request: Option<RequestId>) -> Histogram {
    let sum = match request {
        None => window.total(),
        Some(request) => window.row(request),
    };
    let mut cells = Vec::new();
    sum.times.for_each_us(|us, count| cells.push((us, count)));
    Histogram {
        from_s: window.from_s(),
        to_s: window.to_s(),
        request,
        count: sum.times.len(),
        min_ms: sum.min_ms.map(rounded),
        max_ms: sum.max_ms.map(rounded),
        cells,
    }
}
