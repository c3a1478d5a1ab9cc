//! Payloads captured from a real Locust: each must decode, and encode to the same bytes again (maps of names come back sorted, and our own
//! keys are left out of the comparison).

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use protocol::{
    ClientVersion, Envelope, ToMaster, ToWorker, Value, WorkerState, decode_to_master, decode_to_worker,
    encode_to_master, encode_to_worker,
};

const SAMPLES: &str = include_str!("transcript/samples.txt");
/// Samples whose maps of classes, errors or buckets were captured in insertion order: compared as values.
const UNSORTED: [&str; 4] = [
    "to_master/stats_empty",
    "to_master/stats_full",
    "to_master/stats_with_none_response_times",
    "to_master/spawning_complete",
];

fn samples() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    SAMPLES.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (name, hex) = line.split_once(": ").unwrap();
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (name, (0..hex.len()).step_by(2).map(byte).collect())
    })
}

fn sample(name: &str) -> Vec<u8> {
    samples().find(|(sample, _)| *sample == name).unwrap().1
}

fn to_master(name: &str) -> Envelope<ToMaster> {
    decode_to_master(&sample(name)).unwrap()
}

fn to_worker(name: &str) -> Envelope<ToWorker> {
    decode_to_worker(&sample(name)).unwrap()
}

/// The document with maps sorted and our own keys taken out. The key of an error is opaque: all of them become equal.
fn plain(bytes: &[u8]) -> Value {
    fn sorted(value: Value) -> Value {
        match value {
            Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
            Value::Map(pairs) => {
                let opaque = |key: Value| match key.as_str() {
                    Some(text) if text.len() == 64 => Value::from("<error key>"),
                    _ => key,
                };
                let ours = |key: &Value| key.as_str().is_some_and(|key| key.starts_with("acrida"));
                let kept = pairs.into_iter().filter(|(key, _)| !ours(key));
                let mut pairs: Vec<_> = kept.map(|(key, value)| (opaque(key), sorted(value))).collect();
                pairs.sort_by_key(|(key, _)| key.to_string());
                Value::Map(pairs)
            }
            other => other,
        }
    }
    sorted(rmpv::decode::read_value(&mut &bytes[..]).unwrap())
}

#[test]
fn every_sample_round_trips() {
    let mut seen = 0;
    for (name, bytes) in samples() {
        let again = match name.split_once('/') {
            Some(("to_master", _)) => encode_to_master(&decode_to_master(&bytes).unwrap()),
            _ => encode_to_worker(&decode_to_worker(&bytes).unwrap()),
        };
        if UNSORTED.contains(&name) {
            assert_eq!(plain(&again), plain(&bytes), "{name}");
        } else {
            assert_eq!(again, bytes, "{name}");
        }
        seen += 1;
    }
    assert_eq!(seen, 23);
}

#[test]
fn no_standard_sample_is_taken_for_a_custom_message() {
    for (name, bytes) in samples().filter(|(name, _)| !name.contains("custom")) {
        let custom = match name.split_once('/') {
            Some(("to_master", _)) => {
                matches!(decode_to_master(&bytes).unwrap().message, ToMaster::Custom { .. })
            }
            _ => matches!(decode_to_worker(&bytes).unwrap().message, ToWorker::Custom { .. }),
        };
        assert!(!custom, "{name}");
    }
}

#[test]
fn a_worker_presents_itself() {
    let ready = to_master("to_master/client_ready");
    assert_eq!(ready.node_id, "vm_9435903e412c45b39d0eab09e8cc3bc6");
    assert_eq!(
        ready.message,
        ToMaster::ClientReady(ClientVersion::Text("2.47.0".to_owned()))
    );
}

#[test]
fn a_heartbeat_has_state_and_memory() {
    let ToMaster::Heartbeat(heartbeat) = to_master("to_master/heartbeat_running_with_memory").message else {
        panic!()
    };
    assert_eq!(
        (heartbeat.state, heartbeat.current_memory_usage),
        (WorkerState::Running, 56_258_560)
    );
    assert_eq!(heartbeat.extra, None);
}

#[test]
fn statistics_keep_every_figure() {
    let ToMaster::Stats(report) = to_master("to_master/stats_full").message else {
        panic!()
    };
    let root = &report.stats[0];
    assert_eq!(
        (root.name.as_str(), root.method.as_str(), root.num_requests),
        ("/", "GET", 3)
    );
    assert_eq!(
        root.response_times
            .locust_buckets()
            .into_iter()
            .collect::<Vec<_>>(),
        [(4, 1), (5, 1), (8, 1)]
    );
    assert_eq!(root.num_reqs_per_sec.values().sum::<u64>(), 3);
    assert!(
        (root.percentile_ms(1.0) - 8.0).abs() < 0.008,
        "the bucket, within the precision"
    );
    assert_eq!(report.errors[0].occurrences, 1);
    assert_eq!(
        (
            report.user_count,
            report.sequence,
            report.user_classes_count["WebUser"]
        ),
        (3, None, 3)
    );
}

#[test]
fn requests_without_a_time_have_no_minimum() {
    let ToMaster::Stats(report) = to_master("to_master/stats_with_none_response_times").message else {
        panic!()
    };
    let none = report.stats.iter().find(|entry| entry.name == "none_rt").unwrap();
    assert_eq!(
        (
            none.num_none_requests,
            none.min_response_time,
            none.response_times.len()
        ),
        (1, None, 0)
    );
}

#[test]
fn a_spawn_carries_targets_and_options() {
    let ToWorker::Spawn(spawn) = to_worker("to_worker/spawn_first_iteration").message else {
        panic!()
    };
    assert_eq!(spawn.user_classes_count["WebUser"], 1);
    assert_eq!(spawn.host.as_deref(), Some("http://127.0.0.1:18080"));
    assert_eq!((spawn.stop_timeout_s, spawn.spread_s), (2.0, 0.0));
    assert_eq!(spawn.parsed_options.as_map().unwrap().len(), 58);
}

#[test]
fn any_cut_of_a_sample_is_reported_as_truncated() {
    for (name, bytes) in samples() {
        for end in 0..bytes.len() {
            assert!(
                decode_to_master(&bytes[..end]).unwrap_err().is_truncated(),
                "{name} {end}"
            );
        }
    }
}

#[test]
fn any_flipped_byte_of_a_sample_is_taken_without_a_panic() {
    for (_, bytes) in samples() {
        for at in 0..bytes.len() {
            for flip in [0x01, 0x40, 0x80, 0xff] {
                let mut bad = bytes.clone();
                bad[at] ^= flip;
                let _ = (decode_to_master(&bad), decode_to_worker(&bad));
            }
        }
    }
}
