//! A session: what one user keeps between requests — connections and cookies.

use std::rc::Rc;
use std::sync::Arc;

use super::connection::Connection;
use super::cookies::SharedJar;
use super::gate::Permit;
use super::phase::{Phase, PhaseCell};
use super::pool::{Pool, PoolConfig};
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
    connections: Connections,
}

#[derive(Debug)]
enum Connections {
    Own(Pool),
    Shared(Rc<Pool>),
}

impl Session {
    /// A session without connections; `jar` may be shared with other sessions and threads.
    pub fn new(profile: Arc<Profile>, jar: SharedJar) -> Self {
        let pool = Pool::of_session(PoolConfig {
            in_use: profile.max_connections,
            kept: profile.pool_size,
        });
        Self::with(profile, jar, Connections::Own(pool))
    }

    /// A session that uses the connections of `pool`, as others do.
    pub fn sharing(profile: Arc<Profile>, jar: SharedJar, pool: Rc<Pool>) -> Self {
        Self::with(profile, jar, Connections::Shared(pool))
    }

    fn with(profile: Arc<Profile>, jar: SharedJar, connections: Connections) -> Self {
        Self {
            inner: Rc::new(Inner {
                profile,
                jar,
                connections,
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

    /// Closes the idle connections that are the session's alone; requests under way go on.
    pub fn close(&self) {
        if let Connections::Own(pool) = &self.inner.connections {
            pool.clear();
        }
    }

    /// Closes all idle connections it may use, shared ones as well; requests under way go on.
    pub fn drop_idle(&self) {
        self.pool().clear();
    }

    /// Connections that wait for a request.
    pub fn idle_connections(&self) -> usize {
        self.pool().idle_connections()
    }

    /// An idle connection to `origin`, or the right to make one. Waits if too many are in use; no time-out counts
    /// meanwhile, as in the libraries that Locust uses.
    pub(super) async fn acquire(&self, origin: &Arc<Origin>, phase: &PhaseCell) -> Acquired {
        let (profile, pool) = (&self.inner.profile, self.pool());
        let permit = match pool.gate(profile, origin) {
            None => None,
            Some(gate) => match gate.try_enter() {
                Some(permit) => Some(permit),
                None => {
                    phase.enter(Phase::Queued, std::time::Instant::now());
                    Some(gate.enter().await)
                }
            },
        };
        Acquired {
            idle: pool.take_idle(profile, origin),
            permit,
        }
    }

    /// Keeps `connection` for the next request to `origin`, or closes it if there are enough.
    pub(super) fn give_back(&self, origin: &Arc<Origin>, connection: Connection) {
        self.pool().give_back(&self.inner.profile, origin, connection);
    }

    fn pool(&self) -> &Pool {
        match &self.inner.connections {
            Connections::Own(pool) => pool,
            Connections::Shared(pool) => pool,
        }
    }
}

/// What a request may go out on.
#[derive(Debug)]
pub(super) struct Acquired {
    /// A connection that is open already.
    pub idle: Option<Connection>,
    /// Held as long as a connection is in use.
    pub permit: Option<Permit>,
}
