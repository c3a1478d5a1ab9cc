//! Who waits for what on one WebSocket, and what nobody has read yet. No I/O, no clock.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use tokio_tungstenite::tungstenite::Message;

use super::ask::{Ask, Done, Failed, FailedKind, Got, Payload, Waiter};
use super::end::{End, close_frame};
use super::limits::{LINGER, OUTGOING_MAX, UNREAD_BYTES_MAX, UNREAD_MESSAGES_MAX};

/// An operation under way.
#[derive(Debug)]
struct Waiting {
    waiter: Waiter,
    started: Instant,
    deadline: Option<Instant>,
    skipped: Vec<(Payload, Instant)>,
}

/// What is to be done once a frame has left.
#[derive(Debug)]
enum Then {
    /// Its message was sent: so many bytes.
    Sent(Waiting, u64),
    /// The next message is the answer.
    Answer(Waiting),
    /// A pong with this number is the answer.
    Pong(Waiting, u64),
    /// The target's close frame is the answer.
    Closing(Option<Waiting>),
}

#[derive(Debug)]
struct Outgoing {
    frame: Message,
    then: Then,
}

/// The state of a connection that is open, or was.
#[derive(Debug, Default)]
pub struct State {
    unread: VecDeque<(Payload, Instant)>,
    unread_bytes: usize,
    outgoing: VecDeque<Outgoing>,
    /// Handed to the connection, but not all of it taken by the system.
    leaving: Vec<(Waiting, u64)>,
    receiver: Option<(Waiting, bool)>,
    pings: Vec<(Waiting, u64)>,
    pings_sent: u64,
    closing: bool,
    closer: Option<Waiting>,
    end: Option<End>,
    /// When the connection is dropped, whatever the target does.
    drop_at: Option<Instant>,
    abandoned: bool,
    done: Vec<Done>,
}

impl State {
    /// Takes up what is asked for.
    pub fn ask(&mut self, ask: Ask, now: Instant) {
        match ask {
            Ask::Open(_) => debug_assert!(false, "a connection is opened before it has a state"),
            Ask::Cancel(ticket) => self.cancel(ticket),
            Ask::Abandon => self.abandon(now),
            Ask::Receive(waiter) => self.receive(waiting(waiter, now), now),
            Ask::Send(waiter, payload) => {
                let length = payload.len() as u64;
                self.send(payload.into(), Then::Sent(waiting(waiter, now), length), now);
            }
            Ask::Request(waiter, payload) => {
                self.send(payload.into(), Then::Answer(waiting(waiter, now)), now);
            }
            Ask::Ping(waiter) => {
                self.pings_sent += 1;
                let number = self.pings_sent;
                let frame = Message::Ping(Bytes::copy_from_slice(&number.to_be_bytes()));
                self.send(frame, Then::Pong(waiting(waiter, now), number), now);
            }
            Ask::Close(waiter, code, reason) => {
                let waiting = waiting(waiter, now);
                if self.end.is_some() || self.closing {
                    self.finish(waiting, Ok(Got::Nothing), 0, now);
                } else {
                    self.start_closing(code, &reason, Some(waiting), now);
                }
            }
        }
    }

    /// The next frame to hand to the connection.
    pub fn next_frame(&mut self) -> Option<Message> {
        let Outgoing { frame, then } = self.outgoing.pop_front()?;
        match then {
            Then::Sent(waiting, length) => self.leaving.push((waiting, length)),
            Then::Answer(mut waiting) => {
                waiting.skipped.extend(self.unread.drain(..));
                self.unread_bytes = 0;
                self.receiver = Some((waiting, true));
            }
            Then::Pong(waiting, number) => self.pings.push((waiting, number)),
            Then::Closing(closer) => self.closer = closer,
        }
        Some(frame)
    }

    /// Whether there is a next frame.
    pub fn has_frames(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Everything handed over so far has left.
    pub fn flushed(&mut self, now: Instant) {
        for (waiting, length) in std::mem::take(&mut self.leaving) {
            self.finish(waiting, Ok(Got::Nothing), length, now);
        }
    }

    /// Whether the connection is to be read. Not with enough unread messages: then the target has to wait.
    pub fn wants_messages(&self) -> bool {
        self.receiver.is_some()
            || self.closing
            || self.end.is_some()
            || (self.unread.len() < UNREAD_MESSAGES_MAX && self.unread_bytes < UNREAD_BYTES_MAX)
    }

    /// A message came.
    pub fn message(&mut self, payload: Payload, now: Instant) {
        if self.closing || self.end.is_some() {
            return; // nobody will ask for it
        }
        if let Some((waiting, _)) = self.receiver.take() {
            let length = payload.len() as u64;
            self.finish(waiting, Ok(Got::Message(payload)), length, now);
        } else {
            self.unread_bytes += payload.len();
            self.unread.push_back((payload, now));
        }
    }

    /// A pong came.
    pub fn pong(&mut self, payload: &[u8], now: Instant) {
        let number = payload.try_into().map(u64::from_be_bytes).ok();
        let place = self.pings.iter().position(|(_, sent)| Some(*sent) == number);
        if let Some(place) = place {
            let (waiting, _) = self.pings.swap_remove(place);
            self.finish(waiting, Ok(Got::Nothing), 0, now);
        }
    }

    /// Whether the script has closed the connection; the end is then its own doing.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// The connection is over; only the first end counts. True if this is it and nobody was waiting for anything.
    pub fn ended(&mut self, end: End, now: Instant) -> bool {
        if self.end.is_some() {
            return false;
        }
        let mut anybody = false;
        let mut waiting: Vec<(Waiting, bool)> = self
            .leaving
            .drain(..)
            .map(|(waiting, _)| (waiting, false))
            .collect();
        waiting.extend(self.pings.drain(..).map(|(waiting, _)| (waiting, false)));
        waiting.extend(
            self.receiver
                .take()
                .map(|(waiting, is_answer)| (waiting, !is_answer)),
        );
        for outgoing in self.outgoing.drain(..) {
            match outgoing.then {
                Then::Sent(one, _) | Then::Answer(one) | Then::Pong(one, _) => waiting.push((one, false)),
                Then::Closing(closer) => self.closer = closer,
            }
        }
        for (one, only_reads) in waiting {
            anybody = true;
            self.finish(one, Err(Failed::closed(&end, only_reads)), 0, now);
        }
        if let Some(closer) = self.closer.take() {
            anybody = true;
            self.finish(closer, Err(Failed::closed(&end, true)), 0, now);
        }
        self.end = Some(end);
        self.drop_at.get_or_insert(now + LINGER);
        !anybody
    }

    /// How it ended.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Whether the handle is gone, so that nothing will be asked any more.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned
    }

    /// Whether the connection has had its time to end in good order.
    pub fn must_drop(&self, now: Instant) -> bool {
        self.drop_at.is_some_and(|at| at <= now)
    }

    /// When [`Self::expire`] has something to do next. `connected`: whether there still is a connection to drop.
    pub fn deadline(&self, connected: bool) -> Option<Instant> {
        let frames = self.outgoing.iter().filter_map(|outgoing| match &outgoing.then {
            Then::Sent(waiting, _) | Then::Answer(waiting) | Then::Pong(waiting, _) => waiting.deadline,
            Then::Closing(_) => None,
        });
        frames
            .chain(self.leaving.iter().filter_map(|(waiting, _)| waiting.deadline))
            .chain(self.pings.iter().filter_map(|(waiting, _)| waiting.deadline))
            .chain(self.receiver.iter().filter_map(|(waiting, _)| waiting.deadline))
            .chain(self.drop_at.filter(|_| connected))
            .min()
    }

    /// Ends what has taken too long. The frames of a message that is on its way cannot be called back.
    pub fn expire(&mut self, now: Instant) {
        let is_late = |waiting: &Waiting| waiting.deadline.is_some_and(|at| at <= now);
        let unsent = "the message could not be sent within the time-out: the server does not read";
        let mut late: Vec<(Waiting, &str)> = Vec::new();
        let mut kept = VecDeque::new();
        for Outgoing { frame, then } in self.outgoing.drain(..) {
            match then {
                Then::Sent(waiting, _) | Then::Answer(waiting) | Then::Pong(waiting, _)
                    if is_late(&waiting) =>
                {
                    late.push((waiting, unsent));
                }
                then => kept.push_back(Outgoing { frame, then }),
            }
        }
        self.outgoing = kept;
        let leaving = self.leaving.extract_if(.., |(waiting, _)| is_late(waiting));
        late.extend(leaving.map(|(waiting, _)| (waiting, unsent)));
        let pings = self.pings.extract_if(.., |(waiting, _)| is_late(waiting));
        late.extend(pings.map(|(waiting, _)| (waiting, "no pong within the time-out")));
        if let Some((waiting, is_answer)) = self.receiver.take_if(|(waiting, _)| is_late(waiting)) {
            let what = if is_answer {
                "no answer within the time-out"
            } else {
                "no message within the time-out"
            };
            late.push((waiting, what));
        }
        for (waiting, what) in late {
            self.finish(waiting, Err(Failed::timed_out(what)), 0, now);
        }
    }

    /// Takes what is over since the last call.
    pub fn take_done(&mut self) -> Vec<Done> {
        std::mem::take(&mut self.done)
    }

    fn send(&mut self, frame: Message, then: Then, now: Instant) {
        let is_request = matches!(then, Then::Answer(_));
        let refused = if let Some(end) = &self.end {
            Some(Failed::closed(end, false))
        } else if self.closing {
            Some(Failed::closed(&End::ours(None), false))
        } else if self.outgoing.len() + self.leaving.len() >= OUTGOING_MAX {
            Some(Failed::new(
                FailedKind::QueueFull,
                "WebSocketError('too many messages of this connection wait to be sent')",
            ))
        } else if is_request && self.somebody_receives() {
            Some(busy())
        } else {
            None
        };
        match (refused, then) {
            (None, then) => self.outgoing.push_back(Outgoing { frame, then }),
            (Some(failed), Then::Sent(waiting, _) | Then::Answer(waiting) | Then::Pong(waiting, _)) => {
                self.finish(waiting, Err(failed), 0, now);
            }
            (Some(_), Then::Closing(_)) => debug_assert!(false, "close frames go their own way"),
        }
    }

    fn somebody_receives(&self) -> bool {
        let requested = |outgoing: &Outgoing| matches!(outgoing.then, Then::Answer(_));
        self.receiver.is_some() || self.outgoing.iter().any(requested)
    }

    fn receive(&mut self, waiting: Waiting, now: Instant) {
        if self.somebody_receives() {
            self.finish(waiting, Err(busy()), 0, now);
        } else if let Some((payload, came)) = self.unread.pop_front() {
            self.unread_bytes -= payload.len();
            let length = payload.len() as u64;
            // It was there before anybody asked, so nobody waited for it.
            self.finish(waiting, Ok(Got::Message(payload)), length, came);
        } else if let Some(end) = &self.end {
            let failed = Failed::closed(end, true);
            self.finish(waiting, Err(failed), 0, now);
        } else if self.closing {
            self.finish(waiting, Err(Failed::closed(&End::ours(None), true)), 0, now);
        } else {
            self.receiver = Some((waiting, false));
        }
    }

    fn abandon(&mut self, now: Instant) {
        self.abandoned = true;
        self.unread.clear();
        self.unread_bytes = 0;
        if self.end.is_none() && !self.closing {
            self.start_closing(1000, "", None, now);
        }
    }

    fn start_closing(&mut self, code: u16, reason: &str, closer: Option<Waiting>, now: Instant) {
        self.closing = true;
        self.drop_at = Some(now + LINGER);
        self.outgoing.push_back(Outgoing {
            frame: Message::Close(close_frame(code, reason)),
            then: Then::Closing(closer),
        });
    }

    fn cancel(&mut self, ticket: u64) {
        let is_it = |waiting: &Waiting| waiting.waiter.ticket == ticket;
        self.outgoing.retain(|outgoing| match &outgoing.then {
            Then::Sent(waiting, _) | Then::Answer(waiting) | Then::Pong(waiting, _) => !is_it(waiting),
            Then::Closing(_) => true,
        });
        self.leaving.retain(|(waiting, _)| !is_it(waiting));
        self.pings.retain(|(waiting, _)| !is_it(waiting));
        self.receiver.take_if(|(waiting, _)| is_it(waiting));
        self.closer.take_if(|waiting| is_it(waiting));
    }

    fn finish(&mut self, waiting: Waiting, result: Result<Got, Failed>, length: u64, ended: Instant) {
        self.done.push(Done {
            waiter: waiting.waiter,
            started: waiting.started,
            ended,
            result,
            length,
            skipped: waiting.skipped,
        });
    }
}

fn waiting(waiter: Waiter, now: Instant) -> Waiting {
    Waiting {
        deadline: waiter.timeout.and_then(|timeout| now.checked_add(timeout)),
        waiter,
        started: now,
        skipped: Vec::new(),
    }
}

fn busy() -> Failed {
    Failed {
        counts: false,
        ..Failed::new(
            FailedKind::Busy,
            "another greenlet is receiving from this WebSocket",
        )
    }
}

#[cfg(test)]
mod tests;
