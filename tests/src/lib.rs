//! What the end-to-end tests, the demo and the bench share: a server to load ([`target`]) and a harness that runs
//! the real binaries against it ([`harness`]).
//!
//! Nothing here is part of the product, and the product may not depend on it.

pub mod harness;
pub mod target;
