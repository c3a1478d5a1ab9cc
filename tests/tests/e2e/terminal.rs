//! The live screen and the keys of a headless run in a terminal.

use tests::harness::{InTerminal, Setup, Signal, wait_for};

/// Begins each drawing of the live screen.
const SCREEN: &str = "\u{1b}[?2026h";
const CTRL_C: &str = "\u{3}";

fn start(args: &[&str]) -> InTerminal {
    Setup::new("steady.py")
        .headless(2, 10)
        .args(args)
        .start_in_terminal()
}

/// Waits until all users of the start are running, by the screen.
fn wait_running(run: &InTerminal) {
    run.terminal.wait_text("2 of 2; 1 worker");
    run.terminal.wait_text("Acrida: running");
}

fn most_users(history: &tests::harness::Table) -> u64 {
    let counts = history.values("User Count");
    counts
        .iter()
        .filter_map(|count| count.parse().ok())
        .max()
        .unwrap_or(0)
}

#[test]
fn keys_change_the_users_and_ctrl_c_gives_the_terminal_back() {
    let mut run = start(&["-s", "5"]);
    wait_running(&run);
    assert!(!run.terminal.has_usual_modes(), "keys are read one by one");

    run.terminal.press("W");
    run.terminal.wait_text("going to 12 users at 100 a second");
    run.terminal.wait_text("12 of 12; 1 worker");
    run.terminal.press("s");
    run.terminal.wait_text("11 of 11; 1 worker");
    run.terminal.wait_text("GET /  ");
    run.terminal.press("?");
    run.terminal.wait_text("ten users more");

    run.terminal.press(CTRL_C);
    let outcome = run.finish();
    outcome.assert_success();
    assert_eq!(outcome.stats().count("/"), run.target.count("/"));
    assert_eq!(most_users(&outcome.table("stats_history")), 12);
    assert!(run.terminal.has_usual_modes());
    let text = run.terminal.text();
    let (_, after) = text.rsplit_once(SCREEN).expect("a screen was shown");
    assert!(
        after.contains("Aggregated") && !after.contains("Acrida: "),
        "{after}"
    );
}

#[test]
fn q_ends_the_run_in_order() {
    let mut run = start(&["-s", "5"]);
    wait_running(&run);
    run.target.wait_count("/", 10);
    run.terminal.press("q");
    run.finish().assert_success();
    run.terminal.wait_text("the master was told to end");
    assert!(run.terminal.has_usual_modes());
}

#[test]
fn a_signal_that_ends_the_master_at_once_leaves_a_usable_terminal() {
    for (signal, code) in [(Signal::QUIT, 131), (Signal::HUP, 129)] {
        let mut run = start(&[]);
        wait_running(&run);
        run.terminal.signal(signal);
        assert_eq!(run.terminal.wait_exit(), code);
        assert!(run.terminal.has_usual_modes(), "{signal:?}");
        let text = run.terminal.text();
        assert!(
            text.rfind("\u{1b}[?25h") > text.rfind("\u{1b}[?25l"),
            "the cursor is hidden after {signal:?}"
        );
    }
}

#[test]
fn a_suspended_master_lends_the_terminal_and_takes_it_again() {
    let mut run = start(&["-s", "5"]);
    wait_running(&run);
    run.terminal.signal(Signal::TSTP);
    wait_for("the usual modes", || run.terminal.has_usual_modes().then_some(()));
    let stat = format!("/proc/{}/stat", run.terminal.program().as_raw_nonzero());
    wait_for("a stopped process", || {
        std::fs::read_to_string(&stat)
            .ok()?
            .contains(") T ")
            .then_some(())
    });

    let shown = run.terminal.text().len();
    run.terminal.signal(Signal::CONT);
    run.terminal.wait_text_since(shown, "Acrida: running");
    wait_for("keys again", || (!run.terminal.has_usual_modes()).then_some(()));
    run.terminal.press(CTRL_C);
    run.finish().assert_success();
    assert!(run.terminal.has_usual_modes());
}

#[test]
fn without_the_screen_keys_work_and_tables_are_printed() {
    let mut run = start(&["--no-tui", "-s", "5"]);
    run.terminal.wait_text("all 2 users are running");
    run.terminal.press("W");
    run.terminal.wait_text("going to 12 users");
    run.terminal.wait_text("running: ");
    run.terminal.press(CTRL_C);
    run.finish().assert_success();
    assert!(!run.terminal.text().contains(SCREEN));
    assert!(run.terminal.has_usual_modes());
}

#[test]
fn a_load_shape_alone_decides_about_the_users() {
    let mut run = Setup::new("shapes.py")
        .headless(1, 1)
        .args(&["-s", "5"])
        .start_in_terminal();
    run.terminal.wait_text("Acrida: running");
    run.terminal.press("W");
    run.terminal
        .wait_text("a load shape drives this run: keys do not change its users");
    run.terminal.press(CTRL_C);
    run.finish().assert_success();
}

#[test]
fn what_is_no_terminal_gets_plain_lines() {
    let mut cluster = Setup::new("steady.py")
        .headless(2, 10)
        .args(&["-t", "4s", "-s", "5"])
        .start();
    cluster.finish().assert_success();
    let log = cluster.master_log();
    assert!(
        !log.contains('\u{1b}') && log.contains("running: ") && log.contains("Aggregated"),
        "{log}"
    );
}
