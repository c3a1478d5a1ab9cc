//! Workers that are given something wrong, or whose master is not there.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tests::harness::{Binary, PATIENCE, Places, Process, Signal, Single, children_of, free_port, wait_for};

use crate::endings::check_ending;

/// A worker with arguments, where no master is.
fn check_worker(args: &[&str], code: i32, needles: &[&str]) {
    let run = Single::run(Binary::Worker, |command, _| {
        command.args(["--master-host", "127.0.0.1"]).args(args);
    });
    check_ending(&run, code, needles);
}

/// A worker launcher whose master is not there.
fn lonely_worker(args: &[&str]) -> Process {
    let places = Places::find();
    let port = free_port().to_string();
    let mut command = Command::new(places.binary(Binary::Worker));
    command
        .args(["--master-host", "127.0.0.1", "--master-port", &port])
        .args(args)
        .env("ACRIDA_PYTHON", places.python());
    Process::spawn("worker", &mut command)
}

/// Two processes that look for their master in vain, and their ids.
fn lonely_pair() -> (Process, Vec<i32>) {
    let script = Places::find().locustfile("classes.py");
    let worker = lonely_worker(&["--processes", "2", "-f", &script.display().to_string()]);
    worker.wait_line("refused");
    let children = children_of(worker.id());
    assert_eq!(children.len(), 2);
    (worker, children)
}

fn wait_end_of(children: &[i32]) {
    wait_for("the end of the children", || {
        let alive = |pid: &i32| Path::new(&format!("/proc/{pid}")).exists();
        (!children.iter().any(alive)).then_some(())
    });
}

#[test]
fn a_missing_script_is_named() {
    check_worker(&["-f", "nowhere.py"], 1, &["nowhere.py"]);
}

#[test]
fn a_broken_script_ends_the_worker() {
    let run = Single::run(Binary::Worker, |command, folder| {
        std::fs::write(folder.join("broken.py"), "class Broken(:\n").expect("written");
        command.args(["-f", "broken.py", "--master-host", "127.0.0.1"]);
    });
    check_ending(&run, 1, &["broken.py", "syntax"]);
}

#[test]
fn wrong_options_are_usage_errors() {
    check_worker(&["--processes", "0"], 2, &["0", "-1"]);
    check_worker(&["--slave"], 2, &["--slave", "worker"]);
    check_worker(&["--master"], 2, &["--master", "program `master`"]);
    check_worker(&["--master-port", "70000"], 2, &["70000"]);
}

#[test]
fn a_log_file_that_cannot_be_written_is_named() {
    check_worker(
        &["--logfile", "/dev/null/log"],
        1,
        &["/dev/null/log", "--logfile"],
    );
}

#[test]
fn a_python_that_is_too_old_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let run = Single::run(Binary::Worker, |command, folder| {
        let old = folder.join("python");
        let answer = r#"{"version": [3, 8, 10], "gevent": null, "engine": null}"#;
        std::fs::write(&old, format!("#!/bin/sh\necho '{answer}'\n")).expect("written");
        std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o700)).expect("set");
        command.arg("--python").arg(&old);
    });
    check_ending(&run, 1, &["3.8.10", "too old", "3.10"]);
}

#[test]
fn a_master_that_is_not_there_is_spoken_of_at_once_and_tried_again() {
    let script = Places::find().locustfile("classes.py").display().to_string();
    for args in [&[] as &[&str], &["-f", &script]] {
        let mut worker = lonely_worker(args);
        let line = worker.wait_line("refused");
        assert!(line.contains("WARNING") && line.contains("trying"), "{line}");
        assert_eq!(worker.exit_code(), None, "it goes on trying");
        worker.signal(Signal::TERM);
        worker.wait_exit(PATIENCE);
    }
}

#[test]
fn sigterm_ends_all_processes_of_a_launcher_also_when_it_comes_twice_at_once() {
    let (mut worker, children) = lonely_pair();
    // As `timeout` does: the process, then its group.
    worker.signal(Signal::TERM);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait_exit(PATIENCE), 0);
    wait_end_of(&children);
}

#[test]
fn the_processes_of_a_killed_launcher_end() {
    let (mut worker, children) = lonely_pair();
    worker.signal(Signal::KILL);
    assert_eq!(worker.wait_exit(PATIENCE), 137);
    wait_end_of(&children);
}

#[test]
fn a_worker_whose_interpreter_is_not_there_says_what_to_do() {
    let run = Single::run(Binary::Worker, |command, _| {
        command.args([
            "--python",
            "/no/such/python",
            "--master-host",
            "127.0.0.1",
            "--master-port",
            "1",
        ]);
    });
    check_ending(&run, 1, &["/no/such/python"]);
}

#[test]
fn a_worker_without_gevent_says_what_to_install() {
    let run = Single::run(Binary::Worker, |command, folder| {
        // An interpreter without any package: a virtual environment without pip.
        let made = Command::new("python3")
            .args(["-m", "venv", "--without-pip"])
            .arg(folder.join("bare"))
            .status();
        assert!(made.is_ok_and(|status| status.success()), "python3 -m venv works");
        command.arg("--python").arg(folder.join("bare/bin/python"));
        command.args(["--master-host", "127.0.0.1", "--master-port", "1"]);
    });
    check_ending(&run, 1, &["gevent", "pip install"]);
}

#[test]
fn a_worker_started_before_its_master_waits_for_it() {
    let port = free_port();
    let places = Places::find();
    let mut command = Command::new(places.binary(Binary::Worker));
    command.args(["--master-host", "127.0.0.1", "--master-port", &port.to_string()]);
    command.env("ACRIDA_PYTHON", places.python());
    let mut worker = Process::spawn("worker", &mut command);
    let run = Single::run(Binary::Master, |command, _| {
        command
            .arg("-f")
            .arg(places.locustfile("classes.py"))
            .args(["--headless", "-u", "1", "-t", "1s"]);
        command.args([
            "--master-bind-host",
            "127.0.0.1",
            "--master-bind-port",
            &port.to_string(),
        ]);
    });
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(worker.wait_exit(Duration::from_secs(10)), 0);
}
