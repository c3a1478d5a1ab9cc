//! WebSockets (RFC 6455) for virtual users: the handshake on the HTTP client's connections, and what becomes of frames.
//!
//! The frames themselves are tungstenite's. This module decides: [`State`] is who waits for what and what has not been
//! read yet, without I/O; [`Socket`] drives it from the connection. Extensions (compression) are not offered, so a target
//! cannot choose any.
//!
//! It may not know of Python, users or names; who waits is a [`Waiter`] that goes through unchanged.

mod ask;
mod end;
mod handshake;
pub mod limits;
mod socket;
mod state;

pub use ask::{Ask, Done, Failed, FailedKind, Got, Open, Payload, Waiter, handshake_status};
pub use end::{End, EndKind};
pub use handshake::{Handshake, connect};
pub use socket::Socket;
pub use state::State;
