//! What can go wrong on the way to a peer, and whose fault it is.

use std::io;

use super::Endpoint;

/// A failed transport operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// Another program listens there already.
    #[error(
        "cannot listen on {endpoint}: the port is in use; choose another or stop the program that has it"
    )]
    AddressInUse {
        /// Where.
        endpoint: Endpoint,
    },
    /// Listening failed for another reason (no such address, no permission).
    #[error("cannot listen on {endpoint}: {source}")]
    Bind {
        /// Where.
        endpoint: Endpoint,
        /// The system's reason.
        source: io::Error,
    },
    /// No TCP connection: nobody listens, no route, unknown host, too slow.
    #[error("cannot connect to {endpoint}: {source}")]
    Connect {
        /// Where.
        endpoint: Endpoint,
        /// The system's reason.
        source: io::Error,
    },
    /// Somebody answered there, but not a ZeroMQ ROUTER.
    #[error("{endpoint} does not answer like a master (ZeroMQ ROUTER): {reason}")]
    Handshake {
        /// Where.
        endpoint: Endpoint,
        /// What was wrong.
        reason: String,
    },
    /// The connection is gone.
    #[error("the connection is lost: {reason}")]
    Disconnected {
        /// How it ended.
        reason: String,
    },
    /// No connection under that id.
    #[error("no peer {peer:?} is connected")]
    UnknownPeer {
        /// The id asked for.
        peer: String,
    },
    /// The peer does not take its messages fast enough.
    #[error("{peer:?} does not read: its send queue is full")]
    QueueFull {
        /// Whose queue.
        peer: String,
    },
    /// The message is larger than `limits::MAX_MESSAGE_BYTES`.
    #[error("a message of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// An identity is empty or longer than 255 bytes.
    #[error("{bytes} bytes is no length for a node id (1 to 255)")]
    BadIdentity {
        /// Its length.
        bytes: usize,
    },
    /// The listener has been closed.
    #[error("the listener is closed")]
    Closed,
}

impl TransportError {
    /// The port is taken by somebody else.
    pub fn is_address_in_use(&self) -> bool {
        matches!(self, Self::AddressInUse { .. })
    }

    /// The connection is gone; connect anew.
    pub fn is_disconnected(&self) -> bool {
        matches!(self, Self::Disconnected { .. })
    }

    /// The peer is not connected (any more).
    pub fn is_unknown_peer(&self) -> bool {
        matches!(self, Self::UnknownPeer { .. })
    }

    /// The peer does not read fast enough.
    pub fn is_queue_full(&self) -> bool {
        matches!(self, Self::QueueFull { .. })
    }
}
