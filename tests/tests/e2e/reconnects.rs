//! A master that restarts, and a network that breaks, under workers that go on.

use std::thread::sleep;
use std::time::Duration;

use tests::harness::{Relay, Setup, Signal};

#[test]
fn a_worker_comes_back_to_a_restarted_master_without_its_old_users() {
    let mut cluster = Setup::new("steady.py").args(&["-s", "5"]).start();
    let web = cluster.web();
    web.wait_workers(1);
    assert_eq!(web.swarm("4", "10")["success"], true);
    web.wait_state("running", 4);
    cluster.restart_master();
    web.wait_workers(1);
    let stats = web.wait("a worker without users", |stats| {
        stats["workers"][0]["state"] == "ready" && stats["user_count"] == 0
    });
    assert_eq!(stats["state"], "ready", "{stats}");
    let before = cluster.target.counts();
    assert_eq!(web.swarm("6", "20")["success"], true);
    web.wait_state("running", 6);
    web.wait_requests(20);
    let outcome = cluster.end_by(Signal::TERM);
    outcome.assert_success();
    let after = cluster.target.counts();
    let stats = outcome.stats();
    assert_eq!(stats.count("/"), after["/"] - before["/"]);
}

#[test]
fn a_restarted_master_with_a_run_takes_the_worker_over_and_counts_its_own_run_only() {
    let mut cluster = Setup::new("steady.py").headless(4, 10).start();
    cluster.target.wait_count("/", 40);
    cluster.restart_master();
    cluster.master.wait_line("all 4 users are running");
    let before = cluster.target.counts();
    cluster.target.wait_count("/", before["/"] + 40);
    let outcome = cluster.end_by(Signal::TERM);
    outcome.assert_success();
    let (counted, total) = (outcome.stats().count("/"), cluster.target.counts()["/"]);
    assert!(
        counted > 40 && counted < total,
        "{counted} of {total}: without the first master's"
    );
}

#[test]
fn a_short_network_break_loses_and_doubles_nothing() {
    let setup = Setup::new("steady.py").args(&["-s", "5"]);
    let relay = Relay::to(setup.port());
    let through = relay.port.to_string();
    let mut cluster = setup.worker_args(&["--master-port", &through]).start();
    let web = cluster.web();
    web.wait_workers(1);
    assert_eq!(web.swarm("4", "10")["success"], true);
    web.wait_state("running", 4);
    let before = web.wait_requests(1);
    relay.break_off();
    sleep(Duration::from_secs(2));
    relay.mend();
    web.wait("figures after the break", |stats| {
        stats["stats"][0]["num_requests"].as_u64() > before["stats"][0]["num_requests"].as_u64()
    });
    let outcome = cluster.end_by(Signal::TERM);
    outcome.assert_success();
    assert_eq!(outcome.stats().count("/"), cluster.target.counts()["/"]);
}

#[test]
fn after_a_long_network_break_users_are_not_doubled_and_every_request_counts_once() {
    let setup = Setup::new("steady.py").args(&["-s", "5"]);
    let relay = Relay::to(setup.port());
    let through = relay.port.to_string();
    let mut cluster = setup.worker_args(&["--master-port", &through]).start();
    let web = cluster.web();
    web.wait_workers(1);
    cluster.add_direct_worker();
    web.wait_workers(2);
    assert_eq!(web.swarm("4", "10")["success"], true);
    web.wait_state("running", 4);
    web.wait_requests(1);
    relay.break_off();
    web.wait("all users run on the other", |stats| {
        stats["workers"]
            .as_array()
            .is_some_and(|workers| workers.iter().any(|worker| worker["user_count"] == 4))
    });
    relay.mend();
    web.wait("both are there, with four users in all", |stats| {
        let workers = stats["workers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let counts: Vec<_> = workers
            .iter()
            .map(|worker| worker["user_count"].as_u64())
            .collect();
        let all_there = workers.len() == 2 && workers.iter().all(|worker| worker["state"] == "running");
        all_there && counts.contains(&Some(4)) && counts.contains(&Some(0))
    });
    let outcome = cluster.end_by(Signal::TERM);
    outcome.assert_success();
    assert_eq!(outcome.stats().count("/"), cluster.target.counts()["/"]);
}
