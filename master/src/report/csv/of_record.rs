//! The same files of a run's record: of a run that is over and kept, whose statistics are gone.

use super::{EXCEPTIONS_HEADER, FAILURES_HEADER, record, stats_file, utc_time};
use crate::report::rows::{self, Row};
use crate::timeline::views::Row as Counted;
use crate::timeline::{self, RunRecord};

/// `PREFIX_stats.csv` as it was at the end of the run.
pub fn requests_of(run: &RunRecord) -> Vec<u8> {
    let statistics = timeline::statistics(run.window(None, None));
    let mut rows: Vec<Row> = statistics.rows.into_iter().map(row).collect();
    rows.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    rows.push(row(statistics.total));
    stats_file(&rows)
}

/// `PREFIX_failures.csv`, the most frequent error first.
pub fn failures_of(run: &RunRecord) -> Vec<u8> {
    let mut file = record(&FAILURES_HEADER);
    for error in timeline::failures(run.window(None, None)).rows {
        file.extend(record(&[
            error.method,
            error.name,
            error.error,
            error.occurrences.to_string(),
            error.first_seen_unix_s.map(utc_time).unwrap_or_default(),
            error.last_seen_unix_s.map(utc_time).unwrap_or_default(),
        ]));
    }
    file
}

/// `PREFIX_exceptions.csv`.
pub fn exceptions_of(run: &RunRecord) -> Vec<u8> {
    let mut file = record(&EXCEPTIONS_HEADER);
    for exception in run.exceptions.iter() {
        file.extend(record(&[
            exception.count.to_string(),
            exception.msg.clone(),
            exception.traceback.clone(),
            exception.nodes.join(", "),
        ]));
    }
    file
}

fn row(counted: Counted) -> Row {
    let found: Vec<f64> = counted.ms.iter().map(|ms| ms.unwrap_or_default()).collect();
    let percentiles_ms = rows::in_order(&found);
    let is_timed = counted.requests > counted.without_time;
    Row {
        fail_ratio: counted.fail_ratio,
        avg_ms: counted.avg_ms.unwrap_or_default(),
        min_ms: counted.min_ms.unwrap_or_default(),
        max_ms: counted.max_ms.unwrap_or_default(),
        median_ms: percentiles_ms[0],
        avg_content_bytes: counted.avg_bytes,
        // It is over.
        current_rps: 0.0,
        current_failures_per_s: 0.0,
        total_rps: counted.rate,
        total_failures_per_s: counted.fail_rate,
        percentiles_ms: is_timed.then_some(percentiles_ms),
        method: counted.method,
        name: counted.name,
        requests: counted.requests,
        failures: counted.failures,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::samples::short_run;

    #[test]
    fn a_kept_run_has_the_columns_of_the_present_one() {
        let run = short_run("a", 3);
        let text = String::from_utf8(requests_of(&run)).unwrap();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!((lines[0][0], lines[0].len()), ("Type", 22));
        assert!(lines.iter().all(|line| line.len() == 22), "{text}");
        let total = run.window(None, None).total();
        let last = lines.last().unwrap();
        assert_eq!(
            (last[1], last[2].to_owned(), last[3].to_owned()),
            (
                "Aggregated",
                total.requests.to_string(),
                total.failures.to_string()
            )
        );
        let counts = |at: usize| -> u64 {
            let rows = &lines[1..lines.len() - 1];
            rows.iter().map(|line| line[at].parse::<u64>().unwrap()).sum()
        };
        assert_eq!((counts(2), counts(3)), (total.requests, total.failures));
        let failures = String::from_utf8(failures_of(&run)).unwrap();
        assert_eq!(
            failures.lines().count(),
            1 + run.window(None, None).errors().len()
        );
        let exceptions = String::from_utf8(exceptions_of(&run)).unwrap();
        assert!(exceptions.starts_with("Count,Message,Traceback,Nodes\r\n"));
    }
}
