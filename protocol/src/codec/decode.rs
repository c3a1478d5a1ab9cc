//! Bytes to messages: `rmp-serde` reads what has passed the check, and the fields are picked leniently.

use std::collections::BTreeMap;

use rmpv::ValueRef;

use super::check::check;
use super::error::DecodeError;
use super::lenient::{Fields, number, text};
use super::{EXTENSION, kind, read_stats};
use crate::limits::MAX_REPORT_EVERY_S;
use crate::{
    BundlePart, BundleRequest, ClientVersion, Envelope, ExceptionReport, Heartbeat, HeartbeatExtra,
    LocustfileReply, LogsReport, NodeId, SourceFile, Spawn, SpawningComplete, ToMaster, ToWorker, Value,
    WorkerState,
};

/// Reads a worker's message. A type that no worker sends is a script's own.
pub fn decode_to_master(bytes: &[u8]) -> Result<Envelope<ToMaster>, DecodeError> {
    decode(bytes, to_master)
}

/// Reads a master's message. A type that no master sends is a script's own.
pub fn decode_to_worker(bytes: &[u8]) -> Result<Envelope<ToWorker>, DecodeError> {
    decode(bytes, to_worker)
}

fn decode<M>(
    bytes: &[u8],
    read: fn(&str, &ValueRef<'_>) -> Result<M, DecodeError>,
) -> Result<Envelope<M>, DecodeError> {
    check(bytes)?;
    let document: ValueRef<'_> =
        rmp_serde::from_slice(bytes).map_err(|error| DecodeError::shape(error.to_string()))?;
    let ValueRef::Array(slots) = &document else {
        return Err(DecodeError::shape("a message must be an array of three"));
    };
    let [kind, data, node_id] = slots.as_slice() else {
        return Err(DecodeError::shape(format!(
            "a message must be an array of three, not of {}",
            slots.len()
        )));
    };
    let kind = text(kind).ok_or_else(|| DecodeError::shape("the message type must be a string"))?;
    Ok(Envelope {
        message: read(kind, data)?,
        node_id: read_node_id(node_id)?,
    })
}

fn read_node_id(value: &ValueRef<'_>) -> Result<NodeId, DecodeError> {
    match value {
        ValueRef::Nil => Ok(NodeId::new()),
        other => text(other)
            .map(str::to_owned)
            .ok_or_else(|| DecodeError::shape("the node id must be a string")),
    }
}

fn to_master(kind: &str, data: &ValueRef<'_>) -> Result<ToMaster, DecodeError> {
    Ok(match kind {
        kind::LOCUSTFILE => {
            let fields = Fields::of(data, kind::LOCUSTFILE).ok();
            ToMaster::Locustfile {
                version: fields
                    .as_ref()
                    .map_or_else(String::new, |fields| fields.text_or_empty("version")),
                bundle: fields
                    .and_then(|fields| fields.get(EXTENSION))
                    .and_then(read_bundle_request),
            }
        }
        kind::CLIENT_READY => ToMaster::ClientReady(read_version(data)),
        kind::HEARTBEAT => ToMaster::Heartbeat(read_heartbeat(data)?),
        kind::STATS => ToMaster::Stats(Box::new(read_stats::read(data)?)),
        kind::SPAWNING => ToMaster::Spawning,
        kind::SPAWNING_COMPLETE => ToMaster::SpawningComplete(read_spawning_complete(data)?),
        kind::CLIENT_STOPPED => ToMaster::ClientStopped,
        kind::QUIT => ToMaster::Quit,
        kind::EXCEPTION => {
            let fields = Fields::of(data, kind::EXCEPTION)?;
            ToMaster::Exception(ExceptionReport {
                msg: fields.text_or_empty("msg"),
                traceback: fields.text_or_empty("traceback"),
            })
        }
        kind::LOGS => ToMaster::Logs(read_logs(data)?),
        other => ToMaster::Custom {
            kind: other.to_owned(),
            data: data.to_owned(),
        },
    })
}

fn to_worker(kind: &str, data: &ValueRef<'_>) -> Result<ToWorker, DecodeError> {
    Ok(match kind {
        kind::ACK => read_ack(data),
        kind::HEARTBEAT => ToWorker::Heartbeat,
        kind::SPAWN => ToWorker::Spawn(Box::new(read_spawn(data)?)),
        kind::SPAWNING_COMPLETE => ToWorker::SpawningComplete {
            user_count: Fields::of(data, kind::SPAWNING_COMPLETE)
                .map_or(0, |fields| fields.count("user_count")),
        },
        kind::STOP => ToWorker::Stop,
        kind::QUIT => ToWorker::Quit,
        kind::RECONNECT => ToWorker::Reconnect,
        kind::UPDATE_USER_CLASS => {
            Fields::of(data, kind::UPDATE_USER_CLASS)?;
            ToWorker::UpdateUserClass(data.to_owned())
        }
        kind::LOCUSTFILE => ToWorker::Locustfile(read_locustfile(data)?),
        other => ToWorker::Custom {
            kind: other.to_owned(),
            data: data.to_owned(),
        },
    })
}

fn read_version(data: &ValueRef<'_>) -> ClientVersion {
    match data {
        ValueRef::Nil => ClientVersion::Missing,
        data if number(data) == Some(-1.0) => ClientVersion::Bypass,
        data => match text(data) {
            Some("") => ClientVersion::Missing,
            Some(version) => ClientVersion::Text(version.to_owned()),
            None => ClientVersion::Text(data.to_string()),
        },
    }
}

fn read_heartbeat(data: &ValueRef<'_>) -> Result<Heartbeat, DecodeError> {
    let fields = Fields::of(data, kind::HEARTBEAT)?;
    let extra = fields
        .get(EXTENSION)
        .and_then(|ours| Fields::of(ours, EXTENSION).ok());
    Ok(Heartbeat {
        state: WorkerState::parse(fields.text("state")?),
        current_cpu_usage: fields.number("current_cpu_usage").unwrap_or(0.0),
        current_memory_usage: fields.count("current_memory_usage"),
        extra: extra.map(|extra| HeartbeatExtra {
            loop_lag_ms: extra.number("loop_lag_ms").unwrap_or(0.0),
            connections: extra.count("connections"),
            round_trip_ms: extra.number("round_trip_ms").map(|ms| ms.max(0.0)),
            script: extra.text_or_empty("script"),
        }),
    })
}

/// Third-party workers call the sum `count`, or leave it out.
fn read_spawning_complete(data: &ValueRef<'_>) -> Result<SpawningComplete, DecodeError> {
    let fields = Fields::of(data, kind::SPAWNING_COMPLETE)?;
    let user_classes_count = fields.counts_by_name("user_classes_count");
    let said = ["user_count", "count"]
        .into_iter()
        .find(|key| fields.get(key).is_some());
    let user_count = said.map_or_else(|| sum(&user_classes_count), |key| fields.count(key));
    Ok(SpawningComplete {
        user_classes_count,
        user_count,
    })
}

pub(super) fn sum(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().fold(0, |sum, &count| sum.saturating_add(count))
}

fn read_logs(data: &ValueRef<'_>) -> Result<LogsReport, DecodeError> {
    let fields = Fields::of(data, kind::LOGS)?;
    let logs = match fields.get("logs") {
        Some(ValueRef::Array(lines)) => lines.iter().filter_map(text).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Ok(LogsReport {
        worker_id: fields.text_or_empty("worker_id"),
        logs,
    })
}

fn read_spawn(data: &ValueRef<'_>) -> Result<Spawn, DecodeError> {
    let fields = Fields::of(data, kind::SPAWN)?;
    if !matches!(fields.get("user_classes_count"), Some(ValueRef::Map(_))) {
        return Err(fields.missing("user_classes_count", "a map"));
    }
    let extra = fields
        .get(EXTENSION)
        .and_then(|ours| Fields::of(ours, EXTENSION).ok());
    Ok(Spawn {
        timestamp: fields
            .number("timestamp")
            .ok_or_else(|| fields.missing("timestamp", "a number"))?,
        user_classes_count: fields.counts_by_name("user_classes_count"),
        host: fields.get("host").and_then(text).map(str::to_owned),
        stop_timeout_s: fields.number("stop_timeout").unwrap_or(0.0).max(0.0),
        parsed_options: map_or_empty(fields.get("parsed_options")),
        spread_s: extra
            .and_then(|extra| extra.number("spread_s"))
            .unwrap_or(0.0)
            .max(0.0),
    })
}

/// Masters before the index existed send nil.
fn read_ack(data: &ValueRef<'_>) -> ToWorker {
    let fields = Fields::of(data, kind::ACK).ok();
    let index = fields.as_ref().map_or(0, |fields| fields.count("index"));
    let extra = fields
        .as_ref()
        .and_then(|fields| fields.get(EXTENSION))
        .and_then(|ours| Fields::of(ours, EXTENSION).ok());
    ToWorker::Ack {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        parsed_options: map_or_empty(extra.as_ref().and_then(|extra| extra.get("parsed_options"))),
        report_every_s: extra
            .map(|extra| extra.count("report_every_s"))
            .and_then(|seconds| u32::try_from(seconds).ok())
            .filter(|seconds| (1..=MAX_REPORT_EVERY_S).contains(seconds)),
    }
}

fn map_or_empty(value: Option<&ValueRef<'_>>) -> Value {
    match value {
        Some(map @ ValueRef::Map(_)) => map.to_owned(),
        _ => Value::Map(Vec::new()),
    }
}

fn read_bundle_request(ours: &ValueRef<'_>) -> Option<BundleRequest> {
    let fields = Fields::of(ours, EXTENSION).ok()?;
    Some(BundleRequest {
        hash: fields.text_or_empty("hash"),
        offset: fields.count("offset"),
        have: fields.text_or_empty("have"),
    })
}

fn read_part(ours: &ValueRef<'_>) -> Result<BundlePart, DecodeError> {
    let fields = Fields::of(ours, EXTENSION)?;
    let Some(ValueRef::Binary(bytes)) = fields.get("part") else {
        return Err(fields.missing("part", "bytes"));
    };
    Ok(BundlePart {
        hash: fields.text("hash")?.to_owned(),
        total: fields.count("total"),
        offset: fields.count("offset"),
        bytes: bytes.to_vec(),
    })
}

fn read_locustfile(data: &ValueRef<'_>) -> Result<LocustfileReply, DecodeError> {
    let fields = Fields::of(data, kind::LOCUSTFILE)?;
    if let Some(ours) = fields.get(EXTENSION) {
        return read_part(ours).map(LocustfileReply::Part);
    }
    if fields.get("error").is_some() {
        return Ok(LocustfileReply::Error(fields.text_or_empty("error")));
    }
    let Some(ValueRef::Array(files)) = fields.get("locustfiles") else {
        return Err(fields.missing("locustfiles", "an array"));
    };
    Ok(LocustfileReply::Files(
        files.iter().map(read_source).collect::<Result<_, _>>()?,
    ))
}

fn read_source(file: &ValueRef<'_>) -> Result<SourceFile, DecodeError> {
    if let Some(url) = text(file) {
        return Ok(SourceFile::Url(url.to_owned()));
    }
    let fields = Fields::of(file, "locustfile entry")?;
    Ok(SourceFile::File {
        filename: fields.text("filename")?.to_owned(),
        contents: fields.text("contents")?.to_owned(),
    })
}
