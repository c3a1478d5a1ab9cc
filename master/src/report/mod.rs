//! Readers of the event stream that show or write what happens: log lines, console tables, CSV, JSON, and
//! what is made of a run's record: the HTML report, JUnit, Markdown.
//!
//! They read [`crate::events::RunView`] only, never change the run, and never make it fail: a write that fails is
//! logged once, and at the end decides the exit code through [`disk::Disk::troubles`].

mod coarse;
pub mod console;
pub mod csv;
pub mod disk;
mod escape;
pub mod html;
pub mod json;
pub mod junit;
pub mod kept_log;
pub mod log;
pub mod markdown;
pub mod ratio;
pub mod record;
pub mod rows;
pub mod run_files;
pub mod table;
mod text;

#[cfg(test)]
mod browser_tests;
#[cfg(test)]
mod run_samples;
#[cfg(test)]
pub(crate) mod samples;
