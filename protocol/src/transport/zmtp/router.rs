//! The master's socket: a bound ROUTER.
//!
//! Of two connections under one identity the newer wins (libzmq's `ROUTER_HANDOVER`, which Locust lacks): a worker that reconnects need not
//! wait until the old connection is found dead. The old one is written no more, and read for a few seconds for what is on its way.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::super::{Endpoint, Incoming, Listener, TransportError};
use super::connection::{self, Delivery, Inbox, Outgoing, Refused};
use super::handshake::{Role, shake};
use super::socket;
use crate::NodeId;
use crate::limits::{
    ACCEPT_RETRY, HANDSHAKE_TIMEOUT, MAX_CONNECTIONS, MAX_MESSAGE_BYTES, RECEIVE_QUEUE_MESSAGES,
};

/// How long a replaced connection is still read.
const HANDOVER_GRACE: Duration = Duration::from_secs(5);

/// A bound ROUTER.
pub struct ZmqListener {
    peers: Arc<Peers>,
    inbox: mpsc::Receiver<Delivery<NodeId>>,
    port: u16,
    closing: watch::Sender<bool>,
    task: Task,
}

/// The accepting task, which owns all connections and ends with its listener.
struct Task(JoinHandle<bool>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Default)]
struct Peers {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    by_id: HashMap<NodeId, Peer>,
    connections: u64,
    closed: bool,
}

struct Peer {
    connection: u64,
    outgoing: Outgoing,
    /// Dropped when another connection takes this id over.
    _current: watch::Sender<()>,
}

impl Peers {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a connection; an older one of the same id loses its place.
    fn join(&self, id: &NodeId, outgoing: Outgoing) -> Option<(u64, watch::Receiver<()>)> {
        let mut table = self.lock();
        if table.closed {
            return None;
        }
        table.connections += 1;
        let connection = table.connections;
        let (current, replaced) = watch::channel(());
        let old = table.by_id.insert(
            id.clone(),
            Peer {
                connection,
                outgoing,
                _current: current,
            },
        );
        if old.is_some() {
            tracing::debug!(peer = %id, "a newer connection takes over");
        }
        Some((connection, replaced))
    }

    /// Takes a connection out, unless a newer one has its place.
    fn leave(&self, id: &NodeId, connection: u64) {
        let mut table = self.lock();
        if table
            .by_id
            .get(id)
            .is_some_and(|peer| peer.connection == connection)
        {
            table.by_id.remove(id);
        }
    }

    fn close(&self) {
        let mut table = self.lock();
        table.closed = true;
        table.by_id.clear();
    }
}

impl ZmqListener {
    pub(super) async fn bind(endpoint: &Endpoint) -> Result<Self, TransportError> {
        let listener = socket::listen(endpoint).await?;
        let failed = |source| TransportError::Bind {
            endpoint: endpoint.clone(),
            source,
        };
        let port = listener.local_addr().map_err(failed)?.port();
        let peers = Arc::new(Peers::default());
        let (queue, inbox) = mpsc::channel(RECEIVE_QUEUE_MESSAGES);
        let (closing, closed) = watch::channel(false);
        let task = tokio::spawn(accept_all(
            listener,
            Arc::clone(&peers),
            Inbox::new(queue),
            closed,
        ));
        Ok(Self {
            peers,
            inbox,
            port,
            closing,
            task: Task(task),
        })
    }
}

impl Listener for ZmqListener {
    async fn recv(&mut self) -> Result<Incoming, TransportError> {
        let delivery = self.inbox.recv().await.ok_or(TransportError::Closed)?;
        Ok(Incoming {
            peer: delivery.from,
            payload: delivery.payload,
        })
    }

    async fn send(&mut self, peer: &str, payload: Vec<u8>) -> Result<(), TransportError> {
        if payload.len() > MAX_MESSAGE_BYTES {
            return Err(TransportError::TooLarge {
                bytes: payload.len(),
                limit: MAX_MESSAGE_BYTES,
            });
        }
        let table = self.peers.lock();
        let sent = table
            .by_id
            .get(peer)
            .map_or(Err(Refused::Closed), |known| known.outgoing.push(payload));
        sent.map_err(|refused| match refused {
            Refused::Closed => TransportError::UnknownPeer {
                peer: peer.to_owned(),
            },
            Refused::Full => TransportError::QueueFull {
                peer: peer.to_owned(),
            },
        })
    }

    fn local_port(&self) -> u16 {
        self.port
    }

    async fn close(self, limit: Duration) -> bool {
        let Self {
            peers,
            mut inbox,
            port: _,
            closing,
            mut task,
        } = self;
        peers.close();
        closing.send_replace(true);
        inbox.close();
        while inbox.try_recv().is_ok() {}
        matches!(timeout(limit, &mut task.0).await, Ok(Ok(true)))
    }
}

/// Accepts until told to close, then waits for the connections to end. True if all of them ended in order.
async fn accept_all(
    listener: TcpListener,
    peers: Arc<Peers>,
    inbox: Inbox<NodeId>,
    mut closing: watch::Receiver<bool>,
) -> bool {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) if connections.len() < MAX_CONNECTIONS => {
                    tracing::trace!(%address, "connection accepted");
                    connections.spawn(serve(stream, Arc::clone(&peers), inbox.clone()));
                }
                Ok((_, address)) => tracing::warn!(%address, "refused: {MAX_CONNECTIONS} connections are open already"),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_RETRY).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = closing.changed() => break,
        }
    }
    drop(listener);
    let mut in_order = true;
    while let Some(ended) = connections.join_next().await {
        in_order &= matches!(ended, Ok(true));
    }
    in_order
}

/// One connection from its handshake to its end. True if it ended in order.
async fn serve(stream: TcpStream, peers: Arc<Peers>, inbox: Inbox<NodeId>) -> bool {
    socket::tune(&stream);
    let (reader, mut writer_half) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let identity = match timeout(
        HANDSHAKE_TIMEOUT,
        shake(&mut reader, &mut writer_half, Role::Router, ""),
    )
    .await
    {
        Ok(Ok(identity)) => identity,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection that is no worker's");
            return true;
        }
        Err(_) => return true,
    };
    let Some(id) = node_id(identity) else {
        tracing::warn!("a peer was refused: its ZeroMQ identity is not UTF-8 or too long");
        return true;
    };
    let (outgoing, writer) = connection::outgoing();
    let Some((connection, mut replaced)) = peers.join(&id, outgoing) else {
        return true;
    };
    let running = connection::run(reader, writer_half, writer, id.clone(), inbox);
    let over = async {
        // Ends (with an error) when the sender is dropped: taken over, or the listener closes.
        let _dropped = replaced.changed().await;
        sleep(HANDOVER_GRACE).await;
    };
    let result = tokio::select! {
        result = running => result,
        () = over => Err(io::ErrorKind::TimedOut.into()),
    };
    peers.leave(&id, connection);
    if let Err(error) = &result
        && error.kind() != io::ErrorKind::UnexpectedEof
    {
        tracing::debug!(peer = %id, %error, "connection ended");
    }
    result.is_ok()
}

/// The id a peer gave, or a fresh one if it gave none, as ZeroMQ does.
fn node_id(identity: Vec<u8>) -> Option<NodeId> {
    if identity.is_empty() {
        return Some(format!("anonymous_{}", uuid::Uuid::new_v4().simple()));
    }
    String::from_utf8(identity)
        .ok()
        .filter(|id| id.len() <= crate::limits::MAX_IDENTITY_BYTES)
}
