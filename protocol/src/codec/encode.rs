//! Messages to bytes: the triple `(type, data, node id)` through serde, by `rmp-serde`.
//!
//! `rmp-serde` picks the forms that msgpack-python picks: the smallest for integers and lengths, 64 bits for floats.

use serde::Serialize;

use super::wire::{
    AnyData, BundlePartData, BundleRequestData, ExceptionData, HeartbeatData, IndexData, LocustfilesData,
    LogsData, ReasonData, SourceData, SpawnData, SpawningCompleteData, UserCountData, VersionData,
};
use super::{kind, stats};
use crate::{ClientVersion, Envelope, LocustfileReply, SpawningComplete, ToMaster, ToWorker};

/// The bytes of a worker's message. Data of a script nested deeper than `limits::MAX_DEPTH` is replaced by nil.
pub fn encode_to_master(envelope: &Envelope<ToMaster>) -> Vec<u8> {
    let to = envelope.node_id.as_str();
    match &envelope.message {
        ToMaster::Locustfile { version, bundle } => {
            let acrida = bundle.as_ref().map(BundleRequestData::from);
            pack(kind::LOCUSTFILE, VersionData { version, acrida }, to)
        }
        ToMaster::ClientReady(ClientVersion::Text(text)) => pack(kind::CLIENT_READY, text, to),
        ToMaster::ClientReady(ClientVersion::Bypass) => pack(kind::CLIENT_READY, -1, to),
        ToMaster::ClientReady(ClientVersion::Missing) => pack(kind::CLIENT_READY, (), to),
        ToMaster::Heartbeat(heartbeat) => pack(kind::HEARTBEAT, HeartbeatData::from(heartbeat), to),
        ToMaster::Stats(report) => pack(kind::STATS, stats::ReportData::from(&**report), to),
        ToMaster::Spawning => pack(kind::SPAWNING, (), to),
        ToMaster::SpawningComplete(SpawningComplete {
            user_classes_count,
            user_count,
        }) => {
            let data = SpawningCompleteData {
                user_classes_count,
                user_count: *user_count,
            };
            pack(kind::SPAWNING_COMPLETE, data, to)
        }
        ToMaster::ClientStopped => pack(kind::CLIENT_STOPPED, (), to),
        ToMaster::Quit => pack(kind::QUIT, (), to),
        ToMaster::Exception(exception) => {
            let data = ExceptionData {
                msg: &exception.msg,
                traceback: &exception.traceback,
            };
            pack(kind::EXCEPTION, data, to)
        }
        ToMaster::Logs(report) => {
            let data = LogsData {
                worker_id: &report.worker_id,
                logs: &report.logs,
            };
            pack(kind::LOGS, data, to)
        }
        ToMaster::Custom { kind, data } => pack(kind, AnyData::from(data), to),
    }
}

/// The bytes of a master's message. Data of a script nested deeper than `limits::MAX_DEPTH` is replaced by nil.
pub fn encode_to_worker(envelope: &Envelope<ToWorker>) -> Vec<u8> {
    let to = envelope.node_id.as_str();
    match &envelope.message {
        ToWorker::Ack {
            index,
            parsed_options,
            report_every_s,
        } => pack(
            kind::ACK,
            IndexData::new(*index, parsed_options, *report_every_s),
            to,
        ),
        ToWorker::Heartbeat => pack(kind::HEARTBEAT, (), to),
        ToWorker::Spawn(spawn) => pack(kind::SPAWN, SpawnData::from(&**spawn), to),
        ToWorker::SpawningComplete { user_count } => {
            let user_count = *user_count;
            pack(kind::SPAWNING_COMPLETE, UserCountData { user_count }, to)
        }
        ToWorker::Stop => pack(kind::STOP, (), to),
        ToWorker::Quit => pack(kind::QUIT, (), to),
        ToWorker::Reconnect => pack(kind::RECONNECT, (), to),
        ToWorker::UpdateUserClass(change) => pack(kind::UPDATE_USER_CLASS, AnyData::from(change), to),
        ToWorker::Locustfile(LocustfileReply::Error(error)) => {
            pack(kind::LOCUSTFILE, ReasonData { error }, to)
        }
        ToWorker::Locustfile(LocustfileReply::Files(files)) => {
            let locustfiles = files.iter().map(SourceData::from).collect();
            pack(kind::LOCUSTFILE, LocustfilesData { locustfiles }, to)
        }
        ToWorker::Locustfile(LocustfileReply::Part(part)) => {
            pack(kind::LOCUSTFILE, BundlePartData::from(part), to)
        }
        ToWorker::Custom { kind, data } => pack(kind, AnyData::from(data), to),
    }
}

fn pack(kind: &str, data: impl Serialize, node_id: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut serializer = rmp_serde::Serializer::new(&mut out).with_struct_map();
    match (kind, data, node_id).serialize(&mut serializer) {
        Ok(()) => out,
        // Writing to memory cannot fail; only a script's data can be too deep, and nil is none.
        Err(error) => {
            tracing::error!(kind, %error, "the data of a message cannot be encoded; it is sent without");
            pack(kind, (), node_id)
        }
    }
}
