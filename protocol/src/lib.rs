//! What crosses the wire between a master and its workers: messages, their encoding, statistics, and the transport.
//!
//! The wire is Locust's own (ZeroMQ ROUTER/DEALER carrying msgpack arrays of three), extended only by keys that Locust ignores.
//! This crate knows no roles: it never decides who runs what, keeps no cluster state and prints nothing.

pub mod bundle;
pub mod codec;
pub mod limits;
pub mod message;
pub mod node_id;
pub mod stats;
pub mod transport;

pub use bundle::{Bundle, BundleError, BundleFile, Packed};
pub use codec::{DecodeError, decode_to_master, decode_to_worker, encode_to_master, encode_to_worker};
pub use message::{
    BundlePart, BundleRequest, ClientVersion, Envelope, ExceptionReport, Heartbeat, HeartbeatExtra,
    LocustfileReply, LogsReport, SourceFile, Spawn, SpawningComplete, ToMaster, ToWorker, WorkerState,
};
pub use node_id::NodeId;
pub use rmpv::Value;
pub use stats::{
    ErrorEntry, ErrorSample, Fault, Folded, RequestStats, StatsEntry, StatsReport, Times, locust_bucket_ms,
};
pub use transport::{
    Endpoint, Incoming, Link, Listener, MemoryTransport, Transport, TransportError, ZmqTransport,
};
