//! One request and its response on one connection.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use super::connection::Connection;
use super::error::{ErrorKind, HttpError};
use super::phase::PhaseCell;
use super::receive::Receiver;

/// How an exchange failed.
#[derive(Debug)]
pub(super) struct Failed {
    pub error: HttpError,
    /// Not a byte of the request was accepted by the system.
    pub nothing_sent: bool,
}

/// Sends `head` and `body` and receives until `is_enough` says so.
pub(super) async fn exchange(
    connection: &mut Connection,
    head: &[u8],
    body: &[u8],
    receiver: &mut Receiver,
    phase: &PhaseCell,
    is_enough: impl Fn(&Receiver) -> bool,
) -> Result<(), Failed> {
    let mut written = 0;
    let sent = poll_fn(|context| connection.poll_send(context, head, body, &mut written)).await;
    let failed = |why: &io::Error, written| Failed {
        error: io_error(why),
        nothing_sent: written == 0,
    };
    match sent {
        Ok(()) => receive(connection, receiver, phase, is_enough)
            .await
            .map_err(|error| Failed {
                error,
                nothing_sent: false,
            }),
        // A target may answer and close before it has read a whole body ("413 Content Too Large").
        Err(why) if written > 0 && !body.is_empty() => {
            let early = receive(connection, receiver, phase, is_enough).await;
            early.map_err(|_| failed(&why, written))
        }
        Err(why) => Err(failed(&why, written)),
    }
}

/// Receives until `is_enough` says so.
pub(super) async fn receive(
    connection: &mut Connection,
    receiver: &mut Receiver,
    phase: &PhaseCell,
    is_enough: impl Fn(&Receiver) -> bool,
) -> Result<(), HttpError> {
    poll_fn(|context| {
        loop {
            ready!(poll_read(connection, receiver, context))?;
            if is_enough(receiver) {
                return Poll::Ready(Ok(()));
            }
            phase.touch();
        }
    })
    .await
}

fn poll_read(
    connection: &mut Connection,
    receiver: &mut Receiver,
    context: &mut Context<'_>,
) -> Poll<Result<(), HttpError>> {
    let read = connection.poll_receive(context, |data| {
        if data.is_empty() {
            receiver.feed_end()
        } else {
            receiver.feed(data)
        }
    });
    Poll::Ready(match ready!(read) {
        Ok(fed) => fed,
        Err(why) => Err(io_error(&why)),
    })
}

/// As [`HttpError::from_io`], except that the system's own time-out is not one of connecting here.
fn io_error(why: &io::Error) -> HttpError {
    let error = HttpError::from_io(why);
    if error.kind == ErrorKind::ConnectTimeout {
        return HttpError::new(ErrorKind::ReadTimeout, error.text);
    }
    error
}
