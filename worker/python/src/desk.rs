//! What all Python objects of one engine share: who waits for what, the names of rows, and the batch that is being
//! gathered for the reactor.
//!
//! The lock is taken by the Python thread alone (a script's own threads aside), so it is never waited for; it is there
//! because Python objects may be used from any thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use worker::http;
use worker::reactor::{Inbox, LinkRequest, SessionId, Submission, Ticket};
use worker::recorder::{Names, Slot};

/// How long a submission may wait for company before its batch leaves: long enough for the greenlets that one wake-up
/// resumes to submit together, short against any response time.
const GATHERING_MAX: Duration = Duration::from_micros(100);

/// One request under way, as the Python side remembers it.
pub struct Pending {
    /// The greenlet to resume.
    pub waiter: Py<PyAny>,
    /// The settings of its session.
    pub profile: Arc<http::Profile>,
    /// Its session.
    pub session: SessionId,
    /// The row it is counted in.
    pub slot: Slot,
    /// Whether the reactor counts it (else Python reports).
    pub recorded: bool,
    /// Whether its completion leaves a stream open.
    pub stream: bool,
}

/// The shared state; see the module's description.
pub struct Desk {
    inbox: Arc<Inbox<Submission>>,
    /// This is a child that a script has forked: there is no reactor here, and nothing may be counted twice.
    forked: AtomicBool,
    state: Mutex<State>,
}

struct State {
    batch: Vec<Submission>,
    gathering_since: Option<Instant>,
    names: Names,
    places: Vec<Place>,
    free: Vec<u32>,
    sessions: SessionId,
}

/// A place for a pending request; its generation makes tickets of earlier occupants void.
struct Place {
    generation: u32,
    pending: Option<Pending>,
}

fn ticket(index: u32, generation: u32) -> Ticket {
    u64::from(generation) << 32 | u64::from(index)
}

impl Desk {
    /// A desk in front of `inbox`.
    pub fn new(inbox: Arc<Inbox<Submission>>) -> Self {
        let state = State {
            batch: Vec::new(),
            gathering_since: None,
            names: Names::default(),
            places: Vec::new(),
            free: Vec::new(),
            sessions: 0,
        };
        Self {
            inbox,
            forked: AtomicBool::new(false),
            state: Mutex::new(state),
        }
    }

    /// From now on nothing leaves: this process is a copy of the one that the reactor works for.
    pub fn close_for_copy(&self) {
        self.forked.store(true, Ordering::Relaxed);
    }

    /// Whether this process is such a copy.
    pub fn is_copy(&self) -> bool {
        self.forked.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An id for a new session or pool.
    pub fn new_session(&self) -> SessionId {
        let mut state = self.lock();
        state.sessions += 1;
        state.sessions
    }

    /// The row of (method, name), made if it is new.
    pub fn slot(&self, method: &str, name: &str) -> Slot {
        let mut state = self.lock();
        state.slot(method, name)
    }

    /// Method and name of a row.
    pub fn row(&self, slot: Slot) -> (String, String) {
        self.lock().names.row(slot)
    }

    /// Seats a waiter and queues what `make` builds from its ticket and the time. Returns the ticket.
    pub fn wait(&self, pending: Pending, make: impl FnOnce(Ticket, Instant) -> Submission) -> Ticket {
        let now = Instant::now();
        let mut state = self.lock();
        let ticket = state.seat(pending);
        let submission = make(ticket, now);
        state.gather(&self.inbox, submission, now);
        ticket
    }

    /// Takes the pending request of a ticket away; `None` if it was cancelled or is complete.
    pub fn claim(&self, ticket: Ticket) -> Option<Pending> {
        self.lock().claim(ticket)
    }

    /// Queues anything else.
    pub fn submit(&self, submission: Submission) {
        if self.is_copy() {
            return;
        }
        let now = Instant::now();
        self.lock().gather(&self.inbox, submission, now);
    }

    /// Queues something for the link.
    pub fn tell_link(&self, request: LinkRequest) {
        self.submit(Submission::Link(request));
    }

    /// Lets the batch go.
    pub fn flush(&self) {
        if self.is_copy() {
            return;
        }
        self.lock().flush(&self.inbox);
    }
}

impl State {
    fn slot(&mut self, method: &str, name: &str) -> Slot {
        let (slot, new) = self.names.slot(method, name);
        if new {
            let (method, name) = self.names.row(slot);
            self.batch.push(Submission::NewRow { method, name });
        }
        slot
    }

    fn seat(&mut self, pending: Pending) -> Ticket {
        match self.free.pop() {
            Some(index) => {
                let place = &mut self.places[index as usize];
                place.pending = Some(pending);
                ticket(index, place.generation)
            }
            None => {
                // As many places as requests under way, so bounded by greenlets; 2^32 of them do not fit in memory.
                let index = self.places.len() as u32;
                self.places.push(Place {
                    generation: 0,
                    pending: Some(pending),
                });
                ticket(index, 0)
            }
        }
    }

    fn claim(&mut self, wanted: Ticket) -> Option<Pending> {
        let index = (wanted & u64::from(u32::MAX)) as u32;
        let place = self.places.get_mut(index as usize)?;
        if ticket(index, place.generation) != wanted {
            return None;
        }
        let pending = place.pending.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(index);
        Some(pending)
    }

    fn gather(&mut self, inbox: &Inbox<Submission>, submission: Submission, now: Instant) {
        self.batch.push(submission);
        let since = *self.gathering_since.get_or_insert(now);
        if now.duration_since(since) > GATHERING_MAX {
            self.flush(inbox);
        }
    }

    fn flush(&mut self, inbox: &Inbox<Submission>) {
        self.gathering_since = None;
        inbox.push_batch(&mut self.batch);
    }
}
