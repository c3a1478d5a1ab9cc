//! Exit codes and the one error type a program ends with.

use std::fmt;
use std::process::ExitCode;

/// Everything went well.
pub const OK: u8 = 0;
/// The run could not start, or results could not be written, or failures were recorded (`--exit-code-on-error`
/// changes the code of the last case only).
pub const FAILURE: u8 = 1;
/// The command line, a configuration file or a `LOCUST_*` variable is wrong.
pub const USAGE: u8 = 2;
/// A listener of an event of the script, or its load shape, raised. Locust's value.
pub const SCRIPT_RAISED: u8 = 2;
/// The run ended because no worker was left; the results so far are written.
pub const WORKERS_LOST: u8 = 3;
/// The worker could not reach the master. Locust's value.
pub const CANNOT_CONNECT: u8 = 255;

/// An expected end of a program: one line of what happened, one of what to do, and the exit code.
///
/// `--help` and `--version` end this way too, with code 0 and their text on standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliError {
    message: String,
    hint: Option<String>,
    code: u8,
    verbatim: bool,
}

impl CliError {
    /// An error with the given exit code.
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            code,
            verbatim: false,
        }
    }

    /// The run cannot start or its results cannot be kept: exit code 1.
    pub fn failure(message: impl Into<String>) -> Self {
        Self::new(FAILURE, message)
    }

    /// The user's options are wrong: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, message)
    }

    /// Adds what the user can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A text already rendered by clap: an error (code 2), help or version (code 0).
    pub(crate) fn rendered(error: &clap::Error, note: Option<&str>) -> Self {
        let mut message = error.render().to_string();
        if let Some(note) = note {
            message.push_str("\nnote: ");
            message.push_str(note);
            message.push('\n');
        }
        let code = u8::try_from(error.exit_code()).unwrap_or(USAGE);
        Self {
            message,
            hint: None,
            code,
            verbatim: true,
        }
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        self.code
    }

    /// What happened, in one line.
    pub fn message(&self) -> &str {
        self.message.trim_end()
    }

    /// Prints the text to the right stream and returns the exit code for `main`.
    pub fn report(&self) -> ExitCode {
        if self.code == OK {
            print_ignoring_errors(&mut std::io::stdout(), &self.to_string());
        } else {
            print_ignoring_errors(&mut std::io::stderr(), &self.to_string());
        }
        ExitCode::from(self.code)
    }
}

/// A closed pipe (`master --help | head -1`) is no reason to panic.
fn print_ignoring_errors(stream: &mut dyn std::io::Write, text: &str) {
    let _nobody_is_left_to_tell = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.verbatim {
            return f.write_str(&self.message);
        }
        writeln!(f, "error: {}", self.message)?;
        if let Some(hint) = &self.hint {
            writeln!(f, "  hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CliError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_cause_and_the_way_out() {
        let error = CliError::failure("port 5557 is busy").hint("choose another with --master-bind-port");
        assert_eq!(
            error.to_string(),
            "error: port 5557 is busy\n  hint: choose another with --master-bind-port\n"
        );
        assert_eq!(error.code(), 1);
    }
}
