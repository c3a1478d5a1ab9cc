//! Which workers are let in (reference § 1.8): all that speak Locust 2's wire; an unusual version deserves a warning.

use protocol::ClientVersion;

/// The Locust release whose wire this master speaks.
pub const LOCUST_VERSION: &str = "2.47.0";

/// How an accepted worker's version is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Welcome {
    /// Nothing to say.
    Silent,
    /// Another version; a warning is in order.
    Differs,
}

pub(super) fn judge(version: &ClientVersion) -> Result<Welcome, &'static str> {
    match version {
        ClientVersion::Missing => {
            Err("it is older than Locust 2.0, whose wire is another; update the worker")
        }
        ClientVersion::Bypass => Ok(Welcome::Silent),
        ClientVersion::Text(text) => {
            let same = text == env!("CARGO_PKG_VERSION") || text.get(..4) == LOCUST_VERSION.get(..4);
            Ok(if same { Welcome::Silent } else { Welcome::Differs })
        }
    }
}
