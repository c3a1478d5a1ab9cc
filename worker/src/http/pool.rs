//! Connections between requests: those of one session, or of many sessions that share a pool.

use std::cell::RefCell;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::Connection;
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
    /// Idle connections to all origins together.
    idle_max: usize,
    idle: RefCell<Vec<Idle>>,
    gates: RefCell<Vec<Gate>>,
}

#[derive(Debug)]
struct Idle {
    place: Place,
    connection: Connection,
}

/// Counts the connections to one place that are in use.
#[derive(Debug)]
struct Gate {
    place: Place,
    free: Arc<Semaphore>,
}

/// Where a connection leads, and by which settings.
#[derive(Debug, Clone)]
struct Place {
    profile: Arc<Profile>,
    origin: Arc<Origin>,
}

impl Place {
    fn new(profile: &Arc<Profile>, origin: &Arc<Origin>) -> Self {
        Self {
            profile: Arc::clone(profile),
            origin: Arc::clone(origin),
        }
    }

    /// Whether a connection to here does for a request of `profile` to `origin`.
    fn serves(&self, profile: &Arc<Profile>, origin: &Arc<Origin>) -> bool {
        let same_origin = Arc::ptr_eq(&self.origin, origin) || self.origin == *origin;
        same_origin && (Arc::ptr_eq(&self.profile, profile) || self.profile.connects_alike(profile, origin))
    }
}

impl Pool {
    /// An empty pool for one session.
    pub(super) fn of_session(config: PoolConfig) -> Self {
        Self::with_bound(config, IDLE_CONNECTIONS_MAX)
    }

    /// An empty pool for many sessions.
    pub fn shared(config: PoolConfig) -> Self {
        Self::with_bound(config, POOL_CONNECTIONS_MAX)
    }

    fn with_bound(config: PoolConfig, idle_max: usize) -> Self {
        // More than can exist is the same as no bound, and the semaphore has a bound of its own.
        let in_use = config.in_use.filter(|limit| *limit <= POOL_CONNECTIONS_MAX);
        Self {
            config: PoolConfig { in_use, ..config },
            idle_max,
            idle: RefCell::default(),
            gates: RefCell::default(),
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

    /// What must be acquired before a connection is used; `None` if their number has no bound.
    pub(super) fn gate(&self, profile: &Arc<Profile>, origin: &Arc<Origin>) -> Option<Arc<Semaphore>> {
        let limit = self.config.in_use?;
        let mut gates = self.gates.borrow_mut();
        if let Some(gate) = gates.iter().find(|gate| gate.place.serves(profile, origin)) {
            return Some(Arc::clone(&gate.free));
        }
        if gates.len() >= GATES_MAX {
            // Those in use are held by their requests, too.
            gates.retain(|gate| Arc::strong_count(&gate.free) > 1);
        }
        if gates.capacity() == 0 {
            gates.reserve_exact(1);
        }
        let free = Arc::new(Semaphore::new(limit.max(1)));
        gates.push(Gate {
            place: Place::new(profile, origin),
            free: Arc::clone(&free),
        });
        Some(free)
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
        let permit: Option<OwnedSemaphorePermit> = connection.permit.take();
        let mut idle = self.idle.borrow_mut();
        // With a bound on those in use there are never more than that altogether: no need to count.
        if permit.is_none() || self.config.kept < self.config.in_use.unwrap_or(usize::MAX) {
            let same = idle
                .iter()
                .filter(|idle| idle.place.serves(profile, origin))
                .count();
            if same >= self.config.kept {
                return;
            }
        }
        if idle.len() >= self.idle_max {
            idle.remove(0);
        }
        if idle.capacity() == 0 {
            idle.reserve_exact(1); // most users have one connection; do not set memory aside for more
        }
        idle.push(Idle {
            place: Place::new(profile, origin),
            connection,
        });
    }
}
