//! Where a request stands, for whoever enforces its time-outs from outside.

use std::cell::Cell;
use std::time::Instant;

/// What the client is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing: no request is under way.
    #[default]
    Idle,
    /// Its turn: as many connections as may be are in use. Not limited in time.
    Queued,
    /// A connection (name resolution, TCP and TLS).
    Connecting,
    /// The exchange: sending the request and receiving the response.
    Exchanging,
}

/// The phase of one request and the time of its last activity, written by the client, read by the reactor.
///
/// The time moves at every change of phase and whenever bytes arrive, so "no byte for that long" can be told from
/// "took that long altogether".
#[derive(Debug, Default)]
pub struct PhaseCell {
    phase: Cell<Phase>,
    active_since: Cell<Option<Instant>>,
}

impl PhaseCell {
    /// The present phase.
    pub fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// When the phase began or the last bytes came; `None` while idle.
    pub fn active_since(&self) -> Option<Instant> {
        self.active_since.get()
    }

    /// Enters `phase` at `now`.
    pub(super) fn enter(&self, phase: Phase, now: Instant) {
        self.phase.set(phase);
        self.active_since.set(Some(now));
    }

    /// Notes that bytes came.
    pub(super) fn touch(&self) {
        self.active_since.set(Some(Instant::now()));
    }

    /// Nothing is under way any more.
    pub(super) fn rest(&self) {
        self.phase.set(Phase::Idle);
        self.active_since.set(None);
    }
}
