//! `worker --debug`: one user in the foreground, without a master.

use tempfile::TempDir;
use tests::harness::{Binary, Places, Process, Signal, Single, TargetServer};

/// The target, and a debugged class of `debugged.py` that talks to it.
fn start(class: &str) -> (TargetServer, Process, TempDir) {
    let places = Places::find();
    let certificates = tempfile::tempdir().expect("a temporary folder can be made");
    let target = TargetServer::start(&places, certificates.path());
    let (process, folder) = Single::start(Binary::Worker, |command, _| {
        command
            .arg("--debug")
            .arg("-f")
            .arg(places.locustfile("debugged.py"))
            .args(["-H", target.url()]);
        if !class.is_empty() {
            command.arg(class);
        }
    });
    (target, process, folder)
}

fn row<'a>(run: &'a Single, name: &str) -> Vec<&'a str> {
    let line = run.stdout.lines().find(|line| line.contains(name));
    line.unwrap_or_else(|| panic!("no row of {name}:\n{}{}", run.stdout, run.stderr))
        .split_whitespace()
        .collect()
}

#[test]
fn each_request_is_a_row_and_a_failure_is_the_exit_code() {
    let (target, process, _folder) = start("Failing");
    let run = Single::of(process);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(
        row(&run, "method"),
        ["method", "status", "ms", "bytes", "name", "URL", "failure"]
    );
    let text = row(&run, "/text");
    assert_eq!(
        (text[0], text[1], text[3], text[4]),
        ("GET", "200", "4400", "/text")
    );
    assert_eq!(text[5], format!("{}/text", target.url()));
    let down = row(&run, "down");
    assert_eq!((down[1], down[4]), ("503", "down"));
    assert!(down[6].starts_with("HTTPError("), "{down:?}");
    assert!(run.stdout.contains("heard world, users: 1"), "{}", run.stdout);
    assert!(
        run.stdout.contains("2 requests, 1 failures, 0 exceptions"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("quitting with 2 counted"), "{}", run.stdout);
}

#[test]
fn an_exception_is_shown_with_the_scripts_own_frames() {
    let run = Single::of(start("Raising").1);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("0 failures, 1 exceptions"), "{}", run.stdout);
    assert!(run.stderr.contains("ValueError: on purpose"), "{}", run.stderr);
    assert!(!run.stderr.contains("taskset.py"), "{}", run.stderr);
}

#[test]
fn breakpoint_stops_at_the_line_and_reads_the_terminal() {
    let (_target, mut process, _folder) = start("Stepping");
    process.wait_line("debugged.py(");
    process.type_in("p secret + 1\nc\n");
    process.wait_line("front 41");
    process.type_in("q\n");
    let run = Single::of(process);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("42"), "{}", run.stdout);
    let ends = run
        .stdout
        .split_once("the set stops")
        .expect("the set's on_stop")
        .1;
    assert!(
        ends.contains("the user stops") && ends.contains("1 requests, 0 failures"),
        "{ends}"
    );
    assert!(!run.stderr.contains("Traceback"), "{}", run.stderr);
}

#[test]
fn ctrl_c_ends_it_cleanly() {
    let (_target, process, _folder) = start("Pausing");
    process.wait_line("/json");
    process.signal(Signal::INT);
    let run = Single::of(process);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("the set stops"), "{}", run.stdout);
    assert!(run.stdout.contains("1 requests, 0 failures"), "{}", run.stdout);
    assert!(!run.stderr.contains("KeyboardInterrupt"), "{}", run.stderr);
}

#[test]
fn without_a_name_the_first_class_is_run_and_that_is_said() {
    let (_target, process, _folder) = start("");
    process.wait_line("Running Stepping, the first of Stepping, Failing, Raising, Pausing, Fine");
    let fine = Single::of(start("Fine").1);
    assert_eq!(fine.code, 0, "{}", fine.stderr);
    assert!(!fine.stdout.contains("Running"), "{}", fine.stdout);
}

#[test]
fn several_names_or_no_file_are_refused() {
    let run = Single::run(Binary::Worker, |command, _| {
        command
            .arg("--debug")
            .arg("-f")
            .arg(Places::find().locustfile("debugged.py"));
        command.args(["Fine", "Failing"]);
    });
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("name one class, not Fine, Failing"),
        "{}",
        run.stderr
    );
    let run = Single::run(Binary::Worker, |command, _| {
        command.arg("--debug");
    });
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("from -f, not from a master"),
        "{}",
        run.stderr
    );
}
