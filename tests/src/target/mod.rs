//! The demo target: a small HTTP server with a path for everything a load tool has to cope with, and exact
//! counters of what reached it.
//!
//! It may not be clever: what it answers depends on the request alone, so that a test can state it.

mod connection;
mod content;
mod counters;
mod echo;
mod listeners;
mod routes;
mod service;
mod tls;
mod websocket;

pub use counters::Counters;
pub use listeners::bind;
pub use tls::{TlsFiles, TlsSetup};

use std::io;
use std::sync::Arc;

use service::Maker;

/// What all connections share.
#[derive(Debug, Default)]
pub struct Shared {
    /// Requests by path.
    pub counters: Counters,
}

/// Serves plain HTTP on the listener until the process ends.
///
/// # Errors
/// Those of the socket.
pub async fn serve_plain(listener: tokio::net::TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    axum::serve(listeners::Plain(listener), Maker::new(shared)).await
}

/// Serves HTTPS on the listener until the process ends.
///
/// # Errors
/// Those of the socket.
pub async fn serve_tls(
    listener: tokio::net::TcpListener,
    tls: &TlsSetup,
    shared: Arc<Shared>,
) -> io::Result<()> {
    let listener = listeners::Tls::start(listener, tls.acceptor())?;
    axum::serve(listener, Maker::new(shared)).await
}
