//! One command line out of several layers.
//!
//! Precedence, measured on Locust 2.47, lowest first: `~/.locust.conf`, `./locust.conf`, `./pyproject.toml`
//! (`[tool.locust]`), `--config FILE`, `LOCUST_*` variables, the command line. Files and variables become *default
//! values* of the clap command, so there is one parser, one validation and one error style for every layer.
//!
//! An option's variable is declared with clap's `env` attribute; the value is read here and not by clap, because an
//! empty variable (usual in compose files) means "not set" in this program.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::ValueRange;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, ArgMatches, Command, Parser};

use crate::custom::{self, CustomArgument};
use crate::exit::CliError;
use crate::files::{self, Setting};
use crate::retired::{self, Retired};
use crate::values;

/// Names of options that exist in Locust: a file shared by master and worker may hold them although only one of the
/// two programs has them.
const NAMES_OF_LOCUST: &[&str] = &[
    "autoquit",
    "autostart",
    "class-picker",
    "config-users",
    "csv",
    "csv-full-history",
    "enable-rebalancing",
    "equal-weights",
    "exclude-tags",
    "exit-code-on-error",
    "expect-workers",
    "expect-workers-max-wait",
    "headful",
    "headless",
    "host",
    "html",
    "json",
    "json-file",
    "list",
    "locustfile",
    "logfile",
    "loglevel",
    "master",
    "master-bind-host",
    "master-bind-port",
    "master-host",
    "master-port",
    "only-summary",
    "otel",
    "print-stats",
    "processes",
    "profile",
    "reset-stats",
    "run-time",
    "show-task-ratio",
    "show-task-ratio-json",
    "skip-log-setup",
    "spawn-rate",
    "stop-timeout",
    "tags",
    "tls-cert",
    "tls-key",
    "users",
    "web-base-path",
    "web-host",
    "web-login",
    "web-port",
    "worker",
];

/// Where options may come from. Taken from the process in production, made up in tests.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The user's home directory, for `~/.locust.conf`.
    pub home: Option<PathBuf>,
    /// The directory of `locust.conf` and `pyproject.toml`.
    pub working_directory: PathBuf,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// The command line without the program's name.
    pub args: Vec<OsString>,
}

impl Sources {
    /// This process's own.
    pub fn of_process() -> Self {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            home: std::env::home_dir(),
            working_directory: PathBuf::from("."),
            environment,
            args: std::env::args_os().skip(1).collect(),
        }
    }
}

/// The merged options, and what the user should be told once logging is set up.
#[derive(Debug)]
pub struct Parsed<T> {
    /// The options.
    pub options: T,
    /// What was given of the locustfile's arguments, as tokens for its own parser.
    pub custom: Vec<String>,
    /// Lines such as "unknown key". Not errors.
    pub warnings: Vec<String>,
}

/// A value of a layer below the command line, and the layer's name for messages.
#[derive(Debug, Clone)]
struct Layered {
    values: Vec<String>,
    origin: String,
}

/// Reads every layer and parses the result into `T`.
///
/// `retired` adds spellings that this program refuses to those of [`retired::BY_LOCUST`]. `custom` are the arguments the
/// locustfile declares.
///
/// # Errors
/// Wrong options, an unreadable `--config` file, a broken file (exit code 2); help and version (exit code 0).
pub fn parse<T: Parser>(
    sources: &Sources,
    retired: &[Retired],
    custom: &[CustomArgument],
) -> Result<Parsed<T>, CliError> {
    let is_declared = |retired: &Retired| {
        let mut flags = custom.iter().flat_map(|argument| &argument.flags);
        flags.any(|flag| flag == retired.spelling)
    };
    let refused = |retired: &[Retired]| -> Vec<Retired> {
        let refused = retired.iter().filter(|retired| !is_declared(retired));
        refused.copied().collect()
    };
    let retired: [&[Retired]; 2] = [&refused(retired::BY_LOCUST), &refused(retired)];
    retired::refuse(&sources.args, &retired)?;
    let command = custom::add_to(T::command(), custom)?;
    let ((options, custom), warnings) = read(command, sources, &retired, &sources.args, |matches| {
        let tokens = custom::tokens(matches, custom);
        Ok((T::from_arg_matches_mut(matches)?, tokens))
    })?;
    Ok(Parsed {
        options,
        custom,
        warnings,
    })
}

/// Every spelling of the options of `T`.
pub fn flags<T: Parser>() -> Vec<String> {
    custom::flags(&T::command())
}

/// Fills a command from every layer, with these arguments as the topmost one, and takes out what is wanted.
pub(crate) fn read<V>(
    mut command: Command,
    sources: &Sources,
    retired: &[&[Retired]],
    args: &[OsString],
    take: impl FnOnce(&mut ArgMatches) -> Result<V, clap::Error>,
) -> Result<(V, Vec<String>), CliError> {
    let mut warnings = Vec::new();
    let mut layered = BTreeMap::new();
    for (file, settings) in read_files(sources)? {
        take_file(&command, &file, settings, retired, &mut layered, &mut warnings);
    }
    take_environment(&command, &sources.environment, &mut layered);
    command = apply(command, &layered)?;
    let program = OsString::from(command.get_name());
    let args = std::iter::once(program).chain(args.iter().cloned());
    let taken = command
        .try_get_matches_from_mut(args)
        .and_then(|mut matches| take(&mut matches).map_err(|error| error.format(&mut command)))
        .map_err(|error| CliError::rendered(&error, origin_note(&error, &command, &layered).as_deref()))?;
    Ok((taken, warnings))
}

/// The files that exist, lowest precedence first.
fn read_files(sources: &Sources) -> Result<Vec<(String, Vec<Setting>)>, CliError> {
    let mut found = Vec::new();
    let home_file = sources.home.as_deref().map(|home| home.join(".locust.conf"));
    let here = &sources.working_directory;
    for path in home_file
        .into_iter()
        .chain([here.join("locust.conf"), here.join("pyproject.toml")])
    {
        if let Some(settings) = read_file(&path)? {
            found.push((path.display().to_string(), settings));
        }
    }
    if let Some(path) = config_option(&sources.args) {
        let settings = read_file(&path)?.ok_or_else(|| {
            CliError::usage(format!("the file of --config does not exist: {}", path.display()))
        })?;
        found.push((path.display().to_string(), settings));
    }
    Ok(found)
}

fn read_file(path: &Path) -> Result<Option<Vec<Setting>>, CliError> {
    files::read(path).map_err(|why| {
        CliError::usage(format!(
            "cannot read the configuration file {}: {why}",
            path.display()
        ))
    })
}

/// The last `--config FILE` or `--config=FILE`. Needed before the parser may run.
fn config_option(args: &[OsString]) -> Option<PathBuf> {
    let mut found = None;
    let mut args = args.iter().take_while(|arg| *arg != "--");
    while let Some(arg) = args.next() {
        if arg == "--config" {
            found = args.next().map(PathBuf::from);
        } else if let Some(path) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            found = Some(PathBuf::from(path));
        }
    }
    found
}

fn take_file(
    command: &Command,
    file: &str,
    settings: Vec<Setting>,
    retired: &[&[Retired]],
    layered: &mut BTreeMap<String, Layered>,
    warnings: &mut Vec<String>,
) {
    for Setting { key, values } in settings {
        let name = key.replace('_', "-");
        match find_option(command, &name) {
            Some(arg) => {
                layered.insert(
                    arg.get_id().to_string(),
                    Layered {
                        values,
                        origin: file.to_owned(),
                    },
                );
            }
            None => match retired::advice(&name, retired) {
                Some(advice) => warnings.push(format!("{file}: the key `{key}` is not available: {advice}")),
                None if NAMES_OF_LOCUST.contains(&name.as_str()) => {}
                None => warnings.push(format!("{file}: unknown key `{key}` is ignored")),
            },
        }
    }
}

fn find_option<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let no_setting = ["help", "version", "config"].contains(&name);
    // A locustfile may write `--my_option`.
    let is_it = |long: &str| long.replace('_', "-") == name;
    command.get_arguments().filter(|_| !no_setting).find(|arg| {
        arg.get_long().is_some_and(is_it)
            || arg
                .get_all_aliases()
                .is_some_and(|aliases| aliases.into_iter().any(is_it))
            || (arg.is_positional() && arg.get_id().as_str().replace('_', "-") == name)
    })
}

fn take_environment(
    command: &Command,
    environment: &BTreeMap<String, String>,
    layered: &mut BTreeMap<String, Layered>,
) {
    for arg in command.get_arguments() {
        let Some(variable) = arg.get_env().and_then(|name| name.to_str()) else {
            continue;
        };
        let Some(value) = environment.get(variable).filter(|value| !value.is_empty()) else {
            continue;
        };
        let values = if takes_several(arg) {
            split_list(value)
        } else {
            vec![value.clone()]
        };
        let origin = format!("the variable {variable}");
        layered.insert(arg.get_id().to_string(), Layered { values, origin });
    }
}

/// A list in a variable: `[a, b]`, `a b` or `a,b`. JSON is one value.
fn split_list(value: &str) -> Vec<String> {
    if values::is_json(value) {
        return vec![value.to_owned()];
    }
    values::bracketed_list(value).unwrap_or_else(|| {
        value
            .split([',', ' ', '\t', '\n'])
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    })
}

fn takes_several(arg: &Arg) -> bool {
    let takes_list = |range: ValueRange| range.max_values() > 1;
    matches!(arg.get_action(), ArgAction::Append) || arg.get_num_args().is_some_and(takes_list)
}

/// Puts the layered values in as defaults, and takes the variables away from clap.
fn apply(command: Command, layered: &BTreeMap<String, Layered>) -> Result<Command, CliError> {
    let mut defaults = BTreeMap::new();
    for arg in command.get_arguments() {
        if let Some(found) = layered.get(arg.get_id().as_str()) {
            defaults.insert(arg.get_id().to_string(), default_values(arg, found)?);
        }
    }
    Ok(command
        .args_override_self(true)
        .infer_long_args(true)
        .mut_args(|arg| {
            let arg = match arg.get_env().and_then(|name| name.to_str()) {
                Some(variable) => {
                    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                    let help = format!("{help} [env: {variable}]");
                    arg.help(help).env(None::<&str>)
                }
                None => arg,
            };
            match defaults.remove(arg.get_id().as_str()) {
                Some(values) => arg.default_values(values),
                None => arg,
            }
        }))
}

fn default_values(arg: &Arg, layered: &Layered) -> Result<Vec<String>, CliError> {
    let Layered { values, origin } = layered;
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        let text = values.join(", ");
        let switch = values::boolean(&text).ok_or_else(|| {
            CliError::usage(format!(
                "{origin}: `{}` is a switch: write true or false, not `{text}`",
                arg.get_id()
            ))
        })?;
        return Ok(vec![switch.to_string()]);
    }
    if matches!(arg.get_action(), ArgAction::Count) {
        let text = values.join(", ");
        let count = values::boolean(&text).map_or(text, |switch| u8::from(switch).to_string());
        return Ok(vec![count]);
    }
    if takes_several(arg) {
        return Ok(values.clone());
    }
    // Locust's lists in single-valued options are comma lists (`locustfile = [a.py, b.py]`).
    Ok(vec![values.join(",")])
}

/// Says which layer a refused value came from; without it the user looks at a command line that is right.
fn origin_note(
    error: &clap::Error,
    command: &Command,
    layered: &BTreeMap<String, Layered>,
) -> Option<String> {
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) else {
        return None;
    };
    let arg = command.get_arguments().find(|arg| arg.to_string() == *shown)?;
    let found = layered.get(arg.get_id().as_str())?;
    found
        .values
        .contains(value)
        .then(|| format!("the value `{value}` comes from {}", found.origin))
}

#[cfg(test)]
#[path = "layers_tests.rs"]
mod tests;
