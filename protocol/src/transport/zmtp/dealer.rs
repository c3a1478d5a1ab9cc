//! The worker's socket: a DEALER with one connection. It does not reconnect: that, and when, is its owner's decision.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::{Endpoint, Link, TransportError};
use super::connection::{self, Delivery, Inbox, Outgoing, Refused};
use super::handshake::{Role, shake};
use super::socket;
use crate::limits::{HANDSHAKE_TIMEOUT, MAX_IDENTITY_BYTES, MAX_MESSAGE_BYTES, RECEIVE_QUEUE_MESSAGES};

/// A connected DEALER.
pub struct ZmqLink {
    outgoing: Outgoing,
    inbox: mpsc::Receiver<Delivery<()>>,
    end: Arc<OnceLock<String>>,
    task: Task,
}

/// The connection's task, which ends with its link.
struct Task(JoinHandle<bool>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ZmqLink {
    pub(super) async fn connect(endpoint: &Endpoint, identity: &str) -> Result<Self, TransportError> {
        if identity.is_empty() || identity.len() > MAX_IDENTITY_BYTES {
            return Err(TransportError::BadIdentity {
                bytes: identity.len(),
            });
        }
        let unreachable = |source| TransportError::Connect {
            endpoint: endpoint.clone(),
            source,
        };
        let connecting = TcpStream::connect((endpoint.host.as_str(), endpoint.port));
        let stream = timeout(HANDSHAKE_TIMEOUT, connecting)
            .await
            .map_err(|_| unreachable(io::ErrorKind::TimedOut.into()))?;
        let stream = stream.map_err(unreachable)?;
        socket::tune(&stream);
        let (reader, mut writer_half) = stream.into_split();
        let mut reader = BufReader::new(reader);
        let no_master = |reason: String| TransportError::Handshake {
            endpoint: endpoint.clone(),
            reason,
        };
        match timeout(
            HANDSHAKE_TIMEOUT,
            shake(&mut reader, &mut writer_half, Role::Dealer, identity),
        )
        .await
        {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(no_master(error.to_string())),
            Err(_) => {
                return Err(no_master(format!(
                    "no answer within {} s",
                    HANDSHAKE_TIMEOUT.as_secs()
                )));
            }
        }
        let (outgoing, writer) = connection::outgoing();
        let (queue, inbox) = mpsc::channel(RECEIVE_QUEUE_MESSAGES);
        let end = Arc::new(OnceLock::new());
        let ended = Arc::clone(&end);
        let task = tokio::spawn(async move {
            let inbox = Inbox::new(queue);
            let result = connection::run(reader, writer_half, writer, (), inbox.clone()).await;
            let reason = match &result {
                Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => error.to_string(),
                _ => "the master closed it".to_owned(),
            };
            // Set before `inbox`, the last sender, goes: whoever sees the queue end finds the reason.
            ended.get_or_init(|| reason);
            drop(inbox);
            result.is_ok()
        });
        Ok(Self {
            outgoing,
            inbox,
            end,
            task: Task(task),
        })
    }

    fn lost(&self) -> TransportError {
        TransportError::Disconnected {
            reason: self.end.get().cloned().unwrap_or_else(|| "closed".to_owned()),
        }
    }
}

impl Link for ZmqLink {
    async fn recv(&mut self) -> Result<Bytes, TransportError> {
        match self.inbox.recv().await {
            Some(delivery) => Ok(delivery.payload),
            None => Err(self.lost()),
        }
    }

    async fn send(&mut self, payload: Vec<u8>) -> Result<(), TransportError> {
        if payload.len() > MAX_MESSAGE_BYTES {
            return Err(TransportError::TooLarge {
                bytes: payload.len(),
                limit: MAX_MESSAGE_BYTES,
            });
        }
        self.outgoing.push(payload).map_err(|refused| match refused {
            Refused::Closed => self.lost(),
            Refused::Full => TransportError::QueueFull {
                peer: "the master".to_owned(),
            },
        })
    }

    async fn close(self, limit: Duration) -> bool {
        let Self {
            outgoing,
            mut inbox,
            end: _,
            mut task,
        } = self;
        drop(outgoing);
        // What still arrives must not hold up the end.
        inbox.close();
        while inbox.try_recv().is_ok() {}
        matches!(timeout(limit, &mut task.0).await, Ok(Ok(true)))
    }
}
