//! What a locustfile may contain.

use std::fs;
use std::path::Path;

use tests::harness::{Setup, Signal};

/// All lines of all files in a folder.
fn notes(folder: &Path) -> Vec<Vec<String>> {
    let entries = fs::read_dir(folder).expect("the folder of notes is there");
    entries
        .map(|entry| fs::read_to_string(entry.expect("an entry").path()).expect("a readable note"))
        .map(|text| text.lines().map(str::to_owned).collect())
        .collect()
}

fn with_notes(setup: Setup) -> (Setup, std::path::PathBuf) {
    let folder = setup.folder().join("notes");
    fs::create_dir(&folder).expect("the run's folder can be written");
    let text = folder.display().to_string();
    (setup.env("NOTES", &text), folder)
}

#[test]
fn a_custom_client_reports_through_the_request_event() {
    let setup =
        Setup::new("custom_client.py")
            .headless(5, 5)
            .args(&["-t", "3s", "--exit-code-on-error", "0"]);
    let outcome = setup.start().finish();
    outcome.assert_success();
    let stats = outcome.stats();
    let divisions = stats.count("divide");
    assert!(divisions > 10, "{stats:?}");
    assert_eq!(stats.text("divide", "Type"), "calc");
    assert!(
        stats.failures("divide") > 0 && stats.failures("divide") < divisions,
        "{stats:?}"
    );
    assert!(stats.count("note") > 0);
    let failures = outcome.table("failures");
    assert!(
        failures.text("divide", "Error").contains("division by zero"),
        "{failures:?}"
    );
}

#[test]
fn catch_response_decides_what_is_a_failure() {
    let mut cluster = Setup::new("judged.py")
        .headless(2, 100)
        .args(&["-s", "5"])
        .start();
    cluster.target.wait_count("/items/2", 2);
    let outcome = cluster.end_by(Signal::INT);
    assert_eq!(outcome.code, 1);
    let stats = outcome.stats();
    for kind in ["Plain", "Fast"] {
        let expected = [
            ("404 is fine", 1, 0),
            ("200 is not", 1, 1),
            ("left alone", 1, 1),
            ("good", 1, 0),
            ("renamed", 2, 0),
        ];
        for (name, requests, failed) in expected {
            let name = format!("{kind} {name}");
            assert_eq!(
                (stats.count(&name), stats.failures(&name)),
                (requests, failed),
                "{name}: {stats:?}"
            );
        }
    }
    let failures = outcome.table("failures");
    assert!(
        failures.text("Plain 200 is not", "Error").contains("said hello"),
        "{failures:?}"
    );
}

#[test]
fn tags_choose_tasks() {
    let cases: [(&[&str], &[&str]); 4] = [
        (&["--tags", "a"], &["a", "ab"]),
        (&["--tags", "a", "--exclude-tags", "b"], &["a"]),
        (&["--tags", "c"], &["c"]),
        (&["-E", "a", "c"], &["inner", "none"]),
    ];
    for (args, expected) in cases {
        let mut cluster = Setup::new("tagged.py").headless(4, 4).args(args).start();
        cluster.target.wait_count("/", 80);
        let outcome = cluster.end_by(Signal::INT);
        outcome.assert_success();
        let stats = outcome.stats();
        let names: Vec<_> = stats
            .names()
            .into_iter()
            .filter(|name| *name != "Aggregated")
            .collect();
        assert_eq!(names, expected, "with {args:?}");
    }
}

#[test]
fn nested_task_sets_keep_control_until_they_interrupt() {
    let (setup, folder) = with_notes(Setup::new("nested.py"));
    let mut cluster = setup.headless(4, 100).args(&["-s", "5"]).start();
    let users = 4;
    tests::harness::wait_for("all users are done", || {
        (notes(&folder).len() == users).then_some(())
    });
    cluster.end_by(Signal::INT).assert_success();
    for lines in notes(&folder) {
        let checkout: Vec<_> = lines
            .iter()
            .filter(|line| *line != "leave")
            .map(String::as_str)
            .collect();
        let once = [
            "checkout starts",
            "address",
            "pay",
            "pay",
            "done",
            "checkout ends",
        ];
        assert!(
            !checkout.is_empty() && checkout.chunks(once.len()).all(|chunk| chunk == once),
            "{lines:?}"
        );
        assert_eq!(lines.last().map(String::as_str), Some("leave"), "{lines:?}");
    }
}

#[test]
fn class_names_on_the_command_line_choose_classes() {
    let mut cluster = Setup::new("classes.py")
        .headless(6, 6)
        .args(&["-t", "2s", "Apple", "Berry"])
        .start();
    let outcome = cluster.finish();
    outcome.assert_success();
    assert_eq!(outcome.stats().names(), ["Apple", "Berry", "Aggregated"]);
}

#[test]
fn fixed_counts_are_filled_first() {
    let mut cluster = Setup::new("classes.py").start();
    let web = cluster.web();
    web.wait_workers(1);
    assert_eq!(web.swarm("2", "10")["success"], true);
    web.wait_state("running", 2);
    web.wait_requests(10);
    let outcome = cluster.end_by(Signal::TERM);
    outcome.assert_success();
    assert_eq!(outcome.stats().names(), ["Berry", "Aggregated"]);
}

#[test]
fn listeners_hear_every_event() {
    let (setup, folder) = with_notes(Setup::new("listeners.py"));
    let mut cluster = setup.headless(2, 100).args(&["-s", "5"]).start();
    cluster.target.wait_count("/status/404", 8);
    let outcome = cluster.end_by(Signal::INT);
    assert_eq!(outcome.code, 1, "there were failures and exceptions");

    let all = notes(&folder);
    let worker = all
        .iter()
        .find(|lines| lines.iter().any(|line| line.starts_with("request ")))
        .expect("a worker noted");
    let count = |wanted: &str| worker.iter().filter(|line| line.starts_with(wanted)).count();
    for once in [
        "init",
        "test_start",
        "test_stopping",
        "test_stop",
        "quitting",
        "quit",
    ] {
        assert_eq!(
            worker.iter().filter(|line| *line == once).count(),
            1,
            "{once} in {worker:?}"
        );
    }
    assert_eq!(count("spawning_complete 2"), 1, "{worker:?}");
    assert_eq!(count("request GET / 12 NoneType"), 10, "{worker:?}");
    assert_eq!(count("request GET /status/404 11 "), 8, "{worker:?}");
    assert_eq!(count("user_error ValueError('once')"), 2, "{worker:?}");

    let exceptions = outcome.table("exceptions");
    assert_eq!(exceptions.values("Count"), ["2"], "{exceptions:?}");
    assert!(exceptions.values("Message")[0].contains("once"), "{exceptions:?}");
}
