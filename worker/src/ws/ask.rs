//! What can be asked of a WebSocket, and what comes of it.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use protocol::Fault;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::end::{End, EndKind};
use super::handshake::Handshake;
use crate::http::{HttpError, Profile, SharedJar};
use crate::reactor::Ticket;
use crate::recorder::Slot;

/// Who waits for an operation, and how it is counted.
#[derive(Debug, Clone)]
pub struct Waiter {
    /// What the result is delivered under.
    pub ticket: Ticket,
    /// The row it is counted in.
    pub slot: Slot,
    /// False if Python decides about success and reports itself.
    pub record: bool,
    /// When the script asked for it.
    pub submitted: Instant,
    /// How long it may take; `None` is for ever.
    pub timeout: Option<Duration>,
}

/// A connection to be made.
#[derive(Debug)]
pub struct Open {
    /// Who waits for it.
    pub waiter: Waiter,
    /// TLS and the like.
    pub profile: Arc<Profile>,
    /// Sent with the handshake, and filled from its answer.
    pub jar: SharedJar,
    /// The request.
    pub handshake: Handshake,
    /// Longest message that is accepted.
    pub message_max_bytes: usize,
    /// Where a loss is counted that nobody was waiting for.
    pub lost_slot: Slot,
    /// Where close code and reason are left for the script.
    pub ended: Arc<OnceLock<(u16, String)>>,
}

/// One thing asked of a connection.
#[derive(Debug)]
pub enum Ask {
    /// Make it. The first ask of each connection.
    Open(Box<Open>),
    /// Send a message; done when the system has taken its last byte.
    Send(Waiter, Payload),
    /// The oldest message that nobody has read, or the next to come.
    Receive(Waiter),
    /// Send a message; done with the first message that comes afterwards.
    Request(Waiter, Payload),
    /// Send a ping; done when its pong comes.
    Ping(Waiter),
    /// Send a close frame; done when the target has answered it, or has had its time to.
    Close(Waiter, u16, String),
    /// The waiter of this ticket is gone.
    Cancel(Ticket),
    /// Nobody will ask anything any more: close, then forget.
    Abandon,
}

impl Ask {
    /// Who waits for it.
    pub fn waiter(&self) -> Option<&Waiter> {
        match self {
            Self::Open(open) => Some(&open.waiter),
            Self::Send(waiter, _)
            | Self::Receive(waiter)
            | Self::Request(waiter, _)
            | Self::Ping(waiter)
            | Self::Close(waiter, _, _) => Some(waiter),
            Self::Cancel(_) | Self::Abandon => None,
        }
    }
}

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Of a text message.
    Text(Utf8Bytes),
    /// Of a binary one.
    Binary(Bytes),
}

impl Payload {
    /// Its bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Payload> for Message {
    fn from(payload: Payload) -> Self {
        match payload {
            Payload::Text(text) => Self::Text(text),
            Payload::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

/// An operation that is over.
#[derive(Debug)]
pub struct Done {
    /// Who waits for it.
    pub waiter: Waiter,
    /// When the reactor took it up.
    pub started: Instant,
    /// When it was over; for a message, when that came.
    pub ended: Instant,
    /// What came of it.
    pub result: Result<Got, Failed>,
    /// Bytes sent or received.
    pub length: u64,
    /// Messages that had not been read when a request was sent, and when they came: none of them is its answer.
    pub skipped: Vec<(Payload, Instant)>,
}

/// The result of an operation that succeeded.
#[derive(Debug)]
pub enum Got {
    /// The connection is open.
    Open {
        /// Name and value of each header of the answer.
        headers: Vec<(String, String)>,
        /// The subprotocol the target chose.
        subprotocol: Option<String>,
    },
    /// A message.
    Message(Payload),
    /// It is done.
    Nothing,
}

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Which kind of failure.
    pub kind: FailedKind,
    /// The text for the statistics.
    pub text: String,
    /// Whose fault it is; None if nobody can tell.
    pub fault: Option<Fault>,
    /// Whether it is one for the statistics; the end of a connection in good order is not.
    pub counts: bool,
    /// Of a refused handshake.
    pub status: u16,
    /// Headers of a refused handshake.
    pub headers: Vec<(String, String)>,
    /// The close code, of a connection that is closed; 1006 stands for none.
    pub close_code: u16,
    /// Why the peer closed, in its words.
    pub close_reason: String,
}

/// Kinds of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedKind {
    /// The connection could not be made.
    Connect,
    /// The target does not agree to speak WebSocket.
    Handshake,
    /// It took too long.
    Timeout,
    /// The connection is closed, by the target or by accident.
    Closed,
    /// The script has closed the connection.
    Shut,
    /// Somebody else is receiving.
    Busy,
    /// Too many messages wait to be sent.
    QueueFull,
}

impl FailedKind {
    /// The name of the kind as the Python side knows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Handshake => "handshake",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::Shut => "shut",
            Self::Busy => "busy",
            Self::QueueFull => "queue_full",
        }
    }

    /// Whose fault a failure of this kind is, as far as the kind tells.
    fn fault(self) -> Option<Fault> {
        match self {
            Self::Connect => Some(Fault::Network),
            Self::Handshake | Self::Timeout | Self::Closed => Some(Fault::Target),
            Self::Shut | Self::Busy => Some(Fault::Script),
            // A target that takes nothing, or a script that sends too much.
            Self::QueueFull => None,
        }
    }
}

impl Failed {
    /// A failure that counts, and has nothing but a text.
    pub fn new(kind: FailedKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            fault: kind.fault(),
            counts: true,
            status: 0,
            headers: Vec::new(),
            close_code: 0,
            close_reason: String::new(),
        }
    }

    /// A time-out, with what did not come.
    pub fn timed_out(what: &str) -> Self {
        Self::new(FailedKind::Timeout, format!("WebSocketTimeout('{what}')"))
    }

    /// An operation on a connection that has ended. `only_reads`: it asked for nothing but a message.
    pub fn closed(end: &End, only_reads: bool) -> Self {
        let (kind, counts) = match end.kind {
            EndKind::Ours => (FailedKind::Shut, false),
            EndKind::Orderly => (FailedKind::Closed, !only_reads),
            EndKind::Lost => (FailedKind::Closed, true),
        };
        Self {
            counts,
            close_code: end.code,
            close_reason: end.reason.clone(),
            ..Self::new(kind, end.text.clone())
        }
    }
}

/// HTTP status of the answer to a handshake; None of any other operation, or if there was no answer.
pub fn handshake_status(result: &Result<Got, Failed>) -> Option<u16> {
    const SWITCHING_PROTOCOLS: u16 = 101;
    match result {
        Ok(Got::Open { .. }) => Some(SWITCHING_PROTOCOLS),
        Ok(_) => None,
        Err(failed) => Some(failed.status).filter(|&status| status != 0),
    }
}

impl From<HttpError> for Failed {
    fn from(error: HttpError) -> Self {
        let fault = Some(error.fault);
        Self {
            fault,
            ..Self::new(FailedKind::Connect, error.text)
        }
    }
}
