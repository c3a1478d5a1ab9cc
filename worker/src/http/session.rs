//! A session: what one user keeps between requests — idle connections and cookies.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::connection::Connection;
use super::cookies::SharedJar;
use super::limits::IDLE_CONNECTIONS_MAX;
use super::profile::Profile;
use super::target::Origin;

/// A user's connections and cookies. Clones are the same session; several of its requests may run at once.
#[derive(Debug, Clone)]
pub struct Session {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    profile: Arc<Profile>,
    jar: SharedJar,
    idle: RefCell<Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    origin: Arc<Origin>,
    connection: Connection,
}

impl Session {
    /// A session without connections; `jar` may be shared with other sessions and threads.
    pub fn new(profile: Arc<Profile>, jar: SharedJar) -> Self {
        Self {
            inner: Rc::new(Inner {
                profile,
                jar,
                idle: RefCell::default(),
            }),
        }
    }

    /// The settings.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.inner.profile
    }

    /// The cookies.
    pub fn jar(&self) -> &SharedJar {
        &self.inner.jar
    }

    /// Closes the idle connections; requests under way go on.
    pub fn close(&self) {
        self.inner.idle.borrow_mut().clear();
    }

    /// Connections that wait for a request.
    pub fn idle_connections(&self) -> usize {
        self.inner.idle.borrow().len()
    }

    /// The most recently used connection to `origin` that can still be used.
    pub(super) fn take_idle(&self, origin: &Arc<Origin>) -> Option<Connection> {
        let mut idle = self.inner.idle.borrow_mut();
        loop {
            let place = idle.iter().rposition(|idle| is_same(&idle.origin, origin))?;
            let mut connection = idle.remove(place).connection;
            if connection.is_fresh() {
                connection.reused = true;
                return Some(connection);
            }
        }
    }

    /// Keeps `connection` for the next request to `origin`, or closes it if there are enough.
    pub(super) fn give_back(&self, origin: &Arc<Origin>, connection: Connection) {
        let pool_size = self.inner.profile.pool_size;
        let mut idle = self.inner.idle.borrow_mut();
        let same = idle.iter().filter(|idle| is_same(&idle.origin, origin)).count();
        if same >= pool_size {
            return;
        }
        if idle.len() >= IDLE_CONNECTIONS_MAX {
            idle.remove(0);
        }
        if idle.capacity() == 0 {
            idle.reserve_exact(1); // most users have one connection; do not set memory aside for more
        }
        idle.push(Idle {
            origin: Arc::clone(origin),
            connection,
        });
    }
}

fn is_same(one: &Arc<Origin>, other: &Arc<Origin>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}
