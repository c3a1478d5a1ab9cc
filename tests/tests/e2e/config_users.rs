//! `--config-users` and the options that only show what the script holds.

use serde_json::Value;
use tests::harness::{Binary, Places, Setup, Single};

use crate::endings::check_ending;

const SCRIPT: &str = "configured.py";

fn master(args: &[&str]) -> Single {
    Single::run(Binary::Master, |command, _| {
        command
            .arg("-f")
            .arg(Places::find().locustfile(SCRIPT))
            .args(args);
    })
}

#[test]
fn settings_of_classes_reach_the_dispatch_and_the_workers() {
    let setup = Setup::new(SCRIPT).headless(4, 10).workers(2).args(&[
        "-t",
        "2s",
        "--config-users",
        r#"{"user_class_name": "Apple", "tasks": ["fall"], "colour": "red"}"#,
        "berry.json",
    ]);
    let berry = r#"[{"user_class_name": "Berry", "fixed_count": 1, "colour": "blue"}]"#;
    std::fs::write(setup.folder().join("berry.json"), berry).expect("written");
    let mut cluster = setup.start();
    let outcome = cluster.finish();
    outcome.assert_success();
    let host = cluster.target.url();
    let (apple, berry) = (
        format!("Apple fall red {host}"),
        format!("Berry ripen blue {host}"),
    );
    let stats = outcome.stats();
    assert_eq!(stats.names(), [&apple, &berry, "Aggregated"]);
    assert!(
        stats.count(&apple) > stats.count(&berry),
        "three users against one"
    );
}

#[test]
fn settings_come_from_a_variable_too() {
    let json = r#"[{"user_class_name": "Berry", "weight": 1, "colour": "blue"}, {"user_class_name": "Apple", "colour": "red"}]"#;
    let run = Single::run(Binary::Master, |command, _| {
        command.arg("-f").arg(Places::find().locustfile(SCRIPT));
        command
            .arg("--show-task-ratio-json")
            .env("LOCUST_CONFIG_USERS", json);
    });
    assert_eq!(run.code, 0, "{}", run.stderr);
    let ratio: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(ratio["total"]["Apple"]["ratio"], 0.5);
}

#[test]
fn settings_that_mean_nothing_are_refused_before_anything_starts() {
    for (value, needles) in [
        (
            "{'user_class_name': 'Apple'}",
            ["--config-users", "no valid JSON"],
        ),
        ("nowhere.json", ["--config-users", "nowhere.json"]),
        (r#"{"weight": 2}"#, ["--config-users", "user_class_name"]),
        (r#"{"user_class_name": "Durian"}"#, ["'Durian'", "Apple, Berry"]),
        (
            r#"{"user_class_name": "Apple", "wieght": 2}"#,
            ["'wieght'", "'weight'"],
        ),
        (
            r#"{"user_class_name": "Apple", "tasks": ["fly"]}"#,
            ["'fly'", "fall, grow"],
        ),
    ] {
        check_ending(&master(&["--headless", "--config-users", value]), 2, &needles);
    }
}

#[test]
fn classes_are_listed_without_workers() {
    let run = master(&["--list"]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (0, "Available Users:\n    Apple\n    Berry")
    );
}

#[test]
fn task_ratios_have_locusts_text_and_json() {
    let run = master(&["--show-task-ratio"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lines: Vec<&str> = run.stdout.lines().map(str::trim_end).collect();
    let rule = "-".repeat(80);
    let per_class = [
        "",
        " Task ratio per User class",
        &rule,
        " 25.0       Apple",
        "   50.0       grow",
    ];
    assert_eq!(lines[..5], per_class);
    assert_eq!(lines[12], "   12.5       grow");

    let run = master(&["--show-task-ratio-json", "Berry"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let ratio: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let berry = serde_json::json!({"Berry": {"ratio": 1.0, "tasks": {"ripen": {"ratio": 1.0}}}});
    assert_eq!(ratio, serde_json::json!({"per_class": berry, "total": berry}));
}

/// The same script and options, by Locust itself.
#[test]
fn what_is_shown_is_what_locust_shows() {
    if tests::harness::without_locust() {
        return;
    }
    for args in [["--list"], ["--show-task-ratio"], ["--show-task-ratio-json"]] {
        let locust = Single::run(Binary::Locust, |command, _| {
            command
                .arg("-f")
                .arg(Places::find().locustfile(SCRIPT))
                .args(args);
        });
        let ours = master(&args);
        assert_eq!((ours.code, locust.code), (0, 0));
        assert_eq!(ours.stdout, locust.stdout, "{args:?}");
    }
}
