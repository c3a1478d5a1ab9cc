//! `--debug`: this process becomes the Python that runs one user in the foreground.
//!
//! It is replaced, not a parent: the terminal, signals and the exit code are the script's own, as a debugger wants it.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use settings::python::Python;
use settings::{CliError, locustfiles};

use super::child_config;
use super::options::Options;
use crate::script::Script;

/// The module that runs the user; its argument is the configuration, as its stdin is the terminal.
const MODULE: &str = "acrida.debug_main";
/// What is run if `-f` does not say.
const DEFAULT_FILE: &str = "locustfile.py";

/// The files of `-f`; without it the one of the current folder, as there is no master to get it from.
///
/// # Errors
/// There is no such file.
pub(super) fn files(options: &Options) -> Result<Vec<PathBuf>, CliError> {
    match options.locustfile.as_deref() {
        None | Some("-") => locustfiles::resolve(DEFAULT_FILE)
            .map_err(|error| error.hint("--debug takes the locustfile from -f, not from a master")),
        Some(value) => locustfiles::resolve(value),
    }
}

/// Runs the user in place of this process. Returns only if that is not possible.
pub(super) fn run(options: &Options, files: Vec<PathBuf>, python: &Python) -> CliError {
    let config = child_config::build(options, &Script::Own(files), "debug", 0, 1);
    let mut command = Command::new(python.program());
    command.args(Python::module_args(MODULE)).arg(config.to_string());
    if let Some(path) = python.python_path() {
        command.env("PYTHONPATH", path);
    }
    let error = command.exec();
    CliError::failure(format!("cannot start {}: {error}", python.program().display()))
}
