//! What a master says to a worker.

use std::collections::BTreeMap;

use rmpv::Value;

/// A message from the master.
#[derive(Debug, Clone, PartialEq)]
pub enum ToWorker {
    /// Reply to each accepted `client_ready`.
    Ack {
        /// The worker's number, from 0, stable while the master lives.
        index: u32,
        /// Ours (`acrida.parsed_options`): the master's options by Locust's names, for hooks that run before the first
        /// `spawn`. A map; empty if the master does not tell.
        parsed_options: Value,
        /// Ours (`acrida.report_every_s`): report every so many seconds, when the worker's unix clock is at a multiple of them.
        /// None: every 3 s at any time, as Locust's workers do.
        report_every_s: Option<u32>,
    },
    /// Reply to each heartbeat of a known worker.
    Heartbeat,
    /// Run this many users.
    Spawn(Box<Spawn>),
    /// The ramp is over on all workers.
    SpawningComplete {
        /// Users on all workers together.
        user_count: u64,
    },
    /// Stop all users and become ready again.
    Stop,
    /// Stop all users, send the last statistics, exit.
    Quit,
    /// Open a new connection under the same identity.
    Reconnect,
    /// Change attributes of a User class: a map with `user_class_name` and the attributes.
    UpdateUserClass(Value),
    /// The locustfile asked for.
    Locustfile(LocustfileReply),
    /// A script's own message.
    Custom {
        /// Its type; none of the standard ones.
        kind: String,
        /// Whatever the script sent.
        data: Value,
    },
}

/// The users a worker shall run.
#[derive(Debug, Clone, PartialEq)]
pub struct Spawn {
    /// Master's unix time in seconds; a worker drops a spawn that is not newer than the last.
    pub timestamp: f64,
    /// *Absolute* target by class for this worker. A class that is left out is not touched; 0 stops it.
    pub user_classes_count: BTreeMap<String, u64>,
    /// Overrides the host of every class if not empty.
    pub host: Option<String>,
    /// How long a stopping user may finish its task, in seconds.
    pub stop_timeout_s: f64,
    /// The master's options by Locust's names (a map; may be empty).
    pub parsed_options: Value,
    /// Ours (`acrida.spread_s`): spread the starts over this many seconds; 0 = at once, as Locust does.
    pub spread_s: f64,
}

/// Answer to a request for the locustfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocustfileReply {
    /// The files, in order.
    Files(Vec<SourceFile>),
    /// Why there are none.
    Error(String),
    /// Ours: a part of the script bundle, to a worker that asked for it.
    Part(BundlePart),
}

/// A part of the packed script bundle. Each is asked for by itself, so that one is on its way to a worker at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundlePart {
    /// Hash of the whole, see [`crate::Packed`].
    pub hash: String,
    /// Bytes of the whole as packed.
    pub total: u64,
    /// Where this part begins.
    pub offset: u64,
    /// The part; empty if the worker has the bundle already.
    pub bytes: Vec<u8>,
}

/// One locustfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceFile {
    /// Its text.
    File {
        /// Name; only the last path component is to be used.
        filename: String,
        /// Python source.
        contents: String,
    },
    /// Where the worker shall fetch it itself.
    Url(String),
}
