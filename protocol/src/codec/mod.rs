//! Messages as bytes: msgpack arrays `[type, data, node id]`, as Locust packs them, by serde and `rmp-serde`.
//!
//! Strict in what is sent (smallest forms, Locust's field order), tolerant in what is taken (any legal msgpack form, unknown and missing
//! keys, shapes of third-party workers). Whatever arrives ends in a message or a [`DecodeError`]: never in a panic, nor in memory
//! that the size of the input does not justify.

mod check;
mod decode;
mod encode;
mod error;
mod lenient;
mod read_stats;
mod stats;
mod wire;

pub use decode::{decode_to_master, decode_to_worker};
pub use encode::{encode_to_master, encode_to_worker};
pub use error::DecodeError;

/// Type names on the wire.
mod kind {
    pub(super) const ACK: &str = "ack";
    pub(super) const CLIENT_READY: &str = "client_ready";
    pub(super) const CLIENT_STOPPED: &str = "client_stopped";
    pub(super) const EXCEPTION: &str = "exception";
    pub(super) const HEARTBEAT: &str = "heartbeat";
    pub(super) const LOCUSTFILE: &str = "locustfile";
    pub(super) const LOGS: &str = "logs";
    pub(super) const QUIT: &str = "quit";
    pub(super) const RECONNECT: &str = "reconnect";
    pub(super) const SPAWN: &str = "spawn";
    pub(super) const SPAWNING: &str = "spawning";
    pub(super) const SPAWNING_COMPLETE: &str = "spawning_complete";
    pub(super) const STATS: &str = "stats";
    pub(super) const STOP: &str = "stop";
    pub(super) const UPDATE_USER_CLASS: &str = "update_user_class";
}

/// The key of our own additions, which Locust ignores.
const EXTENSION: &str = "acrida";

#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod tests;
