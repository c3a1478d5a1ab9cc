//! Runs from start to end: what workers are told, what is counted, what the outcome says.

use std::time::Duration;

use master::events::{EndCause, LeaveReason, RunEvent, RunState};
use master::server::MasterError;
use protocol::{ClientVersion, Endpoint, Envelope, Link, LocustfileReply, ToMaster, ToWorker, Transport};
use protocol::{decode_to_worker, encode_to_master};

use crate::support::{Bench, Manner, PORT, config, headless, swarm};

#[tokio::test(start_paused = true)]
async fn a_headless_run_ramps_up_ends_by_its_time_and_counts_every_report_once() {
    let bench = Bench::new(headless(6, 4.0, 10.0, 2)).await;
    let a = bench
        .worker_that(
            "h1_a",
            Manner {
                repeats_reports: true,
                ..Manner::default()
            },
        )
        .await;
    let b = bench.worker("h2_b").await;
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(
        (outcome.cause, outcome.lost_reports.len()),
        (EndCause::RunTime, 0)
    );
    let spawned: Vec<u64> = a
        .spawns()
        .iter()
        .map(|spawn| spawn.user_classes_count.values().sum())
        .collect();
    assert_eq!(spawned, [1, 2, 3]);
    // Ten for every spawn carried out, five with the last report of each.
    let spawns = (a.spawns().len() + b.spawns().len()) as u64;
    assert_eq!(outcome.stats.total.num_requests, spawns * 10 + 2 * 5);
    assert!(a.told().contains(&ToWorker::SpawningComplete { user_count: 6 }));
    assert_eq!(a.told().last(), Some(&ToWorker::Quit));
}

#[tokio::test(start_paused = true)]
async fn events_tell_the_run_in_order() {
    let bench = Bench::new(headless(1, 1.0, 5.0, 1)).await;
    let _worker = bench.worker("h_a").await;
    let events = bench.events.clone();
    bench.master.await.unwrap().unwrap();
    use RunState::{Ready, Running, Spawning, Stopped, Stopping};
    let id = || "h_a".to_owned();
    let expected = [
        RunEvent::WorkerJoined { id: id(), index: 0 },
        RunEvent::StateChanged {
            from: Ready,
            to: Spawning,
        },
        RunEvent::RunStarted {
            target_users: 1,
            spawn_rate: 1.0,
        },
        RunEvent::StateChanged {
            from: Spawning,
            to: Running,
        },
        RunEvent::SpawningComplete { user_count: 1 },
        RunEvent::StateChanged {
            from: Running,
            to: Stopping,
        },
        RunEvent::WorkerLeft {
            id: id(),
            reason: LeaveReason::Quit,
        },
        RunEvent::StateChanged {
            from: Stopping,
            to: Stopped,
        },
        RunEvent::RunEnded {
            cause: EndCause::RunTime,
        },
        RunEvent::Shutdown,
    ];
    let events = events.lock().unwrap();
    let (reported, told): (Vec<_>, Vec<_>) = events
        .iter()
        .cloned()
        .partition(|event| matches!(event, RunEvent::Reported { .. }));
    assert_eq!(told, expected);
    let of_worker =
        |event: &RunEvent| matches!(event, RunEvent::Reported { node_id, .. } if node_id == "h_a");
    assert!(!reported.is_empty() && reported.iter().all(of_worker));
    // The last report is in before the run counts as over.
    let last = events.iter().rposition(of_worker);
    assert!(
        last < events
            .iter()
            .position(|event| matches!(event, RunEvent::RunEnded { .. }))
    );
}

#[tokio::test(start_paused = true)]
async fn one_iteration_with_five_workers_is_five_acks_five_spawns_five_completions() {
    let bench = Bench::new(config()).await;
    let mut workers = Vec::new();
    for n in 0..5 {
        workers.push(bench.worker(&format!("h{n}_w")).await);
    }
    bench.until_workers(5).await;
    bench.control.start(swarm(5, 1000.0)).await.unwrap();
    bench.until(RunState::Running).await;
    for (index, worker) in workers.iter().enumerate() {
        let told = worker.told();
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(
            told[0],
            ToWorker::Ack {
                index: u32::try_from(index).unwrap(),
                parsed_options: protocol::Value::Map(Vec::new()),
                report_every_s: Some(1),
            }
        );
        assert!(matches!(told[1], ToWorker::Spawn(_)));
        assert_eq!(told[2], ToWorker::SpawningComplete { user_count: 5 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_killed_workers_users_start_again_on_the_others() {
    let bench = Bench::new(config()).await;
    let (a, b) = (bench.worker("h1_a").await, bench.worker("h2_b").await);
    bench.until_workers(2).await;
    bench.control.start(swarm(10, 100.0)).await.unwrap();
    bench.until(RunState::Running).await;
    assert_eq!((a.users(), b.users()), (5, 5));
    b.kill();
    bench.until_workers(1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(a.users(), 10);
    assert_eq!(bench.state().await, RunState::Running);
    // Absolute numbers never fall: nobody who runs is restarted.
    let totals: Vec<u64> = a
        .spawns()
        .iter()
        .map(|s| s.user_classes_count.values().sum())
        .collect();
    assert!(totals.is_sorted(), "{totals:?}");
    bench.control.quit(EndCause::Signal).await;
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(outcome.lost_reports, ["h2_b"]);
}

#[tokio::test(start_paused = true)]
async fn a_worker_cut_off_for_a_while_drops_the_users_others_took_over() {
    let bench = Bench::new(config()).await;
    let (a, b) = (bench.worker("h1_a").await, bench.worker("h2_b").await);
    bench.until_workers(2).await;
    bench.control.start(swarm(4, 100.0)).await.unwrap();
    bench.until(RunState::Running).await;
    bench.net.silence("h2_b", true);
    bench.until_workers(1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    bench.net.silence("h2_b", false);
    bench.until_workers(2).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((a.users(), b.users()), (4, 0));
    assert!(bench.events().contains(&RunEvent::WorkerReturned {
        id: "h2_b".to_owned()
    }));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_joins_at_a_plateau_gets_users_only_with_rebalancing() {
    for (enable_rebalancing, expected) in [(false, (6, 0)), (true, (3, 3))] {
        let mut config = config();
        config.run.enable_rebalancing = enable_rebalancing;
        let bench = Bench::new(config).await;
        let a = bench.worker("h1_a").await;
        bench.until_workers(1).await;
        bench.control.start(swarm(6, 10.0)).await.unwrap();
        bench.until(RunState::Running).await;
        let b = bench.worker("h2_b").await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!((a.users(), b.users()), expected);
        assert!(!b.spawns().is_empty(), "it is told that a run is on");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_report_is_waited_for_as_long_as_the_stop_timeout_allows() {
    let mut config = headless(2, 10.0, 3.0, 1);
    config.run.stop_timeout_s = 10.0;
    let bench = Bench::new(config).await;
    let slow = Manner {
        quit_delay: Duration::from_secs(9),
        ..Manner::default()
    };
    let worker = bench.worker_that("h_a", slow).await;
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(outcome.lost_reports, Vec::<String>::new());
    assert_eq!(
        outcome.stats.total.num_requests,
        worker.spawns().len() as u64 * 10 + 5
    );
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_does_not_deliver_is_named_and_does_not_hold_the_master_up() {
    let bench = Bench::new(headless(2, 10.0, 3.0, 2)).await;
    let _deaf = bench
        .worker_that(
            "h_deaf",
            Manner {
                ignores_endings: true,
                ..Manner::default()
            },
        )
        .await;
    let _good = bench.worker("h_good").await;
    let begun = tokio::time::Instant::now();
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(
        (outcome.cause, outcome.lost_reports),
        (EndCause::RunTime, vec!["h_deaf".to_owned()])
    );
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_does_not_wait() {
    let bench = Bench::new(config()).await;
    let _deaf = bench
        .worker_that(
            "h_deaf",
            Manner {
                ignores_endings: true,
                ..Manner::default()
            },
        )
        .await;
    bench.until_workers(1).await;
    bench.control.start(swarm(1, 1.0)).await.unwrap();
    let begun = tokio::time::Instant::now();
    bench.control.quit(EndCause::Signal).await;
    bench.control.quit(EndCause::Signal).await;
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(outcome.lost_reports, ["h_deaf"]);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn stop_and_a_second_start_work_and_statistics_are_fresh() {
    let mut config = config();
    config.run.stop_timeout_s = 2.0;
    let bench = Bench::new(config).await;
    let manner = Manner {
        away: Duration::from_secs(2),
        ..Manner::default()
    };
    let (a, b) = (
        bench.worker_that("h1_a", manner).await,
        bench.worker_that("h2_b", manner).await,
    );
    bench.until_workers(2).await;
    bench.control.start(swarm(4, 100.0)).await.unwrap();
    bench.until(RunState::Running).await;
    bench.control.stop().await.unwrap();
    assert_eq!(bench.state().await, RunState::Stopped);
    // Ten for each spawn, one in the last report before client_stopped.
    assert_eq!(
        bench.requests().await,
        (a.spawns().len() + b.spawns().len()) as u64 * 10 + 2
    );
    // The workers are still away: the start waits for both, so that neither gets all users.
    let before = a.spawns().len() + b.spawns().len();
    bench.control.start(swarm(6, 100.0)).await.unwrap();
    assert_eq!(bench.requests().await, 0);
    bench.until(RunState::Running).await;
    assert_eq!((a.users(), b.users()), (3, 3));
    let second = (a.spawns().len() + b.spawns().len() - before) as u64;
    assert_eq!(bench.requests().await, second * 10);
    let indexes: Vec<_> = a
        .told()
        .into_iter()
        .filter(|m| matches!(m, ToWorker::Ack { .. }))
        .collect();
    assert_eq!(
        indexes,
        [
            ToWorker::Ack {
                index: 0,
                parsed_options: protocol::Value::Map(Vec::new()),
                report_every_s: Some(1),
            },
            ToWorker::Ack {
                index: 0,
                parsed_options: protocol::Value::Map(Vec::new()),
                report_every_s: Some(1),
            }
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_edit_goes_up_and_down_without_a_stop() {
    let bench = Bench::new(config()).await;
    let worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    for users in [4, 9, 2] {
        bench.control.start(swarm(users, 50.0)).await.unwrap();
        bench.until(RunState::Running).await;
        assert_eq!(worker.users(), users);
    }
    assert!(!worker.told().contains(&ToWorker::Stop));
    let timestamps: Vec<f64> = worker.spawns().iter().map(|spawn| spawn.timestamp).collect();
    assert!(
        timestamps.windows(2).all(|pair| pair[0] < pair[1]),
        "{timestamps:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_run_ends_when_all_workers_are_lost_and_keeps_its_results() {
    let bench = Bench::new(headless(4, 10.0, 600.0, 1)).await;
    let worker = bench.worker("h_a").await;
    bench.until(RunState::Running).await;
    worker.kill();
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(
        (outcome.cause, outcome.lost_reports),
        (EndCause::WorkersLost, vec!["h_a".to_owned()])
    );
    assert!(outcome.stats.total.num_requests > 0);
}

#[tokio::test(start_paused = true)]
async fn too_few_workers_in_time_is_an_error_that_says_how_many_came() {
    let mut config = headless(4, 10.0, 600.0, 3);
    config.run.expect_workers_max_wait_s = Some(10.0);
    let bench = Bench::new(config).await;
    let _worker = bench.worker("h_a").await;
    let error = bench.master.await.unwrap().unwrap_err();
    assert!(
        matches!(error, MasterError::NotEnoughWorkers { came: 1, expected: 3 }),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_start_without_a_worker_is_refused_in_one_line() {
    let bench = Bench::new(config()).await;
    let refused = bench.control.start(swarm(1, 1.0)).await.unwrap_err();
    assert!(refused.contains("No worker"), "{refused}");
    assert_eq!(bench.state().await, RunState::Ready);
}

#[tokio::test(start_paused = true)]
async fn statistics_can_be_reset_when_the_ramp_is_done() {
    let mut config = config();
    config.run.reset_stats = true;
    let bench = Bench::new(config).await;
    let worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    bench.control.start(swarm(5, 10.0)).await.unwrap();
    bench.until(RunState::Running).await;
    assert!(bench.events().contains(&RunEvent::StatsReset));
    assert!(bench.requests().await <= 10 && worker.spawns().len() > 1);
}

#[tokio::test(start_paused = true)]
async fn corrupt_payloads_get_a_reconnect_and_disturb_nobody() {
    let bench = Bench::new(config()).await;
    let _good = bench.worker("h_good").await;
    bench.until_workers(1).await;
    let mut link = bench
        .net
        .connect(&Endpoint::new("master", PORT), "h_bad")
        .await
        .unwrap();
    let ready = ToMaster::ClientReady(ClientVersion::Bypass);
    let ready = encode_to_master(&Envelope {
        message: ready,
        node_id: "h_bad".to_owned(),
    });
    // From a peer nobody knows it is dropped; truncated, trailing and nonsense alike.
    for garbage in [&ready[..ready.len() - 3], &[0x93, 0xa1], &[], &[0xff; 40]] {
        link.send(garbage.to_vec()).await.unwrap();
    }
    link.send(ready.clone()).await.unwrap();
    link.send(ready[..5].to_vec()).await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(decode_to_worker(&link.recv().await.unwrap()).unwrap().message);
    }
    assert_eq!(
        answers,
        [
            ToWorker::Ack {
                index: 1,
                parsed_options: protocol::Value::Map(Vec::new()),
                report_every_s: Some(1),
            },
            ToWorker::Reconnect
        ]
    );
    assert_eq!(bench.workers().await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_locustfile_is_handed_out_without_registering_a_worker() {
    let bench = Bench::new(config()).await;
    let mut link = bench
        .net
        .connect(&Endpoint::new("master", PORT), "h_download")
        .await
        .unwrap();
    let ask = ToMaster::Locustfile {
        version: "2.47.0".to_owned(),
        bundle: None,
    };
    link.send(encode_to_master(&Envelope {
        message: ask,
        node_id: "h_download".to_owned(),
    }))
    .await
    .unwrap();
    let answer = decode_to_worker(&link.recv().await.unwrap()).unwrap().message;
    assert!(
        matches!(answer, ToWorker::Locustfile(LocustfileReply::Error(_))),
        "{answer:?}"
    );
    assert_eq!(bench.workers().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_late_quit_of_a_missing_worker_does_not_stop_the_run_while_another_works() {
    let bench = Bench::new(config()).await;
    let a = bench.worker("h1_a").await;
    let mut silent = bench
        .net
        .connect(&Endpoint::new("master", PORT), "h2_b")
        .await
        .unwrap();
    let say = |message| {
        encode_to_master(&Envelope {
            message,
            node_id: "h2_b".to_owned(),
        })
    };
    silent
        .send(say(ToMaster::ClientReady(ClientVersion::Bypass)))
        .await
        .unwrap();
    bench.until_workers(2).await;
    bench.control.start(swarm(4, 100.0)).await.unwrap();
    bench.until_workers(1).await;
    silent.send(say(ToMaster::Quit)).await.unwrap();
    bench.until(RunState::Running).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((bench.state().await, a.users()), (RunState::Running, 4));
}
