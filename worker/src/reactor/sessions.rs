//! The sessions of all users: hands work to their lanes and makes lanes when requests overlap.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::http::{Pool, PoolConfig, Profile, Session, SharedJar};
use crate::reactor::Core;
use crate::reactor::lane::{Interrupt, Lane, SharedLane};
use crate::reactor::run_lane::run_lane;
use crate::reactor::submission::{PoolId, SessionId, Submitted, Ticket, Work};

/// A session with its lanes.
#[derive(Debug)]
pub struct SessionLanes {
    /// Connections and cookies.
    pub http: Session,
    lanes: RefCell<Vec<SharedLane>>,
    idle: RefCell<Vec<SharedLane>>,
}

impl SessionLanes {
    /// Takes back a lane that has nothing to do.
    pub fn rest(&self, lane: &SharedLane) {
        self.idle.borrow_mut().push(Rc::clone(lane));
    }
}

/// All sessions that are open.
#[derive(Debug, Default)]
pub struct Sessions {
    open: HashMap<SessionId, Rc<SessionLanes>>,
    pools: HashMap<PoolId, Rc<Pool>>,
}

impl Sessions {
    /// Adds a pool for sessions to share.
    pub fn open_pool(&mut self, id: PoolId, config: PoolConfig) {
        self.pools.insert(id, Rc::new(Pool::shared(config)));
    }

    /// Forgets a pool; it lives on as long as sessions use it.
    pub fn close_pool(&mut self, id: PoolId) {
        self.pools.remove(&id);
    }

    /// Adds a session.
    pub fn open(&mut self, id: SessionId, profile: Arc<Profile>, jar: SharedJar, pool: Option<PoolId>) {
        let shared = pool.and_then(|pool| self.pools.get(&pool));
        let http = match shared {
            Some(pool) => Session::sharing(profile, jar, Rc::clone(pool)),
            None => Session::new(profile, jar),
        };
        let lanes = SessionLanes {
            http,
            lanes: RefCell::default(),
            idle: RefCell::default(),
        };
        self.open.insert(id, Rc::new(lanes));
    }

    /// Closes the idle connections that a session may use.
    pub fn drop_idle(&self, id: SessionId) {
        if let Some(session) = self.open.get(&id) {
            session.http.drop_idle();
        }
    }

    /// Ends a session: idle connections close now, those in use when their request is over or cancelled.
    pub fn close(&mut self, id: SessionId) {
        let Some(session) = self.open.remove(&id) else {
            return;
        };
        session.http.close();
        for lane in session.lanes.borrow().iter() {
            lane.retire();
        }
    }

    /// Hands a request to an idle lane of its session, or to a new one.
    pub fn request(&self, core: &Rc<Core>, submitted: Submitted) {
        let Some(session) = self.open.get(&submitted.session) else {
            core.refuse(&submitted);
            return;
        };
        let idle = session.idle.borrow_mut().pop();
        let lane = idle.unwrap_or_else(|| {
            let lane = SharedLane::new(Lane::default());
            session.lanes.borrow_mut().push(Rc::clone(&lane));
            tokio::task::spawn_local(run_lane(Rc::clone(core), Rc::clone(session), Rc::clone(&lane)));
            lane
        });
        lane.assign(Work::Request(submitted));
    }

    /// Ends the work with that ticket, if it is still under way.
    pub fn cancel(&self, session: SessionId, ticket: Ticket) {
        if let Some(lane) = self.find(session, |lane| lane.ticket() == Some(ticket)) {
            lane.interrupt(Interrupt::Cancelled);
        }
    }

    /// Gives work to the lane that holds a stream. False if there is none any more.
    pub fn stream(&self, session: SessionId, stream: Ticket, work: Work) -> bool {
        match self.find(session, |lane| lane.stream() == Some(stream)) {
            Some(lane) => {
                lane.assign(work);
                true
            }
            None => false,
        }
    }

    fn find(&self, session: SessionId, wanted: impl Fn(&SharedLane) -> bool) -> Option<SharedLane> {
        let session = self.open.get(&session)?;
        session.lanes.borrow().iter().find(|lane| wanted(lane)).cloned()
    }
}
