//! What is written is read again as it was, and nothing that arrives can make the codec panic.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rmpv::Value;

use super::tests::{from_master, from_worker};
use super::*;
use crate::{
    BundlePart, BundleRequest, ClientVersion, Envelope, ErrorEntry, ErrorSample, ExceptionReport, Fault,
    Heartbeat, HeartbeatExtra, LocustfileReply, LogsReport, RequestStats, SourceFile, Spawn,
    SpawningComplete, StatsReport, ToMaster, ToWorker, WorkerState,
};

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
        prop::option::of(0.0f64..1e10),
        any::<u64>(),
        prop::collection::btree_map(100u16..600, 1u64.., 0..9),
    )
        .prop_map(|(records, counts, sequence, closed, in_flight, codes)| {
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
            let mut report = stats.take_report(counts, sequence, 1_003.75);
            (report.closed_unix_s, report.in_flight) = (closed, in_flight);
            for entry in report.stats.iter_mut().chain([&mut report.total]) {
                entry.status_codes.clone_from(&codes);
                if !entry.response_times.is_empty() {
                    entry.failed_times = Some(entry.response_times.clone());
                }
            }
            ToMaster::Stats(Box::new(report))
        })
}

fn to_master() -> impl Strategy<Value = ToMaster> {
    let extra = (
        0.0f64..1e9,
        any::<u64>(),
        prop::option::of(0.0f64..1e6),
        ".{0,64}",
    )
        .prop_map(
            |(loop_lag_ms, connections, round_trip_ms, script)| HeartbeatExtra {
                loop_lag_ms,
                connections,
                round_trip_ms,
                script,
            },
        );
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
        (any::<u32>(), counts(), prop::option::of(1u32..60)).prop_map(|(index, options, every)| {
            ToWorker::Ack {
                index,
                report_every_s: every,
                parsed_options: Value::Map(
                    options
                        .into_iter()
                        .map(|(name, value)| (name.into(), value.into()))
                        .collect(),
                ),
            }
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
    fn errors_survive_the_wire(
        error in ".{0,60}",
        occurrences in any::<u64>(),
        fault in prop::option::of(prop::sample::select(vec![Fault::Target, Fault::Network, Fault::Generator, Fault::Script])),
        sample in prop::option::of(("[ -~]{0,1024}", prop::option::of(any::<u16>()), "[ -~]{0,512}", ".{0,40}")),
    ) {
        let mut report = StatsReport::empty(1.0);
        let sample = sample.map(|(url, status, body, node_id)| ErrorSample { url, status, body, node_id });
        let entry = ErrorEntry { occurrences, first_seen: None, fault, sample, ..ErrorEntry::new("GET", "/", &error, 2.0) };
        report.errors.push(entry);
        let envelope = Envelope { message: ToMaster::Stats(Box::new(report)), node_id: "w".to_owned() };
        prop_assert_eq!(decode_to_master(&encode_to_master(&envelope)), Ok(envelope));
    }
}
