//! A whole request: connection, cookies, retries of what a closing connection swallowed, redirects.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connect::connect;
use super::connection::Connection;
use super::decode;
use super::error::{ErrorKind, HttpError};
use super::exchange::exchange;
use super::phase::{Phase, PhaseCell};
use super::receive::Receiver;
use super::redirect;
use super::request::Prepared;
use super::response::{Response, SentRequest};
use super::session::{Acquired, Session};
use super::stream::BodyStream;

/// How a request went.
#[derive(Debug)]
pub struct Outcome {
    /// The response, or why there is none.
    pub result: Result<Response, HttpError>,
    /// The rest of the response, if the request asked for a stream and there is one.
    pub stream: Option<Box<BodyStream>>,
    /// When the first byte of the (first) request was handed to the system; `None` if none ever was.
    pub first_byte_sent: Option<Instant>,
    /// How long the connections took to be made that were made for this request; zero if one was at hand.
    pub connecting: Duration,
    /// When the last byte of the response (of a stream: of its head) was received.
    pub done: Instant,
}

/// The times of one request, redirects included.
#[derive(Debug, Default)]
struct Times {
    first_byte_sent: Option<Instant>,
    connecting: Duration,
}

/// One request and its response, without redirects.
struct Hop {
    connection: Connection,
    receiver: Receiver,
    /// The head with the cookies, if there were any.
    cookie_head: Option<Vec<u8>>,
}

/// Carries out `request`. Has no time-outs of its own: whoever polls it watches `phase` and drops it when time is up, which
/// closes the connection in use.
pub async fn execute(session: &Session, request: Prepared, phase: &PhaseCell) -> Outcome {
    let mut times = Times::default();
    let result = follow(session, request, phase, &mut times).await;
    phase.rest();
    let (result, stream) = match result {
        Ok((response, stream)) => (Ok(response), stream),
        Err(error) => (Err(error), None),
    };
    Outcome {
        result,
        stream,
        first_byte_sent: times.first_byte_sent,
        connecting: times.connecting,
        done: Instant::now(),
    }
}

async fn follow(
    session: &Session,
    mut request: Prepared,
    phase: &PhaseCell,
    times: &mut Times,
) -> Result<(Response, Option<Box<BodyStream>>), HttpError> {
    let profile = session.profile();
    let mut history: Vec<Response> = Vec::new();
    loop {
        let hop = hop(session, &request, phase, times).await?;
        let next = if request.follow_redirects && is_redirect(&hop.receiver) {
            redirect::next(profile, &request, &hop.receiver)?
        } else {
            None
        };
        let (mut response, stream) = finish(session, request, hop)?;
        let Some(next) = next else {
            response.history = history;
            return Ok((response, stream));
        };
        history.push(response);
        if history.len() > profile.max_redirects as usize {
            let text = format!(
                "TooManyRedirects('Exceeded {} redirects.')",
                profile.max_redirects
            );
            return Err(HttpError::new(ErrorKind::TooManyRedirects, text));
        }
        request = next;
    }
}

/// Sends `request` on an idle connection or a new one, and receives as much as it asks for.
async fn hop(
    session: &Session,
    request: &Prepared,
    phase: &PhaseCell,
    times: &mut Times,
) -> Result<Hop, HttpError> {
    let cookie_head = cookie_head(session, request);
    let head = cookie_head.as_deref().unwrap_or_else(|| request.head());
    let (wants_stream, follows) = (request.stream, request.follow_redirects);
    let is_enough = |receiver: &Receiver| {
        receiver.is_complete()
            || (wants_stream && receiver.head.is_some() && !(follows && is_redirect(receiver)))
    };
    let origin = request.target().origin();
    let Acquired { mut idle, mut permit } = session.acquire(origin, phase).await;
    let mut retries = if request.is_idempotent() {
        session.profile().max_retries
    } else {
        0
    };
    loop {
        let mut connection = match idle.take() {
            Some(connection) => connection,
            None => {
                let began = Instant::now();
                phase.enter(Phase::Connecting, began);
                // Boxed, so that the future of a request on an idle connection stays small.
                let made = Box::pin(connect(session.profile(), origin)).await;
                times.connecting += began.elapsed();
                match made {
                    Ok(connection) => connection,
                    Err(_) if retries > 0 => {
                        retries -= 1;
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        let now = Instant::now();
        phase.enter(Phase::Exchanging, now);
        times.first_byte_sent.get_or_insert(now);
        let mut receiver = Receiver::new(request.method() == "HEAD");
        let done = exchange(
            &mut connection,
            head,
            &request.body,
            &mut receiver,
            phase,
            is_enough,
        )
        .await;
        let Err(failed) = done else {
            connection.permit = permit.take();
            return Ok(Hop {
                connection,
                receiver,
                cookie_head,
            });
        };
        let lost =
            !receiver.received_any && matches!(failed.error.kind, ErrorKind::Closed | ErrorKind::Reset);
        // The target may close an idle connection at any time; a request that crossed with that says nothing about the
        // target, and is repeated once if it is harmless to do so, as browsers and urllib3 do.
        let stale = lost && connection.reused && (failed.nothing_sent || request.is_idempotent());
        if !stale {
            if !lost || retries == 0 {
                return Err(failed.error);
            }
            retries -= 1;
        }
    }
}

/// Makes the response of what was received, stores its cookies, and keeps the connection if it can be used again.
fn finish(
    session: &Session,
    request: Prepared,
    hop: Hop,
) -> Result<(Response, Option<Box<BodyStream>>), HttpError> {
    let Hop {
        connection,
        mut receiver,
        cookie_head,
    } = hop;
    let Some(head) = receiver.head.clone() else {
        return Err(HttpError::closed_inside("head"));
    };
    let origin = Arc::clone(request.target().origin());
    let complete = receiver.is_complete();
    let may_reuse = receiver.may_reuse();
    let mut bytes = if complete {
        std::mem::take(&mut receiver.bytes)
    } else {
        receiver.take_head()
    };
    if head.sets_cookies {
        session
            .jar()
            .store_response(request.target(), &bytes[..head.length]);
    }
    let mut stream = None;
    if !complete || request.stream {
        let early = bytes.split_off(head.length);
        let body = BodyStream::new(
            session.clone(),
            origin,
            connection,
            receiver,
            early,
            &head.codings,
        );
        stream = Some(Box::new(body));
    } else if may_reuse {
        session.give_back(&origin, connection);
    }
    let body = &bytes[head.length..];
    let decoded = if head.codings.is_empty() || body.is_empty() || stream.is_some() {
        None
    } else {
        Some(decode::decode(&head.codings, body)?)
    };
    let response = Response {
        status: head.status,
        minor_version: head.minor_version,
        history: Vec::new(),
        request: SentRequest {
            template: request.template,
            own_head: cookie_head.or(request.own_head),
            body: request.body,
        },
        head_length: head.length,
        bytes,
        decoded,
    };
    Ok((response, stream))
}

fn is_redirect(receiver: &Receiver) -> bool {
    receiver
        .head
        .as_ref()
        .is_some_and(|head| redirect::is_redirect(head.status))
}

/// The head with a Cookie header, if the jar has cookies for the target and the script did not set its own.
fn cookie_head(session: &Session, request: &Prepared) -> Option<Vec<u8>> {
    if session.jar().is_empty() || request.overrides("Cookie") {
        return None;
    }
    let cookies = session.jar().header_for(request.target())?;
    let plain = request.head();
    let mut head = Vec::with_capacity(plain.len() + cookies.len() + 12);
    head.extend_from_slice(&plain[..plain.len() - 2]);
    head.extend_from_slice(b"Cookie: ");
    head.extend_from_slice(cookies.as_bytes());
    head.extend_from_slice(b"\r\n\r\n");
    Some(head)
}
