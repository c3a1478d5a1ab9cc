//! Kept runs: cut off by a crash, compared, and a history that cannot be written.

use std::path::Path;

use serde_json::Value;
use tests::harness::{Cluster, Setup, Signal, Web, wait_for};

fn with_history(file: &Path) -> Setup {
    let file = file.to_str().expect("a temporary folder has a plain name");
    Setup::new("steady.py").workers(1).args(&["--history", file])
}

fn runs(web: &Web) -> Vec<Value> {
    let list = web.get("/api/v1/runs").expect("the list of runs");
    list["runs"].as_array().expect("runs in the list").clone()
}

/// Starts a run, waits for its requests, and returns its id.
fn run_a_while(cluster: &Cluster, requests: u64) -> String {
    let web = cluster.web();
    web.wait_workers(1);
    assert_eq!(web.swarm("2", "2")["success"], true);
    web.wait_requests(requests);
    wait_for("the run in the list", || {
        let live = runs(&web).into_iter().find(|run| run["is_live"] == true)?;
        live["id"].as_str().map(str::to_owned)
    })
}

#[test]
fn a_run_whose_master_is_killed_is_incomplete() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("history.sqlite");
    let mut cluster = with_history(&file).start();
    let id = run_a_while(&cluster, 10);
    let web = cluster.web();
    // Notes are written where the run is: once they are kept, the run is in the file.
    let path = format!("/api/v1/runs/{id}");
    assert_eq!(web.patch(&path, r#"{"notes": "doomed"}"#).status, 200);
    cluster.restart_master();
    let kept = wait_for("the run of the killed master", || {
        let list = web.get("/api/v1/runs?search=doomed")?;
        list["runs"].as_array()?.first().cloned()
    });
    assert_eq!(kept["id"], id.as_str());
    assert_eq!(
        (kept["state"].as_str(), kept["is_live"].as_bool()),
        (Some("incomplete"), Some(false))
    );
    // Only a worker that has found the new master hears of its end.
    web.wait_workers(1);
    cluster.end_by(Signal::INT).assert_success();
}

#[test]
fn two_runs_are_kept_and_compared() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("history.sqlite");
    let mut cluster = with_history(&file).start();
    let web = cluster.web();
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(run_a_while(&cluster, 10));
        assert_eq!(web.stop()["success"], true);
    }
    assert_ne!(ids[0], ids[1]);
    let compared = web
        .get(&format!(
            "/api/v1/compare?runs={},current&reference={}",
            ids[0], ids[0]
        ))
        .expect("a comparison");
    assert_eq!(compared["reference"], ids[0].as_str());
    assert_eq!(compared["runs"][1]["id"], ids[1].as_str());
    let total = &compared["rows"][0];
    assert_eq!(total["name"], "Aggregated");
    assert_eq!(
        total["changes"][1]["p95_ms"]["verdict"], "unknown",
        "seconds tell nothing"
    );
    let first = web
        .get(&format!("/api/v1/runs/{}", ids[0]))
        .expect("the first run, from the file");
    assert_eq!(first["state"], "stopped");
    assert!(first["requests"].as_u64().unwrap() >= 10, "{first}");
    assert_eq!(web.delete(&format!("/api/v1/runs/{}", ids[0])).status, 204);
    assert_eq!(runs(&web).len(), 1);
    cluster.end_by(Signal::INT).assert_success();
}

#[test]
fn a_headless_run_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("history.sqlite");
    let mut cluster = with_history(&file).headless(2, 2).args(&["-t", "2s"]).start();
    cluster.finish().assert_success();
    assert!(file.metadata().unwrap().len() > 0);
}

#[test]
fn a_run_that_cannot_be_kept_is_no_failure() {
    let place = tempfile::tempdir().unwrap();
    // A folder is in the place of the file.
    let mut cluster = with_history(place.path())
        .headless(2, 2)
        .args(&["-t", "2s"])
        .start();
    cluster.finish().assert_success();
    let log = cluster.master_log();
    assert_eq!(log.matches("history is off").count(), 1, "once: {log}");
}
