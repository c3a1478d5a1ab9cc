//! Whatever is wrong with the input gives one clear line and the documented exit code.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use tests::harness::{Binary, Places, Setup, Single, free_port};

/// Runs the master headless with a script and arguments, and expects its end.
fn check_master(script: &str, args: &[&str], code: i32, needles: &[&str]) {
    let port = free_port().to_string();
    let run = Single::run(Binary::Master, |command, _| {
        command.arg("-f").arg(Places::find().locustfile(script));
        command.args([
            "--headless",
            "--host",
            "http://127.0.0.1:1",
            "--master-bind-host",
            "127.0.0.1",
        ]);
        if !args.contains(&"--master-bind-port") {
            command.args(["--master-bind-port", &port]);
        }
        command.args(args);
    });
    check_ending(&run, code, needles);
}

fn check_ending(run: &Single, code: i32, needles: &[&str]) {
    let said = format!("{}\n{}", run.stdout, run.stderr);
    assert_eq!(run.code, code, "{said}");
    for needle in needles {
        assert!(
            said.to_lowercase().contains(&needle.to_lowercase()),
            "{needle:?} in: {said}"
        );
    }
    for noise in ["panicked", "RUST_BACKTRACE", "Traceback (most recent call last)"] {
        assert!(!said.contains(noise), "{said}");
    }
    let lines = run.stderr.lines().filter(|line| !line.trim().is_empty()).count();
    assert!((1..=8).contains(&lines), "{lines} lines: {said}");
}

#[test]
fn a_syntax_error_names_file_and_line() {
    let run = Single::run(Binary::Master, |command, folder| {
        std::fs::write(
            folder.join("broken.py"),
            "import locust\n\nclass Broken(locust.User:\n    pass\n",
        )
        .expect("written");
        command.args(["--headless", "-f", "broken.py"]);
    });
    check_ending(&run, 1, &["broken.py", "3", "syntax"]);
}

#[test]
fn an_import_error_names_the_module() {
    check_master("bad_import.py", &[], 1, &["a_package_nobody_has"]);
}

#[test]
fn a_script_without_a_user_class_is_refused() {
    check_master("no_user.py", &[], 1, &["User class"]);
}

#[test]
fn a_missing_script_is_named() {
    let run = Single::run(Binary::Master, |command, _| {
        command.args(["--headless", "-f", "nowhere.py"]);
    });
    check_ending(&run, 1, &["nowhere.py"]);
}

#[test]
fn an_unknown_class_is_named_with_the_known_ones() {
    check_master("classes.py", &["Durian"], 1, &["Durian", "Apple", "Cherry"]);
}

#[test]
fn tags_that_leave_no_task_are_refused() {
    check_master(
        "tagged.py",
        &["--tags", "nonsense", "more", "--exclude-tags", "slow"],
        1,
        &["--tags nonsense more --exclude-tags slow leaves no task of", "Tagged"],
    );
}

#[test]
fn a_busy_port_is_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = taken.local_addr().expect("a bound socket").port().to_string();
    check_master(
        "classes.py",
        &["--master-bind-port", &port],
        1,
        &[&port, "in use"],
    );
}

#[test]
fn a_busy_web_port_is_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let web_port = taken.local_addr().expect("a bound socket").port().to_string();
    let port = free_port().to_string();
    let run = Single::run(Binary::Master, |command, _| {
        command.arg("-f").arg(Places::find().locustfile("classes.py"));
        command.args([
            "--web-host",
            "127.0.0.1",
            "--web-port",
            &web_port,
            "--master-bind-port",
            &port,
        ]);
    });
    check_ending(&run, 1, &[&web_port, "in use"]);
}

#[test]
fn no_worker_in_time_ends_the_master() {
    let args = ["--expect-workers", "2", "--expect-workers-max-wait", "1"];
    check_master("classes.py", &args, 1, &["0", "2", "worker"]);
}

#[test]
fn rates_and_counts_that_mean_nothing_are_usage_errors() {
    for (option, value) in [
        ("-r", "-1"),
        ("-r", "nan"),
        ("-r", "inf"),
        ("-r", "0"),
        ("-u", "-3"),
        ("-t", "soon"),
    ] {
        check_master("classes.py", &[&format!("{option}{value}")], 2, &[value]);
    }
}

#[test]
fn removed_options_name_their_replacement() {
    let cases = [
        (&["--no-web"] as &[&str], "--headless"),
        (&["-c", "5"], "-u"),
        (&["--slave"], "worker"),
        (&["--expect-slaves", "2"], "--expect-workers"),
    ];
    for (args, replacement) in cases {
        check_master("classes.py", args, 2, &[args[0], replacement]);
    }
}

#[test]
fn an_unreadable_authority_is_named() {
    let mut cluster = Setup::new("bad_ca.py").headless(1, 1).args(&["-t", "2s"]).start();
    let outcome = cluster.finish();
    assert_eq!(outcome.code, 1);
    let said = format!(
        "{:?} {:?}",
        outcome.table("exceptions"),
        outcome.table("failures")
    );
    assert!(said.contains("/no/such/ca.pem"), "{said}");
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
        let made = std::process::Command::new("python3")
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
    let mut command = std::process::Command::new(places.binary(Binary::Worker));
    command.args(["--master-host", "127.0.0.1", "--master-port", &port.to_string()]);
    command.env("ACRIDA_PYTHON", places.python());
    let mut worker = tests::harness::Process::spawn("worker", &mut command);
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
