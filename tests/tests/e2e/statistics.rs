//! The figures of a run are exactly what reached the target.

use tests::harness::{Cluster, Outcome, Setup, Signal, same_counts};

/// Sums the JSON's rows as the CSV has them.
fn json_counts(outcome: &Outcome) -> std::collections::BTreeMap<String, u64> {
    let json = outcome.json();
    let rows = json.as_array().expect("the JSON is an array").clone();
    rows.iter()
        .map(|row| {
            (
                row["name"].as_str().unwrap_or_default().to_owned(),
                row["num_requests"].as_u64().unwrap_or_default(),
            )
        })
        .collect()
}

/// Runs until the target has seen `requests` for `path`, ends the run, and compares all ways of counting.
fn check_exact(mut cluster: Cluster, path: &str, requests: u64) -> (Outcome, Cluster) {
    cluster.target.wait_count(path, requests);
    let outcome = cluster.end_by(Signal::INT);
    let target = cluster.target.counts();
    let stats = outcome.stats();
    same_counts("the CSV", &stats.counts(), &target);
    same_counts("the JSON", &json_counts(&outcome), &target);
    assert_eq!(stats.count("Aggregated"), target.values().sum::<u64>());
    (outcome, cluster)
}

#[test]
fn one_worker_counts_exactly() {
    let cluster = Setup::new("mixed.py")
        .json()
        .headless(6, 100)
        .args(&["-s", "10"])
        .start();
    let (outcome, _cluster) = check_exact(cluster, "/echo", 60);
    outcome.assert_success();
    assert_eq!(outcome.stats().count("/json"), 60);
}

#[test]
fn three_workers_count_exactly() {
    let cluster = Setup::new("mixed.py")
        .json()
        .workers(3)
        .headless(9, 100)
        .args(&["-s", "10"])
        .start();
    let (outcome, _cluster) = check_exact(cluster, "/echo", 90);
    outcome.assert_success();
    assert_eq!(outcome.stats().count("/"), 90);
}

#[test]
fn a_hundred_thousand_requests_are_counted_exactly() {
    let cluster = Setup::new("exact.py")
        .json()
        .workers(2)
        .env("ITERATIONS", "200")
        .headless(50, 500)
        .args(&["-s", "20", "--exit-code-on-error", "0"])
        .start();
    let (outcome, _cluster) = check_exact(cluster, "/status/500", 10_000);
    outcome.assert_success();
    let stats = outcome.stats();
    assert_eq!(stats.count("Aggregated"), 100_000);
    assert_eq!(stats.failures("Aggregated"), 10_000);
    assert_eq!(stats.failures("/status/500"), 10_000);
    let failures = outcome.table("failures");
    assert_eq!(failures.values("Occurrences"), ["10000"]);
}

#[test]
fn failures_make_exit_code_one_and_are_listed() {
    let cluster = Setup::new("exact.py")
        .json()
        .env("ITERATIONS", "5")
        .headless(2, 100)
        .args(&["-s", "10"])
        .start();
    let (outcome, _cluster) = check_exact(cluster, "/status/500", 10);
    assert_eq!(outcome.code, 1);
    assert_eq!(outcome.worker_codes, [0]);
    let failures = outcome.table("failures");
    assert!(
        failures.text("/status/500", "Error").contains("500"),
        "{failures:?}"
    );
}

#[test]
fn csv_files_have_locusts_headers() {
    let mut cluster = Setup::new("steady.py")
        .headless(2, 2)
        .args(&["-t", "3s", "-s", "5"])
        .start();
    let outcome = cluster.finish();
    outcome.assert_success();
    let percentiles = "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%";
    assert_eq!(
        outcome.stats().header(),
        format!(
            "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,\
             Max Response Time,Average Content Size,Requests/s,Failures/s,{percentiles}"
        )
    );
    assert_eq!(
        outcome.table("failures").header(),
        "Method,Name,Error,Occurrences,First Seen,Last Seen"
    );
    assert_eq!(
        outcome.table("exceptions").header(),
        "Count,Message,Traceback,Nodes"
    );
    let history = outcome.table("stats_history");
    assert_eq!(
        history.header(),
        format!(
            "Timestamp,User Count,Type,Name,Requests/s,Failures/s,{percentiles},Total Request Count,\
             Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,\
             Total Max Response Time,Total Average Content Size"
        )
    );
    assert!(history.len() >= 2, "{history:?}");
    assert_eq!(
        *outcome.stats().names().last().expect("there are rows"),
        "Aggregated"
    );
}

#[test]
fn the_final_tables_are_printed() {
    let mut cluster = Setup::new("exact.py")
        .env("ITERATIONS", "5")
        .headless(2, 100)
        .args(&["-s", "10"])
        .start();
    cluster.target.wait_count("/status/500", 10);
    assert_eq!(cluster.end_by(Signal::INT).code, 1);
    let log = cluster.master_log();
    for text in [
        "# reqs",
        "Aggregated",
        "Response time percentiles",
        "Error report",
        "# occurrences",
        "/status/500",
    ] {
        assert!(log.contains(text), "{text:?} in:\n{log}");
    }
}

#[test]
fn percentiles_never_exceed_the_maximum() {
    let mut cluster = Setup::new("steady.py")
        .headless(4, 4)
        .args(&["-t", "2s", "-s", "5"])
        .start();
    let outcome = cluster.finish();
    let stats = outcome.stats();
    for name in stats.names() {
        let max = stats.number(name, "Max Response Time");
        for column in ["50%", "95%", "99%", "99.99%", "100%"] {
            assert!(
                stats.number(name, column) <= max.ceil(),
                "{name} {column} {stats:?}"
            );
        }
    }
}
