//! How spawn messages are rationed: Locust's own workers pay dearly for each.

use std::time::Duration;

use master::events::RunState;
use master::server::MasterConfig;
use protocol::{ToWorker, Value};

use crate::support::{Bench, Manner, Worker, config, swarm};

const FOREIGN: Manner = Manner {
    ours: false,
    ..Manner::OBEDIENT
};

fn with_options() -> MasterConfig {
    let mut config = config();
    config.run.parsed_options = Value::Map(vec![("profile".into(), "night".into())]);
    config
}

/// Whether each spawn carried the options, in order.
fn carried(worker: &Worker) -> Vec<bool> {
    let spawns = worker.spawns();
    spawns
        .iter()
        .map(|spawn| spawn.parsed_options.as_map().is_some_and(|map| !map.is_empty()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_not_ours_is_told_at_most_once_a_second() {
    let bench = Bench::new(config()).await;
    let (ours, foreign) = (
        bench.worker("h1_a").await,
        bench.worker_that("h2_b", FOREIGN).await,
    );
    bench.until_workers(2).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    bench.control.start(swarm(70, 20.0)).await.unwrap();
    bench.until(RunState::Running).await;
    assert_eq!((ours.users(), foreign.users()), (35, 35));
    assert!(ours.spawns().len() >= 30, "{}", ours.spawns().len());
    // 3.5 s of ramp: at 0, 1, 2 and 3 s, and the rest at 4 s, before which nobody is told that all are there.
    assert_eq!(foreign.spawns().len(), 5);
    assert_eq!(
        foreign.told().last(),
        Some(&ToWorker::SpawningComplete { user_count: 70 })
    );
}

#[tokio::test(start_paused = true)]
async fn the_options_go_out_with_the_first_spawn_of_a_ramp_only() {
    for manner in [Manner::OBEDIENT, FOREIGN] {
        let bench = Bench::new(with_options()).await;
        let worker = bench.worker_that("h_a", manner).await;
        bench.until_workers(1).await;
        let mut seen = 0;
        for users in [20, 40] {
            bench.control.start(swarm(users, 10.0)).await.unwrap();
            bench.until(RunState::Running).await;
            let carried = carried(&worker);
            let first = carried.iter().skip(seen).position(|with| *with);
            assert_eq!(
                carried.iter().skip(seen).filter(|with| **with).count(),
                1,
                "{carried:?}"
            );
            assert_eq!(first, Some(0));
            seen = carried.len();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_was_cut_off_gets_the_options_again() {
    let bench = Bench::new(with_options()).await;
    let (_other, worker) = (bench.worker("h1_a").await, bench.worker("h2_b").await);
    bench.until_workers(2).await;
    bench.control.start(swarm(4, 100.0)).await.unwrap();
    bench.until(RunState::Running).await;
    bench.net.silence("h2_b", true);
    bench.until_workers(1).await;
    bench.net.silence("h2_b", false);
    bench.until_workers(2).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(carried(&worker).last(), Some(&true));
}
