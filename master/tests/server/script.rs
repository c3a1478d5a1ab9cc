//! Hooks, messages and calls of the script, the end of a script that dies or hangs.

use std::time::Duration;

use master::events::{EndCause, RunEvent, RunState};
use master::server::MasterConfig;
use protocol::{Endpoint, Envelope, Link, ToMaster, ToWorker, Transport, Value, encode_to_master};

use crate::script_peer::{Peer, Script, host, map};
use crate::support::{Bench, PORT, config, headless, swarm};

async fn bench(mut config: MasterConfig, script: Script) -> (Bench, Peer) {
    let (host, peer) = host(script).await;
    config.script_host = Some(host);
    (Bench::new(config).await, peer)
}

fn slow(hook: &'static str, seconds: u64) -> Script {
    Script {
        slow: [(hook, Duration::from_secs(seconds))].into(),
        ..Script::default()
    }
}

fn position(events: &[RunEvent], wanted: impl Fn(&RunEvent) -> bool) -> usize {
    events.iter().position(wanted).unwrap()
}

#[tokio::test(start_paused = true)]
async fn hooks_come_in_order_and_users_only_after_test_start() {
    let (bench, peer) = bench(headless(4, 10.0, 10.0, 1), slow("test_start", 300)).await;
    let worker = bench.worker("h_a").await;
    peer.until("test_start", |peer| peer.hooks() == ["test_start"])
        .await;
    // Its listeners read what the run is going to be, as those of the usual "a part of the data for each worker" do.
    let told = peer.heard("state").pop().unwrap();
    assert_eq!(told["target_user_count"].as_u64(), Some(4));
    assert_eq!(told["spawn_rate"].as_f64(), Some(10.0));
    tokio::time::sleep(Duration::from_secs(200)).await;
    assert!(worker.spawns().is_empty());
    assert_eq!(
        bench
            .control
            .start(swarm(1, 1.0))
            .await
            .unwrap_err()
            .split(':')
            .next(),
        Some("A run is about to start")
    );
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(
        peer.hooks(),
        ["test_start", "test_stopping", "test_stop", "quitting"]
    );
    assert_eq!(outcome.cause, EndCause::RunTime);
    assert!(outcome.script_host.is_some() && !outcome.script.lost);
    // The run's clock starts with its users: its ten seconds were not spent in the hook.
    let states = peer.heard("state");
    let elapsed_s = states.last().unwrap()["elapsed_s"].as_f64().unwrap();
    assert!((10.0..12.0).contains(&elapsed_s), "{elapsed_s}");
}

#[tokio::test(start_paused = true)]
async fn test_stop_sees_every_report_and_the_results_come_after_it() {
    let stats = map(&[("op", "stats".into()), ("id", 77.into())]);
    let script = Script {
        says_in: [("test_stop", vec![stats])].into(),
        ..slow("test_stop", 30)
    };
    let (bench, peer) = bench(headless(4, 10.0, 5.0, 1), script).await;
    let _worker = bench.worker("h_a").await;
    peer.until("test_stop", |peer| peer.hooks().len() == 3).await;
    let ended = |events: &[RunEvent]| {
        events
            .iter()
            .any(|event| matches!(event, RunEvent::RunEnded { .. }))
    };
    assert!(!ended(&bench.events()));
    let events = bench.events.clone();
    let outcome = bench.master.await.unwrap().unwrap();
    assert!(ended(&events.lock().unwrap()));
    let answers = peer.heard("done");
    let rows = answers[0]["rows"].as_array().unwrap();
    let total = rows.last().unwrap();
    assert_eq!(total["name"].as_str(), Some("Aggregated"));
    assert_eq!(
        total["num_requests"].as_u64(),
        Some(outcome.stats.total.num_requests)
    );
    assert!(outcome.stats.total.num_requests > 10);
}

#[tokio::test(start_paused = true)]
async fn an_edit_fires_nothing_and_a_second_run_fires_all_again() {
    let (bench, peer) = bench(config(), Script::default()).await;
    let _worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    for _ in 0..2 {
        bench.control.start(swarm(2, 10.0)).await.unwrap();
        bench.until(RunState::Running).await;
        bench.control.start(swarm(4, 10.0)).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3)).await;
        bench.control.stop().await.unwrap();
        bench.until_workers(1).await;
    }
    let once = ["test_start", "test_stopping", "test_stop"];
    assert_eq!(peer.hooks(), [once, once].concat());
}

#[tokio::test(start_paused = true)]
async fn workers_do_not_wait_long_for_test_stopping_but_test_stop_does() {
    let (bench, peer) = bench(config(), slow("test_stopping", 60)).await;
    let worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    bench.control.start(swarm(1, 1.0)).await.unwrap();
    bench.until(RunState::Running).await;
    let control = bench.control.clone();
    let stopped = tokio::spawn(async move { control.stop().await });
    peer.until("test_stopping", |peer| peer.hooks().len() == 2).await;
    assert!(!worker.told().contains(&ToWorker::Stop));
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(worker.told().contains(&ToWorker::Stop));
    assert_eq!(peer.hooks().len(), 2);
    stopped.await.unwrap().unwrap();
    assert_eq!(peer.hooks().last().unwrap(), "test_stop");
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_test_start_is_answered_when_all_hooks_are_done() {
    let (bench, peer) = bench(config(), slow("test_start", 100)).await;
    let worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    bench.control.start(swarm(1, 1.0)).await.unwrap();
    bench.control.stop().await.unwrap();
    assert_eq!(peer.hooks(), ["test_start", "test_stopping", "test_stop"]);
    assert!(worker.spawns().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_master_that_is_told_to_end_waits_for_test_start_and_a_second_word_does_not() {
    for patient in [true, false] {
        let (bench, peer) = bench(headless(1, 1.0, 10.0, 1), slow("test_start", 100)).await;
        let worker = bench.worker("h_a").await;
        peer.until("test_start", |peer| peer.hooks().len() == 1).await;
        bench.control.quit(EndCause::Signal).await;
        if !patient {
            bench.control.quit(EndCause::Signal).await;
        }
        let begun = tokio::time::Instant::now();
        let outcome = bench.master.await.unwrap().unwrap();
        assert!(worker.spawns().is_empty());
        if patient {
            assert_eq!(
                peer.hooks(),
                ["test_start", "test_stopping", "test_stop", "quitting"]
            );
        } else {
            assert!(begun.elapsed() < Duration::from_secs(5));
            // A host that is busy with a hook is not asked to run another.
            assert!(outcome.script_host.is_none());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_script_that_dies_ends_the_run_with_its_results() {
    let (bench, peer) = bench(headless(4, 10.0, 1000.0, 1), Script::default()).await;
    let worker = bench.worker("h_a").await;
    bench.until(RunState::Running).await;
    peer.kill();
    let events = bench.events.clone();
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!((outcome.cause, outcome.script.lost), (EndCause::ScriptLost, true));
    assert!(outcome.lost_reports.is_empty() && outcome.stats.total.num_requests > 10);
    assert_eq!(worker.told().last(), Some(&ToWorker::Quit));
    let events = events.lock().unwrap();
    let ended = position(&events, |event| matches!(event, RunEvent::RunEnded { .. }));
    assert!(ended < position(&events, |event| *event == RunEvent::Shutdown));
}

#[tokio::test(start_paused = true)]
async fn a_master_without_a_run_ends_with_its_script() {
    let (bench, peer) = bench(config(), Script::default()).await;
    let _worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    peer.kill();
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!((outcome.cause, outcome.script.lost), (EndCause::ScriptLost, true));
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_never_yields_or_dies_is_given_up_wherever_it_is() {
    for hook in ["test_start", "test_stopping", "test_stop", "quitting"] {
        let spins = Script {
            spins_in: Some(hook),
            ..Script::default()
        };
        let dies = Script {
            dies_in: Some(hook),
            ..Script::default()
        };
        for script in [spins, dies] {
            let (bench, _peer) = bench(headless(2, 10.0, 5.0, 1), script).await;
            let _worker = bench.worker("h_a").await;
            let begun = tokio::time::Instant::now();
            let outcome = bench.master.await.unwrap().unwrap();
            assert!(outcome.script.lost && outcome.script_host.is_none(), "{hook}");
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{hook}: {:?}",
                begun.elapsed()
            );
            let expected = if hook == "test_start" { 0 } else { 15 };
            assert!(outcome.stats.total.num_requests >= expected, "{hook}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_script_says_the_exit_code_and_that_a_listener_raised() {
    let script = Script {
        exit_code: Some(7),
        unhandled: true,
        ..Script::default()
    };
    let (bench, _peer) = bench(headless(1, 1.0, 3.0, 1), script).await;
    let _worker = bench.worker("h_a").await;
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(
        (outcome.script.process_exit_code, outcome.script.unhandled),
        (Some(7), true)
    );
}

#[tokio::test(start_paused = true)]
async fn messages_go_both_ways() {
    let (bench, peer) = bench(config(), Script::default()).await;
    let a = bench.worker("h_a").await;
    let b = bench.worker("h_b").await;
    bench.until_workers(2).await;
    let send = |to: Value| {
        let fields = [
            ("op", "send".into()),
            ("type", "data".into()),
            ("data", 5.into()),
            ("client_id", to),
        ];
        map(&fields)
    };
    peer.say(send(Value::Nil));
    peer.say(send("h_b".into()));
    let custom = ToWorker::Custom {
        kind: "data".to_owned(),
        data: 5.into(),
    };
    let count = |told: Vec<ToWorker>| told.into_iter().filter(|message| *message == custom).count();
    peer.until("both messages", |_| count(b.told()) == 2).await;
    assert_eq!(count(a.told()), 1);

    let mut link = bench
        .net
        .connect(&Endpoint::new("master", PORT), "h_a")
        .await
        .unwrap();
    let message = ToMaster::Custom {
        kind: "back".to_owned(),
        data: "x".into(),
    };
    let node_id = "h_a".to_owned();
    link.send(encode_to_master(&Envelope { message, node_id }))
        .await
        .unwrap();
    peer.until("the answer", |peer| !peer.heard("message").is_empty())
        .await;
    let heard = &peer.heard("message")[0];
    assert_eq!(
        (heard["type"].as_str(), heard["client_id"].as_str()),
        (Some("back"), Some("h_a"))
    );
}

#[tokio::test(start_paused = true)]
async fn events_are_told_to_those_who_listen_only() {
    let (bench, peer) = bench(config(), Script::default()).await;
    let _a = bench.worker("h_a").await;
    bench.until_workers(1).await;
    peer.listen_to(&["worker_connect", "worker_report", "spawning_complete"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _b = bench.worker("h_b").await;
    bench.until_workers(2).await;
    bench.control.start(swarm(2, 10.0)).await.unwrap();
    bench.until(RunState::Running).await;
    peer.until("the events", |peer| !peer.events("spawning_complete").is_empty())
        .await;
    let joined = peer.events("worker_connect");
    assert_eq!((joined.len(), joined[0]["client_id"].as_str()), (1, Some("h_b")));
    let report = &peer.events("worker_report")[0];
    assert!(
        report["data"]["stats_total"]["num_requests"].as_u64() > Some(0),
        "{report}"
    );
    assert!(peer.events("heartbeat_received").is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_script_may_start_stop_and_quit() {
    let (bench, peer) = bench(config(), Script::default()).await;
    let worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    let ask = |op: &str, id: u64| {
        map(&[
            ("op", op.into()),
            ("id", id.into()),
            ("users", 3.into()),
            ("spawn_rate", 5.into()),
        ])
    };
    peer.say(ask("stop", 1));
    peer.until("the refusal", |peer| peer.heard("failed").len() == 1)
        .await;
    peer.say(ask("start", 2));
    bench.until(RunState::Running).await;
    assert_eq!(worker.users(), 3);
    peer.say(ask("stop", 3));
    bench.until(RunState::Stopped).await;
    peer.until("both answers", |peer| peer.heard("done").len() == 2)
        .await;
    let quit = map(&[("op", "quit".into())]);
    // A script that says it twice is no impatient user.
    peer.say(quit.clone());
    peer.say(quit);
    let outcome = bench.master.await.unwrap().unwrap();
    assert_eq!(
        (outcome.cause, peer.hooks().last().unwrap().as_str()),
        (EndCause::Script, "quitting")
    );
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_quit_the_runner() {
    let quit = map(&[("op", "quit".into())]);
    let script = Script {
        says_in: [("test_start", vec![quit])].into(),
        ..Script::default()
    };
    let (bench, peer) = bench(headless(1, 1.0, 1000.0, 1), script).await;
    let worker = bench.worker("h_a").await;
    bench.master.await.unwrap().unwrap();
    assert_eq!(
        peer.hooks(),
        ["test_start", "test_stopping", "test_stop", "quitting"]
    );
    assert!(worker.spawns().is_empty());
}

#[tokio::test(start_paused = true)]
async fn options_set_by_the_start_form_go_out_with_the_next_run() {
    let (bench, _peer) = bench(config(), Script::default()).await;
    let worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    let options = map(&[("env", "prod".into())]);
    bench.control.set_options(options.clone()).await.unwrap();
    bench.control.start(swarm(1, 1.0)).await.unwrap();
    bench.until(RunState::Running).await;
    assert_eq!(worker.spawns()[0].parsed_options, options);
}

#[tokio::test(start_paused = true)]
async fn changed_user_classes_reach_workers_that_join_later() {
    let (bench, peer) = bench(config(), Script::default()).await;
    let settings = map(&[("user_class_name", "A".into()), ("weight", 5.into())]);
    peer.say(map(&[
        ("op", "update_user_class".into()),
        ("settings", settings.clone()),
    ]));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let worker = bench.worker("h_a").await;
    bench.until_workers(1).await;
    let update = ToWorker::UpdateUserClass(settings);
    peer.until("the change", |_| worker.told().contains(&update))
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_script_hears_what_the_master_itself_uses() {
    let (_bench, peer) = bench(config(), Script::default()).await;
    peer.listen_to(&["usage_monitor"]);
    peer.until("two readings", |peer| peer.events("usage_monitor").len() == 2)
        .await;
    let usage = &peer.events("usage_monitor")[1];
    assert!(usage["cpu_usage"].as_f64() >= Some(0.0), "{usage}");
    assert!(usage["memory_usage"].as_u64() > Some(100_000), "{usage}");
}
