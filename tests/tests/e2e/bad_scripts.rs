//! Scripts that misbehave: each trouble is told once, with the script's own frames, and the other users do not suffer.

use std::time::{Duration, Instant};

use tests::harness::{Binary, Outcome, Places, Setup, Signal, Single, free_port, wait_for};

/// A run of `bad_scripts.py`: the outcome, the worker's log and what the script noted.
struct Case {
    outcome: Outcome,
    log: String,
    notes: String,
    target_count: u64,
}

/// Runs a case for some seconds with three users that behave and one that does not.
fn run(case: &str, run_time: &str) -> Case {
    let setup = Setup::new("bad_scripts.py");
    let notes = setup.folder().join("notes");
    std::fs::write(&notes, "").expect("the run's folder can be written");
    let mut cluster = setup
        .env("CASE", case)
        .env("NOTES", &notes.display().to_string())
        .headless(4, 4)
        .args(&["-t", run_time])
        .start();
    let outcome = cluster.finish_within(Duration::from_secs(90));
    Case {
        outcome,
        log: cluster.workers[0].stderr(),
        notes: std::fs::read_to_string(&notes).unwrap_or_default(),
        target_count: cluster.target.count("/"),
    }
}

impl Case {
    /// Asserts that `line` is logged exactly once, and that no frame of ours is shown.
    fn assert_told_once(&self, line: &str) -> &Self {
        assert_eq!(self.log.matches(line).count(), 1, "{line:?} in: {}", self.log);
        assert!(!self.log.contains("acrida/event.py"), "{}", self.log);
        assert!(!self.log.contains("gevent/"), "{}", self.log);
        self
    }

    /// Asserts that the other users went on, and that nothing is counted that did not reach the target, or twice.
    fn assert_others_go_on(&self) -> &Self {
        let stats = self.outcome.stats();
        assert!(stats.count("good") > 20, "{:?}", stats.counts());
        // A user that is stopped in the middle of a request leaves it to the target alone; three users behave.
        let left = self.target_count.checked_sub(stats.count("good"));
        assert!(
            left.is_some_and(|left| left <= 3),
            "{left:?} of {}",
            self.target_count
        );
        assert_eq!(stats.names(), ["good", "Aggregated"], "{}", self.log);
        self
    }
}

#[test]
fn a_hook_that_raises_on_every_request_is_shown_once_and_counted() {
    let case = run("hook", "3s");
    case.assert_told_once("in on_request")
        .assert_told_once("ZeroDivisionError('in the hook'): ")
        .assert_others_go_on();
    assert!(case.log.contains("times in all"), "{}", case.log);
    assert_eq!(case.outcome.worker_codes, [2]);
}

#[test]
fn sys_exit_ends_no_process_wherever_it_is_called() {
    for (name, shown) in [
        ("exit_in_task", "in exit_in_task"),
        ("exit_on_start", "in on_start"),
        ("exit_in_hook", "in on_test_start"),
        ("exit_in_greenlet", "A greenlet of the script died:"),
    ] {
        run(name, "3s").assert_told_once(shown).assert_others_go_on();
    }
}

#[test]
fn a_worker_whose_script_lacks_a_package_or_exits_says_where() {
    let script = Places::find().locustfile("bad_scripts.py").display().to_string();
    for (name, shown) in [
        ("missing_package", "No module named 'no_such_package_of_mine'"),
        ("exit_at_import", "the script called sys.exit(3)"),
    ] {
        let worker = Single::run(Binary::Worker, |command, folder| {
            command
                .args(["-f", &script, "--master-host", "127.0.0.1"])
                .env("CASE", name)
                .env("NOTES", folder.join("notes"));
        });
        assert_eq!(worker.code, 1, "{}", worker.stderr);
        assert!(worker.stderr.contains(shown), "{}", worker.stderr);
        assert!(worker.stderr.contains("in <module>"), "{}", worker.stderr);
        assert!(!worker.stderr.contains("script_loader"), "{}", worker.stderr);
    }
}

#[test]
fn a_forked_child_neither_loads_the_target_nor_counts_nor_speaks_for_the_worker() {
    let case = run("fork", "4s");
    case.assert_others_go_on();
    case.outcome.assert_success();
    assert!(
        case.notes.contains("refused: this process was forked"),
        "{}",
        case.notes
    );
    assert!(case.notes.contains("waited"), "the child ended: {}", case.notes);
}

#[test]
fn child_processes_work_and_do_not_keep_the_worker() {
    let began = Instant::now();
    let case = run("processes", "4s");
    case.assert_others_go_on();
    let lasting = case.notes.lines().find_map(|line| line.strip_prefix("lasting "));
    let lasting = lasting.expect("the script started it").to_owned();
    let ended = std::process::Command::new("kill").arg(lasting).status();
    assert!(
        ended.is_ok_and(|status| status.success()),
        "it outlives the worker"
    );
    for note in ["in process", "exit code 0", "cat read b''"] {
        assert!(case.notes.contains(note), "{}", case.notes);
    }
    case.outcome.assert_success();
    case.assert_told_once("keeps this process from ending");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_script_that_blocks_is_told_where_and_the_others_go_on_afterwards() {
    let case = run("block", "10s");
    case.outcome.assert_success();
    case.assert_told_once("The script has not let other users run for")
        .assert_told_once("in block")
        .assert_told_once("Other users run again")
        .assert_others_go_on();
    assert!(case.notes.contains("blocked"));
}

#[test]
fn greenlets_that_outlive_their_users_are_ended_and_listed() {
    let case = run("leftovers", "3s");
    case.outcome.assert_success();
    case.assert_told_once("3 greenlets that users started were still running")
        .assert_told_once("gevent.spawn(leftover)")
        .assert_others_go_on();
}

#[test]
fn a_script_that_spins_is_ended_soon_after_its_last_figures() {
    let began = Instant::now();
    let case = run("spin", "3s");
    assert!(case.log.contains("in spin"), "{}", case.log);
    assert!(case.log.contains("this process is ended"), "{}", case.log);
    assert_eq!(case.outcome.worker_codes, [1]);
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
}

#[test]
fn a_local_worker_that_dies_before_it_joins_ends_the_wait() {
    let places = Places::find();
    let run = Single::run(Binary::Master, |command, folder| {
        let port = free_port().to_string();
        command.arg("-f").arg(places.locustfile("bad_scripts.py"));
        command.args(["--headless", "-u", "1", "-t", "60s", "--processes", "2"]);
        command.args(["--master-bind-host", "127.0.0.1", "--master-bind-port", &port]);
        command
            .env("CASE", "dies_early")
            .env("NOTES", folder.join("notes"));
    });
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("ended before the run began"),
        "{}",
        run.stderr
    );
}

/// A listener of `report_to_master` adds to every report; the master still counts exactly.
#[test]
fn listeners_add_to_reports_and_hear_of_heartbeats() {
    let setup = Setup::new("report_hooks.py");
    let notes = setup.folder().join("notes");
    let mut cluster = setup
        .env("NOTES", &notes.display().to_string())
        .headless(2, 2)
        .args(&["-t", "7s"])
        .start();
    let outcome = cluster.finish();
    outcome.assert_success();
    assert_eq!(outcome.stats().count("/"), cluster.target.count("/"));
    let notes = std::fs::read_to_string(&notes).expect("the script noted something");
    let reports = notes.lines().filter(|line| *line == "report").count();
    // One report a second, one at the greeting and those at the end; a busy machine may miss some.
    assert!((4..=12).contains(&reports), "one for each report: {notes}");
    for line in ["heartbeat", "usage"] {
        assert!(notes.lines().any(|noted| noted == line), "{line} in {notes}");
    }
}

#[test]
fn exceptions_and_logs_are_listed_by_the_master() {
    let mut cluster = Setup::new("raising.py").json().start();
    cluster.web().wait_workers(1);
    assert_eq!(cluster.web().swarm("2", "2")["success"], true);
    let listed = wait_for("an exception", || {
        let found = cluster.web().get("/exceptions")?;
        (!found["exceptions"].as_array()?.is_empty()).then_some(found)
    });
    let row = &listed["exceptions"][0];
    assert_eq!(row["msg"], "nothing on the shelf");
    assert!(row["count"].as_u64() > Some(0));
    let traceback = row["traceback"].as_str().expect("a text");
    assert!(
        traceback.contains("in take") && !traceback.contains("python/acrida/"),
        "{traceback}"
    );
    assert!(row["nodes"].as_str().is_some_and(|nodes| nodes.contains('_')));
    let logs = wait_for("the worker's log", || {
        let found = cluster.web().get("/logs")?;
        let is_open = "raising_logger: the shelf is open";
        found["workers"].to_string().contains(is_open).then_some(found)
    });
    assert!(logs["workers"].to_string().contains("loaded the shelf"), "{logs}");
    assert!(logs["master"].to_string().contains("starting 2 users"), "{logs}");
    let outcome = cluster.end_by(Signal::INT);
    assert_eq!(
        outcome.table("exceptions").values("Message"),
        ["nothing on the shelf"]
    );
    let file = cluster.folder().join("run_exceptions.json");
    let file: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(file).expect("written")).expect("JSON");
    assert_eq!(file[0]["msg"], "nothing on the shelf");
}
