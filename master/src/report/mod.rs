//! Readers of the event stream that show or write what happens: log lines, console tables, CSV, JSON.
//!
//! They read [`crate::events::RunView`] only, never change the run, and never make it fail: a write that fails is
//! logged once, and at the end decides the exit code through [`disk::Disk::troubles`].

pub mod console;
pub mod csv;
pub mod disk;
pub mod json;
pub mod kept_log;
pub mod log;
pub mod rows;
pub mod table;

#[cfg(test)]
pub(crate) mod samples;
