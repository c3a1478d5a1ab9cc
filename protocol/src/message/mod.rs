//! The messages of Locust's wire as Rust values. Plain data: what they look like as bytes is the codec's business.

mod to_master;
mod to_worker;

pub use to_master::{
    BundleRequest, ClientVersion, ExceptionReport, Heartbeat, HeartbeatExtra, LogsReport, SpawningComplete,
    ToMaster, WorkerState,
};
pub use to_worker::{BundlePart, LocustfileReply, SourceFile, Spawn, ToWorker};

use crate::NodeId;

/// A message with the id in the third slot of the wire's array.
///
/// Workers put their own id; a master puts the *target's* id (some third-party workers drop anything else).
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope<M> {
    /// What is said.
    pub message: M,
    /// The worker it is about, in both directions.
    pub node_id: NodeId,
}
