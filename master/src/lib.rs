//! The master: control plane, REST face, command line and reports. `main.rs` only calls in here.

pub mod bundle;
pub mod cli;
pub mod cluster;
pub mod diagnosis;
pub mod dispatch;
pub mod events;
pub mod history;
pub mod limits;
pub mod local_workers;
mod relay;
pub mod report;
pub mod run;
pub mod script_host;
pub mod server;
pub mod timeline;
pub mod tui;
pub mod ui_assets;
pub mod web;
