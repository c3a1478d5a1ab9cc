//! Runs that the script's load shape drives.

use std::time::Duration;

use master::events::{EndCause, RunState};
use master::server::MasterConfig;
use protocol::Value;

use crate::script_peer::{Peer, Script, host, map, target};
use crate::support::{Bench, Worker, config, headless, swarm};

async fn bench(mut config: MasterConfig) -> (Bench, Peer, Worker) {
    let script = Script {
        shape: true,
        ..Script::default()
    };
    let (host, peer) = host(script).await;
    config.script_host = Some(host);
    let bench = Bench::new(config).await;
    let worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    (bench, peer, worker)
}

async fn until_users(bench: &Bench, count: u64) {
    for _ in 0..10_000 {
        let users = bench
            .control
            .read(|reading| reading.view.user_count)
            .await
            .unwrap();
        if users == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("there are never {count} users");
}

#[tokio::test(start_paused = true)]
async fn the_shape_decides_about_users_and_the_end() {
    // The run time of the command line does not count, nor do its users.
    let (bench, peer, worker) = bench(headless(99, 99.0, 2.0, 1)).await;
    peer.until("the shape's beginning", |peer| {
        peer.heard("begin_shape").len() == 1
    })
    .await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(worker.users(), 0);
    for users in [4, 10, 2] {
        peer.say(target(users, 10.0));
        until_users(&bench, users).await;
        bench.until(RunState::Running).await;
    }
    peer.say(map(&[("op", "shape_end".into())]));
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(outcome.cause, EndCause::Shape);
    assert_eq!(peer.heard("end_shape").len(), 1);
    assert_eq!(
        peer.hooks(),
        ["test_start", "test_stopping", "test_stop", "quitting"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_ramp_that_is_not_done_does_not_hold_up_the_next_stage() {
    let (bench, peer, worker) = bench(config()).await;
    bench.control.start(swarm(0, 1.0)).await.unwrap();
    peer.until("the shape's beginning", |peer| {
        peer.heard("begin_shape").len() == 1
    })
    .await;
    // This stage alone would take 100 s.
    peer.say(target(100, 1.0));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!((5..15).contains(&worker.users()), "{}", worker.users());
    peer.say(target(40, 100.0));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(worker.users(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_tick_may_name_classes() {
    let (bench, peer, worker) = bench(config()).await;
    bench.control.start(swarm(0, 1.0)).await.unwrap();
    peer.until("the shape's beginning", |peer| {
        peer.heard("begin_shape").len() == 1
    })
    .await;
    // Users that run stay what they are, as in Locust; the class list is for those that come.
    for (users, name, expected) in [(6u64, "A", [6, 0]), (10, "B", [6, 4])] {
        let classes = Value::Array(vec![name.into()]);
        let fields = [
            ("op", "shape".into()),
            ("users", users.into()),
            ("spawn_rate", 100.into()),
            ("user_classes", classes),
        ];
        peer.say(map(&fields));
        until_users(&bench, users).await;
        let last = worker.spawns().pop().unwrap().user_classes_count;
        let counts = ["A", "B"].map(|class| last.get(class).copied().unwrap_or(0));
        assert_eq!(counts, expected, "{last:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nonsense_ends_the_run_and_the_master_with_a_page_stays() {
    let unknown = Value::Array(vec!["Nobody".into()]);
    let classes = [
        ("op", "shape".into()),
        ("users", 6.into()),
        ("spawn_rate", 1.into()),
        ("user_classes", unknown),
    ];
    let failed = [
        ("op", "shape_failed".into()),
        ("message", "ValueError: no".into()),
        ("detail", "".into()),
    ];
    for nonsense in [target(5, -1.0), map(&classes), map(&failed)] {
        let (bench, peer, _worker) = bench(config()).await;
        bench.control.start(swarm(0, 1.0)).await.unwrap();
        peer.until("the shape's beginning", |peer| {
            peer.heard("begin_shape").len() == 1
        })
        .await;
        peer.say(nonsense);
        bench.until(RunState::Stopped).await;
        bench.control.quit(EndCause::Signal).await;
        let outcome = bench.master.await.unwrap().unwrap();
        assert!(outcome.script.unhandled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_shape_that_never_yields_is_given_up() {
    let (bench, peer, _worker) = bench(headless(1, 1.0, 1000.0, 1)).await;
    peer.until("the shape's beginning", |peer| {
        peer.heard("begin_shape").len() == 1
    })
    .await;
    peer.spin();
    let outcome = bench.master.await.unwrap().unwrap();
    assert!(outcome.script.lost);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_a_shape_cannot_be_edited() {
    let (bench, peer, _worker) = bench(config()).await;
    bench.control.start(swarm(0, 1.0)).await.unwrap();
    peer.until("the shape's beginning", |peer| {
        peer.heard("begin_shape").len() == 1
    })
    .await;
    let refused = bench.control.start(swarm(5, 1.0)).await.unwrap_err();
    assert!(refused.contains("load shape"), "{refused}");
}
