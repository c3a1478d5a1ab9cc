//! Statistics as the script sees them: rows with Locust's names, as its own `RequestStats` and reports have them.

use protocol::{RequestStats, StatsEntry, StatsReport, Value};

use crate::events::ExceptionView;

/// The answer to the host's question for the merged statistics: `rows`, the total last, `errors` and `exceptions`.
pub fn stats_answer(stats: &RequestStats, exceptions: &[ExceptionView]) -> Value {
    let rows = stats.entries.values().chain(std::iter::once(&stats.total));
    let errors = stats.errors().into_iter().map(|error| {
        map(vec![
            ("method", error.method.as_str().into()),
            ("name", error.name.as_str().into()),
            ("error", error.error.as_str().into()),
            ("occurrences", error.occurrences.into()),
        ])
    });
    let exceptions = exceptions.iter().map(|exception| {
        let nodes = exception.nodes.iter().map(|node| Value::from(node.as_str()));
        map(vec![
            ("count", exception.count.into()),
            ("msg", exception.msg.as_str().into()),
            ("traceback", exception.traceback.as_str().into()),
            ("nodes", nodes.collect()),
        ])
    });
    map(vec![
        ("rows", rows.map(row).collect()),
        ("errors", errors.collect()),
        ("exceptions", exceptions.collect()),
    ])
}

/// A worker's report as the `worker_report` hook gets it, the keys of its own `report_to_master` hook included.
pub fn report_map(report: &StatsReport) -> Value {
    let errors = report.errors.iter().map(|error| {
        let fields = vec![
            ("name", error.name.as_str().into()),
            ("method", error.method.as_str().into()),
            ("error", error.error.as_str().into()),
            ("occurrences", error.occurrences.into()),
        ];
        (Value::from(error.key()), map(fields))
    });
    let counts = report.user_classes_count.iter();
    let counts = counts.map(|(class, users)| (class.as_str().into(), (*users).into()));
    let own = report.extra.iter();
    let own = own.map(|(key, value)| (key.as_str().into(), value.clone()));
    let fields = [
        ("stats", report.stats.iter().map(row).collect()),
        ("stats_total", row(&report.total)),
        ("errors", Value::Map(errors.collect())),
        ("user_classes_count", Value::Map(counts.collect())),
        ("user_count", report.user_count.into()),
    ];
    let fields = fields.into_iter().map(|(key, value)| (key.into(), value));
    Value::Map(fields.chain(own).collect())
}

fn row(entry: &StatsEntry) -> Value {
    let number = |value: Option<f64>| value.map_or(Value::Nil, Value::from);
    let buckets = entry.response_times.locust_buckets().into_iter();
    let buckets = buckets.map(|(ms, count)| (ms.into(), count.into()));
    map(vec![
        ("name", entry.name.as_str().into()),
        ("method", entry.method.as_str().into()),
        ("last_request_timestamp", number(entry.last_request_timestamp)),
        ("start_time", entry.start_time.into()),
        ("num_requests", entry.num_requests.into()),
        ("num_none_requests", entry.num_none_requests.into()),
        ("num_failures", entry.num_failures.into()),
        ("total_response_time", entry.total_response_time.into()),
        ("max_response_time", entry.max_response_time.into()),
        ("min_response_time", number(entry.min_response_time)),
        ("total_content_length", entry.total_content_length.into()),
        ("response_times", Value::Map(buckets.collect())),
        ("num_reqs_per_sec", seconds(&entry.num_reqs_per_sec)),
        ("num_fail_per_sec", seconds(&entry.num_fail_per_sec)),
    ])
}

fn seconds(counts: &std::collections::BTreeMap<i64, u64>) -> Value {
    let pairs = counts.iter();
    Value::Map(
        pairs
            .map(|(second, count)| ((*second).into(), (*count).into()))
            .collect(),
    )
}

/// A map with text keys.
pub(crate) fn map(fields: Vec<(&str, Value)>) -> Value {
    let fields = fields.into_iter();
    Value::Map(fields.map(|(key, value)| (key.into(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::frames::field;
    use super::*;

    fn report() -> StatsReport {
        let mut entry = StatsEntry::new("/a", "GET", 1000.0);
        entry.record(Some(12.0), 100, 1000.0);
        let mut report = StatsReport::empty(1000.0);
        report.total.merge(&entry);
        report.stats.push(entry);
        report.extra.insert("memory".to_owned(), 5.into());
        report
    }

    #[test]
    fn the_total_is_the_last_row() {
        let mut stats = RequestStats::new(1000.0);
        stats.merge_report(&report(), 1000.0);
        let answer = stats_answer(&stats, &[]);
        let rows = field(&answer, "rows").and_then(Value::as_array).unwrap();
        let names: Vec<_> = rows
            .iter()
            .map(|row| field(row, "name").unwrap().as_str().unwrap())
            .collect();
        assert_eq!(names, ["/a", "Aggregated"]);
        assert_eq!(field(&rows[1], "num_requests"), Some(&Value::from(1)));
        let times = Value::Map(vec![(12.into(), 1.into())]);
        assert_eq!(field(&rows[0], "response_times"), Some(&times));
    }

    #[test]
    fn a_report_has_locusts_keys_and_the_scripts_own() {
        let map = report_map(&report());
        for key in [
            "stats",
            "stats_total",
            "errors",
            "user_classes_count",
            "user_count",
        ] {
            assert!(field(&map, key).is_some(), "{key}");
        }
        assert_eq!(field(&map, "memory"), Some(&Value::from(5)));
    }
}
