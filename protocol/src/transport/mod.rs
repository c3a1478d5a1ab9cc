//! Moving payloads between a master and its workers, whatever the medium. Says nothing about what is in a payload.
//!
//! A *listener* (master) talks to many peers by their ids, a *link* (worker) to one master. Receiving is cancel-safe: a future that
//! is dropped loses nothing. Sending never waits: a message is queued or refused. A broken link is an error at once, and is never
//! repaired here: whoever owns it connects anew under the same identity, and the newer connection then replaces the older.

mod error;
mod memory;
mod zmq;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;

use crate::NodeId;

pub use error::TransportError;
pub use memory::{MemoryLink, MemoryListener, MemoryTransport};
pub use zmq::{ZmqLink, ZmqListener, ZmqTransport};

/// A host and a TCP port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Name or address without brackets; `*` means every address of this machine (bind only).
    pub host: String,
    /// Port; 0 takes any free one (bind only).
    pub port: u16,
}

impl Endpoint {
    /// The endpoint of that host and port. Brackets around an IPv6 address are taken off.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        let host = host.into();
        let bare = host
            .strip_prefix('[')
            .and_then(|h| h.strip_suffix(']'))
            .map(str::to_owned);
        Self {
            host: bare.unwrap_or(host),
            port,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A payload and who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The sender's routing id.
    pub peer: NodeId,
    /// The message as bytes.
    pub payload: Bytes,
}

/// A way to reach other nodes.
pub trait Transport: Send + Sync + 'static {
    /// The master's side.
    type Listener: Listener;
    /// The worker's side.
    type Link: Link;

    /// Starts to listen. Fails with [`TransportError::AddressInUse`] if the port is taken.
    fn bind(
        &self,
        endpoint: &Endpoint,
    ) -> impl Future<Output = Result<Self::Listener, TransportError>> + Send;

    /// Connects once (no retries) and presents `identity`, 1 to 255 bytes.
    fn connect(
        &self,
        endpoint: &Endpoint,
        identity: &str,
    ) -> impl Future<Output = Result<Self::Link, TransportError>> + Send;
}

/// The master's side: many peers, told apart by their ids.
///
/// A peer that connects under an id that is still connected replaces the older connection, which is closed.
pub trait Listener: Send + 'static {
    /// Waits for the next message of any peer. Cancel-safe. Messages of one connection keep their order.
    fn recv(&mut self) -> impl Future<Output = Result<Incoming, TransportError>> + Send;

    /// Queues a message for one peer; never waits. Fails with `UnknownPeer` if it is not connected, `QueueFull` if it does not read.
    fn send(
        &mut self,
        peer: &str,
        payload: Vec<u8>,
    ) -> impl Future<Output = Result<(), TransportError>> + Send;

    /// The port listened on.
    fn local_port(&self) -> u16;

    /// Stops listening, writes what is queued and closes; waits at most `timeout`. True if all peers took everything.
    fn close(self, timeout: Duration) -> impl Future<Output = bool> + Send;
}

/// The worker's side: one connection to one master. Dropping it breaks the connection at once and loses what is queued; see `close`.
pub trait Link: Send + 'static {
    /// Waits for the next message. Cancel-safe. `Disconnected` as soon as the connection is gone, and from then on.
    fn recv(&mut self) -> impl Future<Output = Result<Bytes, TransportError>> + Send;

    /// Queues a message; never waits. Fails with `Disconnected` or `QueueFull`.
    fn send(&mut self, payload: Vec<u8>) -> impl Future<Output = Result<(), TransportError>> + Send;

    /// Writes what is queued and closes; waits at most `timeout`. True if the peer took everything.
    fn close(self, timeout: Duration) -> impl Future<Output = bool> + Send;
}
