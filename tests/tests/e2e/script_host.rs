//! The script's part on the master: hooks, figures, messages, and a script host that fails.

use std::process::Command;

use tests::harness::{Cluster, Outcome, PATIENCE, Setup, Signal, children_of, wait_for};

/// What the script noted on the master, in order.
fn notes(cluster: &Cluster) -> Vec<String> {
    let said = cluster.master_log();
    let notes = said.lines().filter_map(|line| line.strip_prefix("NOTE "));
    notes.map(str::to_owned).collect()
}

fn trouble(kind: &str) -> Setup {
    Setup::new("script_host/trouble.py")
        .env("TROUBLE", kind)
        .headless(2, 100)
        .args(&["-s", "5"])
}

fn assert_results(cluster: &Cluster, outcome: &Outcome) {
    let count = outcome.stats().count("/");
    assert!(count > 0);
    assert_eq!(count, cluster.target.count("/"));
}

#[test]
fn hooks_on_the_master_come_in_order_with_the_final_figures() {
    let setup = Setup::new("script_host/hooks.py").workers(2);
    let mut cluster = setup.headless(4, 100).args(&["-t", "3s", "-s", "5"]).start();
    let outcome = cluster.finish();
    assert_eq!(outcome.code, 42, "{}", cluster.master_log());
    let stats = outcome.stats();
    let (requests, failures) = (stats.count("Aggregated"), stats.failures("Aggregated"));
    let (fine, missing) = (cluster.target.count("/"), cluster.target.count("/status/404"));
    assert_eq!((requests, failures), (fine + missing, missing));
    let final_figures = format!("{requests} {failures} 1");
    let expected = [
        "init".to_owned(),
        "worker_connect".to_owned(),
        "worker_connect".to_owned(),
        "test_start 0 0 0".to_owned(),
        "spawning_complete".to_owned(),
    ];
    let notes = notes(&cluster);
    assert_eq!(notes[..5], expected, "{notes:?}");
    assert!(notes[5].starts_with("test_stopping "), "{notes:?}");
    let last = [
        format!("test_stop {final_figures}"),
        format!("quitting {final_figures}"),
        "quit 42".to_owned(),
    ];
    assert_eq!(notes[6..], last, "{notes:?}");
}

#[test]
fn messages_go_to_all_workers_to_one_and_back() {
    let setup = Setup::new("script_host/messages.py").workers(2);
    let mut cluster = setup.headless(2, 100).start();
    cluster.finish().assert_success();
    let notes = notes(&cluster);
    let told: Vec<_> = notes.iter().filter(|note| !note.starts_with("report")).collect();
    // The listener is concurrent: the second answer does not wait for the first to be done with.
    let expected = [
        "begin all True",
        "begin all True",
        "end",
        "end",
        "begin one True",
        "end",
    ];
    assert_eq!(told, expected);
    assert!(notes.iter().any(|note| note == "report green True"), "{notes:?}");
}

#[test]
fn a_hook_that_raises_is_logged_once_and_the_run_goes_on() {
    let mut cluster = trouble("raises").args(&["-t", "2s"]).start();
    let outcome = cluster.finish();
    let said = cluster.master_log();
    assert_eq!(outcome.code, 2, "{said}");
    assert_results(&cluster, &outcome);
    assert_eq!(
        said.matches("no such thing").count(),
        2,
        "the line and the error: {said}"
    );
    assert_eq!(said.matches("Traceback").count(), 1, "{said}");
    assert!(
        said.contains("trouble.py") && !said.contains("python/acrida/"),
        "{said}"
    );
}

#[test]
fn a_greenlet_of_the_script_may_end_the_run() {
    let mut cluster = trouble("checks").start();
    let outcome = cluster.finish();
    outcome.assert_success();
    assert_results(&cluster, &outcome);
    assert!(outcome.stats().count("/") >= 50);
}

#[test]
fn test_start_may_quit_before_anything_runs() {
    let mut cluster = trouble("quits in test_start").start();
    cluster.finish().assert_success();
    assert_eq!(cluster.target.count("/"), 0);
}

#[test]
fn a_killed_script_host_ends_the_run_with_its_results() {
    let mut cluster = trouble("none").start();
    cluster.target.wait_count("/", 20);
    let hosts = children_of(cluster.master.id());
    assert_eq!(hosts.len(), 1);
    let killed = Command::new("kill").args(["-9", &hosts[0].to_string()]).status();
    assert!(killed.expect("kill runs").success());
    let outcome = cluster.finish();
    let said = cluster.master_log();
    assert_eq!(outcome.code, 1, "{said}");
    assert!(
        said.contains("script host is lost") && said.contains("SIGKILL"),
        "{said}"
    );
    assert_results(&cluster, &outcome);
    assert_eq!(outcome.worker_codes, [0]);
}

#[test]
fn a_hook_that_never_yields_is_given_up_after_the_results_are_in() {
    let mut cluster = trouble("spins").args(&["-t", "2s"]).start();
    // It is asked after 5 s and given 20 s.
    let outcome = cluster.finish_within(2 * PATIENCE);
    let said = cluster.master_log();
    assert_eq!(outcome.code, 1, "{said}");
    assert!(
        said.contains("script host is lost") && said.contains("test_stop"),
        "{said}"
    );
    assert_results(&cluster, &outcome);
}

#[test]
fn a_killed_master_takes_its_script_host_along() {
    let mut cluster = Setup::new("steady.py").workers(0).start();
    cluster.web().wait_workers(0);
    let hosts = children_of(cluster.master.id());
    assert_eq!(hosts.len(), 1);
    cluster.master.signal(Signal::KILL);
    cluster.master.wait_exit(PATIENCE);
    let process = format!("/proc/{}/stat", hosts[0]);
    wait_for("the host has ended", || {
        let is_gone = std::fs::read_to_string(&process).map_or(true, |stat| stat.contains(") Z "));
        is_gone.then_some(())
    });
}
