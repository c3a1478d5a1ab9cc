//! Whatever is wrong with the input gives one clear line and the documented exit code.

use std::net::{Ipv4Addr, TcpListener};

use tests::harness::{Binary, PATIENCE, Places, Setup, Signal, Single, free_port};

use crate::endings::check_ending;

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
        &[
            "--tags nonsense more --exclude-tags slow leaves no task of",
            "Tagged",
        ],
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
        ("--processes=", "0"),
        ("--processes=", "-2"),
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
fn a_folder_without_scripts_is_named() {
    let run = Single::run(Binary::Master, |command, folder| {
        std::fs::create_dir(folder.join("scripts")).expect("made");
        command.args(["--headless", "-f", "scripts"]);
    });
    check_ending(&run, 1, &["scripts", "*.py"]);
}

#[test]
fn files_that_cannot_be_written_are_named_before_the_run() {
    for option in [
        "--csv",
        "--json-file",
        "--logfile",
        "--html",
        "--junit",
        "--markdown",
    ] {
        check_master(
            "classes.py",
            &[option, "/dev/null/out"],
            1,
            &["/dev/null/out", option],
        );
    }
}

#[test]
fn results_that_can_no_longer_be_written_are_named_and_shown() {
    let mut cluster = Setup::new("steady.py").headless(2, 2).args(&["-s", "5"]).start();
    cluster.target.wait_count("/", 10);
    // A folder in a file's place can be replaced by nobody, not even by root.
    let stats = cluster.folder().join("run_stats.csv");
    std::fs::remove_file(&stats).expect("removed");
    std::fs::create_dir_all(stats.join("in the way")).expect("made");
    cluster.master.wait_line("cannot write");
    cluster.master.signal(Signal::TERM);
    assert_eq!(cluster.master.wait_exit(PATIENCE), 1);
    let said = cluster.master.stderr();
    assert!(said.contains("results are incomplete"), "{said}");
    assert!(said.contains("run_stats.csv"), "{said}");
    assert!(said.contains("Response time percentiles"), "{said}");
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
