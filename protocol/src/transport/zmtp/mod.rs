//! ZeroMQ's wire (ZMTP 3.1, RFC 37, mechanism NULL) for the two socket types needed: a bound ROUTER and a connecting DEALER.
//!
//! Own code instead of a ZeroMQ library, for what a load test's control channel must have: a limit on the size of what arrives before memory
//! is taken for it, bounded queues, a broken connection reported at once, and a defined winner among equal identities.

mod connection;
mod dealer;
mod handshake;
mod router;
mod socket;
mod wire;

pub use dealer::ZmqLink;
pub use router::ZmqListener;

use super::{Endpoint, Transport, TransportError};

/// ZeroMQ over TCP.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZmqTransport;

impl Transport for ZmqTransport {
    type Listener = ZmqListener;
    type Link = ZmqLink;

    async fn bind(&self, endpoint: &Endpoint) -> Result<ZmqListener, TransportError> {
        ZmqListener::bind(endpoint).await
    }

    async fn connect(&self, endpoint: &Endpoint, identity: &str) -> Result<ZmqLink, TransportError> {
        ZmqLink::connect(endpoint, identity).await
    }
}

#[cfg(test)]
mod tests;
