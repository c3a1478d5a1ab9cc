//! How a run ends, and that its results are kept.

use std::time::{Duration, Instant};

use tests::harness::{Setup, Signal};

#[test]
fn a_task_in_flight_at_the_end_is_finished_and_counted() {
    let mut cluster = Setup::new("slow_task.py")
        .env("SLOW_MS", "4000")
        .headless(2, 2)
        .args(&["-t", "2s", "-s", "10"])
        .start();
    let outcome = cluster.finish();
    outcome.assert_success();
    assert_eq!(outcome.stats().count("/slow"), 2);
    assert_eq!(cluster.target.count("/slow"), 2);
}

#[test]
fn without_a_stop_timeout_tasks_in_flight_are_cut_off() {
    let setup = Setup::new("slow_task.py")
        .env("SLOW_MS", "20000")
        .headless(2, 2)
        .args(&["-t", "3s"]);
    let mut cluster = setup.start();
    cluster.target.wait_count("/slow", 1);
    let started = Instant::now();
    let outcome = cluster.finish();
    outcome.assert_success();
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(outcome.stats().names(), ["Aggregated"]);
}

#[test]
fn a_stop_timeout_ends_tasks_that_take_too_long() {
    let setup = Setup::new("slow_task.py")
        .env("SLOW_MS", "30000")
        .headless(1, 1)
        .args(&["-t", "2s", "-s", "1"]);
    let started = Instant::now();
    let outcome = setup.start().finish();
    outcome.assert_success();
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
}

fn check_signal_keeps_results(signal: Signal) {
    let mut cluster = Setup::new("steady.py")
        .workers(2)
        .headless(4, 4)
        .args(&["-s", "5"])
        .start();
    cluster.target.wait_count("/", 30);
    let outcome = cluster.end_by(signal);
    outcome.assert_success();
    let stats = outcome.stats();
    assert_eq!(stats.count("/"), cluster.target.count("/"));
    assert_eq!(stats.count("/echo (write)"), cluster.target.count("/echo"));
}

#[test]
fn ctrl_c_writes_the_results() {
    check_signal_keeps_results(Signal::INT);
}

#[test]
fn sigterm_writes_the_results() {
    check_signal_keeps_results(Signal::TERM);
}

#[test]
fn a_second_ctrl_c_does_not_wait() {
    let setup = Setup::new("slow_task.py")
        .env("SLOW_MS", "60000")
        .headless(1, 1)
        .args(&["-s", "50"]);
    let mut cluster = setup.start();
    cluster.target.wait_count("/slow", 1);
    cluster.master.signal(Signal::INT);
    cluster.master.wait_line("topping");
    cluster.master.signal(Signal::INT);
    let _code = cluster.master.wait_exit(Duration::from_secs(10));
    assert!(cluster.folder().join("run_stats.csv").exists());
}

#[test]
fn one_command_is_a_whole_load_test() {
    let setup = Setup::new("mixed.py").workers(0).headless(4, 100);
    let mut cluster = setup.args(&["--processes", "2", "-t", "3s", "-s", "5"]).start();
    let outcome = cluster.finish();
    outcome.assert_success();
    assert_eq!(outcome.stats().count("/json"), 40);
    assert_eq!(outcome.stats().counts(), cluster.target.counts());
}

#[test]
fn ctrl_c_ends_the_local_workers_too() {
    let mut cluster = Setup::new("steady.py")
        .workers(0)
        .headless(2, 2)
        .args(&["--processes", "2", "-s", "5"])
        .start();
    cluster.target.wait_count("/", 10);
    let launchers = tests::harness::children_of(cluster.master.id());
    assert!(!launchers.is_empty());
    cluster.end_by(Signal::INT).assert_success();
    for launcher in launchers {
        let id = u32::try_from(launcher).expect("a process id is positive");
        assert!(
            tests::harness::children_of(id).is_empty(),
            "children of {launcher} are left"
        );
    }
}
