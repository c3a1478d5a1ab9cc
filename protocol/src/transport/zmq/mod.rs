//! ZeroMQ over TCP on the `zeromq` crate (0.7): its ROUTER and its DEALER do the speaking, and a relay of ours stands between each of their
//! connections and the network.
//!
//! Why the relay. The crate's sockets are reached over the loopback interface only and see nothing but what the relay has let pass, for the
//! crate (verified on 0.7.0, by experiment or in its source)
//!
//! * reserves memory for whatever length a frame declares: 73 bytes from a stranger that declare 1 TiB abort the process;
//! * waits for a handshake for ever, never sends TCP keepalives, spins if `accept` fails, and has no limit on connections;
//! * knows peers by identity only: the late end of a replaced connection removes the newer one of the same identity;
//! * does not tell a DEALER's reader that the connection is gone, and retries a refused connect until its timeout;
//! * queues 100 000 messages for a peer that does not read, whatever their size;
//! * says neither that queued messages are written when it is dropped, nor when; and what is unread then may cut off what is unsent.
//!
//! The relay (`relay`, `frames`, `handshake`) checks lengths, counts messages in and out, bounds what waits, lets one connection per identity
//! through at a time, and sees the end of either side. It builds no messages: ZMTP itself is the crate's business.
//!
//! What remains of the crate's faults: a peer with ZeroMQ heartbeats (`ZMQ_HEARTBEAT_IVL`; Locust has none) is refused at its first PING,
//! since the crate ends a connection at a command it does not know; another user of the *same machine* who finds the inner port can still
//! do all of the above; a listener's connection takes three open files instead of one.

mod dealer;
mod frames;
mod handshake;
mod peers;
mod relay;
mod router;
mod socket;

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
