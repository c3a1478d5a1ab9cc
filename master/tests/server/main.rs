//! The master's control loop against scripted workers on an in-memory network, in virtual time.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it stands"
)]

mod api;
mod endings;
mod feed;
mod foreign;
mod reconnects;
mod reload;
mod rest;
mod runs;
mod script;
mod script_peer;
mod shapes;
mod support;
mod timeline;
