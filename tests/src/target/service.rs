//! What runs for each request before the router: counting, the fast path, and the paths that need the connection.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use axum::serve::{IncomingStream, Listener};
use bytes::Bytes;
use tower::Service;

use super::connection::{Connection, Manners, Switch};
use super::{Shared, routes};

/// The whole answer of the fast path: 12 bytes, as nginx gives in the bench.
const HELLO: Bytes = Bytes::from_static(b"hello world\n");

/// Makes the service of each connection.
#[derive(Clone)]
pub struct Maker {
    shared: Arc<Shared>,
    router: Router,
}

impl Maker {
    /// All connections of one server share this.
    #[must_use]
    pub fn new(shared: Arc<Shared>) -> Self {
        Self {
            router: routes::router(Arc::clone(&shared)),
            shared,
        }
    }
}

impl<L: Listener<Io = Connection>> Service<IncomingStream<'_, L>> for Maker {
    type Response = PerConnection;
    type Error = Infallible;
    type Future = Ready<Result<PerConnection, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, stream: IncomingStream<'_, L>) -> Self::Future {
        ready(Ok(PerConnection {
            switch: stream.io().switch(),
            certified: stream.io().has_client_certificate(),
            shared: Arc::clone(&self.shared),
            router: self.router.clone(),
        }))
    }
}

/// Answers the requests of one connection.
#[derive(Clone)]
pub struct PerConnection {
    switch: Switch,
    certified: bool,
    shared: Arc<Shared>,
    router: Router,
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl Service<Request<Body>> for PerConnection {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        let path = request.uri().path();
        if path == "/" && request.method() == Method::GET {
            self.shared.counters.hit_root();
            return Box::pin(ready(Ok(hello())));
        }
        if !path.starts_with("/counters") {
            self.shared.counters.hit(path);
        }
        match path {
            "/drop" => self.switch.set(Manners::Drop),
            "/malformed" => self.switch.set(Manners::Garbage),
            "/hang" => return Box::pin(std::future::pending()),
            "/client-certificate" if !self.certified => {
                let mut refused = Response::new(Body::from("no certificate\n"));
                *refused.status_mut() = StatusCode::FORBIDDEN;
                return Box::pin(ready(Ok(refused)));
            }
            _ => return Box::pin(self.router.call(request)),
        }
        Box::pin(ready(Ok(hello())))
    }
}

fn hello() -> Response<Body> {
    let mut response = Response::new(Body::from(HELLO));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
