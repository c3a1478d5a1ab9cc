//! The worker: the launcher that starts Python, and the engine that Python loads.
//!
//! The engine half (`reactor`, `http`, `recorder`, `link`) is linked into the Python extension and knows nothing of
//! Python; the launcher half (`cli`, `script`, `launcher`) is the `worker` program and never runs user code.

pub mod cli;
pub mod http;
pub mod launcher;
pub mod limits;
pub mod link;
pub mod reactor;
pub mod recorder;
pub mod script;
pub mod ws;
