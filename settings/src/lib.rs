//! What both programs, `master` and `worker`, do in the same way before they start to work: layered options, value
//! syntax, logging, the search for Python, exit codes; and how they read their own use of CPU and memory.
//!
//! It knows no option by itself: each program describes its own command line with clap, a locustfile may add its own
//! arguments, and this crate fills the whole from files and the environment. It opens no socket.

mod custom;
pub mod exit;
mod files;
pub mod layers;
pub mod locustfiles;
pub mod logging;
pub mod open_files;
mod peek;
pub mod python;
pub mod resources;
pub mod retired;
pub mod values;

pub use custom::CustomArgument;
pub use exit::CliError;
pub use layers::{Parsed, Sources, flags, parse};
pub use peek::{Peeked, peek};
