//! Tables of a window: statistics, failures, exceptions, and one distribution.

use super::model::{RequestId, RunRecord};
use super::series::rounded;
use super::sum::Sum;
use super::views::{Exceptions, FailureRow, Failures, Histogram, PERCENTILES, Row, Statistics};
use super::window::Window;

/// Name of the total, as Locust has it.
const TOTAL_NAME: &str = "Aggregated";

/// The table of request names of a window.
pub fn statistics(window: Window<'_>) -> Statistics {
    let record = window.record();
    let span_s = window.span_s();
    let mut rows: Vec<Row> = window
        .rows()
        .into_iter()
        .map(|(id, sum)| {
            let key = record.requests.get(id as usize);
            Row {
                id: Some(id),
                method: key.map(|key| key.method.clone()).unwrap_or_default(),
                name: key.map(|key| key.name.clone()).unwrap_or_default(),
                ..row(&sum, span_s)
            }
        })
        .collect();
    rows.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    Statistics {
        from_s: window.from_s(),
        to_s: window.to_s(),
        seconds: window.seconds(),
        percentiles: PERCENTILES.to_vec(),
        rows,
        total: Row {
            name: TOTAL_NAME.to_owned(),
            ..row(&window.total(), span_s)
        },
    }
}

/// The figures of a row.
fn row(sum: &Sum, span_s: f64) -> Row {
    let per = |count: f64, by: f64| if by > 0.0 { count / by } else { 0.0 };
    let rounded_all = |all: Vec<Option<f64>>| all.into_iter().map(|ms| ms.map(rounded)).collect();
    let fail_ratio = match (sum.requests, sum.failures) {
        (0, 0) => 0.0,
        (0, _) => 1.0,
        (requests, failures) => failures as f64 / requests as f64,
    };
    Row {
        requests: sum.requests,
        failures: sum.failures,
        without_time: sum.without_time,
        fail_ratio,
        avg_ms: sum.avg_ms().map(rounded),
        min_ms: sum.min_ms.map(rounded),
        max_ms: sum.max_ms.map(rounded),
        avg_bytes: rounded(per(sum.bytes as f64, sum.requests as f64)),
        rate: rounded(per(sum.requests as f64, span_s)),
        fail_rate: rounded(per(sum.failures as f64, span_s)),
        ms: rounded_all(sum.percentiles_ms(&PERCENTILES)),
        ok_ms: rounded_all(sum.ok_percentiles_ms(&PERCENTILES)),
        ok_avg_ms: sum.ok_avg_ms().map(rounded),
        lag_p99_ms: sum.lag.percentile_ms(0.99).map(rounded),
        status_codes: sum
            .status_codes
            .iter()
            .map(|(code, count)| (code.to_string(), *count))
            .collect(),
        ..Row::default()
    }
}

/// The table of errors of a window.
pub fn failures(window: Window<'_>) -> Failures {
    let record = window.record();
    let mut rows: Vec<FailureRow> = window
        .errors()
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
