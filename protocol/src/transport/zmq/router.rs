//! The master's socket: a ROUTER of the crate on a loopback port of its own, and in front of it the port that workers know.
//!
//! Whoever owns it must keep receiving: the socket learns only while it is read that a peer has gone, and until then it holds its identity.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use zeromq::{RouterRecvHalf, RouterSendHalf, RouterSocket, Socket, SocketRecv, SocketSend, ZmqMessage};

use super::super::{Endpoint, Incoming, Listener, TransportError};
use super::frames::{Passed, invalid};
use super::handshake::{read_greeting, read_ready, ready_frame};
use super::peers::{Claim, Peers};
use super::relay::{self, Flow, Task};
use super::socket;
use crate::NodeId;
use crate::limits::{
    ACCEPT_RETRY, FILES_KEPT_FREE, FILES_PER_CONNECTION, HANDSHAKE_TIMEOUT, MAX_CONNECTIONS,
    MAX_IDENTITY_BYTES, MAX_MESSAGE_BYTES,
};

/// A bound ROUTER.
pub struct ZmqListener {
    sender: RouterSendHalf,
    receiver: RouterRecvHalf,
    peers: Arc<Peers>,
    port: u16,
    closing: watch::Sender<bool>,
    /// Owns all connections.
    task: Task,
}

impl ZmqListener {
    pub(super) async fn bind(endpoint: &Endpoint) -> Result<Self, TransportError> {
        let failed = |source| TransportError::Bind {
            endpoint: endpoint.clone(),
            source,
        };
        let listener = socket::listen(endpoint).await?;
        let port = listener.local_addr().map_err(failed)?.port();
        let mut router = RouterSocket::new();
        let inner = router.bind("tcp://127.0.0.1:0").await;
        let Ok(zeromq::Endpoint::Tcp(_, inner_port)) = inner else {
            return Err(failed(io::Error::other("no free port on the loopback interface")));
        };
        let (sender, receiver) = router.split();
        let peers = Arc::new(Peers::default());
        let (closing, closed) = watch::channel(false);
        let task = tokio::spawn(accept_all(listener, inner_port, Arc::clone(&peers), closed));
        Ok(Self {
            sender,
            receiver,
            peers,
            port,
            closing,
            task: Task(task),
        })
    }
}

impl Listener for ZmqListener {
    // Cancel-safe: the crate's queue gives a message and returns without waiting in between.
    async fn recv(&mut self) -> Result<Incoming, TransportError> {
        loop {
            let message = self.receiver.recv().await.map_err(|_| TransportError::Closed)?;
            let mut frames = message.into_vecdeque();
            let peer = frames
                .pop_front()
                .and_then(|id| String::from_utf8(id.into()).ok());
            if let Some((peer, payload)) = peer.zip(frames.pop_front()) {
                return Ok(Incoming { peer, payload });
            }
        }
    }

    async fn send(&mut self, peer: &str, payload: Vec<u8>) -> Result<(), TransportError> {
        let bytes = payload.len();
        if bytes > MAX_MESSAGE_BYTES {
            return Err(TransportError::TooLarge {
                bytes,
                limit: MAX_MESSAGE_BYTES,
            });
        }
        let unknown = || TransportError::UnknownPeer {
            peer: peer.to_owned(),
        };
        let flow = self.peers.flow(peer).ok_or_else(unknown)?;
        if !flow.admit(bytes) {
            return Err(TransportError::QueueFull {
                peer: peer.to_owned(),
            });
        }
        let mut message = ZmqMessage::from(payload);
        message.push_front(peer.to_owned().into());
        // Does not wait: the crate's queue for a peer is far longer than what `admit` lets in.
        self.sender.send(message).await.map_err(|_| {
            flow.leave(&Passed { messages: 1, bytes });
            unknown()
        })
    }

    fn local_port(&self) -> u16 {
        self.port
    }

    async fn close(mut self, limit: Duration) -> bool {
        self.peers.close();
        self.closing.send_replace(true);
        // What still arrives must not hold up the end.
        let discard = async {
            while self.receiver.recv().await.is_ok() {}
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = timeout(limit, &mut self.task.0) => matches!(ended, Ok(Ok(true))),
            () = discard => false,
        }
    }
}

/// Accepts until told to close, then waits for the connections to end. True if all of them ended in order.
async fn accept_all(
    listener: TcpListener,
    inner_port: u16,
    peers: Arc<Peers>,
    mut closing: watch::Receiver<bool>,
) -> bool {
    let most = max_connections();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) if connections.len() < most => {
                    tracing::trace!(%address, "connection accepted");
                    connections.spawn(serve(stream, inner_port, Arc::clone(&peers), closing.clone()));
                }
                Ok((_, address)) => tracing::warn!(%address, "a connection was refused: {most} are open already, which is the limit (see `ulimit -n`)"),
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

/// As many as this process may open files for: the crate spins while it cannot accept.
fn max_connections() -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = files.saturating_sub(FILES_KEPT_FREE) / FILES_PER_CONNECTION;
    usize::try_from(room).map_or(MAX_CONNECTIONS, |room| room.min(MAX_CONNECTIONS))
}

/// One connection from its handshake to its end. True if it ended in order.
async fn serve(
    stream: TcpStream,
    inner_port: u16,
    peers: Arc<Peers>,
    mut closing: watch::Receiver<bool>,
) -> bool {
    socket::tune(&stream);
    let inner = match TcpStream::connect((Ipv4Addr::LOCALHOST, inner_port)).await {
        Ok(inner) => inner,
        Err(error) => {
            tracing::warn!(%error, "a worker's connection cannot be handed on");
            return false;
        }
    };
    socket::tune(&inner);
    let (mut network_reader, network_writer) = stream.into_split();
    let (mut inner_reader, mut inner_writer) = inner.into_split();
    let flow = Arc::new(Flow::default());
    let (claim, result) = {
        let mut giving = Box::pin(relay::give(&mut inner_reader, network_writer, &flow));
        let opened = tokio::select! {
            opened = timeout(HANDSHAKE_TIMEOUT, open(&mut network_reader, &mut inner_writer, &peers, &flow)) => {
                opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            }
            refused = giving.as_mut() => Err(refused.err().unwrap_or_else(|| io::ErrorKind::ConnectionAborted.into())),
            _ = closing.changed() => return true,
        };
        match opened {
            Err(error) => {
                tracing::debug!(%error, "a connection that is no worker's");
                (None, Ok(()))
            }
            Ok(claim) => {
                let running = relay::run(
                    &mut network_reader,
                    &mut inner_writer,
                    giving.as_mut(),
                    claim.ending(),
                );
                let result = running.await;
                (Some(claim), result)
            }
        }
    };
    drop(network_reader);
    if let Some(claim) = &claim {
        claim.end();
    }
    relay::let_go(inner_reader, inner_writer).await;
    if let (Some(claim), Err(error)) = (&claim, &result)
        && error.kind() != io::ErrorKind::UnexpectedEof
    {
        tracing::debug!(peer = %claim.id(), %error, "connection ended");
    }
    result.is_ok()
}

/// Lets a peer through to the socket once its identity is free.
async fn open(
    network: &mut OwnedReadHalf,
    inner: &mut OwnedWriteHalf,
    peers: &Arc<Peers>,
    flow: &Arc<Flow>,
) -> io::Result<Claim> {
    let greeting = read_greeting(network).await?;
    inner.write_all(&greeting).await?;
    let ready = read_ready(network).await?;
    let id =
        node_id(ready.identity).ok_or_else(|| invalid("a ZeroMQ identity that is not UTF-8 or too long"))?;
    // What the crate hears is what has been understood here, so that both have the same identity.
    let frame = ready_frame(&ready.socket_type, id.as_bytes());
    let claim = peers.claim(id, flow).await;
    let claim = claim.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionAborted))?;
    inner.write_all(&frame).await?;
    Ok(claim)
}

/// The id a peer gave, or a fresh one if it gave none, as ZeroMQ does.
fn node_id(identity: Vec<u8>) -> Option<NodeId> {
    if identity.is_empty() {
        return Some(format!("anonymous_{}", uuid::Uuid::new_v4().simple()));
    }
    String::from_utf8(identity)
        .ok()
        .filter(|id| id.len() <= MAX_IDENTITY_BYTES)
}
