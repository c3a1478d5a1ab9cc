//! What the Python thread asks of the reactor, and what it gets back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::{ErrorEntry, ErrorSample, Fault, StatsEntry, ToMaster, Value};

use crate::http::{Asked, HttpError, Outcome, PoolConfig, Prepared, Profile, Response, SharedJar};
use crate::recorder::{Record, Slot, sample};
use crate::ws;

/// Names one request from its submission until its completion is fetched or it is cancelled.
pub type Ticket = u64;

/// Names one session (the connections and cookies of one virtual user).
pub type SessionId = u64;

/// Names one pool of connections that sessions share.
pub type PoolId = u64;
/// Names one WebSocket.
pub type SocketId = u64;

/// One request on its way to the reactor.
#[derive(Debug)]
pub struct Submitted {
    /// The session it belongs to.
    pub session: SessionId,
    /// Its ticket.
    pub ticket: Ticket,
    /// The request itself.
    pub prepared: Prepared,
    /// The row it is recorded under.
    pub slot: Slot,
    /// False if Python decides about success and reports itself.
    pub record: bool,
    /// When the script asked for it.
    pub submitted: Instant,
}

/// What a lane is asked to do.
#[derive(Debug)]
pub enum Work {
    /// Carry out a request.
    Request(Submitted),
    /// Read on in the stream that the lane holds open.
    NextChunk(Ticket),
    /// Give the stream up.
    CloseStream,
}

impl Work {
    /// The ticket its result is delivered under; nothing is delivered for closing.
    pub fn ticket(&self) -> Option<Ticket> {
        match self {
            Self::Request(submitted) => Some(submitted.ticket),
            Self::NextChunk(ticket) => Some(*ticket),
            Self::CloseStream => None,
        }
    }
}

/// One message from the Python thread to the reactor; they are handled in order.
#[derive(Debug)]
pub enum Submission {
    /// A user's session comes into being.
    OpenSession {
        /// Its id, never used before.
        id: SessionId,
        /// What all sessions of its kind share.
        profile: Arc<Profile>,
        /// Its cookies.
        jar: SharedJar,
        /// The pool it takes its connections from; `None` for connections of its own.
        pool: Option<PoolId>,
    },
    /// The idle connections that a session may use are closed; it goes on with new ones.
    DropIdle(SessionId),
    /// A pool of connections for sessions to come.
    OpenPool {
        /// Its id, never used before.
        id: PoolId,
        /// Its size.
        config: PoolConfig,
    },
    /// No more sessions will use a pool; it ends with those that do.
    ClosePool(PoolId),
    /// A session is no longer needed; its connections close.
    CloseSession(SessionId),
    /// A request.
    Request(Submitted),
    /// The waiter of this ticket is gone.
    Cancel {
        /// Where the request was submitted.
        session: SessionId,
        /// Which one.
        ticket: Ticket,
    },
    /// The next part of a stream.
    NextChunk {
        /// Where the stream was opened.
        session: SessionId,
        /// The ticket of the request that opened it.
        stream: Ticket,
        /// The ticket for this part.
        ticket: Ticket,
    },
    /// A stream is not read any further.
    CloseStream {
        /// Where the stream was opened.
        session: SessionId,
        /// The ticket of the request that opened it.
        stream: Ticket,
    },
    /// Something is asked of a WebSocket.
    Socket {
        /// Its id, never used before where it is opened.
        id: SocketId,
        /// What is asked.
        ask: ws::Ask,
    },
    /// A new row: its slot is the number of rows before it.
    NewRow {
        /// Request type.
        method: String,
        /// Request name.
        name: String,
    },
    /// A request that Python carried out or decided about.
    Record(Record),
    /// Forget all statistics up to here.
    ResetStats,
    /// For the link to the master.
    Link(LinkRequest),
}

/// What a script's listeners add to a report.
pub type Extras = std::collections::BTreeMap<String, Value>;

/// What the Python thread asks of the link.
#[derive(Debug)]
pub enum LinkRequest {
    /// Send a message.
    Send(Box<ToMaster>),
    /// The users running now, for heartbeats and reports.
    Users(crate::link::Users),
    /// A log line for the master.
    Log(String),
    /// From now on, tell the script what it listens to.
    Listen {
        /// Ask it for additions before each report.
        reports: bool,
        /// Tell it of the master's heartbeats.
        heartbeats: bool,
    },
    /// The script's additions to the report that was asked for under this number.
    Extras(u64, Extras),
    /// All users have stopped: send the run's last report with these additions, then say so.
    Stopped(Extras),
    /// Answer with the figures since the last reset; the last row is the total.
    Snapshot(std::sync::mpsc::SyncSender<Vec<StatsEntry>>),
    /// Answer with the kinds of failures since the last report.
    Failures(std::sync::mpsc::SyncSender<Vec<ErrorEntry>>),
    /// Send the last report and `quit`, then end the reactor. Answers whether the master took everything.
    Shutdown(std::sync::mpsc::SyncSender<bool>, Extras),
}

/// One result for the Python thread.
#[derive(Debug)]
pub struct Delivery {
    /// The ticket of the work it ends.
    pub ticket: Ticket,
    /// What came of it.
    pub result: Delivered,
}

/// What came of a lane's work.
#[derive(Debug)]
pub enum Delivered {
    /// A request ended.
    Finished(Finished),
    /// The next part of a stream; empty at its end.
    Chunk(bytes::Bytes),
    /// The stream broke.
    ChunkFailed(HttpError),
    /// An operation on a WebSocket ended.
    Socket(Box<SocketDone>),
}

/// How an operation on a WebSocket ended, with its times.
#[derive(Debug)]
pub struct SocketDone {
    /// What came of it.
    pub result: Result<ws::Got, ws::Failed>,
    /// Bytes sent or received.
    pub length: u64,
    /// From the reactor's start on it to its end.
    pub response_time: Duration,
    /// When the reactor started on it, unix seconds.
    pub start_unix_s: f64,
    /// When it ended, unix seconds; a message that was there already ended before it was asked for.
    pub end_unix_s: f64,
    /// Messages that cannot be the answer to a request, as they came before it was sent, and when.
    pub skipped: Vec<(ws::Payload, f64)>,
}

/// How a request ended, with its times.
#[derive(Debug)]
pub struct Finished {
    /// The response, or why there is none.
    pub result: Result<Response, HttpError>,
    /// From the reactor's start on the request to its last byte.
    pub response_time: Duration,
    /// From the script's submission to the reactor's start on it: the generator's own delay.
    pub lag: Duration,
    /// When the reactor started on it, unix seconds.
    pub start_unix_s: f64,
    /// What was asked for; None if the request was never made.
    pub asked: Option<Asked>,
}

impl Finished {
    /// Builds the end of a request from the HTTP client's outcome.
    pub fn new(
        outcome: Outcome,
        asked: Asked,
        submitted: Instant,
        started: Instant,
        start_unix_s: f64,
    ) -> Self {
        Self {
            response_time: outcome.done.saturating_duration_since(started),
            result: outcome.result,
            lag: started.saturating_duration_since(submitted),
            start_unix_s,
            asked: Some(asked),
        }
    }

    /// HTTP status of the response, if there is one.
    pub fn status(&self) -> Option<u16> {
        self.result.as_ref().ok().map(|response| response.status)
    }

    /// Whose fault it is if this counts as a failure: that of what prevented a response, else the target's, whose answer was
    /// judged by its status or by the script.
    pub fn fault(&self) -> Fault {
        self.result
            .as_ref()
            .err()
            .map_or(Fault::Target, |error| error.fault)
    }

    /// What to show of it as a failure; None if it was never made.
    pub fn sample(&self) -> Option<ErrorSample> {
        match (&self.result, &self.asked) {
            (Ok(response), _) => Some(sample(
                response.request.url(),
                Some(response.status),
                response.body(),
            )),
            (Err(_), Some(asked)) => Some(sample(asked.url(), None, b"")),
            (Err(_), None) => None,
        }
    }
}

/// Milliseconds of a duration, as Locust counts them.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}
