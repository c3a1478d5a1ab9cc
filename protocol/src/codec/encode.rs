//! Messages to bytes.

use super::writer::Writer;
use super::{EXTENSION, kind, stats};
use crate::{
    ClientVersion, Envelope, Heartbeat, LocustfileReply, SourceFile, Spawn, SpawningComplete, ToMaster,
    ToWorker,
};

/// The bytes of a worker's message.
pub fn encode_to_master(envelope: &Envelope<ToMaster>) -> Vec<u8> {
    let mut writer = Writer::default();
    let w = &mut writer;
    w.array(3);
    match &envelope.message {
        ToMaster::Locustfile { version } => {
            w.str(kind::LOCUSTFILE);
            w.map(1);
            w.str("version");
            w.str(version);
        }
        ToMaster::ClientReady(version) => {
            w.str(kind::CLIENT_READY);
            match version {
                ClientVersion::Text(text) => w.str(text),
                ClientVersion::Bypass => w.int(-1),
                ClientVersion::Missing => w.nil(),
            }
        }
        ToMaster::Heartbeat(heartbeat) => write_heartbeat(w, heartbeat),
        ToMaster::Stats(report) => {
            w.str(kind::STATS);
            stats::write(w, report);
        }
        ToMaster::Spawning => bare(w, kind::SPAWNING),
        ToMaster::SpawningComplete(SpawningComplete {
            user_classes_count,
            user_count,
        }) => {
            w.str(kind::SPAWNING_COMPLETE);
            w.map(2);
            w.str("user_classes_count");
            stats::write_counts(w, user_classes_count);
            w.str("user_count");
            w.uint(*user_count);
        }
        ToMaster::ClientStopped => bare(w, kind::CLIENT_STOPPED),
        ToMaster::Quit => bare(w, kind::QUIT),
        ToMaster::Exception(exception) => {
            w.str(kind::EXCEPTION);
            w.map(2);
            w.str("msg");
            w.str(&exception.msg);
            w.str("traceback");
            w.str(&exception.traceback);
        }
        ToMaster::Logs(report) => {
            w.str(kind::LOGS);
            w.map(2);
            w.str("worker_id");
            w.str(&report.worker_id);
            w.str("logs");
            w.array(report.logs.len());
            report.logs.iter().for_each(|line| w.str(line));
        }
        ToMaster::Custom { kind, data } => {
            w.str(kind);
            w.value(data);
        }
    }
    w.str(&envelope.node_id);
    writer.out
}

/// The bytes of a master's message.
pub fn encode_to_worker(envelope: &Envelope<ToWorker>) -> Vec<u8> {
    let mut writer = Writer::default();
    let w = &mut writer;
    w.array(3);
    match &envelope.message {
        ToWorker::Ack { index } => {
            w.str(kind::ACK);
            w.map(1);
            w.str("index");
            w.uint(u64::from(*index));
        }
        ToWorker::Heartbeat => bare(w, kind::HEARTBEAT),
        ToWorker::Spawn(spawn) => write_spawn(w, spawn),
        ToWorker::SpawningComplete { user_count } => {
            w.str(kind::SPAWNING_COMPLETE);
            w.map(1);
            w.str("user_count");
            w.uint(*user_count);
        }
        ToWorker::Stop => bare(w, kind::STOP),
        ToWorker::Quit => bare(w, kind::QUIT),
        ToWorker::Reconnect => bare(w, kind::RECONNECT),
        ToWorker::UpdateUserClass(change) => {
            w.str(kind::UPDATE_USER_CLASS);
            w.value(change);
        }
        ToWorker::Locustfile(reply) => write_locustfile(w, reply),
        ToWorker::Custom { kind, data } => {
            w.str(kind);
            w.value(data);
        }
    }
    w.str(&envelope.node_id);
    writer.out
}

/// A message without data.
fn bare(w: &mut Writer, kind: &str) {
    w.str(kind);
    w.nil();
}

fn write_heartbeat(w: &mut Writer, heartbeat: &Heartbeat) {
    w.str(kind::HEARTBEAT);
    w.map(3 + usize::from(heartbeat.extra.is_some()));
    w.str("state");
    w.str(heartbeat.state.as_str());
    w.str("current_cpu_usage");
    w.float(heartbeat.current_cpu_usage);
    w.str("current_memory_usage");
    w.uint(heartbeat.current_memory_usage);
    if let Some(extra) = &heartbeat.extra {
        w.str(EXTENSION);
        w.map(2);
        w.str("loop_lag_ms");
        w.float(extra.loop_lag_ms);
        w.str("connections");
        w.uint(extra.connections);
    }
}

fn write_spawn(w: &mut Writer, spawn: &Spawn) {
    let spread = spawn.spread_s != 0.0;
    w.str(kind::SPAWN);
    w.map(5 + usize::from(spread));
    w.str("timestamp");
    w.float(spawn.timestamp);
    w.str("user_classes_count");
    stats::write_counts(w, &spawn.user_classes_count);
    w.str("host");
    match &spawn.host {
        Some(host) => w.str(host),
        None => w.nil(),
    }
    w.str("stop_timeout");
    w.float(spawn.stop_timeout_s);
    w.str("parsed_options");
    w.value(&spawn.parsed_options);
    if spread {
        w.str(EXTENSION);
        w.map(1);
        w.str("spread_s");
        w.float(spawn.spread_s);
    }
}

fn write_locustfile(w: &mut Writer, reply: &LocustfileReply) {
    w.str(kind::LOCUSTFILE);
    w.map(1);
    match reply {
        LocustfileReply::Error(reason) => {
            w.str("error");
            w.str(reason);
        }
        LocustfileReply::Files(files) => {
            w.str("locustfiles");
            w.array(files.len());
            for file in files {
                match file {
                    SourceFile::Url(url) => w.str(url),
                    SourceFile::File { filename, contents } => {
                        w.map(2);
                        w.str("filename");
                        w.str(filename);
                        w.str("contents");
                        w.str(contents);
                    }
                }
            }
        }
    }
}
