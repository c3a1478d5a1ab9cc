//! Ports nobody uses, for programs that cannot be asked which port they took.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range from which the kernel takes ports for outgoing connections, so that no client takes one between
/// our choice and its use.
const FIRST: u32 = 15_000;
const COUNT: u32 = 15_000;
/// Tests run as processes with neighbouring ids: a stride keeps their ports apart.
const STRIDE: u32 = 37;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A port that is free on all addresses now.
///
/// # Panics
/// If none of the range is.
#[must_use]
pub fn free_port() -> u16 {
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let offset = process::id().wrapping_mul(STRIDE).wrapping_add(step) % COUNT;
        let port = u16::try_from(FIRST + offset).expect("the range ends below 65 536");
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return port;
        }
    }
    panic!("no port between {FIRST} and {} is free", FIRST + COUNT);
}
