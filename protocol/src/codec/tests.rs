use std::collections::BTreeMap;

use rmpv::Value;

use super::*;
use crate::limits::{
    MAX_DEPTH, MAX_MESSAGE_BYTES, MAX_REPORT_SAMPLES, MAX_SAMPLE_BODY_BYTES, MAX_SAMPLE_URL_BYTES,
    MAX_SECONDS_KEPT, MAX_STATUS_CODES,
};
use crate::{
    ClientVersion, Envelope, Fault, Heartbeat, RequestStats, SpawningComplete, StatsReport, ToMaster,
    ToWorker, WorkerState,
};

fn map(pairs: Vec<(&str, Value)>) -> Value {
    Value::Map(
        pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect(),
    )
}

fn bytes(kind: &str, data: Value) -> Vec<u8> {
    let mut out = Vec::new();
    rmpv::encode::write_value(&mut out, &Value::Array(vec![kind.into(), data, "w_1".into()])).unwrap();
    out
}

pub(super) fn from_worker(kind: &str, data: Value) -> Result<ToMaster, DecodeError> {
    decode_to_master(&bytes(kind, data)).map(|envelope| envelope.message)
}

pub(super) fn from_master(kind: &str, data: Value) -> Result<ToWorker, DecodeError> {
    decode_to_worker(&bytes(kind, data)).map(|envelope| envelope.message)
}

fn stats_of(data: Value) -> StatsReport {
    match from_worker("stats", data).unwrap() {
        ToMaster::Stats(report) => *report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn versions_are_told_apart_as_locust_does() {
    let version = |data| from_worker("client_ready", data).unwrap();
    assert_eq!(version(Value::Nil), ToMaster::ClientReady(ClientVersion::Missing));
    assert_eq!(version("".into()), ToMaster::ClientReady(ClientVersion::Missing));
    assert_eq!(version((-1).into()), ToMaster::ClientReady(ClientVersion::Bypass));
    assert_eq!(
        version("2.47.99".into()),
        ToMaster::ClientReady(ClientVersion::Text("2.47.99".to_owned()))
    );
}

#[test]
fn a_heartbeat_may_lack_memory_and_carry_integers() {
    let data = map(vec![
        ("state", "ready".into()),
        ("current_cpu_usage", 95.into()),
        ("future", 1.into()),
    ]);
    let expected = Heartbeat {
        state: WorkerState::Ready,
        current_cpu_usage: 95.0,
        current_memory_usage: 0,
        extra: None,
    };
    assert_eq!(from_worker("heartbeat", data), Ok(ToMaster::Heartbeat(expected)));
    assert!(
        from_worker("heartbeat", map(vec![]))
            .unwrap_err()
            .is_wrong_shape()
    );
    assert!(from_worker("heartbeat", Value::Nil).unwrap_err().is_wrong_shape());
}

/// The shape of boomer's and locust4j's reports (reference 1.11).
#[test]
fn a_third_party_report_is_understood() {
    let entry = |name: &str| {
        map(vec![
            ("name", name.into()),
            ("method", "http".into()),
            ("last_request_timestamp", 1_795_344_290.into()),
            ("start_time", 1_795_344_280.into()),
            ("num_requests", 3.into()),
            ("num_none_requests", 0.into()),
            ("num_failures", 1.into()),
            ("total_response_time", 30.into()),
            ("max_response_time", 12.into()),
            ("min_response_time", 8.into()),
            ("total_content_length", 30.into()),
            (
                "response_times",
                Value::Map(vec![
                    ("8".into(), 1.into()),
                    (10.into(), 1.0.into()),
                    (12u8.into(), 1.into()),
                ]),
            ),
            (
                "num_reqs_per_sec",
                Value::Map(vec![(1_795_344_290.into(), 3.into())]),
            ),
        ])
    };
    let error = map(vec![
        ("name", "a".into()),
        ("method", "http".into()),
        ("error", "e".into()),
        ("occurrences", 1.into()),
    ]);
    let report = stats_of(map(vec![
        ("stats", Value::Array(vec![entry("a")])),
        ("stats_total", entry("Total")),
        ("errors", map(vec![("0123abcd", error)])),
        ("user_classes_count", map(vec![("Dummy", 4.into())])),
    ]));
    assert_eq!((report.user_count, report.total.num_requests), (4, 3));
    assert_eq!(
        report.stats[0].response_times.locust_buckets(),
        BTreeMap::from([(8, 1), (10, 1), (12, 1)])
    );
    assert_eq!(
        (report.stats[0].min_response_time, report.stats[0].start_time),
        (Some(8.0), 1_795_344_280.0)
    );
    assert_eq!(
        (report.errors[0].first_seen, report.errors[0].occurrences),
        (None, 1)
    );
}

#[test]
fn a_minimum_of_zero_without_any_time_is_none() {
    let total = map(vec![
        ("name", "Total".into()),
        ("method", "".into()),
        ("min_response_time", 0.into()),
    ]);
    let report = stats_of(map(vec![("stats_total", total)]));
    assert_eq!(report.total.min_response_time, None);
    let mut stats = RequestStats::new(100.0);
    stats.merge_report(&report, 100.0);
    assert_eq!(stats.total.start_time, 100.0);
}

#[test]
fn third_party_spawning_complete_may_call_its_sum_otherwise() {
    let classes = || map(vec![("Dummy", 4.into())]);
    for data in [
        map(vec![("user_classes_count", classes()), ("count", 4.into())]),
        map(vec![("user_classes_count", classes())]),
    ] {
        let expected = SpawningComplete {
            user_classes_count: BTreeMap::from([("Dummy".to_owned(), 4)]),
            user_count: 4,
        };
        assert_eq!(
            from_worker("spawning_complete", data),
            Ok(ToMaster::SpawningComplete(expected))
        );
    }
}

#[test]
fn long_headers_and_bin_are_as_good_as_short_strings() {
    let mut bytes = vec![0xdc, 0, 3, 0xda, 0, 4];
    bytes.extend_from_slice(b"quit");
    bytes.extend_from_slice(&[0xc0, 0xc4, 3]);
    bytes.extend_from_slice(b"w_1");
    assert_eq!(
        decode_to_master(&bytes),
        Ok(Envelope {
            message: ToMaster::Quit,
            node_id: "w_1".to_owned()
        })
    );
}

#[test]
fn our_own_keys_are_found_again() {
    let mut report = StatsReport::empty(1.5);
    report.sequence = Some(7);
    report.total.record(Some(123.456), 10, 2.5);
    report.total.record_lag_us(55);
    report.extra.insert("mine".to_owned(), Value::from(1));
    let sent = Envelope {
        message: ToMaster::Stats(Box::new(report)),
        node_id: "w_1".to_owned(),
    };
    assert_eq!(decode_to_master(&encode_to_master(&sent)), Ok(sent));
}

#[test]
fn a_broken_histogram_falls_back_to_the_buckets() {
    let buckets = Value::Map(vec![(5.into(), 2.into())]);
    let total = map(vec![
        ("name", "x".into()),
        ("method", "".into()),
        ("response_times", buckets),
        ("acrida_hdr", Value::Binary(vec![0xff; 60])),
    ]);
    assert_eq!(
        stats_of(map(vec![("stats_total", total)]))
            .total
            .response_times
            .len(),
        2
    );
}

#[test]
fn a_flood_of_seconds_is_cut_to_the_newest() {
    let seconds = Value::Map((0..10_000).map(|second| (second.into(), 1.into())).collect());
    let total = map(vec![
        ("name", "x".into()),
        ("method", "".into()),
        ("num_reqs_per_sec", seconds),
    ]);
    assert_eq!(
        stats_of(map(vec![("stats_total", total)]))
            .total
            .num_reqs_per_sec
            .len(),
        MAX_SECONDS_KEPT
    );
}

#[test]
fn what_our_additions_say_wrongly_counts_as_unsaid_and_their_size_is_bounded() {
    let codes = (0..1_000)
        .map(|code| (code.into(), 1.into()))
        .chain([("x".into(), 1.into())]);
    let total = map(vec![
        ("name", "x".into()),
        ("method", "".into()),
        ("acrida_failed", Value::Binary(vec![0xff; 60])),
        ("acrida_codes", Value::Map(codes.collect())),
    ]);
    let error = |number: usize| {
        let sample = map(vec![
            ("url", "u".repeat(9_999).into()),
            ("body", "é".repeat(9_999).into()),
        ]);
        let fault = if number == 0 { "somebody's" } else { "target" };
        let fields = vec![
            ("error", number.to_string().into()),
            ("acrida_fault", fault.into()),
            ("acrida_sample", sample),
        ];
        (Value::from(number.to_string()), map(fields))
    };
    let errors = Value::Map((0..MAX_REPORT_SAMPLES + 3).map(error).collect());
    let extension = map(vec![
        ("seq", "one".into()),
        ("closed", "now".into()),
        ("in_flight", (-4).into()),
    ]);
    let report = stats_of(map(vec![
        ("stats_total", total),
        ("errors", errors),
        ("acrida", extension),
    ]));

    assert_eq!(report.total.failed_times, None);
    let codes = &report.total.status_codes;
    assert!(codes.len() <= MAX_STATUS_CODES + 1, "{}", codes.len());
    assert_eq!(codes.values().sum::<u64>(), 1_000, "none is lost");
    assert_eq!(
        (report.sequence, report.closed_unix_s, report.in_flight),
        (None, None, 0)
    );
    assert_eq!(
        (report.errors[0].fault, report.errors[1].fault),
        (None, Some(Fault::Target))
    );
    let samples: Vec<_> = report
        .errors
        .iter()
        .filter_map(|error| error.sample.as_ref())
        .collect();
    assert_eq!(samples.len(), MAX_REPORT_SAMPLES);
    assert!(samples[0].url.len() <= MAX_SAMPLE_URL_BYTES && samples[0].body.len() <= MAX_SAMPLE_BODY_BYTES);
}

#[test]
fn an_ack_without_a_sensible_interval_asks_for_none() {
    let asked = |seconds: Value| {
        let data = map(vec![
            ("index", 3.into()),
            ("acrida", map(vec![("report_every_s", seconds)])),
        ]);
        match from_master("ack", data).unwrap() {
            ToWorker::Ack { report_every_s, .. } => report_every_s,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(asked(1.into()), Some(1));
    for nonsense in [
        0.into(),
        (-1).into(),
        1_000_000.into(),
        Value::Nil,
        "often".into(),
    ] {
        assert_eq!(asked(nonsense), None);
    }
}

#[test]
fn a_spawn_needs_its_targets_only() {
    let data = map(vec![
        ("timestamp", 5.into()),
        ("user_classes_count", map(vec![])),
        ("stop_timeout", Value::Nil),
    ]);
    let ToWorker::Spawn(spawn) = from_master("spawn", data).unwrap() else {
        panic!()
    };
    assert_eq!(
        (spawn.timestamp, spawn.stop_timeout_s, spawn.host),
        (5.0, 0.0, None)
    );
    assert!(
        from_master("spawn", map(vec![("timestamp", 5.into())]))
            .unwrap_err()
            .is_wrong_shape()
    );
}

#[test]
fn corrupt_bytes_are_told_apart() {
    let good = bytes("quit", Value::Nil);
    let error = |bytes: &[u8]| decode_to_master(bytes).unwrap_err();
    assert!(error(&[]).is_truncated());
    assert!(error(&good[..good.len() - 1]).is_truncated());
    assert!(error(&[&good[..], &[0xc0]].concat()).is_trailing_bytes());
    assert!(error(&[0x93, 0xa2, 0xff, 0xfe, 0xc0, 0xa1, b'x']).is_bad_utf8());
    assert!(error(&[0xc1]).to_string().contains("marker"));
    for shape in [
        vec![0xc0],
        vec![0x92, 0xa1, b'x', 0xc0],
        vec![0x93, 1, 0xc0, 0xa1, b'x'],
        vec![0x93, 0xa1, b'x', 0xc0, 1],
    ] {
        assert!(error(&shape).is_wrong_shape(), "{shape:?}");
    }
}

#[test]
fn nesting_past_the_limit_is_refused() {
    let nested = |depth: usize| [&[0x93, 0xa1, b'x'][..], &vec![0x91; depth], &[0xc0, 0xa1, b'w']].concat();
    assert!(decode_to_master(&nested(MAX_DEPTH - 1)).is_ok());
    assert!(
        decode_to_master(&nested(MAX_DEPTH + 1))
            .unwrap_err()
            .is_over_limit()
    );
    assert!(decode_to_master(&nested(5_000_000)).unwrap_err().is_over_limit());
}

#[test]
fn data_too_deep_to_encode_is_sent_as_nil() {
    let data = (0..2_000).fold(Value::Nil, |inner, _| Value::Array(vec![inner]));
    let custom = |data| Envelope {
        message: ToMaster::Custom {
            kind: "mine".to_owned(),
            data,
        },
        node_id: "w".to_owned(),
    };
    assert_eq!(
        decode_to_master(&encode_to_master(&custom(data))),
        Ok(custom(Value::Nil))
    );
}

#[test]
fn small_floats_go_out_in_64_bits_as_from_python() {
    let bytes = encode_to_worker(&Envelope {
        message: ToWorker::Custom {
            kind: "m".to_owned(),
            data: Value::Array(vec![Value::F32(0.5)]),
        },
        node_id: String::new(),
    });
    assert_eq!(bytes, b"\x93\xa1m\x91\xcb\x3f\xe0\0\0\0\0\0\0\xa0");
}

#[test]
fn huge_declared_lengths_are_refused_at_once() {
    for marker in [0xdd_u8, 0xdf, 0xdb, 0xc6, 0xc9] {
        let bytes = [0x93, 0xa1, b'x', marker, 0xff, 0xff, 0xff, 0xff, 0, 0, 0];
        assert!(
            decode_to_master(&bytes).unwrap_err().is_truncated(),
            "{marker:#x}"
        );
    }
}

#[test]
fn too_many_values_or_bytes_are_refused() {
    let mut many = vec![0x93, 0xa1, b'x', 0xdd, 0, 0x4c, 0x4b, 0x40];
    many.resize(many.len() + 5_000_000, 0xc0);
    many.extend_from_slice(&[0xa1, b'w']);
    assert!(decode_to_master(&many).unwrap_err().is_over_limit());
    assert!(
        decode_to_master(&vec![0; MAX_MESSAGE_BYTES + 1])
            .unwrap_err()
            .is_over_limit()
    );
}
