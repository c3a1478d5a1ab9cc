//! The user's Python on the master: one child process that holds the locustfile as long as the master lives.
//!
//! The child runs `python -m acrida.script_host`. Its standard input and output carry frames ([`frames`]); its standard
//! error is log lines. It describes the locustfile, runs the hooks, drives the load shape and takes part in messages.
//! Nothing here decides about runs: `server` moves what the host says to the run machine and back.

mod calls;
mod frames;
mod handle;
mod life;
mod process;
mod says;
mod statistics;
mod watch;

pub use calls::{ConfigureRequest, Configured, LoadRequest, Loaded};
pub use frames::FrameError;
pub use handle::{Answer, Heard, Host, ScriptVerdict, Shape};
pub use process::ScriptHost;
pub use says::{ScriptSays, Target};
pub(crate) use statistics::map;
pub use statistics::{report_map, stats_answer};

use crate::limits::SCRIPT_HOST_TIMEOUT_S;

/// Why there is no answer. Displays as one line; [`ScriptError::detail`] has the rest.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The locustfile's fault, or that of what it was asked.
    #[error("{message}")]
    Script {
        /// `syntax`, `import`, `no_user_class`, `argument`, `unknown_user_class`, `no_tasks` or `other`.
        kind: String,
        /// One line.
        message: String,
        /// Python's traceback, or argparse's text; may be empty.
        detail: String,
    },
    /// The interpreter could not be started.
    #[error("cannot run {python}: {error}; choose another interpreter with --python")]
    Start {
        /// The interpreter.
        python: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// It did not answer.
    #[error(
        "the locustfile did not load within {SCRIPT_HOST_TIMEOUT_S} s; does its top level wait for something?"
    )]
    Timeout,
    /// It ended or fell silent without an answer, or gave one that cannot be read.
    #[error("Python does not tell what the locustfile holds ({0}); its messages above say why")]
    NoAnswer(String),
}

impl ScriptError {
    /// More lines for the user, if there are any: for a script's own error, Python's traceback.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Script { detail, .. } if !detail.is_empty() => Some(detail),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
