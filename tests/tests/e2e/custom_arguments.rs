//! Arguments that a script adds to the command line: every layer, both sides, the help, and what is wrong with them.

use tests::harness::{Binary, Places, Setup, Signal, Single, free_port, get, post_form};

use crate::endings::check_ending;

const SCRIPT: &str = "custom_arguments.py";

/// Runs the master in a folder of its own until it ends by itself.
fn master(script: &str, args: &[&str], variables: &[(&str, &str)]) -> Single {
    let port = free_port().to_string();
    Single::run(Binary::Master, |command, _| {
        command.arg("-f").arg(Places::find().locustfile(script));
        command.args([
            "--headless",
            "--master-bind-host",
            "127.0.0.1",
            "--master-bind-port",
            &port,
        ]);
        command.args(args).envs(variables.iter().copied());
    })
}

#[test]
fn values_of_all_layers_reach_the_master_and_its_workers() {
    let setup = Setup::new(SCRIPT)
        .headless(2, 10)
        .workers(2)
        .env("SHOP_ENV", "staging")
        .args(&["--item", "tea", "--item=milk", "--fast", "-t", "2s", "Shopper"]);
    std::fs::write(
        setup.folder().join("locust.conf"),
        "retries = 6\nenv = dev\ntoken = filed\n",
    )
    .expect("written");
    let mut cluster = setup.start();
    let outcome = cluster.finish();
    outcome.assert_success();
    let expected = "staging 7 [tea+milk] True filed";
    assert_eq!(outcome.stats().names(), [expected, "Aggregated"]);
    let log = cluster.master_log();
    assert!(log.contains(&format!("MasterRunner init: {expected}")), "{log}");
    assert!(
        log.contains(&format!("MasterRunner test_start: {expected}")),
        "{log}"
    );
    assert!(!log.contains("unknown key"), "{log}");
}

#[test]
fn a_workers_init_hook_sees_the_values_too() {
    let mut cluster = Setup::new(SCRIPT)
        .headless(1, 1)
        .env("SHOP_SHOWS_INIT", "1")
        .args(&["--item", "tea", "--retries", "6", "-t", "1s"])
        .start();
    let outcome = cluster.finish();
    outcome.assert_success();
    assert_eq!(
        outcome.stats().names(),
        ["dev 7 [tea] False s3cret", "Aggregated"]
    );
}

#[test]
fn without_a_value_the_scripts_own_default_stands() {
    let mut cluster = Setup::new(SCRIPT).headless(1, 1).args(&["-t", "1s"]).start();
    let outcome = cluster.finish();
    outcome.assert_success();
    assert_eq!(outcome.stats().names(), ["dev 4 [] False s3cret", "Aggregated"]);
}

#[test]
fn the_help_lists_them_without_secrets() {
    let run = master(SCRIPT, &["--env", "staging", "--help"], &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let help = run.stdout;
    for text in [
        "--master-port",
        "Locustfile arguments:",
        "-e, --env <ENV>",
        "[possible values: dev, staging]",
    ] {
        let is_ours = text != "--master-port";
        assert_eq!(help.contains(text), is_ours, "{text} in {help}");
    }
    assert!(help.contains("How often, 3 times"), "{help}");
    assert!(help.contains("[env: SHOP_ENV]"), "{help}");
    assert!(!help.contains("s3cret"), "{help}");
}

#[test]
fn the_help_comes_also_without_a_script_or_with_a_broken_one() {
    let run = Single::run(Binary::Master, |command, _| {
        command.arg("--help");
    });
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(
        run.stdout.contains("--headless") && !run.stdout.contains("note:"),
        "{}",
        run.stdout
    );

    let run = master("bad_import.py", &["--help"], &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let note = run.stdout.lines().last().unwrap_or_default();
    assert!(
        note.contains("bad_import.py") && note.contains("a_package_nobody_has"),
        "{note}"
    );
    assert!(run.stdout.contains("--headless"), "{}", run.stdout);
}

#[test]
fn what_argparse_refuses_is_a_usage_error() {
    type Variables = &'static [(&'static str, &'static str)];
    let cases: [(&[&str], Variables, &[&str]); 5] = [
        (
            &["--env", "moon"],
            &[],
            &["argument -e/--env: invalid choice: 'moon'", "staging"],
        ),
        (
            &[],
            &[("SHOP_ENV", "moon")],
            &["argument -e/--env: invalid choice: 'moon'"],
        ),
        (
            &["--retries", "many"],
            &[],
            &["argument --retries: invalid int value: 'many'"],
        ),
        (&[], &[("SHOP_NEEDS_NAME", "1")], &["required: --name"]),
        (&["--item"], &[], &["--item <ITEM>"]),
    ];
    for (args, variables, needles) in cases {
        check_ending(&master(SCRIPT, args, variables), 2, needles);
    }
}

#[test]
fn an_argument_nobody_has_is_refused_with_a_suggestion() {
    check_ending(
        &master(SCRIPT, &["--retrys", "5"], &[]),
        2,
        &["--retrys", "'--retries'"],
    );
    check_ending(&master("classes.py", &["--env", "dev"], &[]), 2, &["--env"]);
    let nowhere = Single::run(Binary::Master, |command, _| {
        command.args(["--headless", "--env", "dev"]);
    });
    check_ending(
        &nowhere,
        2,
        &["--env", "cannot find the locustfile locustfile.py"],
    );
}

#[test]
fn a_clash_names_the_place_in_the_script() {
    let run = master(SCRIPT, &[], &[("SHOP_CLASHES", "1")]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let script = std::fs::read_to_string(Places::find().locustfile(SCRIPT)).expect("readable");
    let line = script
        .lines()
        .position(|line| line.contains("\"--users\""))
        .expect("it clashes")
        + 1;
    let first = run.stderr.lines().next().unwrap_or_default();
    assert!(
        first.contains(&format!("{SCRIPT}:{line}: ")) && first.contains("--users"),
        "{first}"
    );
    assert!(
        run.stderr.contains("parser.add_argument(\"--users\", type=int)"),
        "{}",
        run.stderr
    );
    assert!(
        !run.stderr.contains("argparse.py") && !run.stderr.contains("python/acrida/"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_start_form_is_described_and_its_values_are_used() {
    let mut cluster = Setup::new(SCRIPT)
        .args(&["--env", "staging", "--token", "given", "-u", "5", "-r", "2"])
        .start();
    let web = cluster.web();
    web.wait_workers(1);
    let form = get(web.port, "/form").expect("the web port answers");
    assert_eq!(form.status, 200);
    assert!(
        !form.body.contains("s3cret") && !form.body.contains("given"),
        "{}",
        form.body
    );
    let form = form.json();
    assert_eq!((&form["users"], &form["spawn_rate"]), (&5.into(), &2.0.into()));
    assert_eq!(form["host"], cluster.target.url());
    assert_eq!(form["user_classes"][0]["name"], "Shopper");
    let arguments = form["arguments"].as_array().expect("a list");
    let names: Vec<&str> = arguments
        .iter()
        .filter_map(|argument| argument["name"].as_str())
        .collect();
    assert_eq!(names, ["env", "retries", "item", "fast", "token"]);
    assert_eq!(arguments[0]["default"], "staging");
    assert_eq!(arguments[0]["choices"], serde_json::json!(["dev", "staging"]));
    assert_eq!(arguments[4]["default"], serde_json::Value::Null);

    let swarm = |fields: &[(&str, &str)]| {
        let numbers = [("user_count", "1"), ("spawn_rate", "1")];
        post_form(web.port, "/swarm", &[&numbers, fields].concat())
            .expect("the web port answers")
            .json()
    };
    for (name, value) in [("retries", "many"), ("env", "moon")] {
        let refused = swarm(&[(name, value)]);
        assert_eq!(refused["success"], false, "{refused}");
        assert!(
            refused["message"]
                .as_str()
                .is_some_and(|message| message.contains(name)),
            "{refused}"
        );
    }
    let fields = [
        ("retries", "8"),
        ("fast", "true"),
        ("item", "tea,milk"),
        ("token", ""),
        ("unknown", "1"),
    ];
    let started = swarm(&fields);
    assert_eq!(started["success"], true, "{started}");
    cluster
        .master
        .wait_line("MasterRunner test_start: staging 9 [tea+milk] True given");
    web.wait_requests(3);
    let outcome = cluster.end_by(Signal::TERM);
    outcome.assert_success();
    assert_eq!(
        outcome.stats().names(),
        ["staging 9 [tea+milk] True given", "Aggregated"]
    );
}
