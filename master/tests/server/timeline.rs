//! The record of a run against the statistics that the master merges.

use std::time::Duration;

use master::events::RunState;
use master::timeline::RunRecord;
use protocol::StatsEntry;

use crate::support::{Bench, config, headless, swarm};

fn kinds(record: &RunRecord) -> Vec<String> {
    record.marks.iter().map(|mark| mark.kind.clone()).collect()
}

/// Whether the record adds up to the statistics.
fn assert_adds_up(record: &RunRecord, total: &StatsEntry) {
    let sum = record.window(None, None).total();
    assert_eq!(
        (sum.requests, sum.failures, sum.bytes),
        (total.num_requests, total.num_failures, total.total_content_length)
    );
    assert_eq!(sum.times, total.response_times);
    let rows: u64 = record
        .window(None, None)
        .rows()
        .iter()
        .map(|(_, sum)| sum.requests)
        .sum();
    assert_eq!(rows, total.num_requests);
}

#[tokio::test(start_paused = true)]
async fn the_record_of_a_run_adds_up_to_its_statistics() {
    let bench = Bench::new(headless(6, 4.0, 10.0, 2)).await;
    let (_a, _b) = (bench.worker("h1_a").await, bench.worker("h2_b").await);
    let runs = bench.runs.clone();
    let outcome = bench.master.await.unwrap().unwrap();
    let record = runs.current().unwrap();
    assert_adds_up(&record, &outcome.stats.total);
    assert_eq!(kinds(&record), ["start", "spawning_complete", "stop", "end"]);
    assert_eq!(
        (record.info.state.as_str(), record.info.end_cause.as_deref()),
        ("stopped", Some("run_time"))
    );
    assert!(
        (10..12).contains(&record.intervals.len()),
        "{}",
        record.intervals.len()
    );
    assert_eq!(record.intervals[8].gauges.users, 6);
    let (id, name) = (record.request_id("GET", "/"), record.requests[0].name.as_str());
    assert_eq!((id, name), (Some(0), "/"));
}

#[tokio::test(start_paused = true)]
async fn after_a_reset_it_adds_up_to_what_came_since() {
    let bench = Bench::new(config()).await;
    let _worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    bench.control.start(swarm(3, 1.0)).await.unwrap();
    bench.until(RunState::Running).await;
    bench.control.reset_stats().await.unwrap();
    bench.control.start(swarm(6, 1.0)).await.unwrap();
    bench.until(RunState::Running).await;
    bench.control.stop().await.unwrap();
    let total = bench
        .control
        .read(|reading| reading.view.stats.total.clone())
        .await
        .unwrap();
    let record = bench.runs.current().unwrap();
    assert!(total.num_requests > 0);
    assert_adds_up(&record, &total);
    assert!(record.window(Some(0), None).total().requests > total.num_requests);
    assert!(kinds(&record).contains(&"reset".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn lost_workers_and_what_becomes_of_their_users_are_marked() {
    let bench = Bench::new(config()).await;
    let (_a, _b) = (bench.worker("h1_a").await, bench.worker("h2_b").await);
    bench.until_workers(2).await;
    bench.control.start(swarm(4, 100.0)).await.unwrap();
    bench.until(RunState::Running).await;
    bench.net.silence("h2_b", true);
    bench.until_workers(1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    bench.net.silence("h2_b", false);
    bench.until_workers(2).await;
    bench.control.stop().await.unwrap();
    let record = bench.runs.current().unwrap();
    let kinds = kinds(&record);
    assert_eq!(
        kinds,
        [
            "start",
            "spawning_complete",
            "worker_lost",
            "rebalanced",
            "worker_returned",
            "stop",
            "end"
        ]
    );
    assert_eq!(record.marks[2].data["worker"], "h2_b");
}
