//! `Profile` and `Session`: how a user's requests enter the engine.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use worker::http::{self, PoolConfig, Request, SharedJar, Style};
use worker::reactor::{PoolId, SessionId, Submission, Submitted, Ticket};

use crate::desk::{Desk, Pending};
use crate::{DEFER, NO_REDIRECT, STREAM};

/// Settings and caches that all sessions of a user class share.
#[pyclass(frozen)]
pub struct Profile {
    desk: Arc<Desk>,
    profile: Arc<http::Profile>,
}

impl Profile {
    pub fn new(desk: Arc<Desk>, profile: Arc<http::Profile>) -> Self {
        Self { desk, profile }
    }
}

#[pymethods]
impl Profile {
    /// A new session: connections of its own or of a pool, and cookies of its own or those of another session.
    #[pyo3(signature = (share_cookies_of = None, pool = None))]
    fn session(
        &self,
        share_cookies_of: Option<PyRef<'_, Session>>,
        pool: Option<PyRef<'_, Pool>>,
    ) -> Session {
        let jar = share_cookies_of.map_or_else(SharedJar::default, |other| other.jar.clone());
        let id = self.desk.new_session();
        let profile = Arc::clone(&self.profile);
        self.desk.submit(Submission::OpenSession {
            id,
            profile,
            jar: jar.clone(),
            pool: pool.map(|pool| pool.id),
        });
        Session {
            desk: Arc::clone(&self.desk),
            profile: Arc::clone(&self.profile),
            id,
            jar,
        }
    }
}

/// Connections that sessions share.
#[pyclass(frozen)]
pub struct Pool {
    desk: Arc<Desk>,
    id: PoolId,
}

impl Pool {
    pub fn new(desk: Arc<Desk>, config: PoolConfig) -> Self {
        let id = desk.new_session();
        desk.submit(Submission::OpenPool { id, config });
        Self { desk, id }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.desk.submit(Submission::ClosePool(self.id));
    }
}

/// The connections and cookies of one user.
#[pyclass(frozen)]
pub struct Session {
    desk: Arc<Desk>,
    profile: Arc<http::Profile>,
    id: SessionId,
    jar: SharedJar,
}

/// What a child that a script has forked is told when it makes a request.
const COPY: &str = "this process was forked from a worker, and its requests cannot be made or counted there: make them \
                    in the worker, or start a program of its own (subprocess)";

/// Seconds from Python as a duration; `None` and nonsense mean the profile's own.
fn seconds(value: Option<f64>) -> PyResult<Option<Duration>> {
    value
        .map(|s| {
            Duration::try_from_secs_f64(s)
                .map_err(|_| PyValueError::new_err(format!("a time-out cannot be {s} s")))
        })
        .transpose()
}

#[pymethods]
impl Session {
    /// Queues a request and returns its ticket; `waiter` is resumed with its `Completion`.
    #[expect(
        clippy::too_many_arguments,
        reason = "positional arguments are what makes the call cheap for Python"
    )]
    #[pyo3(signature = (waiter, method, url, name = None, headers = None, body = None, flags = 0,
                        connect_timeout = None, read_timeout = None))]
    fn submit(
        &self,
        waiter: Py<PyAny>,
        method: &str,
        url: &str,
        name: Option<&str>,
        headers: Option<Vec<(String, Option<String>)>>,
        body: Option<&[u8]>,
        flags: u32,
        connect_timeout: Option<f64>,
        read_timeout: Option<f64>,
    ) -> PyResult<Ticket> {
        if self.desk.is_copy() {
            return Err(PyRuntimeError::new_err(COPY));
        }
        let request = Request {
            method,
            url,
            headers: headers.unwrap_or_default(),
            body: body.map_or_else(Bytes::new, Bytes::copy_from_slice),
            follow_redirects: flags & NO_REDIRECT == 0,
            stream: flags & STREAM != 0,
            connect_timeout: seconds(connect_timeout)?,
            read_timeout: seconds(read_timeout)?,
        };
        let prepared = self
            .profile
            .prepare(request)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let name = match (name, self.profile.style()) {
            (Some(name), _) => name,
            (None, Style::Requests) => prepared.path_and_query(),
            (None, Style::Fast) => url,
        };
        let slot = self.desk.slot(prepared.method(), name);
        let record = flags & DEFER == 0;
        let pending = Pending {
            waiter,
            profile: Arc::clone(&self.profile),
            session: self.id,
            slot,
            recorded: record,
            stream: flags & STREAM != 0,
        };
        Ok(self.desk.wait(pending, |ticket, submitted| {
            Submission::Request(Submitted {
                session: self.id,
                ticket,
                prepared,
                slot,
                record,
                submitted,
            })
        }))
    }

    /// Gives a request up: its completion is dropped, its connection closed.
    fn cancel(&self, ticket: Ticket) {
        if self.desk.claim(ticket).is_some() {
            self.desk.submit(Submission::Cancel {
                session: self.id,
                ticket,
            });
        }
    }

    /// Name, value, domain and path of each cookie.
    fn cookies(&self) -> Vec<(String, String, String, String)> {
        let row = |cookie: http::Cookie| (cookie.name, cookie.value, cookie.domain, cookie.path);
        self.jar.all().into_iter().map(row).collect()
    }

    /// Puts a cookie in; without a domain it goes to every host.
    #[pyo3(signature = (name, value, domain = "", path = "/"))]
    fn set_cookie(&self, name: &str, value: &str, domain: &str, path: &str) {
        self.jar.set_simple(name, value, domain, path);
    }

    /// Empties the jar.
    fn clear_cookies(&self) {
        self.jar.clear();
    }

    /// Closes the idle connections; later requests make new ones.
    fn drop_connections(&self) {
        self.desk.submit(Submission::DropIdle(self.id));
    }

    /// Closes the connections; later requests of this session fail.
    fn close(&self) {
        self.desk.submit(Submission::CloseSession(self.id));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.desk.submit(Submission::CloseSession(self.id));
    }
}
