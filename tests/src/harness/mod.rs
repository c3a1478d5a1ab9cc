//! Runs the real binaries for a test: target, master, workers, and Locust's own processes.
//!
//! A test describes what it wants with [`Setup`], waits for events through [`Cluster`], and reads what was left behind
//! through [`Outcome`]. Every wait has a bound, every port is a free one, and every process is ended by its id when
//! its handle goes out of scope. When a test fails, the output of all its processes is printed.

mod cluster;
mod http;
mod places;
mod ports;
mod process;
mod pty;
mod relay;
mod results;
mod setup;
mod target;
mod web;

pub use cluster::{Cluster, InTerminal, Outcome, Single};
pub use http::{Answer, get, post_form, send_json};
pub use places::{Binary, Places, without_locust};
pub use ports::free_port;
pub use process::{Process, Signal, children_of};
pub use pty::Pty;
pub use relay::Relay;
pub use results::{Table, same_counts};
pub use setup::{Kind, Setup};
pub use target::TargetServer;
pub use web::Web;

use std::time::{Duration, Instant};

/// How long a test waits for anything that should happen at once; generous, for a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(40);
/// How often a condition without an event of its own is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Waits until the closure gives a value.
///
/// # Panics
/// After [`PATIENCE`], naming what did not happen.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(
            Instant::now() < deadline,
            "did not happen within {} s: {what}",
            PATIENCE.as_secs()
        );
        std::thread::sleep(POLL);
    }
}
