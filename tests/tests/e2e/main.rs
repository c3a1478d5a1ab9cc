//! End-to-end tests: the real binaries, a real target, and the real Locust as a peer.

mod bad_input;
mod bad_scripts;
mod bad_worker_input;
mod bundle;
mod config_users;
mod custom_arguments;
mod debugging;
mod endings;
mod examples;
mod history;
mod http;
mod interop;
mod lost_workers;
mod measurements;
mod reconnects;
mod run_files;
mod script_host;
mod scripts;
mod shapes;
mod side_by_side;
mod statistics;
mod stopping;
#[cfg(target_os = "linux")] // Pty takes setsid of util-linux
mod terminal;
mod web_api;
mod web_api_headless;
mod websocket;
