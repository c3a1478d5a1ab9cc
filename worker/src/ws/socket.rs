//! A connection and its state, moved on whenever something happens on either.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::{Sink, Stream as _};
use tokio::time::{Sleep, sleep_until};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::ask::Payload;
use super::end::{End, EndKind, close_frame};
use super::handshake::Stream;
use super::state::State;

/// One open WebSocket.
#[derive(Debug)]
pub struct Socket {
    /// Who waits for what.
    pub state: State,
    stream: Option<Box<Stream>>,
    unflushed: bool,
    timer: Option<Pin<Box<Sleep>>>,
    lost_unnoticed: Option<End>,
}

impl Socket {
    /// A socket on a connection that has just been opened.
    pub fn new(stream: Stream) -> Self {
        Self {
            state: State::default(),
            stream: Some(Box::new(stream)),
            unflushed: false,
            timer: None,
            lost_unnoticed: None,
        }
    }

    /// Sends, receives and times out as far as that goes now. What is over is then in the state; true once nothing will
    /// happen any more.
    pub fn poll(&mut self, context: &mut Context<'_>) -> bool {
        loop {
            self.write(context);
            self.read(context);
            let now = Instant::now();
            self.state.expire(now);
            if self.state.must_drop(now) && self.stream.is_some() {
                self.stream = None;
                self.over(End::ours(None), now); // counts only if the target has not answered our close frame
            }
            // Reading may have left a pong, or an answer may have come of what was written.
            let more_to_write = self.stream.is_some() && self.state.has_frames() && !self.unflushed;
            if !more_to_write && !self.set_timer(context) {
                break;
            }
        }
        self.stream.is_none() && self.state.is_abandoned()
    }

    /// The loss of the connection, once, if nobody was waiting who could be told.
    pub fn take_lost_unnoticed(&mut self) -> Option<End> {
        self.lost_unnoticed.take()
    }

    fn write(&mut self, context: &mut Context<'_>) {
        while let Some(stream) = &mut self.stream {
            let mut stream = Pin::new(&mut **stream);
            if self.state.has_frames() {
                match stream.as_mut().poll_ready(context) {
                    Poll::Pending => return,
                    Poll::Ready(Err(error)) => return self.failed(&error),
                    Poll::Ready(Ok(())) => {}
                }
                let Some(frame) = self.state.next_frame() else {
                    return;
                };
                self.unflushed = true;
                if let Err(error) = stream.start_send(frame) {
                    return self.failed(&error);
                }
                continue;
            }
            if !self.unflushed {
                return;
            }
            match stream.poll_flush(context) {
                Poll::Pending => return,
                Poll::Ready(Err(error)) => return self.failed(&error),
                Poll::Ready(Ok(())) => {
                    self.unflushed = false;
                    self.state.flushed(Instant::now());
                }
            }
        }
    }

    fn read(&mut self, context: &mut Context<'_>) {
        while self.state.wants_messages() {
            let Some(stream) = &mut self.stream else { return };
            let message = match Pin::new(&mut **stream).poll_next(context) {
                Poll::Pending => return,
                Poll::Ready(message) => message,
            };
            let now = Instant::now();
            match message {
                Some(Ok(Message::Text(text))) => self.state.message(Payload::Text(text), now),
                Some(Ok(Message::Binary(bytes))) => self.state.message(Payload::Binary(bytes), now),
                Some(Ok(Message::Pong(payload))) => self.state.pong(&payload, now),
                // The library has its answer ready and sends it with the next read or flush.
                Some(Ok(Message::Ping(_) | Message::Frame(_))) => self.flush_answer(context),
                Some(Ok(Message::Close(frame))) => {
                    self.close_frame_came(frame.as_ref(), now);
                    self.flush_answer(context);
                }
                Some(Err(error)) => return self.failed(&error),
                None => {
                    self.stream = None;
                    self.over(End::of_error(&Error::ConnectionClosed).0, now);
                }
            }
        }
    }

    fn flush_answer(&mut self, context: &mut Context<'_>) {
        if let Some(stream) = &mut self.stream {
            let flushed = Pin::new(&mut **stream).poll_flush(context);
            // A failure shows again in what is read or written next.
            self.unflushed |= flushed.is_pending();
        }
    }

    fn close_frame_came(&mut self, frame: Option<&CloseFrame>, now: Instant) {
        let end = if self.state.is_closing() {
            End::ours(frame)
        } else {
            End::by_target(frame)
        };
        self.over(end, now);
    }

    /// The connection is of no use any more.
    fn failed(&mut self, error: &Error) {
        let (end, tell) = End::of_error(error);
        if let (Some(code), Some(stream)) = (tell, &mut self.stream) {
            // Best effort: the target is at fault, and may not read.
            let mut stream = Pin::new(&mut **stream);
            let frame = Message::Close(close_frame(code.into(), ""));
            if stream.as_mut().start_send(frame).is_ok() {
                let mut context = Context::from_waker(std::task::Waker::noop());
                let _ = stream.poll_flush(&mut context);
            }
        }
        self.stream = None;
        self.over(end, Instant::now());
    }

    fn over(&mut self, end: End, now: Instant) {
        let end = if self.state.is_closing() && end.kind == EndKind::Lost {
            End::ours(None)
        } else {
            end
        };
        let lost = end.kind == EndKind::Lost;
        if self.state.ended(end, now) && lost {
            self.lost_unnoticed = self.state.end().cloned();
        }
    }

    /// Makes sure to be polled at the next deadline; true if that has come already.
    fn set_timer(&mut self, context: &mut Context<'_>) -> bool {
        let Some(at) = self.state.deadline(self.stream.is_some()) else {
            return false;
        };
        let at = tokio::time::Instant::from_std(at);
        // A timer that rings too early is moved then: an operation that ends in time costs nothing.
        match &mut self.timer {
            None => self.timer = Some(Box::pin(sleep_until(at))),
            Some(timer) if timer.deadline() > at || timer.is_elapsed() => timer.as_mut().reset(at),
            Some(_) => {}
        }
        self.timer
            .as_mut()
            .is_some_and(|timer| timer.as_mut().poll(context).is_ready())
    }
}
