//! The transport within one process, for tests and simulation: bounded queues, and peers that can be cut off at will.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{Endpoint, Incoming, Link, Listener, Transport, TransportError};
use crate::NodeId;
use crate::limits::{MAX_IDENTITY_BYTES, MAX_MESSAGE_BYTES, RECEIVE_QUEUE_MESSAGES};

const FIRST_FREE_PORT: u16 = 40_000;

/// A network in memory. Clones are the same network; hosts are ignored, ports are not.
#[derive(Clone)]
pub struct MemoryTransport {
    net: Arc<Mutex<Net>>,
    queue_messages: usize,
}

#[derive(Default)]
struct Net {
    listeners: HashMap<u16, Bound>,
    refusing: bool,
    silenced: HashSet<NodeId>,
    connections: u64,
}

struct Bound {
    incoming: mpsc::Sender<Incoming>,
    peers: HashMap<NodeId, Peer>,
}

struct Peer {
    connection: u64,
    outgoing: mpsc::Sender<Bytes>,
}

impl Default for MemoryTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryTransport {
    /// An empty network.
    pub fn new() -> Self {
        Self::with_queues(RECEIVE_QUEUE_MESSAGES)
    }

    /// An empty network whose queues hold `queue_messages` each (at least 1).
    pub fn with_queues(queue_messages: usize) -> Self {
        Self {
            net: Arc::default(),
            queue_messages: queue_messages.max(1),
        }
    }

    /// Breaks the connection of `peer`, as a killed process would. False if there is none.
    pub fn disconnect(&self, peer: &str) -> bool {
        let mut net = self.lock();
        let cut = net
            .listeners
            .values_mut()
            .filter_map(|bound| bound.peers.remove(peer));
        cut.count() > 0
    }

    /// From now on connecting fails (or works again).
    pub fn refuse_connections(&self, refuse: bool) {
        self.lock().refusing = refuse;
    }

    /// Loses all messages from and to `peer` without breaking its connection, as a dead network does (or stops doing so).
    pub fn silence(&self, peer: &str, silent: bool) {
        let mut net = self.lock();
        if silent {
            net.silenced.insert(peer.to_owned());
        } else {
            net.silenced.remove(peer);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Net> {
        self.net.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for MemoryTransport {
    type Listener = MemoryListener;
    type Link = MemoryLink;

    async fn bind(&self, endpoint: &Endpoint) -> Result<MemoryListener, TransportError> {
        let mut net = self.lock();
        let free = || (FIRST_FREE_PORT..).find(|port| !net.listeners.contains_key(port));
        let port = Some(endpoint.port).filter(|&port| port != 0).or_else(free);
        let port = port.filter(|port| !net.listeners.contains_key(port));
        let port = port.ok_or_else(|| TransportError::AddressInUse {
            endpoint: endpoint.clone(),
        })?;
        let (incoming, receiver) = mpsc::channel(self.queue_messages);
        net.listeners.insert(
            port,
            Bound {
                incoming,
                peers: HashMap::new(),
            },
        );
        Ok(MemoryListener {
            transport: self.clone(),
            port,
            receiver,
        })
    }

    async fn connect(&self, endpoint: &Endpoint, identity: &str) -> Result<MemoryLink, TransportError> {
        if identity.is_empty() || identity.len() > MAX_IDENTITY_BYTES {
            return Err(TransportError::BadIdentity {
                bytes: identity.len(),
            });
        }
        let mut net = self.lock();
        net.connections += 1;
        let connection = net.connections;
        let refusing = net.refusing;
        let Some(bound) = net.listeners.get_mut(&endpoint.port).filter(|_| !refusing) else {
            let source = io::ErrorKind::ConnectionRefused.into();
            return Err(TransportError::Connect {
                endpoint: endpoint.clone(),
                source,
            });
        };
        let (outgoing, receiver) = mpsc::channel(self.queue_messages);
        bound
            .peers
            .insert(identity.to_owned(), Peer { connection, outgoing });
        Ok(MemoryLink {
            transport: self.clone(),
            port: endpoint.port,
            identity: identity.to_owned(),
            connection,
            receiver,
        })
    }
}

/// The master's side of a [`MemoryTransport`].
pub struct MemoryListener {
    transport: MemoryTransport,
    port: u16,
    receiver: mpsc::Receiver<Incoming>,
}

impl Listener for MemoryListener {
    async fn recv(&mut self) -> Result<Incoming, TransportError> {
        self.receiver.recv().await.ok_or(TransportError::Closed)
    }

    async fn send(&mut self, peer: &str, payload: Vec<u8>) -> Result<(), TransportError> {
        check_size(&payload)?;
        let mut net = self.transport.lock();
        let silenced = net.silenced.contains(peer);
        let peers = &mut net
            .listeners
            .get_mut(&self.port)
            .ok_or(TransportError::Closed)?
            .peers;
        let unknown = || TransportError::UnknownPeer {
            peer: peer.to_owned(),
        };
        let outgoing = peers
            .get(peer)
            .map(|peer| peer.outgoing.clone())
            .ok_or_else(unknown)?;
        if silenced {
            return Ok(());
        }
        match outgoing.try_send(payload.into()) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(TransportError::QueueFull {
                peer: peer.to_owned(),
            }),
            Err(TrySendError::Closed(_)) => {
                peers.remove(peer);
                Err(unknown())
            }
        }
    }

    fn local_port(&self) -> u16 {
        self.port
    }

    async fn close(self, _timeout: Duration) -> bool {
        true
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.transport.lock().listeners.remove(&self.port);
    }
}

/// The worker's side of a [`MemoryTransport`].
pub struct MemoryLink {
    transport: MemoryTransport,
    port: u16,
    identity: NodeId,
    connection: u64,
    receiver: mpsc::Receiver<Bytes>,
}

impl Link for MemoryLink {
    async fn recv(&mut self) -> Result<Bytes, TransportError> {
        self.receiver.recv().await.ok_or_else(lost)
    }

    async fn send(&mut self, payload: Vec<u8>) -> Result<(), TransportError> {
        check_size(&payload)?;
        let net = self.transport.lock();
        let bound = net.listeners.get(&self.port).ok_or_else(lost)?;
        bound
            .peers
            .get(&self.identity)
            .filter(|peer| peer.connection == self.connection)
            .ok_or_else(lost)?;
        if net.silenced.contains(&self.identity) {
            return Ok(());
        }
        let message = Incoming {
            peer: self.identity.clone(),
            payload: payload.into(),
        };
        bound.incoming.try_send(message).map_err(|error| match error {
            TrySendError::Full(_) => TransportError::QueueFull {
                peer: "the master".to_owned(),
            },
            TrySendError::Closed(_) => lost(),
        })
    }

    async fn close(self, _timeout: Duration) -> bool {
        true
    }
}

impl Drop for MemoryLink {
    fn drop(&mut self) {
        let mut net = self.transport.lock();
        if let Some(bound) = net.listeners.get_mut(&self.port)
            && bound
                .peers
                .get(&self.identity)
                .is_some_and(|peer| peer.connection == self.connection)
        {
            bound.peers.remove(&self.identity);
        }
    }
}

fn check_size(payload: &[u8]) -> Result<(), TransportError> {
    match payload.len() {
        bytes if bytes > MAX_MESSAGE_BYTES => Err(TransportError::TooLarge {
            bytes,
            limit: MAX_MESSAGE_BYTES,
        }),
        _ => Ok(()),
    }
}

fn lost() -> TransportError {
    TransportError::Disconnected {
        reason: "the peer is gone".to_owned(),
    }
}

#[cfg(test)]
mod tests;
