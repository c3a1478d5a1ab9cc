use std::collections::BTreeMap;

use proptest::prelude::*;
use rmpv::Value;

use super::*;
use crate::limits::{MAX_DEPTH, MAX_MESSAGE_BYTES, MAX_SECONDS_KEPT};
use crate::{
    BundlePart, BundleRequest, ClientVersion, Envelope, ErrorEntry, ExceptionReport, Heartbeat,
    HeartbeatExtra, LocustfileReply, LogsReport, RequestStats, SourceFile, Spawn, SpawningComplete,
    StatsReport, ToMaster, ToWorker, WorkerState,
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

fn from_worker(kind: &str, data: Value) -> Result<ToMaster, DecodeError> {
    decode_to_master(&bytes(kind, data)).map(|envelope| envelope.message)
}

fn from_master(kind: &str, data: Value) -> Result<ToWorker, DecodeError> {
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

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e300f64..1e300).prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::from),
        (any::<i8>(), prop::collection::vec(any::<u8>(), 0..20))
            .prop_map(|(kind, bytes)| Value::Ext(kind, bytes)),
    ];
    leaf.prop_recursive(4, 64, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Value::Array),
            prop::collection::vec((inner.clone(), inner), 0..20).prop_map(Value::Map),
        ]
    })
}

fn counts() -> impl Strategy<Value = BTreeMap<String, u64>> {
    prop::collection::btree_map(".{0,10}", any::<u64>(), 0..4)
}

fn report() -> impl Strategy<Value = ToMaster> {
    let record = (0..3u8, prop::option::of(0.0f64..1e5), any::<u32>(), any::<bool>());
    (
        prop::collection::vec(record, 0..30),
        counts(),
        prop::option::of(1u64..),
    )
        .prop_map(|(records, counts, sequence)| {
            let mut stats = RequestStats::new(1_000.25);
            for (name, ms, length, failed) in records {
                stats.record(
                    "GET",
                    &format!("/{name}"),
                    ms,
                    length.into(),
                    1_001.5 + f64::from(name),
                );
                if failed {
                    stats.record_failure("GET", &format!("/{name}"), "boom", 1_002.5);
                }
            }
            ToMaster::Stats(Box::new(stats.take_report(counts, sequence, 1_003.75)))
        })
}

fn to_master() -> impl Strategy<Value = ToMaster> {
    let extra = (0.0f64..1e9, any::<u64>(), ".{0,64}").prop_map(|(loop_lag_ms, connections, script)| {
        HeartbeatExtra {
            loop_lag_ms,
            connections,
            script,
        }
    });
    prop_oneof![
        (".{0,20}", prop::option::of((".{0,64}", any::<u64>(), ".{0,64}"))).prop_map(|(version, bundle)| {
            let bundle = bundle.map(|(hash, offset, have)| BundleRequest { hash, offset, have });
            ToMaster::Locustfile { version, bundle }
        }),
        ".{1,20}".prop_map(|text| ToMaster::ClientReady(ClientVersion::Text(text))),
        Just(ToMaster::ClientReady(ClientVersion::Bypass)),
        Just(ToMaster::ClientReady(ClientVersion::Missing)),
        (".{0,12}", 0.0f64..1e4, any::<u64>(), prop::option::of(extra)).prop_map(
            |(state, cpu, memory, extra)| {
                let state = WorkerState::parse(&state);
                ToMaster::Heartbeat(Heartbeat {
                    state,
                    current_cpu_usage: cpu,
                    current_memory_usage: memory,
                    extra,
                })
            }
        ),
        report(),
        Just(ToMaster::Spawning),
        Just(ToMaster::ClientStopped),
        Just(ToMaster::Quit),
        (counts(), any::<u64>()).prop_map(|(user_classes_count, user_count)| {
            ToMaster::SpawningComplete(SpawningComplete {
                user_classes_count,
                user_count,
            })
        }),
        (".{0,400}", ".{0,400}")
            .prop_map(|(msg, traceback)| ToMaster::Exception(ExceptionReport { msg, traceback })),
        (".{0,20}", prop::collection::vec(".{0,80}", 0..40))
            .prop_map(|(worker_id, logs)| ToMaster::Logs(LogsReport { worker_id, logs })),
        ("my_.{0,20}", value()).prop_map(|(kind, data)| ToMaster::Custom { kind, data }),
    ]
}

fn to_worker() -> impl Strategy<Value = ToWorker> {
    let file = prop_oneof![
        ".{0,50}".prop_map(SourceFile::Url),
        (".{0,20}", ".{0,400}").prop_map(|(filename, contents)| SourceFile::File { filename, contents }),
    ];
    let spawn = (
        0.0f64..1e12,
        counts(),
        prop::option::of(".{0,30}"),
        0.0f64..1e6,
        0.0f64..100.0,
    );
    prop_oneof![
        (any::<u32>(), counts()).prop_map(|(index, options)| ToWorker::Ack {
            index,
            parsed_options: Value::Map(
                options
                    .into_iter()
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect()
            ),
        }),
        Just(ToWorker::Heartbeat),
        Just(ToWorker::Stop),
        Just(ToWorker::Quit),
        Just(ToWorker::Reconnect),
        any::<u64>().prop_map(|user_count| ToWorker::SpawningComplete { user_count }),
        (spawn, value()).prop_map(
            |((timestamp, user_classes_count, host, stop_timeout_s, spread_s), option)| {
                let parsed_options = Value::Map(vec![("option".into(), option)]);
                ToWorker::Spawn(Box::new(Spawn {
                    timestamp,
                    user_classes_count,
                    host,
                    stop_timeout_s,
                    parsed_options,
                    spread_s,
                }))
            }
        ),
        value().prop_map(|weight| ToWorker::UpdateUserClass(Value::Map(vec![("weight".into(), weight)]))),
        prop::collection::vec(file, 0..4)
            .prop_map(|files| ToWorker::Locustfile(LocustfileReply::Files(files))),
        (
            ".{0,64}",
            any::<u64>(),
            any::<u64>(),
            prop::collection::vec(any::<u8>(), 0..400)
        )
            .prop_map(|(hash, total, offset, bytes)| {
                ToWorker::Locustfile(LocustfileReply::Part(BundlePart {
                    hash,
                    total,
                    offset,
                    bytes,
                }))
            }),
        ".{0,90}".prop_map(|reason| ToWorker::Locustfile(LocustfileReply::Error(reason))),
        ("my_.{0,20}", value()).prop_map(|(kind, data)| ToWorker::Custom { kind, data }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_message_to_a_master_round_trips(message in to_master(), node_id in ".{0,40}") {
        let envelope = Envelope { message, node_id };
        prop_assert_eq!(decode_to_master(&encode_to_master(&envelope)), Ok(envelope));
    }

    #[test]
    fn every_message_to_a_worker_round_trips(message in to_worker(), node_id in ".{0,40}") {
        let envelope = Envelope { message, node_id };
        prop_assert_eq!(decode_to_worker(&encode_to_worker(&envelope)), Ok(envelope));
    }

    #[test]
    fn any_bytes_are_taken_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = (decode_to_master(&bytes), decode_to_worker(&bytes));
    }

    #[test]
    fn any_data_of_a_standard_type_is_taken_without_a_panic(data in value(), kind in 0usize..12) {
        let kinds = ["stats", "heartbeat", "logs", "exception", "spawning_complete", "spawn", "ack", "locustfile", "client_ready",
            "update_user_class", "stop", "quit"];
        let _ = (from_worker(kinds[kind], data.clone()), from_master(kinds[kind], data));
    }

    #[test]
    fn errors_survive_the_wire(error in ".{0,60}", occurrences in any::<u64>()) {
        let mut report = StatsReport::empty(1.0);
        report.errors.push(ErrorEntry { occurrences, first_seen: None, ..ErrorEntry::new("GET", "/", &error, 2.0) });
        let envelope = Envelope { message: ToMaster::Stats(Box::new(report)), node_id: "w".to_owned() };
        prop_assert_eq!(decode_to_master(&encode_to_master(&envelope)), Ok(envelope));
    }
}
