//! The master: control plane, REST face, command line and reports. `main.rs` only calls in here.

pub mod events;
