//! `Socket` and `SocketReply`: a WebSocket as Python sees it. As with `Session`, every call returns at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use protocol::Fault;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};
use worker::reactor::{SocketDone, SocketId, Submission, Ticket, milliseconds};
use worker::recorder::{Failure, Record, Slot};
use worker::ws::{Ask, Got, Handshake, Open, Payload, Waiter, handshake_status};

use crate::DEFER;
use crate::desk::{Desk, Pending};
use crate::session::{Session, seconds};

/// The request types of WebSocket operations; those that Locust's Socket.IO client has too mean the same there.
const CONNECT: &str = "WS";
const SEND: &str = "WSS";
const RECEIVE: &str = "WSR";
const REQUEST: &str = "WSC";
const PING: &str = "WSP";
const DISCONNECT: &str = "WSD";

/// Longest reason of a close frame (RFC 6455 § 5.5: 125 bytes with the code).
const CLOSE_REASON_MAX_BYTES: usize = 123;

/// A WebSocket, or one to be.
#[pyclass(frozen)]
pub struct Socket {
    desk: Arc<Desk>,
    profile: Arc<worker::http::Profile>,
    jar: worker::http::SharedJar,
    id: SocketId,
    ended: Arc<OnceLock<(u16, String)>>,
}

#[pymethods]
impl Socket {
    /// A socket with the settings and cookies of `session`; not open yet.
    #[new]
    fn new(session: &Session) -> Self {
        Self {
            desk: Arc::clone(session.desk()),
            profile: Arc::clone(session.profile()),
            jar: session.jar().clone(),
            id: session.desk().new_session(),
            ended: Arc::default(),
        }
    }

    /// Opens it. `waiter` is resumed with a `SocketReply`, as by everything below.
    #[expect(clippy::too_many_arguments, reason = "arguments of a Python function")]
    #[pyo3(signature = (waiter, url, name, headers, subprotocols, timeout, message_max_bytes, flags = 0))]
    fn connect(
        &self,
        waiter: Py<PyAny>,
        url: &str,
        name: Option<&str>,
        headers: Vec<(String, Option<String>)>,
        subprotocols: Vec<String>,
        timeout: Option<f64>,
        message_max_bytes: usize,
        flags: u32,
    ) -> PyResult<Ticket> {
        let handshake = Handshake::new(&self.profile, url, headers, subprotocols)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let name = name.unwrap_or_else(|| handshake.path_and_query());
        let lost_slot = self.desk.slot(DISCONNECT, name);
        let slot = self.desk.slot(CONNECT, name);
        let (profile, jar) = (Arc::clone(&self.profile), self.jar.clone());
        let ended = Arc::clone(&self.ended);
        self.wait(waiter, slot, flags, timeout, |waiter| {
            Ask::Open(Box::new(Open {
                waiter,
                profile,
                jar,
                handshake,
                message_max_bytes,
                lost_slot,
                ended,
            }))
        })
    }

    /// Sends a message: text for a str, binary for bytes.
    #[pyo3(signature = (waiter, message, name, timeout, flags = 0))]
    fn send(
        &self,
        waiter: Py<PyAny>,
        message: &Bound<'_, PyAny>,
        name: &str,
        timeout: Option<f64>,
        flags: u32,
    ) -> PyResult<Ticket> {
        let payload = payload(message)?;
        let slot = self.desk.slot(SEND, name);
        self.wait(waiter, slot, flags, timeout, |waiter| Ask::Send(waiter, payload))
    }

    /// Waits for a message.
    #[pyo3(signature = (waiter, name, timeout, flags = 0))]
    fn receive(&self, waiter: Py<PyAny>, name: &str, timeout: Option<f64>, flags: u32) -> PyResult<Ticket> {
        let slot = self.desk.slot(RECEIVE, name);
        self.wait(waiter, slot, flags, timeout, Ask::Receive)
    }

    /// Sends a message and waits for the first that comes afterwards.
    #[pyo3(signature = (waiter, message, name, timeout, flags = 0))]
    fn request(
        &self,
        waiter: Py<PyAny>,
        message: &Bound<'_, PyAny>,
        name: &str,
        timeout: Option<f64>,
        flags: u32,
    ) -> PyResult<Ticket> {
        let payload = payload(message)?;
        let slot = self.desk.slot(REQUEST, name);
        self.wait(waiter, slot, flags, timeout, |waiter| {
            Ask::Request(waiter, payload)
        })
    }

    /// Sends a ping and waits for its pong.
    #[pyo3(signature = (waiter, name, timeout, flags = 0))]
    fn ping(&self, waiter: Py<PyAny>, name: &str, timeout: Option<f64>, flags: u32) -> PyResult<Ticket> {
        let slot = self.desk.slot(PING, name);
        self.wait(waiter, slot, flags, timeout, Ask::Ping)
    }

    /// Sends a close frame and waits for the target's, as long as it may take. Never counted.
    fn close(&self, waiter: Py<PyAny>, name: &str, code: u16, reason: &str) -> PyResult<Ticket> {
        if !matches!(code, 1000..=1003 | 1005 | 1007..=1014 | 3000..=4999) {
            return Err(PyValueError::new_err(format!(
                "{code} is no close code: use 1000, 1001, another of RFC 6455 section 7.4, or 3000 to 4999"
            )));
        }
        if reason.len() > CLOSE_REASON_MAX_BYTES {
            return Err(PyValueError::new_err(format!(
                "a close reason has at most {CLOSE_REASON_MAX_BYTES} bytes"
            )));
        }
        let slot = self.desk.slot(DISCONNECT, name);
        let reason = reason.to_owned();
        self.wait(waiter, slot, DEFER, None, |waiter| {
            Ask::Close(waiter, code, reason)
        })
    }

    /// (code, reason) once the connection has ended, whoever ended it; 1006 if there was no close frame.
    #[getter]
    fn ended(&self) -> Option<(u16, &str)> {
        self.ended.get().map(|(code, reason)| (*code, reason.as_str()))
    }

    /// Nobody waits any more.
    fn cancel(&self, ticket: Ticket) {
        if self.desk.claim(ticket).is_some() {
            self.ask(Ask::Cancel(ticket));
        }
    }

    /// Closes in good order without waiting for it; nothing may be asked afterwards.
    fn abandon(&self) {
        self.ask(Ask::Abandon);
    }
}

impl Socket {
    fn ask(&self, ask: Ask) {
        self.desk.submit(Submission::Socket { id: self.id, ask });
    }

    fn wait(
        &self,
        waiter: Py<PyAny>,
        slot: Slot,
        flags: u32,
        timeout: Option<f64>,
        make: impl FnOnce(Waiter) -> Ask,
    ) -> PyResult<Ticket> {
        let timeout = seconds(timeout)?;
        let record = flags & DEFER == 0;
        let pending = Pending {
            waiter,
            profile: Arc::clone(&self.profile),
            session: self.id,
            slot,
            recorded: record,
            stream: false,
        };
        Ok(self.desk.wait(pending, |ticket, submitted: Instant| {
            let ask = make(Waiter {
                ticket,
                slot,
                record,
                submitted,
                timeout,
            });
            Submission::Socket { id: self.id, ask }
        }))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.abandon();
    }
}

fn payload(message: &Bound<'_, PyAny>) -> PyResult<Payload> {
    if let Ok(text) = message.cast::<PyString>() {
        return Ok(Payload::Text(text.to_cow()?.as_ref().into()));
    }
    if let Ok(bytes) = message.cast::<PyBytes>() {
        return Ok(Payload::Binary(Bytes::copy_from_slice(bytes.as_bytes())));
    }
    if let Ok(bytes) = message.cast::<PyByteArray>() {
        return Ok(Payload::Binary(bytes.to_vec().into()));
    }
    if message.hasattr("tobytes")? {
        let bytes: Vec<u8> = message.call_method0("tobytes")?.extract()?;
        return Ok(Payload::Binary(bytes.into()));
    }
    let kind = message.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "a message is str (sent as text) or bytes (sent as binary), not {kind}"
    )))
}

fn message<'py>(py: Python<'py>, payload: &Payload) -> Bound<'py, PyAny> {
    match payload {
        Payload::Text(text) => PyString::new(py, text).into_any(),
        Payload::Binary(bytes) => PyBytes::new(py, bytes).into_any(),
    }
}

/// How an operation on a WebSocket ended.
#[pyclass(frozen)]
pub struct SocketReply {
    desk: Arc<Desk>,
    slot: Slot,
    done: SocketDone,
    reported: AtomicBool,
}

impl SocketReply {
    /// The reply to what `pending` waited for.
    pub fn new(desk: Arc<Desk>, pending: &Pending, done: SocketDone) -> Self {
        Self {
            desk,
            slot: pending.slot,
            reported: AtomicBool::new(pending.recorded),
            done,
        }
    }
}

#[pymethods]
impl SocketReply {
    /// The message, if it is one.
    #[getter]
    fn message<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match &self.done.result {
            Ok(Got::Message(payload)) => Some(message(py, payload)),
            _ => None,
        }
    }

    /// (message, when it came in unix seconds) of those that came before a request was sent.
    #[getter]
    fn skipped<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyAny>, f64)> {
        let skipped = self.done.skipped.iter();
        skipped
            .map(|(payload, came)| (message(py, payload), *came))
            .collect()
    }

    /// The name it is recorded under.
    #[getter]
    fn name(&self) -> String {
        self.desk.row(self.slot).1
    }

    /// The request type it is recorded under.
    #[getter]
    fn method(&self) -> String {
        self.desk.row(self.slot).0
    }

    /// Bytes sent or received.
    #[getter]
    fn length(&self) -> u64 {
        self.done.length
    }

    #[getter]
    fn response_time_ms(&self) -> f64 {
        milliseconds(self.done.response_time)
    }

    /// Unix seconds.
    #[getter]
    fn start_time(&self) -> f64 {
        self.done.start_unix_s
    }

    /// Unix seconds; of a message, when it came.
    #[getter]
    fn end_time(&self) -> f64 {
        self.done.end_unix_s
    }

    /// (kind, text, whether it counts as a failure); None if all is well.
    #[getter]
    fn error(&self) -> Option<(&'static str, &str, bool)> {
        let failed = self.done.result.as_ref().err()?;
        Some((failed.kind.as_str(), &failed.text, failed.counts))
    }

    /// Of a handshake: 101, or what the target answered instead; else 0.
    #[getter]
    fn status(&self) -> u16 {
        match &self.done.result {
            Ok(Got::Open { .. }) => 101,
            Ok(_) => 0,
            Err(failed) => failed.status,
        }
    }

    /// Headers of a handshake's answer.
    #[getter]
    fn headers(&self) -> Vec<(String, String)> {
        match &self.done.result {
            Ok(Got::Open { headers, .. }) => headers.clone(),
            Ok(_) => Vec::new(),
            Err(failed) => failed.headers.clone(),
        }
    }

    /// The subprotocol the target chose.
    #[getter]
    fn subprotocol(&self) -> Option<&str> {
        match &self.done.result {
            Ok(Got::Open { subprotocol, .. }) => subprotocol.as_deref(),
            _ => None,
        }
    }

    /// (code, reason) of a connection that is closed.
    #[getter]
    fn closed(&self) -> Option<(u16, &str)> {
        let failed = self.done.result.as_ref().err()?;
        (failed.close_code != 0).then_some((failed.close_code, failed.close_reason.as_str()))
    }

    /// Records what was asked for with DEFER, once; time and length are the operation's own if none are given.
    #[pyo3(signature = (error = None, response_time_ms = None, length = None))]
    fn report(&self, error: Option<String>, response_time_ms: Option<f64>, length: Option<u64>) {
        if self.reported.swap(true, Ordering::Relaxed) {
            return;
        }
        let time = response_time_ms.unwrap_or_else(|| milliseconds(self.done.response_time));
        // Without a failure of its own it is the script that judged what the target sent.
        let fault = match &self.done.result {
            Ok(_) => Some(Fault::Target),
            Err(failed) => failed.fault,
        };
        self.desk.submit(Submission::Record(Record {
            slot: self.slot,
            response_time_ms: Some(time),
            length: length.unwrap_or(self.done.length),
            status: handshake_status(&self.done.result),
            failure: error.map(|text| Failure::new(text, fault)),
            lag: None,
        }));
    }
}
