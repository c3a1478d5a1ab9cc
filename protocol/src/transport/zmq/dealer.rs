//! The worker's socket: a DEALER of the crate with one connection, which leads through a relay to the master. It does not reconnect: that,
//! and when, is its owner's decision.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use zeromq::util::PeerIdentity;
use zeromq::{DealerRecvHalf, DealerSendHalf, DealerSocket, Socket, SocketOptions, SocketRecv, SocketSend};

use super::super::{Endpoint, Link, TransportError};
use super::frames::Passed;
use super::handshake::{read_greeting, read_ready};
use super::relay::{self, Flow, Task};
use super::socket;
use crate::limits::{HANDSHAKE_TIMEOUT, MAX_IDENTITY_BYTES, MAX_MESSAGE_BYTES};

/// A connected DEALER.
pub struct ZmqLink {
    sender: DealerSendHalf,
    receiver: DealerRecvHalf,
    flow: Arc<Flow>,
    /// How the connection to the master ended; empty while it stands.
    end: Arc<OnceLock<String>>,
    /// The connection has ended and all that came over it has been received.
    over: watch::Receiver<bool>,
    task: Task,
}

impl ZmqLink {
    pub(super) async fn connect(endpoint: &Endpoint, identity: &str) -> Result<Self, TransportError> {
        let bad_identity = || TransportError::BadIdentity {
            bytes: identity.len(),
        };
        if identity.is_empty() || identity.len() > MAX_IDENTITY_BYTES {
            return Err(bad_identity());
        }
        let unreachable = |source| TransportError::Connect {
            endpoint: endpoint.clone(),
            source,
        };
        let connecting = TcpStream::connect((endpoint.host.as_str(), endpoint.port));
        let stream = timeout(HANDSHAKE_TIMEOUT, connecting)
            .await
            .map_err(|_| unreachable(io::ErrorKind::TimedOut.into()))?
            .map_err(unreachable)?;
        socket::tune(&stream);
        let entrance = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(unreachable)?;
        let inner_port = entrance.local_addr().map_err(unreachable)?.port();

        let flow = Arc::new(Flow::default());
        let end = Arc::new(OnceLock::new());
        let (over_sender, over) = watch::channel(false);
        let carrying = carry(stream, entrance, Arc::clone(&flow), Arc::clone(&end));
        let task = Task(tokio::spawn(async move {
            let in_order = carrying.await;
            over_sender.send_replace(true);
            in_order
        }));

        let mut options = SocketOptions::default();
        options.peer_identity(identity.parse::<PeerIdentity>().map_err(|_| bad_identity())?);
        options.connect_timeout(HANDSHAKE_TIMEOUT);
        let mut dealer = DealerSocket::with_options(options);
        dealer
            .connect(&format!("tcp://127.0.0.1:{inner_port}"))
            .await
            .map_err(|error| TransportError::Handshake {
                endpoint: endpoint.clone(),
                reason: end.get().cloned().unwrap_or_else(|| error.to_string()),
            })?;
        let (sender, receiver) = dealer.split();
        Ok(Self {
            sender,
            receiver,
            flow,
            end,
            over,
            task,
        })
    }

    fn lost(&self) -> TransportError {
        TransportError::Disconnected {
            reason: self.end.get().cloned().unwrap_or_else(|| "closed".to_owned()),
        }
    }
}

impl Link for ZmqLink {
    // Cancel-safe: the crate's queue gives a message and returns without waiting in between.
    async fn recv(&mut self) -> Result<Bytes, TransportError> {
        loop {
            // The crate's DEALER says nothing when its last peer has gone; `over` does.
            let received = tokio::select! {
                biased;
                received = self.receiver.recv() => Some(received),
                _ = self.over.wait_for(|over| *over) => None,
            };
            match received {
                Some(Ok(message)) => {
                    if let Some(payload) = message.into_vecdeque().pop_front() {
                        return Ok(payload);
                    }
                }
                // An error: the connection broke within a message.
                Some(Err(_)) | None => return Err(self.lost()),
            }
        }
    }

    async fn send(&mut self, payload: Vec<u8>) -> Result<(), TransportError> {
        let bytes = payload.len();
        if bytes > MAX_MESSAGE_BYTES {
            return Err(TransportError::TooLarge {
                bytes,
                limit: MAX_MESSAGE_BYTES,
            });
        }
        if self.end.get().is_some() {
            return Err(self.lost());
        }
        if !self.flow.admit(bytes) {
            return Err(TransportError::QueueFull {
                peer: "the master".to_owned(),
            });
        }
        // Does not wait: the crate's queue is far longer than what `admit` lets in.
        if self.sender.send(payload.into()).await.is_err() {
            self.flow.leave(&Passed { messages: 1, bytes });
            return Err(self.lost());
        }
        Ok(())
    }

    async fn close(mut self, limit: Duration) -> bool {
        self.flow.close();
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

/// Carries the connection from the socket's entrance to the master until either ends. True if it ended in order.
async fn carry(
    stream: TcpStream,
    entrance: TcpListener,
    flow: Arc<Flow>,
    end: Arc<OnceLock<String>>,
) -> bool {
    let (mut network_reader, network_writer) = stream.into_split();
    let Ok((inner, _)) = entrance.accept().await else {
        return false;
    };
    drop(entrance);
    socket::tune(&inner);
    let (mut inner_reader, mut inner_writer) = inner.into_split();
    let result = {
        let mut giving = Box::pin(relay::give(&mut inner_reader, network_writer, &flow));
        let opened = tokio::select! {
            opened = timeout(HANDSHAKE_TIMEOUT, open(&mut network_reader, &mut inner_writer)) => opened.unwrap_or_else(|_| {
                let reason = format!("no answer within {} s", HANDSHAKE_TIMEOUT.as_secs());
                Err(io::Error::new(io::ErrorKind::TimedOut, reason))
            }),
            refused = giving.as_mut() => refused,
        };
        match opened {
            Ok(()) => {
                let never = std::future::pending();
                relay::run(&mut network_reader, &mut inner_writer, giving.as_mut(), never).await
            }
            Err(error) => Err(error),
        }
    };
    drop(network_reader);
    // Set before the socket hears of the end: whoever sees it finds the reason.
    end.get_or_init(|| match &result {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => error.to_string(),
        _ => "the master closed it".to_owned(),
    });
    relay::let_go(inner_reader, inner_writer).await;
    result.is_ok()
}

/// Lets the master's side of the handshake through.
async fn open(network: &mut OwnedReadHalf, inner: &mut OwnedWriteHalf) -> io::Result<()> {
    let greeting = read_greeting(network).await?;
    inner.write_all(&greeting).await?;
    let ready = read_ready(network).await?;
    inner.write_all(&ready.frame).await
}
