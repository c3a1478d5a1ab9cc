//! The same locustfile under the real Locust and under ours: the same calls in the same order, the same rows.
//!
//! Each file of `tests/locustfiles/parity` notes what its users do, and when all of them have ended.
//! `docs/differences.md` lists what is meant to differ.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use tests::harness::{Cluster, Kind, Setup, Signal, wait_for, without_locust};

/// What one side noted and counted.
#[derive(Debug, PartialEq)]
struct Story {
    /// The notes by who made them, in their order.
    notes: BTreeMap<String, Vec<String>>,
    /// Requests and failures by name.
    rows: BTreeMap<String, (u64, u64)>,
}

struct Side {
    cluster: Cluster,
    notes: PathBuf,
}

impl Side {
    fn start(script: &str, users: u32, kind: Kind) -> Self {
        let setup = Setup::new(script);
        let notes = setup.folder().join("notes");
        let cluster = setup
            .env("NOTES", &notes.display().to_string())
            .master(kind)
            .worker(kind)
            .headless(users, 100)
            .start();
        Self { cluster, notes }
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.notes).unwrap_or_default()
    }

    fn story(mut self) -> Story {
        wait_for("all users have ended", || {
            self.text().contains("end: all users have ended").then_some(())
        });
        let outcome = self.cluster.end_by(Signal::INT);
        let mut notes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in self.text().lines() {
            let (who, what) = line.split_once(": ").expect("a note says who and what");
            // What happens once a process happens on Locust's master too, which writes to the same file.
            if who != "run" && who != "end" {
                notes.entry(who.to_owned()).or_default().push(what.to_owned());
            }
        }
        let stats = outcome.stats();
        let rows = stats
            .counts()
            .into_iter()
            .map(|(name, count)| (name.clone(), (count, stats.failures(&name))))
            .collect();
        Story { notes, rows }
    }
}

/// Both sides' stories, ours first.
fn both(script: &str, users: u32) -> Option<(Story, Story)> {
    if without_locust() {
        eprintln!("left out: the real Locust needs Python 3.11");
        return None;
    }
    let ours = Side::start(script, users, Kind::Acrida);
    let theirs = Side::start(script, users, Kind::Locust);
    Some((ours.story(), theirs.story()))
}

/// The same notes, and no request of Locust's that is not one of ours.
///
/// Locust's worker may lose requests that are over before its first report, so ours may count more; that
/// ours count exactly is shown against the target's own counters elsewhere.
fn assert_alike(ours: &Story, theirs: &Story) {
    assert_eq!(ours.notes, theirs.notes);
    for (name, (requests, failures)) in &theirs.rows {
        let (our_requests, our_failures) = ours.rows.get(name).copied().unwrap_or_default();
        assert!(
            our_requests >= *requests && our_failures >= *failures,
            "{name}: {requests} requests and {failures} failures of Locust's, {our_requests} and {our_failures} of ours"
        );
        assert_eq!(
            our_failures > 0,
            *failures > 0,
            "{name}: only one side has failures"
        );
    }
}

#[test]
fn task_sets_hooks_and_steering_exceptions_run_alike() {
    if let Some((ours, theirs)) = both("parity/structure.py", 14) {
        assert_eq!(ours.notes, theirs.notes);
    }
}

#[test]
fn chains_overridden_steps_pauses_and_nesting_run_alike() {
    if let Some((ours, theirs)) = both("parity/tasksets.py", 14) {
        assert_eq!(ours.notes, theirs.notes);
        assert!(ours.notes["Chained"].len() > 10, "{:?}", ours.notes);
    }
}

#[test]
fn request_events_have_the_same_arguments() {
    if let Some((ours, theirs)) = both("parity/hooks.py", 3) {
        assert_alike(&ours, &theirs);
    }
}

#[test]
fn blocks_judge_responses_alike() {
    if let Some((ours, theirs)) = both("parity/judged.py", 2) {
        assert_alike(&ours, &theirs);
    }
}

#[test]
fn timeouts_pools_and_kills_work_alike() {
    if let Some((ours, theirs)) = both("parity/greenlets.py", 2) {
        assert_eq!(ours.notes["Plain"], theirs.notes["Plain"]);
    }
}

#[test]
fn sessions_of_requests_and_their_settings_work_alike() {
    if let Some((ours, theirs)) = both("parity/sessions.py", 2) {
        assert_alike(&ours, &theirs);
    }
}
