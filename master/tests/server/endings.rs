//! Ends that neither the clock nor the user brings about: the script's `StopTest`, and local workers that die.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use master::events::{EndCause, RunEvent, RunState};
use master::local_workers::{LocalWorkerError, LocalWorkersConfig};
use master::server::MasterError;
use protocol::{
    ClientVersion, Endpoint, Envelope, Link, MemoryTransport, ToMaster, Transport, Value, encode_to_master,
};

use crate::support::{Bench, PORT, config, headless, swarm};

struct Scripted(<MemoryTransport as Transport>::Link);

impl Scripted {
    async fn join(bench: &Bench) -> Self {
        let link = bench
            .net
            .connect(&Endpoint::new("master", PORT), "h_script")
            .await
            .unwrap();
        let mut worker = Self(link);
        worker.say(ToMaster::ClientReady(ClientVersion::Bypass)).await;
        worker
    }

    async fn say(&mut self, message: ToMaster) {
        let node_id = "h_script".to_owned();
        self.0
            .send(encode_to_master(&Envelope { message, node_id }))
            .await
            .unwrap();
    }

    async fn stop_test(&mut self) {
        let data = Value::Map(vec![("reason".into(), "enough seen".into())]);
        self.say(ToMaster::Custom {
            kind: "acrida_stop_test".to_owned(),
            data,
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_scripts_stop_test_ends_a_headless_run_as_its_time_would() {
    let bench = Bench::new(headless(2, 10.0, 600.0, 2)).await;
    let worker = bench.worker("h_a").await;
    let mut script = Scripted::join(&bench).await;
    bench.until(RunState::Running).await;
    script.stop_test().await;
    script.stop_test().await;
    script.say(ToMaster::Quit).await;
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!((outcome.cause, outcome.lost_reports.len()), (EndCause::Script, 0));
    assert_eq!(worker.users(), 0);
    assert!(outcome.stats.total.num_requests > 0);
}

#[tokio::test(start_paused = true)]
async fn a_script_that_quits_the_last_worker_ends_the_run_in_order() {
    let bench = Bench::new(headless(2, 10.0, 600.0, 1)).await;
    let mut script = Scripted::join(&bench).await;
    bench.until(RunState::Spawning).await;
    script
        .say(ToMaster::Custom {
            kind: "acrida_script_quits".to_owned(),
            data: Value::Nil,
        })
        .await;
    script.say(ToMaster::Quit).await;
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!((outcome.cause, outcome.lost_reports.len()), (EndCause::Script, 0));
}

#[tokio::test(start_paused = true)]
async fn a_scripts_stop_test_stops_the_run_and_keeps_a_master_with_a_page() {
    let bench = Bench::new(config()).await;
    let worker = bench.worker("h_a").await;
    let mut script = Scripted::join(&bench).await;
    bench.until_workers(2).await;
    // Without a run there is nothing to stop.
    script.stop_test().await;
    assert_eq!(bench.state().await, RunState::Ready);
    bench.control.start(swarm(2, 10.0)).await.unwrap();
    bench.until(RunState::Running).await;
    script.stop_test().await;
    script.say(ToMaster::Quit).await;
    bench.until(RunState::Stopped).await;
    assert_eq!(worker.users(), 0);
    assert!(bench.events().contains(&RunEvent::RunEnded {
        cause: EndCause::Script
    }));
}

/// A launcher that runs this shell script.
fn launcher(dir: &tempfile::TempDir, script: &str) -> LocalWorkersConfig {
    let program = dir.path().join("worker");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    LocalWorkersConfig {
        processes: 2,
        program: Some(program),
        extra_args: Vec::new(),
        output: None,
    }
}

fn is_early_end(error: &MasterError, expected: i32) -> bool {
    matches!(error, MasterError::LocalWorkers(LocalWorkerError::EndedEarly { code }) if *code == expected)
}

#[tokio::test]
async fn local_workers_that_die_before_all_joined_end_the_master_though_others_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = headless(2, 1.0, 600.0, 2);
    config.local_workers = Some(launcher(&dir, "sleep 0.2; exit 7"));
    let bench = Bench::new(config).await;
    let _other = bench.worker("h_other").await;
    let error = bench.master.await.unwrap().unwrap_err();
    assert!(is_early_end(&error, 7), "{error}");
}

#[tokio::test]
async fn local_workers_that_die_unused_end_a_master_with_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config();
    config.local_workers = Some(launcher(&dir, "exit 3"));
    let error = Bench::new(config).await.master.await.unwrap().unwrap_err();
    assert!(is_early_end(&error, 3), "{error}");
}

#[tokio::test]
async fn local_workers_that_die_in_a_run_end_it_and_the_master_with_results() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config();
    config.local_workers = Some(launcher(&dir, "sleep 1; exit 137"));
    let bench = Bench::new(config).await;
    let mut worker = Scripted::join(&bench).await;
    bench.until_workers(1).await;
    bench.control.start(swarm(1, 10.0)).await.unwrap();
    // The launcher says so for a dead child.
    worker.say(ToMaster::Quit).await;
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(outcome.cause, EndCause::WorkersLost);
}

#[tokio::test]
async fn a_silent_local_worker_does_not_hold_up_giving_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = headless(1, 1.0, 600.0, 1);
    config.run.expect_workers_max_wait_s = Some(0.3);
    config.local_workers = Some(launcher(&dir, "cat > /dev/null"));
    let begun = std::time::Instant::now();
    let error = Bench::new(config).await.master.await.unwrap().unwrap_err();
    assert!(
        matches!(error, MasterError::NotEnoughWorkers { came: 0, expected: 1 }),
        "{error}"
    );
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
