//! The messages' data in the shape of the wire, for serde: field names and their order are Locust's, `None` is left out or nil.
//!
//! Only what is sent; what arrives is read leniently instead (`decode`), since other implementations differ.

use std::collections::BTreeMap;

use rmpv::Value;
use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::limits::MAX_DEPTH;
use crate::{BundlePart, BundleRequest, Heartbeat, SourceFile, Spawn};

#[derive(serde::Serialize)]
pub(super) struct VersionData<'a> {
    pub(super) version: &'a str,
    /// Our addition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) acrida: Option<BundleRequestData<'a>>,
}

#[derive(serde::Serialize)]
pub(super) struct BundleRequestData<'a> {
    hash: &'a str,
    offset: u64,
    have: &'a str,
}

impl<'a> From<&'a BundleRequest> for BundleRequestData<'a> {
    fn from(request: &'a BundleRequest) -> Self {
        Self {
            hash: &request.hash,
            offset: request.offset,
            have: &request.have,
        }
    }
}

/// All of it is our addition: only to a worker that asked for it.
#[derive(serde::Serialize)]
pub(super) struct BundlePartData<'a> {
    acrida: PartData<'a>,
}

#[derive(serde::Serialize)]
struct PartData<'a> {
    hash: &'a str,
    total: u64,
    offset: u64,
    #[serde(serialize_with = "as_bytes")]
    part: &'a [u8],
}

impl<'a> From<&'a BundlePart> for BundlePartData<'a> {
    fn from(part: &'a BundlePart) -> Self {
        Self {
            acrida: PartData {
                hash: &part.hash,
                total: part.total,
                offset: part.offset,
                part: &part.bytes,
            },
        }
    }
}

/// A msgpack bin: serde alone makes an array of a slice.
fn as_bytes<S: Serializer>(bytes: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

#[derive(serde::Serialize)]
pub(super) struct IndexData<'a> {
    index: u32,
    /// Our addition.
    #[serde(skip_serializing_if = "Option::is_none")]
    acrida: Option<AckExtraData<'a>>,
}

#[derive(serde::Serialize)]
struct AckExtraData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    parsed_options: Option<AnyData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report_every_s: Option<u32>,
}

impl<'a> IndexData<'a> {
    pub(super) fn new(index: u32, parsed_options: &'a Value, report_every_s: Option<u32>) -> Self {
        let tells_options = parsed_options.as_map().is_some_and(|map| !map.is_empty());
        Self {
            index,
            acrida: (tells_options || report_every_s.is_some()).then(|| AckExtraData {
                parsed_options: tells_options.then(|| AnyData::from(parsed_options)),
                report_every_s,
            }),
        }
    }
}

#[derive(serde::Serialize)]
pub(super) struct UserCountData {
    pub(super) user_count: u64,
}

#[derive(serde::Serialize)]
pub(super) struct SpawningCompleteData<'a> {
    pub(super) user_classes_count: &'a BTreeMap<String, u64>,
    pub(super) user_count: u64,
}

#[derive(serde::Serialize)]
pub(super) struct ExceptionData<'a> {
    pub(super) msg: &'a str,
    pub(super) traceback: &'a str,
}

#[derive(serde::Serialize)]
pub(super) struct LogsData<'a> {
    pub(super) worker_id: &'a str,
    pub(super) logs: &'a [String],
}

#[derive(serde::Serialize)]
pub(super) struct HeartbeatData<'a> {
    state: &'a str,
    current_cpu_usage: f64,
    current_memory_usage: u64,
    /// Our addition.
    #[serde(skip_serializing_if = "Option::is_none")]
    acrida: Option<HeartbeatExtraData<'a>>,
}

#[derive(serde::Serialize)]
struct HeartbeatExtraData<'a> {
    loop_lag_ms: f64,
    connections: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    round_trip_ms: Option<f64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    script: &'a str,
}

impl<'a> From<&'a Heartbeat> for HeartbeatData<'a> {
    fn from(heartbeat: &'a Heartbeat) -> Self {
        Self {
            state: heartbeat.state.as_str(),
            current_cpu_usage: heartbeat.current_cpu_usage,
            current_memory_usage: heartbeat.current_memory_usage,
            acrida: heartbeat.extra.as_ref().map(|extra| HeartbeatExtraData {
                loop_lag_ms: extra.loop_lag_ms,
                connections: extra.connections,
                round_trip_ms: extra.round_trip_ms,
                script: &extra.script,
            }),
        }
    }
}

#[derive(serde::Serialize)]
pub(super) struct SpawnData<'a> {
    timestamp: f64,
    user_classes_count: &'a BTreeMap<String, u64>,
    host: Option<&'a str>,
    stop_timeout: f64,
    parsed_options: AnyData<'a>,
    /// Our addition.
    #[serde(skip_serializing_if = "Option::is_none")]
    acrida: Option<SpreadData>,
}

#[derive(serde::Serialize)]
struct SpreadData {
    spread_s: f64,
}

impl<'a> From<&'a Spawn> for SpawnData<'a> {
    fn from(spawn: &'a Spawn) -> Self {
        Self {
            timestamp: spawn.timestamp,
            user_classes_count: &spawn.user_classes_count,
            host: spawn.host.as_deref(),
            stop_timeout: spawn.stop_timeout_s,
            parsed_options: AnyData::from(&spawn.parsed_options),
            acrida: (spawn.spread_s != 0.0).then_some(SpreadData {
                spread_s: spawn.spread_s,
            }),
        }
    }
}

#[derive(serde::Serialize)]
pub(super) struct ReasonData<'a> {
    pub(super) error: &'a str,
}

#[derive(serde::Serialize)]
pub(super) struct LocustfilesData<'a> {
    pub(super) locustfiles: Vec<SourceData<'a>>,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
pub(super) enum SourceData<'a> {
    Url(&'a str),
    File { filename: &'a str, contents: &'a str },
}

impl<'a> From<&'a SourceFile> for SourceData<'a> {
    fn from(file: &'a SourceFile) -> Self {
        match file {
            SourceFile::Url(url) => Self::Url(url),
            SourceFile::File { filename, contents } => Self::File { filename, contents },
        }
    }
}

/// A script's own value. Floats go out in 64 bits, as Python's do; the rest as `rmpv` has it. An error if it is nested deeper than a
/// receiver takes.
pub(super) struct AnyData<'a> {
    value: &'a Value,
    levels_left: usize,
}

impl<'a> From<&'a Value> for AnyData<'a> {
    fn from(value: &'a Value) -> Self {
        Self {
            value,
            levels_left: MAX_DEPTH - 1,
        }
    }
}

impl Serialize for AnyData<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = |value| {
            let levels_left = self.levels_left.checked_sub(1);
            let levels_left =
                levels_left.ok_or_else(|| S::Error::custom(format!("nested deeper than {MAX_DEPTH}")))?;
            Ok(AnyData { value, levels_left })
        };
        match self.value {
            Value::F32(number) => serializer.serialize_f64(f64::from(*number)),
            Value::Array(items) => {
                let mut array = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    array.serialize_element(&inner(item)?)?;
                }
                array.end()
            }
            Value::Map(pairs) => {
                let mut map = serializer.serialize_map(Some(pairs.len()))?;
                for (key, value) in pairs {
                    map.serialize_entry(&inner(key)?, &inner(value)?)?;
                }
                map.end()
            }
            other => other.serialize(serializer),
        }
    }
}
