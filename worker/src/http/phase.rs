//! Where a request stands, for whoever enforces its time-outs from outside.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Instant;

use super::error::{ErrorKind, HttpError};
use super::proxy::Proxy;

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
    /// The proxy that is being connected to, or was last.
    proxy: RefCell<Option<Arc<Proxy>>>,
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

    /// The failure of the request that stands here, when its time is up.
    ///
    /// `kind` is [`ErrorKind::ConnectTimeout`] or [`ErrorKind::ReadTimeout`].
    pub fn timed_out(&self, kind: ErrorKind) -> HttpError {
        match (kind, &*self.proxy.borrow()) {
            (ErrorKind::ConnectTimeout, Some(proxy)) => HttpError::new(
                kind,
                format!(
                    "ConnectTimeout('timed out while connecting through proxy {}')",
                    proxy.name()
                ),
            ),
            _ => HttpError::timed_out(kind),
        }
    }

    /// Begins to connect at `now`, through `proxy` if there is one.
    pub(super) fn connect(&self, proxy: Option<&Arc<Proxy>>, now: Instant) {
        self.enter(Phase::Connecting, now);
        self.proxy.replace(proxy.cloned());
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
