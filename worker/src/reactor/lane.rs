//! A lane: one task that carries out the requests of a session, one after the other.
//!
//! A session has one lane as long as its user does one thing at a time, and more only while requests of the same
//! user overlap. A lane outlives its requests, so a request costs no task; cancelling and timing out are a flag that the
//! lane looks at whenever it is woken, so they cost nothing unless they happen.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::http::{ErrorKind, Phase, PhaseCell};
use crate::reactor::submission::{Ticket, Work};

/// Why the work in hand must end before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// The waiting greenlet is gone: drop the work, report nothing.
    Cancelled,
    /// A time-out passed: report this kind of failure.
    TimedOut(ErrorKind),
}

/// The state that the dispatcher, the deadlines and the lane's own task share.
#[derive(Debug, Default)]
pub struct Lane {
    inbox: RefCell<Option<Work>>,
    waker: RefCell<Option<Waker>>,
    interrupt: Cell<Option<Interrupt>>,
    ticket: Cell<Option<Ticket>>,
    stream: Cell<Option<Ticket>>,
    retired: Cell<bool>,
    connect_timeout: Cell<Option<Duration>>,
    read_timeout: Cell<Option<Duration>>,
    /// Where the request stands, as published by the HTTP client.
    pub phase: PhaseCell,
    /// When the deadlines will look at this lane next; kept by [`super::deadlines`].
    pub looked_at_again: Cell<Option<Instant>>,
}

impl Lane {
    /// Gives idle `self` its next work and wakes it.
    pub fn assign(&self, work: Work) {
        self.ticket.set(work.ticket());
        let previous = self.inbox.replace(Some(work));
        debug_assert!(previous.is_none(), "a lane was given work while it had some");
        self.wake();
    }

    /// Waits for the next work; `None` once the lane is retired.
    pub async fn next(&self) -> Option<Work> {
        std::future::poll_fn(|context| match self.inbox.take() {
            Some(work) => Poll::Ready(Some(work)),
            None if self.retired.get() => Poll::Ready(None),
            None => {
                self.remember(context.waker());
                Poll::Pending
            }
        })
        .await
    }

    /// Lets the lane end once it has nothing more to do: its session is closed.
    pub fn retire(&self) {
        self.retired.set(true);
        self.wake();
    }

    /// Ends the work in hand at the lane's next turn.
    pub fn interrupt(&self, why: Interrupt) {
        self.interrupt.set(Some(why));
        self.wake();
    }

    /// The ticket of the work in hand, if any.
    pub fn ticket(&self) -> Option<Ticket> {
        self.ticket.get()
    }

    /// The stream this lane is reading for, named by the ticket of the request that opened it.
    pub fn stream(&self) -> Option<Ticket> {
        self.stream.get()
    }

    /// Marks the lane as reading a stream, or no longer.
    pub fn set_stream(&self, stream: Option<Ticket>) {
        self.stream.set(stream);
    }

    /// Sets the limits of the work in hand; `None` waits for ever.
    pub fn set_timeouts(&self, connect: Option<Duration>, read: Option<Duration>) {
        self.connect_timeout.set(connect);
        self.read_timeout.set(read);
    }

    /// When the work in hand times out if nothing more happens, and how that is called.
    pub fn deadline(&self) -> Option<(Instant, ErrorKind)> {
        match self.phase.phase() {
            Phase::Idle => None,
            // Looked at again and again, as its limits begin to count when it leaves the queue.
            Phase::Queued => Some((
                Instant::now() + self.shortest_timeout()?,
                ErrorKind::ConnectTimeout,
            )),
            Phase::Connecting => {
                let limit = self.connect_timeout.get()?;
                Some((self.phase.active_since()? + limit, ErrorKind::ConnectTimeout))
            }
            Phase::Exchanging => {
                let limit = self.read_timeout.get()?;
                Some((self.phase.active_since()? + limit, ErrorKind::ReadTimeout))
            }
        }
    }

    /// The shorter of the two limits: a deadline can never come sooner than this after the start of the work.
    pub fn shortest_timeout(&self) -> Option<Duration> {
        match (self.connect_timeout.get(), self.read_timeout.get()) {
            (Some(connect), Some(read)) => Some(connect.min(read)),
            (connect, read) => connect.or(read),
        }
    }

    /// Ends the work in hand as far as the lane's state goes.
    pub fn finish(&self) {
        self.ticket.set(None);
        self.interrupt.set(None);
    }

    /// Runs `work` until it is done or the lane is interrupted; dropping the work closes what it had open.
    pub fn run<'a, F: Future>(&'a self, work: Pin<&'a mut F>) -> Interruptible<'a, F> {
        Interruptible { lane: self, work }
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    fn remember(&self, waker: &Waker) {
        let mut kept = self.waker.borrow_mut();
        if !kept.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
            *kept = Some(waker.clone());
        }
    }
}

/// Work that ends when its lane is interrupted.
#[derive(Debug)]
pub struct Interruptible<'a, F> {
    lane: &'a Lane,
    work: Pin<&'a mut F>,
}

impl<F: Future> Future for Interruptible<'_, F> {
    type Output = Result<F::Output, Interrupt>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(why) = self.lane.interrupt.take() {
            return Poll::Ready(Err(why));
        }
        self.lane.remember(context.waker());
        self.work.as_mut().poll(context).map(Ok)
    }
}

/// A lane as the tables hold it.
pub type SharedLane = Rc<Lane>;
