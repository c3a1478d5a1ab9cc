//! The WebSockets of all users: hands what is asked to their tasks, counts and delivers what comes of it.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use protocol::Fault;

use crate::reactor::Core;
use crate::reactor::submission::{Delivered, SocketDone, SocketId};
use crate::recorder::{Failure, Record};
use crate::ws::{Ask, Done, Failed, FailedKind, Open, Socket, connect, handshake_status};

/// What the dispatcher and the task of one WebSocket share.
#[derive(Debug, Default)]
struct Handle {
    inbox: RefCell<VecDeque<Ask>>,
    waker: RefCell<Option<Waker>>,
}

impl Handle {
    fn push(&self, ask: Ask) {
        self.inbox.borrow_mut().push_back(ask);
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    fn remember(&self, context: &Context<'_>) {
        let mut kept = self.waker.borrow_mut();
        if !kept.as_ref().is_some_and(|kept| kept.will_wake(context.waker())) {
            *kept = Some(context.waker().clone());
        }
    }

    fn pop(&self) -> Option<Ask> {
        self.inbox.borrow_mut().pop_front()
    }
}

/// All WebSockets that Python holds, open or closed.
#[derive(Debug, Default)]
pub struct Sockets {
    all: HashMap<SocketId, Rc<Handle>>,
}

impl Sockets {
    /// Hands on what is asked; the first ask makes the connection.
    pub fn ask(&mut self, core: &Rc<Core>, id: SocketId, ask: Ask) {
        match ask {
            Ask::Open(open) => {
                let handle = Rc::new(Handle::default());
                self.all.insert(id, Rc::clone(&handle));
                tokio::task::spawn_local(run(Rc::clone(core), handle, id, open));
            }
            ask => match self.all.get(&id) {
                Some(handle) => handle.push(ask),
                None => refuse(core, &ask),
            },
        }
    }
}

/// Ends an operation on a socket that was never opened, or whose opening failed.
fn refuse(core: &Core, ask: &Ask) {
    if let Some(waiter) = ask.waiter() {
        let now = Instant::now();
        let failed = Failed {
            counts: false,
            ..Failed::new(
                FailedKind::Closed,
                "WebSocketClosed('the connection is not open')",
            )
        };
        finish(
            core,
            Done {
                waiter: waiter.clone(),
                started: now,
                ended: now,
                result: Err(failed),
                length: 0,
                skipped: Vec::new(),
            },
        );
    }
}

/// The life of one WebSocket.
async fn run(core: Rc<Core>, handle: Rc<Handle>, id: SocketId, open: Box<Open>) {
    let (lost_slot, ended) = (open.lost_slot, Arc::clone(&open.ended));
    let socket = make(&core, &handle, *open).await;
    if let Some(mut socket) = socket {
        poll_fn(|context| {
            handle.remember(context);
            let now = Instant::now();
            while let Some(ask) = handle.pop() {
                socket.state.ask(ask, now);
            }
            let over = socket.poll(context);
            if let Some(end) = socket.state.end() {
                ended.get_or_init(|| (end.code, end.reason.clone()));
            }
            for done in socket.state.take_done() {
                finish(&core, done);
            }
            if let Some(end) = socket.take_lost_unnoticed() {
                let failure = Failure::new(end.text, Some(Fault::Target));
                let lost =
                    Record::of_request(lost_slot, Duration::ZERO, 0, None, Some(failure), Duration::ZERO);
                count(&core, lost, Instant::now());
            }
            if over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
    core.sockets.borrow_mut().all.remove(&id);
    while let Some(ask) = handle.pop() {
        refuse(&core, &ask);
    }
}

/// Makes the connection; `None` if there is none in time, or nobody wants it any more.
async fn make(core: &Core, handle: &Handle, open: Open) -> Option<Socket> {
    let started = Instant::now();
    let deadline = open
        .waiter
        .timeout
        .and_then(|timeout| started.checked_add(timeout));
    // Boxed, because it needs far more room than the task does afterwards, for as long as the connection lasts.
    let mut connecting = Box::pin(connect(&open));
    let connected = async {
        poll_fn(|context| {
            handle.remember(context);
            // Until the waiter has its answer, only its end can be asked for.
            while let Some(ask) = handle.pop() {
                match ask {
                    Ask::Cancel(_) | Ask::Abandon => return Poll::Ready(None),
                    ask => refuse(core, &ask),
                }
            }
            connecting.as_mut().poll(context).map(Some)
        })
        .await
    };
    let result = match deadline {
        None => connected.await,
        Some(deadline) => match tokio::time::timeout_at(deadline.into(), connected).await {
            Ok(result) => result,
            Err(_) => Some(Err(Failed {
                fault: Some(Fault::Network),
                ..Failed::timed_out("no connection within the time-out")
            })),
        },
    };
    drop(connecting);
    let (result, socket) = match result? {
        Ok((got, stream)) => (Ok(got), Some(Socket::new(stream))),
        Err(failed) => (Err(failed), None),
    };
    finish(
        core,
        Done {
            waiter: open.waiter,
            started,
            ended: Instant::now(),
            result,
            length: 0,
            skipped: Vec::new(),
        },
    );
    socket
}

/// Counts an operation, if that is not Python's affair, and delivers it.
fn finish(core: &Core, done: Done) {
    if done.waiter.record {
        let failure = done.result.as_ref().err();
        if failure.is_none_or(|failed| failed.counts) {
            let text = failure.map(|failed| Failure::new(failed.text.clone(), failed.fault));
            let lag = done.started.saturating_duration_since(done.waiter.submitted);
            let time = done.ended.saturating_duration_since(done.started);
            let status = handshake_status(&done.result);
            let record = Record::of_request(done.waiter.slot, time, done.length, status, text, lag);
            count(core, record, done.ended);
        }
    }
    let ticket = done.waiter.ticket;
    let finished = SocketDone {
        start_unix_s: core.clock.unix_s(done.started),
        end_unix_s: core.clock.unix_s(done.ended),
        skipped: done
            .skipped
            .into_iter()
            .map(|(payload, came)| (payload, core.clock.unix_s(came)))
            .collect(),
        response_time: done.ended.saturating_duration_since(done.started),
        result: done.result,
        length: done.length,
    };
    core.deliver(ticket, Delivered::Socket(Box::new(finished)));
}

fn count(core: &Core, record: Record, ended: Instant) {
    core.recorder
        .borrow_mut()
        .record(record, core.clock.unix_s(ended));
}
