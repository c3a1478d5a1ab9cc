//! `--html`, `--junit` and `--markdown`: the figures in them are those of the CSV.

use serde_json::Value;
use tests::harness::{Cluster, Outcome, Setup, Signal};

/// Percentiles that both files have, by the CSV's titles.
const PERCENTILES: [(&str, usize); 5] = [("50%", 0), ("90%", 4), ("95%", 5), ("99%", 7), ("100%", 10)];

fn read(cluster: &Cluster, name: &str) -> String {
    let path = cluster.folder().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The record in a report.
fn record(html: &str) -> Value {
    let text = html.split("id=\"record\">").nth(1).expect("a record");
    let text = text.split("</script>").next().expect("its end");
    serde_json::from_str(text).expect("the record is JSON")
}

fn check_row(outcome: &Outcome, row: &Value) {
    let stats = outcome.stats();
    let name = row["name"].as_str().expect("a name");
    let near = |ours: &Value, column: &str| {
        let (ours, csv) = (ours.as_f64().unwrap_or(0.0), stats.number(name, column));
        assert!(
            (ours - csv).abs() <= 0.001,
            "{name} {column}: {ours} and {csv} in the CSV"
        );
    };
    near(&row["requests"], "Request Count");
    near(&row["failures"], "Failure Count");
    near(&row["avg_ms"], "Average Response Time");
    near(&row["min_ms"], "Min Response Time");
    near(&row["max_ms"], "Max Response Time");
    near(&row["avg_bytes"], "Average Content Size");
    for (title, place) in PERCENTILES {
        near(&row["ms"][place], title);
    }
}

#[test]
fn the_reports_figures_are_the_csvs() {
    let mut cluster = Setup::new("mixed.py")
        .workers(2)
        .headless(4, 50)
        .args(&[
            "-s",
            "10",
            "--html",
            "out/r_{u}_{r}.html",
            "--junit",
            "out/j.xml",
            "--markdown",
            "m.md",
        ])
        .start();
    cluster.target.wait_count("/echo", 40);
    let outcome = cluster.end_by(Signal::INT);
    outcome.assert_success();
    let record = record(&read(&cluster, "out/r_4_50.html"));
    let statistics = &record["statistics"];
    let rows = statistics["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 3);
    for row in rows.iter().chain([&statistics["total"]]) {
        check_row(&outcome, row);
    }
    let in_intervals = |field: &str| -> u64 {
        let intervals = record["intervals"].as_array().expect("intervals");
        intervals
            .iter()
            .filter_map(|interval| interval["total"][field].as_u64())
            .sum()
    };
    assert_eq!(in_intervals("requests"), outcome.stats().count("Aggregated"));
    assert_eq!(record["workers"].as_array().map(Vec::len), Some(2));
    assert!(record["ratio"]["total"].is_object());
    let (junit, markdown) = (read(&cluster, "out/j.xml"), read(&cluster, "m.md"));
    assert_eq!(junit.matches("<testcase ").count(), 3);
    assert!(
        junit.contains("tests=\"3\" failures=\"0\" errors=\"0\""),
        "{junit}"
    );
    assert!(
        markdown.contains("✅ **None of 120 requests failed.**"),
        "{markdown}"
    );
}

#[test]
fn failures_are_in_every_file() {
    let mut cluster = Setup::new("exact.py")
        .env("ITERATIONS", "5")
        .headless(2, 10)
        .args(&[
            "-s",
            "5",
            "--html",
            "r.html",
            "--junit",
            "j.xml",
            "--markdown",
            "m.md",
        ])
        .start();
    cluster.target.wait_count("/status/500", 10);
    let outcome = cluster.end_by(Signal::INT);
    assert_eq!(outcome.code, 1);
    let record = record(&read(&cluster, "r.html"));
    check_row(&outcome, &record["statistics"]["total"]);
    assert!(read(&cluster, "j.xml").contains("<failure type=\"failed requests\""));
    assert!(read(&cluster, "m.md").contains("### Failures"));
    let kinds: Vec<&str> = record["diagnosis"]
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|finding| finding["kind"].as_str())
        .collect();
    assert!(kinds.contains(&"errors_throughout"), "{kinds:?}");
}

#[test]
fn a_report_that_can_no_longer_be_written_costs_the_exit_code() {
    let mut cluster = Setup::new("steady.py")
        .headless(2, 2)
        .args(&["-s", "5", "--html", "r.html"])
        .start();
    cluster.target.wait_count("/", 4);
    // A folder in a file's place can be replaced by nobody, not even by root.
    let report = cluster.folder().join("r.html");
    std::fs::remove_file(&report).expect("removed");
    std::fs::create_dir_all(report.join("in the way")).expect("made");
    let outcome = cluster.end_by(Signal::INT);
    assert_eq!(outcome.code, 1);
    let said = cluster.master_log();
    assert!(
        said.contains("results are incomplete") && said.contains("r.html"),
        "{said}"
    );
}
