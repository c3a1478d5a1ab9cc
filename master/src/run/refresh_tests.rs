use protocol::{ClientVersion, Heartbeat, ToMaster, WorkerState};

use super::*;
use crate::events::{EndCause, RunState};
use crate::run::{RunConfig, StartPlan};

const OLD: &str = "old";
const NEW: &str = "new";

fn at(mono_s: f64) -> Now {
    Now {
        mono_s,
        unix_s: 1000.0 + mono_s,
    }
}

fn class(name: &str) -> UserClass {
    serde_json::from_value(serde_json::json!({ "name": name })).unwrap()
}

/// A machine whose workers have the old script.
struct Stage(Machine);

impl Stage {
    fn new(workers: &[&str]) -> Self {
        let config = RunConfig {
            classes: vec![class("A")],
            expect_workers: 1,
            expect_workers_max_wait_s: None,
            autostart: None,
            headless: false,
            autoquit_s: None,
            run_time_s: None,
            stop_timeout_s: 0.0,
            host: None,
            reset_stats: false,
            enable_rebalancing: false,
            parsed_options: Value::Map(Vec::new()),
        };
        let mut stage = Self(Machine::new(config, at(0.0)));
        stage.0.watch_script(OLD.to_owned());
        for id in workers {
            stage.join(id, OLD, 0.0);
        }
        stage.0.take_effects();
        stage
    }

    fn join(&mut self, id: &str, script: &str, time_s: f64) {
        let ready = ToMaster::ClientReady(ClientVersion::Bypass);
        self.0.on_message(id, ready, at(time_s));
        self.beat(id, script, time_s);
    }

    fn beat(&mut self, id: &str, script: &str, time_s: f64) {
        let extra = HeartbeatExtra {
            loop_lag_ms: 0.0,
            connections: 0,
            round_trip_ms: None,
            script: script.to_owned(),
        };
        let beat = Heartbeat {
            state: WorkerState::Ready,
            current_cpu_usage: 0.0,
            current_memory_usage: 0,
            extra: Some(extra),
        };
        self.0.on_message(id, ToMaster::Heartbeat(beat), at(time_s));
    }

    fn start(&mut self) -> Result<(), String> {
        let plan = StartPlan {
            users: 2,
            spawn_rate: 10.0,
        };
        self.0.start(&plan.into(), at(1.0))
    }

    fn changed(&mut self) {
        let look = ScriptLook::Changed {
            hash: NEW.to_owned(),
            classes: vec![class("B")],
            options: None,
        };
        self.0.on_script_look(look, at(1.5));
    }

    /// Who was told of the new script since the last call.
    fn told(&mut self) -> Vec<String> {
        let told = |effect| match effect {
            Effect::Send {
                to,
                message: ToWorker::Custom { kind, data },
            } if kind == NEW_SCRIPT => {
                assert_eq!(data["hash"].as_str(), Some(NEW));
                Some(to)
            }
            _ => None,
        };
        self.0.take_effects().into_iter().filter_map(told).collect()
    }

    fn is_on(&self) -> bool {
        self.0.state() == RunState::Spawning
    }
}

#[test]
fn an_unchanged_script_starts_the_run_once_it_was_looked_at() {
    let mut stage = Stage::new(&["h_a"]);
    stage.start().unwrap();
    assert!(!stage.is_on() && stage.0.is_starting());
    assert!(stage.0.take_effects().contains(&Effect::LookAtScript));
    stage.0.on_script_look(ScriptLook::Unchanged, at(1.5));
    assert!(stage.is_on() && !stage.0.is_starting());
    assert!(stage.told().is_empty());
}

#[test]
fn a_changed_script_starts_the_run_when_every_worker_is_back_with_it() {
    let mut stage = Stage::new(&["h_a", "h_b"]);
    stage.start().unwrap();
    stage.changed();
    assert_eq!(stage.told(), ["h_a", "h_b"]);
    for (id, is_last) in [("h_a", false), ("h_b", true)] {
        stage.beat(id, OLD, 1.6);
        stage.0.on_message(id, ToMaster::Quit, at(1.7));
        assert!(!stage.is_on());
        stage.join(id, NEW, 2.0);
        assert_eq!(stage.is_on(), is_last);
    }
    assert!(stage.told().is_empty(), "nobody is told twice");
    assert_eq!(stage.0.config().classes, [class("B")]);
}

#[test]
fn local_workers_without_a_bundle_are_back_when_they_registered_again() {
    let mut stage = Stage::new(&[]);
    stage.join("h_a", "", 0.0);
    stage.start().unwrap();
    stage.changed();
    assert_eq!(stage.told(), ["h_a"]);
    stage.beat("h_a", "", 1.6);
    assert!(!stage.is_on());
    stage.0.on_message("h_a", ToMaster::Quit, at(1.7));
    stage.join("h_a", "", 2.0);
    assert!(stage.is_on());
}

#[test]
fn a_worker_that_stays_away_is_waited_for_within_a_bound() {
    let mut stage = Stage::new(&["h_a", "h_b"]);
    stage.start().unwrap();
    stage.changed();
    stage.0.on_message("h_a", ToMaster::Quit, at(1.7));
    stage.join("h_a", NEW, 2.0);
    let end_s = 1.5 + limits::SCRIPT_RETURN_S;
    let beats = |stage: &mut Stage, time_s: f64| {
        stage.beat("h_a", NEW, time_s);
        stage.0.on_time(at(time_s));
    };
    beats(&mut stage, end_s - 0.1);
    assert!(!stage.is_on());
    assert!(stage.0.next_deadline_s() <= end_s);
    beats(&mut stage, end_s);
    assert!(stage.is_on());
}

#[test]
fn a_worker_that_comes_with_an_old_script_is_told_at_once() {
    let mut stage = Stage::new(&["h_a"]);
    stage.start().unwrap();
    stage.changed();
    stage.told();
    stage.join("h_late", OLD, 1.8);
    stage.beat("h_late", OLD, 1.9);
    assert_eq!(stage.told(), ["h_late"]);
}

#[test]
fn a_script_that_cannot_be_run_starts_nothing_and_says_why() {
    let mut stage = Stage::new(&["h_a"]);
    stage.start().unwrap();
    stage
        .0
        .on_script_look(ScriptLook::Unusable("line 3".to_owned()), at(1.5));
    assert!(!stage.is_on() && !stage.0.is_starting());
    assert_eq!(stage.0.take_start_failure().as_deref(), Some("line 3"));
    assert!(stage.told().is_empty());
    stage.start().unwrap();
    stage.0.on_script_look(ScriptLook::Unchanged, at(2.0));
    assert!(stage.is_on());
    assert_eq!(stage.0.take_start_failure(), None);
}

#[test]
fn a_start_that_waits_can_be_stopped() {
    let mut stage = Stage::new(&["h_a"]);
    stage.start().unwrap();
    stage.0.stop(EndCause::Requested, at(1.2)).unwrap();
    stage.0.on_script_look(ScriptLook::Unchanged, at(1.5));
    assert!(!stage.is_on());
    assert!(stage.0.take_start_failure().is_some());
}

#[test]
fn a_look_that_never_ends_fails_the_start() {
    let mut stage = Stage::new(&["h_a"]);
    stage.start().unwrap();
    stage.0.on_time(at(1.0 + limits::SCRIPT_READ_S));
    assert!(!stage.is_on() && !stage.0.is_starting());
    assert!(stage.0.take_start_failure().is_some());
}
