use protocol::{Spawn, Value};
use std::collections::BTreeMap;

use super::*;

fn ready() -> Effect {
    send(ToMaster::ClientReady(ClientVersion::Bypass))
}

fn connected(now: Instant) -> LinkState {
    let mut state = LinkState::new("127.0.0.1:5557".to_owned(), now);
    assert_eq!(state.on_connected(true, now), [ready()]);
    state
}

fn spawn(timestamp: f64) -> ToWorker {
    ToWorker::Spawn(Box::new(Spawn {
        timestamp,
        user_classes_count: BTreeMap::from([("Shopper".to_owned(), 1)]),
        host: None,
        stop_timeout_s: 0.0,
        parsed_options: Value::Map(Vec::new()),
        spread_s: 0.0,
    }))
}

#[test]
fn it_presents_itself_every_five_seconds_until_it_is_acknowledged() {
    let now = Instant::now();
    let mut state = connected(now);
    assert_eq!(state.on_tick(now + Duration::from_secs(4)), []);
    assert_eq!(state.on_tick(now + Duration::from_secs(5)), [ready()]);
    let acknowledged = state.on_message(
        ToWorker::Ack {
            index: 2,
            parsed_options: Value::Map(Vec::new()),
            report_every_s: None,
        },
        now + Duration::from_secs(6),
    );
    assert_eq!(
        acknowledged,
        [Effect::Tell(Command::Ack {
            index: 2,
            parsed_options: Value::Map(Vec::new()),
        })]
    );
    assert!(state.is_known());
    assert_eq!(state.on_tick(now + Duration::from_secs(20)), []);
}

#[test]
fn a_repeated_ack_with_the_same_index_is_not_told_twice() {
    let now = Instant::now();
    let mut state = connected(now);
    assert_eq!(
        state
            .on_message(
                ToWorker::Ack {
                    index: 0,
                    parsed_options: Value::Map(Vec::new()),
                    report_every_s: None,
                },
                now
            )
            .len(),
        1
    );
    assert_eq!(
        state.on_message(
            ToWorker::Ack {
                index: 0,
                parsed_options: Value::Map(Vec::new()),
                report_every_s: None,
            },
            now
        ),
        []
    );
}

#[test]
fn it_gives_up_once_after_five_minutes_without_a_master() {
    let now = Instant::now();
    let mut state = LinkState::new("10.0.0.1:5557".to_owned(), now);
    assert_eq!(state.on_tick(now + Duration::from_secs(299)), []);
    let effects = state.on_tick(now + Duration::from_secs(301));
    assert!(
        matches!(&effects[..], [Effect::Tell(Command::ConnectFailed(text))] if text.contains("10.0.0.1:5557"))
    );
    assert_eq!(state.on_tick(now + Duration::from_secs(302)), []);
}

#[test]
fn it_ends_when_a_master_that_once_answered_is_silent_for_a_minute() {
    let now = Instant::now();
    let mut state = connected(now);
    state.on_message(
        ToWorker::Ack {
            index: 0,
            parsed_options: Value::Map(Vec::new()),
            report_every_s: None,
        },
        now,
    );
    state.on_message(ToWorker::Heartbeat, now + Duration::from_secs(30));
    assert_eq!(state.on_tick(now + Duration::from_secs(89)), []);
    let effects = state.on_tick(now + Duration::from_secs(91));
    assert!(matches!(effects[..], [Effect::Tell(Command::MasterLost(_))]));
}

#[test]
fn an_old_spawn_is_answered_but_not_carried_out() {
    let now = Instant::now();
    let mut state = connected(now);
    assert_eq!(state.on_message(spawn(5.0), now).len(), 2);
    assert_eq!(state.on_message(spawn(5.0), now), [send(ToMaster::Spawning)]);
    assert_eq!(state.on_message(spawn(4.0), now), [send(ToMaster::Spawning)]);
    assert_eq!(state.on_message(spawn(5.1), now).len(), 2);
}

#[test]
fn told_to_reconnect_it_presents_itself_on_the_new_connection() {
    let now = Instant::now();
    let mut state = connected(now);
    state.on_message(
        ToWorker::Ack {
            index: 0,
            parsed_options: Value::Map(Vec::new()),
            report_every_s: None,
        },
        now,
    );
    assert_eq!(state.on_message(ToWorker::Reconnect, now), [Effect::Reopen]);
    state.on_disconnected();
    assert_eq!(state.on_connected(false, now), [ready()]);
}

#[test]
fn a_busy_worker_does_not_present_itself_after_a_mere_network_break() {
    let now = Instant::now();
    let mut state = connected(now);
    state.on_message(
        ToWorker::Ack {
            index: 0,
            parsed_options: Value::Map(Vec::new()),
            report_every_s: None,
        },
        now,
    );
    state.on_disconnected();
    assert!(!state.is_known());
    assert_eq!(state.on_connected(false, now), []);
    assert!(state.is_known());
    state.on_disconnected();
    assert_eq!(
        state.on_connected(true, now),
        [ready()],
        "an idle one does: the master may be a new one"
    );
}

#[test]
fn a_script_that_does_not_end_when_told_to_is_ended_for_once() {
    let now = Instant::now();
    let mut state = connected(now);
    state.on_message(
        ToWorker::Ack {
            index: 0,
            parsed_options: Value::Map(Vec::new()),
            report_every_s: None,
        },
        now,
    );
    assert_eq!(
        state.on_message(ToWorker::Quit, now),
        [Effect::Tell(Command::Quit)]
    );
    assert_eq!(state.on_tick(now + SCRIPT_END_GRACE / 2), []);
    assert_eq!(state.on_tick(now + SCRIPT_END_GRACE), [Effect::EndForScript]);
    assert_eq!(state.on_tick(now + SCRIPT_END_GRACE * 2), []);
}

#[test]
fn a_script_that_lets_nothing_run_after_a_stop_is_ended_for_but_one_that_only_takes_its_time_is_not() {
    let now = Instant::now();
    let mut state = connected(now);
    state.on_message(
        ToWorker::Ack {
            index: 0,
            parsed_options: Value::Map(Vec::new()),
            report_every_s: None,
        },
        now,
    );
    state.on_message(spawn(1.0), now);
    let long = SCRIPT_SILENCE_MAX * 2;
    assert_eq!(
        state.on_script_silence(long, now + long),
        [],
        "a script may block while its users run"
    );
    let stop = now + long;
    assert_eq!(
        state.on_message(ToWorker::Stop, stop),
        [Effect::Tell(Command::Stop)]
    );
    let due = stop + SCRIPT_SILENCE_MAX;
    assert_eq!(state.on_script_silence(long, due - Duration::from_secs(1)), []);
    assert_eq!(state.on_script_silence(Duration::from_secs(1), due), []);
    assert_eq!(
        state.on_script_silence(SCRIPT_SILENCE_MAX, due),
        [Effect::EndForScript]
    );
    assert_eq!(state.on_script_silence(long, due + long), []);
}

#[test]
fn a_script_that_has_stopped_may_block_again() {
    let now = Instant::now();
    let mut state = connected(now);
    state.on_message(ToWorker::Stop, now);
    state.on_stopped();
    let long = SCRIPT_SILENCE_MAX * 2;
    assert_eq!(state.on_script_silence(long, now + long), []);
}
