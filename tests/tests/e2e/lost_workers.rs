//! Workers that die during a run.

use rustix::process::{Pid, kill_process};
use tests::harness::{Process, Setup, Signal, children_of, wait_for};

/// Kills the worker's Python process, as the kernel does when memory runs out.
fn kill_child(launcher: &Process) {
    let child = wait_for("a worker process", || children_of(launcher.id()).first().copied());
    let pid = Pid::from_raw(child).expect("a process id is positive");
    kill_process(pid, Signal::KILL).expect("our own process can be killed");
}

#[test]
fn the_users_of_a_killed_worker_restart_on_the_others() {
    let mut cluster = Setup::new("steady.py").workers(3).start();
    let web = cluster.web();
    web.wait_workers(3);
    assert_eq!(web.swarm("6", "6")["success"], true);
    web.wait_state("running", 6);
    let before = web.wait_requests(50);
    kill_child(&cluster.workers[0]);
    assert_eq!(
        cluster.workers[0].wait_exit(tests::harness::PATIENCE),
        137,
        "128 + SIGKILL"
    );
    web.wait_workers(2);
    let after = web.wait("all users run on two workers", |stats| {
        stats["worker_count"] == 2 && stats["user_count"] == 6 && stats["state"] == "running"
    });
    let total = |stats: &serde_json::Value| {
        stats["stats"]
            .as_array()
            .and_then(|rows| rows.last()?["num_requests"].as_u64())
    };
    assert!(total(&after) >= total(&before), "results are kept");
    cluster.master.signal(Signal::TERM);
    let outcome = cluster.finish();
    assert_eq!(outcome.code, 0);
    assert!(outcome.stats().count("Aggregated") > 50);
}

#[test]
fn when_all_workers_are_lost_the_run_ends_with_exit_code_three_and_results() {
    let mut cluster = Setup::new("steady.py").workers(2).headless(4, 4).start();
    cluster.target.wait_count("/", 100);
    // Reports come every three seconds; one of them must be in.
    cluster.target.wait_count("/", 250);
    for worker in &cluster.workers {
        kill_child(worker);
    }
    let outcome = cluster.finish();
    assert_eq!(outcome.code, 3);
    assert_eq!(outcome.worker_codes, [137, 137]);
    assert!(outcome.stats().count("/") > 0);
}

#[test]
fn a_launcher_with_several_processes_goes_on_when_one_dies() {
    let mut cluster = Setup::new("steady.py").worker_args(&["--processes", "2"]).start();
    let web = cluster.web();
    web.wait_workers(2);
    assert_eq!(web.swarm("4", "4")["success"], true);
    web.wait_state("running", 4);
    kill_child(&cluster.workers[0]);
    web.wait("all users run on the other", |stats| {
        stats["worker_count"] == 1 && stats["user_count"] == 4
    });
    cluster.master.signal(Signal::TERM);
    let outcome = cluster.finish();
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.worker_codes, [137]);
}
