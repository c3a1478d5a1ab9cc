//! `Completion`: how a request ended. Nothing is copied into Python before it is asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use worker::http::{self, HttpError, Response, failure_text};
use worker::reactor::{Finished, SessionId, Submission, Ticket, milliseconds};
use worker::recorder::{Failure, Record, Slot};

use crate::desk::{Desk, Pending};

/// No part of the stream is being waited for.
const NO_TICKET: u64 = u64::MAX;

/// What the completion of a request and the views of its redirects share.
struct Ended {
    desk: Arc<Desk>,
    profile: Arc<http::Profile>,
    session: SessionId,
    ticket: Ticket,
    slot: Slot,
    finished: Finished,
    reported: AtomicBool,
    chunk_ticket: AtomicU64,
    /// Whether there is a stream that has not been given up.
    stream: AtomicBool,
}

impl Drop for Ended {
    /// A stream that nobody can read any more gives its connection back.
    fn drop(&mut self) {
        if *self.stream.get_mut() {
            let (session, stream) = (self.session, self.ticket);
            self.desk.submit(Submission::CloseStream { session, stream });
        }
    }
}

/// The end of a request, or of one redirect on the way to it.
#[pyclass(frozen)]
pub struct Completion {
    ended: Arc<Ended>,
    /// Which redirect this is; `None` is the final response.
    redirect: Option<usize>,
}

impl Completion {
    /// The completion of the request that had `ticket`.
    pub fn new(desk: Arc<Desk>, ticket: Ticket, pending: &Pending, finished: Finished) -> Self {
        let ended = Ended {
            desk,
            profile: Arc::clone(&pending.profile),
            session: pending.session,
            ticket,
            slot: pending.slot,
            finished,
            reported: AtomicBool::new(pending.recorded),
            chunk_ticket: AtomicU64::new(NO_TICKET),
            stream: AtomicBool::new(pending.stream),
        };
        Self {
            ended: Arc::new(ended),
            redirect: None,
        }
    }

    /// The completion of a stream that broke.
    pub fn broken_stream(desk: Arc<Desk>, ticket: Ticket, pending: &Pending, error: HttpError) -> Self {
        let finished = Finished {
            result: Err(error),
            response_time: Duration::ZERO,
            lag: Duration::ZERO,
            start_unix_s: 0.0,
            asked: None,
        };
        Self::new(desk, ticket, pending, finished)
    }

    fn response(&self) -> Option<&Response> {
        let last = self.ended.finished.result.as_ref().ok()?;
        match self.redirect {
            Some(index) => last.history.get(index),
            None => Some(last),
        }
    }

    fn http_error(&self) -> Option<&HttpError> {
        self.ended.finished.result.as_ref().err()
    }
}

#[pymethods]
impl Completion {
    /// 0 if there is no response.
    #[getter]
    fn status(&self) -> u16 {
        self.response().map_or(0, |response| response.status)
    }

    #[getter]
    fn reason(&self) -> String {
        self.response().map_or_else(String::new, Response::reason)
    }

    /// The final URL; empty if there is no response.
    #[getter]
    fn url(&self) -> &str {
        self.response().map_or("", Response::url)
    }

    /// The name it is recorded under.
    #[getter]
    fn name(&self) -> String {
        self.ended.desk.row(self.ended.slot).1
    }

    /// The request type it is recorded under.
    #[getter]
    fn method(&self) -> String {
        self.ended.desk.row(self.ended.slot).0
    }

    #[getter]
    fn headers(&self) -> Vec<(String, String)> {
        self.response().map_or_else(Vec::new, Response::headers)
    }

    #[getter]
    fn content<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.response().map_or(&[], Response::body))
    }

    /// The bytes that count as response length.
    #[getter]
    fn length(&self) -> u64 {
        self.response().map_or(0, Response::content_length)
    }

    #[getter]
    fn response_time_ms(&self) -> f64 {
        milliseconds(self.ended.finished.response_time)
    }

    /// Unix seconds.
    #[getter]
    fn start_time(&self) -> f64 {
        self.ended.finished.start_unix_s
    }

    /// (kind, text) of what prevented a response.
    #[getter]
    fn error(&self) -> Option<(&'static str, String)> {
        self.http_error()
            .map(|error| (error.kind.as_str(), error.text.to_string()))
    }

    /// The redirects on the way, oldest first.
    #[getter]
    fn history(&self) -> Vec<Self> {
        let count = match (&self.ended.finished.result, self.redirect) {
            (Ok(response), None) => response.history.len(),
            (_, Some(index)) => index,
            (Err(_), None) => 0,
        };
        (0..count)
            .map(|index| Self {
                ended: Arc::clone(&self.ended),
                redirect: Some(index),
            })
            .collect()
    }

    #[getter]
    fn request_method(&self) -> &str {
        self.response().map_or("", |response| response.request.method())
    }

    #[getter]
    fn request_url(&self) -> &str {
        self.response().map_or("", |response| response.request.url())
    }

    #[getter]
    fn request_headers(&self) -> Vec<(String, String)> {
        self.response()
            .map_or_else(Vec::new, |response| response.request.headers())
    }

    #[getter]
    fn request_body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.response().map_or(&[], |response| &response.request.body))
    }

    /// The text under which it counts as a failure, `None` if it is a success.
    fn failure(&self) -> Option<String> {
        if let Some(error) = self.http_error() {
            return Some(error.text.to_string());
        }
        let response = self.response()?;
        let style = self.ended.profile.style();
        let name = self.name();
        failure_text(style, response.status, || response.reason(), &name)
    }

    /// Records a deferred request, once.
    #[pyo3(signature = (error, *, name = None, method = None, response_time_ms = None, length = None))]
    fn report(
        &self,
        error: Option<String>,
        name: Option<&str>,
        method: Option<&str>,
        response_time_ms: Option<f64>,
        length: Option<u64>,
    ) {
        if self.ended.reported.swap(true, Ordering::Relaxed) {
            return;
        }
        let desk = &self.ended.desk;
        let slot = match (method, name) {
            (None, None) => self.ended.slot,
            (method, name) => {
                let (own_method, own_name) = desk.row(self.ended.slot);
                desk.slot(method.unwrap_or(&own_method), name.unwrap_or(&own_name))
            }
        };
        let failure = error.map(|text| Failure {
            sample: self.ended.finished.sample().map(Box::new),
            ..Failure::new(text, Some(self.ended.finished.fault()))
        });
        desk.submit(Submission::Record(Record {
            slot,
            response_time_ms: Some(response_time_ms.unwrap_or_else(|| self.response_time_ms())),
            length: length.unwrap_or_else(|| self.length()),
            status: self.ended.finished.status(),
            failure,
            lag: Some(self.ended.finished.lag),
        }));
    }

    /// Asks for the next part of a stream; `waiter` is resumed with bytes (empty at the end) or a failed completion.
    fn next_chunk(&self, waiter: Py<PyAny>) -> Ticket {
        let ended = &self.ended;
        let pending = Pending {
            waiter,
            profile: Arc::clone(&ended.profile),
            session: ended.session,
            slot: ended.slot,
            recorded: true,
            stream: false,
        };
        let ticket = ended.desk.wait(pending, |ticket, _| Submission::NextChunk {
            session: ended.session,
            stream: ended.ticket,
            ticket,
        });
        ended.chunk_ticket.store(ticket, Ordering::Relaxed);
        ticket
    }

    /// Gives a stream up, and whoever waits for a part of it.
    fn close(&self) {
        let ended = &self.ended;
        if !ended.stream.swap(false, Ordering::Relaxed) {
            return;
        }
        let chunk = ended.chunk_ticket.swap(NO_TICKET, Ordering::Relaxed);
        let waited = chunk != NO_TICKET && ended.desk.claim(chunk).is_some();
        let (session, stream) = (ended.session, ended.ticket);
        ended.desk.submit(if waited {
            Submission::Cancel {
                session,
                ticket: chunk,
            }
        } else {
            Submission::CloseStream { session, stream }
        });
    }
}
