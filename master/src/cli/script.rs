//! The locustfile in its script host: loaded before its arguments are known, configured once they are.

use std::path::{Path, PathBuf};

use settings::CliError;
use settings::python::Python;

use super::opening::Opening;
use super::options::{self, Options};
use crate::local_workers::Output;
use crate::script_host::{ConfigureRequest, Configured, Host, LoadRequest, Loaded, ScriptError, ScriptHost};

/// The module that holds the locustfile.
const MODULE: &str = "acrida.script_host";

/// Starts the script host and loads the locustfile. Dropping the host ends it.
///
/// # Errors
/// Whatever keeps the locustfile from being used, with what to do (exit code 1; 2 if its arguments clash with ours).
pub(super) async fn load(
    python: &Python,
    files: &[PathBuf],
    output: Option<Output>,
) -> Result<(Host, Loaded), CliError> {
    let failed = |error| script_error(error, python.program());
    let path = python.python_path().map(|path| ("PYTHONPATH".into(), path));
    let program = ScriptHost {
        python: python.program().to_owned(),
        args: Python::module_args(MODULE).iter().map(Into::into).collect(),
        env: path.into_iter().collect(),
    };
    let mut host = program.start(output).map_err(failed)?;
    let request = LoadRequest {
        locustfiles: files.to_vec(),
        own_flags: options::own_flags(),
    };
    let loaded = host.load(&request).await.map_err(|error| match error {
        ScriptError::Script {
            kind,
            message,
            detail,
        } if kind == "argument" => clash(&message, &detail),
        error => failed(error),
    })?;
    Ok((host, loaded))
}

/// What the host is asked to run: by the options, and with what was given of the locustfile's arguments.
pub(super) fn request(
    opening: &Opening,
    parsed_options: protocol::Value,
    config_users: Vec<serde_json::Value>,
) -> ConfigureRequest {
    let options = &opening.options;
    ConfigureRequest {
        argv: opening.custom.clone(),
        options: parsed_options,
        user_classes: options.user_classes.clone(),
        tags: options.tags.clone(),
        exclude_tags: options.exclude_tags.clone(),
        equal_weights: options.equal_weights,
        config_users,
        host: options.host.clone(),
        shape: !opening.loaded.shape_classes.is_empty(),
        init: !(options.show_task_ratio || options.show_task_ratio_json),
    }
}

/// Chooses the classes to run, hands over all options, and fires `init`.
///
/// # Errors
/// Classes, tags or settings that do not fit (exit code 1), arguments that argparse refuses (exit code 2).
pub(super) async fn configure(
    host: &mut Host,
    request: &ConfigureRequest,
    python: &Python,
) -> Result<Configured, CliError> {
    let configured = host.configure(request).await;
    configured.map_err(|error| script_error(error, python.program()))
}

/// Says that options have no effect because a load shape decides.
pub(super) fn warn_of_shape(configured: &Configured, options: &Options) {
    let has_common = options.users.is_some() || options.spawn_rate.is_some() || options.run_time.is_some();
    if let Some(shape) = configured.shape.as_deref()
        && !configured.use_common_options
        && has_common
    {
        tracing::warn!(
            "the load shape {shape} decides about users, spawn rate and time: --users, --spawn-rate and --run-time \
             have no effect"
        );
    }
}

fn script_error(error: ScriptError, python: &Path) -> CliError {
    if let Some(detail) = error.detail() {
        tracing::debug!("{detail}");
    }
    let failure = CliError::failure(error.to_string());
    let ScriptError::Script { kind, message, .. } = error else {
        return failure;
    };
    match kind.as_str() {
        "syntax" => failure.hint("correct the locustfile"),
        "import" if message.contains("No module named") => failure.hint(format!(
            "install the module: {} -m pip install NAME",
            python.display()
        )),
        "no_user_class" => failure.hint("define a class derived from User or HttpUser in the locustfile"),
        "unknown_user_class" => failure.hint("--list shows the classes of the locustfile"),
        "no_tasks" => {
            failure.hint("add a method with @task; --tags and --exclude-tags must match the @tag of one")
        }
        "argument" => CliError::usage(message).hint("--help lists the locustfile's own arguments"),
        "config_users" => CliError::usage(message)
            .hint("its keys are user_class_name, tasks (a list of names), and attributes of the class"),
        _ => failure.hint("--loglevel DEBUG shows the traceback"),
    }
}

/// The script's own `add_argument` was refused: the place is what the user wants to know.
fn clash(message: &str, traceback: &str) -> CliError {
    let traceback = without_argparse(traceback);
    let place = last_place(&traceback).map_or_else(String::new, |place| format!("{place}: "));
    let error = CliError::usage(format!("{place}{message}\n{}", traceback.trim_end()));
    error.hint("correct the locustfile there; an argument whose name is taken needs another name")
}

/// A traceback without the frames inside argparse. A frame is a line with its file and the deeper lines below it.
fn without_argparse(traceback: &str) -> String {
    let mut kept = String::new();
    let mut is_inside = false;
    for line in traceback.lines() {
        if let Some(frame) = line.strip_prefix("  File \"") {
            is_inside = frame.contains("argparse.py\", line");
        } else if !line.starts_with("    ") {
            is_inside = false;
        }
        if !is_inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// `FILE:LINE` of the innermost frame of a Python traceback.
fn last_place(traceback: &str) -> Option<String> {
    let frame = traceback
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("  File \""))?;
    let (file, rest) = frame.split_once("\", line ")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some(format!("{file}:{}", &rest[..digits]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clash_names_its_place_first() {
        let traceback = "Traceback (most recent call last):\n  File \"/s/a.py\", line 3, in <module>\n    x()\n  \
             File \"/s/b.py\", line 12, in add\n    parser.add_argument(\"-u\")\n  File \"/lib/argparse.py\", line 1628, in _handle\n    \
             raise\nargparse.ArgumentError: taken\n";
        let error = clash("argument -u: conflicting option string: -u", traceback);
        assert_eq!(error.code(), 2);
        assert!(
            error
                .message()
                .starts_with("/s/b.py:12: argument -u: conflicting"),
            "{error}"
        );
        assert!(!error.message().contains("1628"), "{error}");
        assert!(error.message().contains("add_argument(\"-u\")"), "{error}");
    }

    #[test]
    fn argparses_refusal_is_a_usage_error() {
        let error = ScriptError::Script {
            kind: "argument".to_owned(),
            message: "argument --env: invalid choice".to_owned(),
            detail: String::new(),
        };
        let error = script_error(error, Path::new("python"));
        assert_eq!(
            (error.code(), error.message()),
            (2, "argument --env: invalid choice")
        );
    }
}
