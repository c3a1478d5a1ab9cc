use protocol::HeartbeatExtra;

use super::*;

fn text(version: &str) -> ClientVersion {
    ClientVersion::Text(version.to_owned())
}

fn beat(state: WorkerState, ours: bool) -> Heartbeat {
    let extra = ours.then_some(HeartbeatExtra {
        loop_lag_ms: 1.5,
        connections: 2,
        round_trip_ms: Some(0.75),
        script: String::new(),
    });
    Heartbeat {
        state,
        current_cpu_usage: 50.0,
        current_memory_usage: 1000,
        extra,
    }
}

fn with_workers(ids: &[&str]) -> Cluster {
    let mut cluster = Cluster::default();
    for id in ids {
        cluster.client_ready(id, &ClientVersion::Bypass, 0.0);
    }
    cluster
}

fn report(sequence: Option<u64>) -> StatsReport {
    StatsReport {
        sequence,
        ..StatsReport::empty(0.0)
    }
}

#[test]
fn indexes_are_0_to_n_and_stay_with_the_node_id() {
    let mut cluster = with_workers(&["a", "b"]);
    cluster.remove("a", Place::Returning);
    assert!(matches!(
        cluster.client_ready("c", &text("2.47.0"), 1.0),
        Joined::New { index: 2, .. }
    ));
    assert!(matches!(
        cluster.client_ready("a", &text("2.47.0"), 1.0),
        Joined::New { index: 0, .. }
    ));
}

#[test]
fn versions_are_let_in_as_locust_lets_them_in() {
    let mut cluster = Cluster::default();
    assert!(matches!(
        cluster.client_ready("a", &ClientVersion::Missing, 0.0),
        Joined::Refused(_)
    ));
    assert!(cluster.is_empty());
    for (id, version, welcome) in [
        ("b", ClientVersion::Bypass, Welcome::Silent),
        ("c", text("2.47.0"), Welcome::Silent),
        ("d", text("2.47.99"), Welcome::Silent),
        ("e", text("2.1.0"), Welcome::Differs),
        ("f", text("é"), Welcome::Differs),
    ] {
        let joined = cluster.client_ready(id, &version, 0.0);
        assert!(
            matches!(joined, Joined::New { welcome: w, .. } if w == welcome),
            "{version:?}: {joined:?}"
        );
    }
}

#[test]
fn a_silent_worker_is_missing_at_the_fifth_tick_and_forgotten_a_minute_later() {
    let mut cluster = with_workers(&["a"]);
    for _ in 0..4 {
        assert_eq!(cluster.tick(4.5), []);
    }
    assert_eq!(cluster.tick(4.5), [Silence::Missing("a".to_owned())]);
    let ticks_until_dead = (1..100).find(|_| cluster.tick(4.5) == [Silence::Dead("a".to_owned())]);
    assert!(matches!(ticks_until_dead, Some(57..=61)), "{ticks_until_dead:?}");
    assert!(cluster.is_empty());
}

#[test]
fn a_missing_worker_has_no_users_and_returns_with_its_next_heartbeat() {
    let mut cluster = with_workers(&["a"]);
    let users = BTreeMap::from([("A".to_owned(), 3)]);
    assert!(cluster.spawning_complete("a", &users));
    assert_eq!(cluster.user_count(), 3);
    for _ in 0..5 {
        cluster.tick(4.5);
    }
    assert_eq!((cluster.user_count(), cluster.active_count()), (0, 0));
    let pulse = cluster.heartbeat("a", &beat(WorkerState::Running, true), 9.0);
    assert_eq!(
        (pulse, cluster.active_count()),
        (Pulse::Known { returned: true }, 1)
    );
}

#[test]
fn a_forgotten_worker_that_is_heard_again_is_registered_again() {
    let mut cluster = with_workers(&["a"]);
    for _ in 0..80 {
        cluster.tick(4.5);
    }
    let pulse = cluster.heartbeat("a", &beat(WorkerState::Running, false), 90.0);
    assert_eq!(pulse, Pulse::Adopted { index: 0 });
}

#[test]
fn a_stranger_is_told_what_its_kind_understands_and_not_all_the_time() {
    let mut cluster = Cluster::default();
    let mut ask = |id: &str, ours, now_s| cluster.heartbeat(id, &beat(WorkerState::Running, ours), now_s);
    assert_eq!(ask("ours", true, 0.0), Pulse::Stranger(Some(Advice::Reconnect)));
    assert_eq!(ask("stock", false, 0.0), Pulse::Stranger(Some(Advice::Stop)));
    assert_eq!(ask("stock", false, 1.0), Pulse::Stranger(None));
    assert_eq!(ask("stock", false, 10.0), Pulse::Stranger(Some(Advice::Stop)));
}

#[test]
fn a_worker_between_client_stopped_and_client_ready_is_left_alone() {
    let mut cluster = with_workers(&["a"]);
    cluster.remove("a", Place::Returning);
    let pulse = cluster.heartbeat("a", &beat(WorkerState::Ready, false), 1.0);
    assert_eq!(
        (pulse, cluster.returning()),
        (Pulse::Stranger(None), vec!["a".to_owned()])
    );
}

#[test]
fn a_numbered_report_is_merged_exactly_once_also_after_a_stop() {
    let mut cluster = with_workers(&["a"]);
    cluster.spawning("a");
    assert!(cluster.accept_stats("a", &report(Some(1)), 1.0));
    assert!(!cluster.accept_stats("a", &report(Some(1)), 1.0));
    cluster.remove("a", Place::Returning);
    assert!(cluster.accept_stats("a", &report(Some(2)), 1.0));
    cluster.client_ready("a", &ClientVersion::Bypass, 5.0);
    assert!(!cluster.accept_stats("a", &report(Some(2)), 1.0));
}

#[test]
fn reports_of_unknown_workers_and_of_the_last_run_are_not_merged() {
    let mut cluster = with_workers(&["a"]);
    assert!(!cluster.accept_stats("nobody", &report(None), 1.0));
    cluster.spawning("a");
    assert!(cluster.accept_stats("a", &report(None), 1.0));
    cluster.begin_run();
    assert!(!cluster.accept_stats("a", &report(None), 1.0));
    cluster.spawning("a");
    assert!(cluster.accept_stats("a", &report(None), 1.0));
}

#[test]
fn strangers_do_not_fill_the_memory() {
    let mut cluster = Cluster::default();
    for number in 0..3 * limits::MAX_STRANGERS {
        cluster.heartbeat(&number.to_string(), &beat(WorkerState::Ready, true), 0.0);
    }
    assert_eq!(cluster.strangers.len(), limits::MAX_STRANGERS);
}

#[test]
fn a_workers_gauges_come_from_its_heartbeats_and_reports_and_end_with_its_silence() {
    let mut cluster = with_workers(&["a"]);
    let gauges = |cluster: &Cluster| {
        let worker = cluster.get("a").unwrap();
        (
            worker.connections,
            worker.in_flight,
            worker.last_report_s,
            worker.missing_since_s,
        )
    };
    assert_eq!(gauges(&cluster), (0, 0, None, None));
    cluster.heartbeat("a", &beat(WorkerState::Running, true), 1.0);
    let report = StatsReport {
        in_flight: 7,
        ..StatsReport::empty(0.0)
    };
    cluster.accept_stats("a", &report, 2.5);
    assert_eq!(gauges(&cluster), (2, 7, Some(2.5), None));
    assert_eq!(cluster.get("a").unwrap().round_trip_ms, Some(0.75));

    for second in 3..9 {
        cluster.tick(f64::from(second));
    }
    assert_eq!(
        gauges(&cluster),
        (0, 0, Some(2.5), Some(7.0)),
        "the fifth tick found it missing"
    );
    cluster.heartbeat("a", &beat(WorkerState::Running, false), 20.0);
    let worker = cluster.get("a").unwrap();
    assert_eq!(
        (worker.missing_since_s, worker.round_trip_ms),
        (None, None),
        "a heartbeat without ours says nothing"
    );
}
