//! Connections between requests: those of one session, or of many sessions that share a pool.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::connection::Connection;
use super::gate::Gate;
use super::limits::{GATES_MAX, IDLE_CONNECTIONS_MAX, POOL_CONNECTIONS_MAX};
use super::profile::Profile;
use super::target::Origin;

/// How many connections a pool has; both numbers are per origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolConfig {
    /// Connections in use at a time; who wants one more waits. `None`: as many as are wanted.
    pub in_use: Option<usize>,
    /// Connections kept while idle.
    pub kept: usize,
}

/// Idle connections, and the right to make more.
#[derive(Debug)]
pub struct Pool {
    config: PoolConfig,
    /// Whether sessions with different settings use it.
    is_shared: bool,
    idle: RefCell<Vec<Idle>>,
    gates: RefCell<Vec<Gated>>,
}

#[derive(Debug)]
struct Idle {
    place: Place,
    connection: Connection,
}

/// A place with a bound on the connections to it that are in use.
#[derive(Debug)]
struct Gated {
    place: Place,
    gate: Rc<Gate>,
}

/// Where a connection leads, and by which settings.
#[derive(Debug)]
struct Place {
    /// `None` where all are the same: in a pool of one session. Counting references there would cost each request a
    /// memory line that the script's thread writes to as well.
    profile: Option<Arc<Profile>>,
    origin: Arc<Origin>,
}

impl Place {
    /// Whether a connection to here does for a request of `profile` to `origin`.
    fn serves(&self, profile: &Arc<Profile>, origin: &Arc<Origin>) -> bool {
        let same_origin = Arc::ptr_eq(&self.origin, origin) || self.origin == *origin;
        same_origin
            && self
                .profile
                .as_ref()
                .is_none_or(|own| Arc::ptr_eq(own, profile) || own.connects_alike(profile, origin))
    }
}

impl Pool {
    /// An empty pool for one session.
    pub(super) fn of_session(config: PoolConfig) -> Self {
        Self::new(config, false)
    }

    /// An empty pool for many sessions.
    pub fn shared(config: PoolConfig) -> Self {
        Self::new(config, true)
    }

    fn new(config: PoolConfig, is_shared: bool) -> Self {
        // More than can exist is the same as no bound.
        let in_use = config.in_use.filter(|limit| *limit <= POOL_CONNECTIONS_MAX);
        Self {
            config: PoolConfig { in_use, ..config },
            is_shared,
            idle: RefCell::default(),
            gates: RefCell::default(),
        }
    }

    fn place(&self, profile: &Arc<Profile>, origin: &Arc<Origin>) -> Place {
        Place {
            profile: self.is_shared.then(|| Arc::clone(profile)),
            origin: Arc::clone(origin),
        }
    }

    /// Bound on the idle connections to all origins together.
    fn idle_max(&self) -> usize {
        if self.is_shared {
            POOL_CONNECTIONS_MAX
        } else {
            IDLE_CONNECTIONS_MAX
        }
    }

    /// Closes the idle connections.
    pub fn clear(&self) {
        self.idle.borrow_mut().clear();
    }

    /// Connections that wait for a request.
    pub fn idle_connections(&self) -> usize {
        self.idle.borrow().len()
    }

    /// Where a place must be had before a connection is used; `None` if their number has no bound.
    pub(super) fn gate(&self, profile: &Arc<Profile>, origin: &Arc<Origin>) -> Option<Rc<Gate>> {
        let limit = self.config.in_use?;
        let mut gates = self.gates.borrow_mut();
        if let Some(gated) = gates.iter().find(|gated| gated.place.serves(profile, origin)) {
            return Some(Rc::clone(&gated.gate));
        }
        if gates.len() >= GATES_MAX {
            // Those in use are held by their requests, too.
            gates.retain(|gated| Rc::strong_count(&gated.gate) > 1);
        }
        if gates.capacity() == 0 {
            gates.reserve_exact(1);
        }
        let gate = Gate::new(limit);
        gates.push(Gated {
            place: self.place(profile, origin),
            gate: Rc::clone(&gate),
        });
        Some(gate)
    }

    /// The most recently used connection to `origin` that can still be used.
    pub(super) fn take_idle(&self, profile: &Arc<Profile>, origin: &Arc<Origin>) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        loop {
            let found = idle.iter().rposition(|idle| idle.place.serves(profile, origin))?;
            let mut connection = idle.remove(found).connection;
            if connection.is_fresh() {
                connection.reused = true;
                return Some(connection);
            }
        }
    }

    /// Keeps `connection` for the next request to `origin`, or closes it if there are enough. Either way the right to use
    /// it goes to whoever waits for it.
    pub(super) fn give_back(&self, profile: &Arc<Profile>, origin: &Arc<Origin>, mut connection: Connection) {
        drop(connection.permit.take());
        let mut idle = self.idle.borrow_mut();
        // As long as there are fewer altogether there is no need to count: a pool of thousands is not gone through.
        if idle.len() >= self.config.kept {
            let same = idle
                .iter()
                .filter(|idle| idle.place.serves(profile, origin))
                .count();
            if same >= self.config.kept {
                return;
            }
        }
        if idle.len() >= self.idle_max() {
            idle.remove(0);
        }
        if idle.capacity() == 0 {
            idle.reserve_exact(1); // most users have one connection; do not set memory aside for more
        }
        idle.push(Idle {
            place: self.place(profile, origin),
            connection,
        });
    }
}
