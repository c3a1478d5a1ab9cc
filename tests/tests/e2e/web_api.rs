//! The REST face of the master.

use serde_json::Value;
use tests::harness::{Setup, Signal, get, post_form};

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

#[test]
fn a_test_is_started_edited_stopped_and_started_again() {
    let mut cluster = Setup::new("steady.py").workers(2).start();
    let web = cluster.web();
    web.wait_workers(2);
    assert_eq!(
        web.wait_state("ready", 0)["workers"].as_array().map(Vec::len),
        Some(2)
    );

    let started = web.swarm("4", "10");
    assert_eq!(started["success"], true, "{started}");
    web.wait_state("running", 4);
    web.wait_requests(20);
    assert_eq!(web.swarm("8", "10")["success"], true);
    web.wait_state("running", 8);
    assert_eq!(web.swarm("2", "10")["success"], true);
    web.wait_state("running", 2);

    assert_eq!(web.stop()["success"], true);
    let stopped = web.wait_state("stopped", 0);
    assert_eq!(stopped["worker_count"], 2);

    assert_eq!(web.swarm("3", "10")["success"], true);
    web.wait_state("running", 3);
    web.wait_requests(10);
    cluster.end_by(Signal::TERM).assert_success();
}

#[test]
fn the_statistics_have_locusts_fields() {
    let mut cluster = Setup::new("steady.py").start();
    let web = cluster.web();
    web.wait_workers(1);
    assert_eq!(web.swarm("2", "2")["success"], true);
    let stats = web.wait_requests(10);
    let top = [
        "current_fail_per_sec",
        "current_response_time_percentiles",
        "current_rps",
        "errors",
        "fail_ratio",
        "state",
        "stats",
        "total_fail_per_sec",
        "total_rps",
        "user_count",
        "worker_count",
        "workers",
    ];
    for key in top {
        assert!(keys(&stats).contains(&key), "{key} in {stats}");
    }
    let row = [
        "avg_content_length",
        "avg_response_time",
        "current_fail_per_sec",
        "current_rps",
        "max_response_time",
        "median_response_time",
        "method",
        "min_response_time",
        "name",
        "num_failures",
        "num_requests",
        "response_time_percentile_0.95",
        "response_time_percentile_0.99",
        "total_fail_per_sec",
        "total_rps",
    ];
    for key in row {
        assert!(keys(&stats["stats"][0]).contains(&key), "{key} in {stats}");
    }
    for key in ["cpu_usage", "id", "memory_usage", "state", "user_count"] {
        assert!(keys(&stats["workers"][0]).contains(&key), "{key} in {stats}");
    }
    cluster.end_by(Signal::TERM).assert_success();
}

#[test]
fn a_reset_starts_the_statistics_anew() {
    let mut cluster = Setup::new("mixed.py").env("ITERATIONS", "20").start();
    let web = cluster.web();
    web.wait_workers(1);
    assert_eq!(web.swarm("2", "100")["success"], true);
    web.wait_requests(120);
    web.reset();
    web.wait("empty statistics", |stats| {
        stats["stats"]
            .as_array()
            .and_then(|rows| rows.last())
            .is_some_and(|row| row["num_requests"] == 0)
    });
    cluster.end_by(Signal::TERM).assert_success();
}

#[test]
fn what_cannot_be_run_is_refused() {
    let mut cluster = Setup::new("steady.py").start();
    let web = cluster.web();
    web.wait_workers(1);
    for (users, rate) in [
        ("-1", "1"),
        ("1", "-1"),
        ("1", "nan"),
        ("1", "inf"),
        ("1", "0"),
        ("many", "1"),
    ] {
        let answer =
            post_form(web.port, "/swarm", &[("user_count", users), ("spawn_rate", rate)]).expect("an answer");
        assert_eq!(
            answer.json()["success"],
            false,
            "{users} users at {rate}: {}",
            answer.body
        );
        assert!(
            answer.json()["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }
    assert_eq!(get(web.port, "/stop").expect("an answer").status, 405);
    assert_eq!(get(web.port, "/stats/reset").expect("an answer").status, 405);
    assert_eq!(get(web.port, "/nothing-here").expect("an answer").status, 404);
    assert_eq!(web.stats().expect("statistics")["state"], "ready");
    cluster.end_by(Signal::TERM).assert_success();
}

#[test]
fn a_load_shape_is_chosen_with_the_start() {
    let mut cluster = Setup::new("shapes.py").args(&["--class-picker"]).start();
    let web = cluster.web();
    web.wait_workers(1);
    let form = get(web.port, "/form").expect("the web port answers").json();
    assert_eq!(form["shape_classes"], serde_json::json!(["Two", "Three"]));
    let swarm = |fields: &[(&str, &str)]| post_form(web.port, "/swarm", fields).expect("an answer").json();

    let unknown = swarm(&[("shape_class", "Four")]);
    assert_eq!(unknown["success"], false, "{unknown}");
    let started = swarm(&[("shape_class", "Three")]);
    assert_eq!(started["message"], "Swarming started using shape class 'Three'");
    web.wait_state("running", 3);
    let run = || web.get("/api/v1/runs/current").expect("a run");
    assert_eq!(
        (&run()["shape_class"], &run()["user_classes"]),
        (&"Three".into(), &serde_json::json!(["Visitor"]))
    );
    assert_eq!(web.stop()["success"], true);

    assert_eq!(swarm(&[])["success"], false, "neither a shape nor numbers");
    assert_eq!(web.swarm("1", "1")["message"], "Swarming started");
    web.wait_state("running", 1);
    assert_eq!(run()["shape_class"], serde_json::Value::Null);
    cluster.end_by(Signal::TERM).assert_success();
}
