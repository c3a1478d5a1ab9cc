//! The two looks at the command line, with the locustfile loaded between them.
//!
//! The first finds the locustfile, the second also knows the arguments the locustfile declares. What the first look finds
//! wrong may be an argument of the locustfile, so the second has the last word, unless there is no locustfile.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use settings::logging::{self, LogLevel};
use settings::python::{self, Python};
use settings::{CliError, Sources, locustfiles};
use tokio::runtime::Runtime;

use super::options::{self, DEFAULT_LOCUSTFILE, Options, RETIRED};
use super::plan::{self, Plan};
use super::script;
use crate::local_workers::Output;
use crate::report::kept_log::KeptLog;
use crate::script_host::{Host, Loaded};
use crate::tui::Terminal;

/// Everything that is known once the command line is read.
pub(super) struct Opening {
    pub(super) options: Options,
    pub(super) plan: Plan,
    /// What was given of the locustfile's arguments, for its own parser.
    pub(super) custom: Vec<String>,
    pub(super) files: Vec<PathBuf>,
    pub(super) python: Python,
    pub(super) host: Host,
    pub(super) loaded: Loaded,
}

/// The options needed to load the locustfile.
#[derive(Debug, Clone, PartialEq, Args)]
struct Early {
    #[arg(long)]
    locustfile: String,
    #[arg(long)]
    python: Option<PathBuf>,
    #[arg(long, value_enum)]
    loglevel: LogLevel,
    #[arg(long)]
    logfile: Option<PathBuf>,
    #[arg(long)]
    skip_log_setup: bool,
}

impl Early {
    const NAMES: &[&str] = &["locustfile", "python", "loglevel", "logfile", "skip_log_setup"];

    fn of(options: &Options) -> Self {
        Self {
            locustfile: options.locustfile.clone(),
            python: options.python.clone(),
            loglevel: options.loglevel,
            logfile: options.logfile.clone(),
            skip_log_setup: options.skip_log_setup,
        }
    }
}

/// Reads the command line, sets up logging and loads the locustfile.
///
/// # Errors
/// Wrong options, a locustfile that cannot be used; help and version (exit code 0).
pub(super) fn open(
    sources: &Sources,
    runtime: &Runtime,
    terminal: &Arc<Terminal>,
) -> Result<Opening, CliError> {
    let peeked = settings::peek::<Options, Early>(sources, Early::NAMES)?;
    if peeked.asks_version {
        settings::parse::<Options>(&only(sources, "--version"), RETIRED, &[])?;
    }
    let plain = settings::parse::<Options>(sources, RETIRED, &[]);
    let early = match &plain {
        Ok(parsed) => Early::of(&parsed.options),
        Err(_) => peeked.options,
    };
    if peeked.asks_help {
        help(sources, &early, runtime)?;
    }
    if let Ok(parsed) = &plain {
        plan::check(&parsed.options)?;
    }
    if !early.skip_log_setup {
        let sink = logging::open(early.logfile.as_deref(), terminal.clone())?;
        logging::start(early.loglevel, KeptLog::before(sink));
    }
    settings::open_files::raise_limit();
    let files = locustfiles::resolve(&early.locustfile).map_err(|missing| match &plain {
        Ok(_) => missing,
        Err(wrong) => wrong.clone().note(missing.message()),
    })?;
    let python = python::find(early.python.as_deref())?;
    tracing::debug!(
        "using Python {} ({})",
        python.version(),
        python.program().display()
    );
    let output = Terminal::is_interactive().then(|| Output(terminal.clone()));
    let (host, loaded) = runtime.block_on(script::load(&python, &files, output))?;
    let parsed = settings::parse::<Options>(sources, RETIRED, &loaded.arguments)?;
    let (options, custom) = (parsed.options, parsed.custom);
    if Early::of(&options) != early {
        return Err(CliError::usage(
            "an option needed to load the locustfile is not written in full, beside arguments of the locustfile",
        )
        .hint("write --locustfile, --python, --loglevel and --logfile in full"));
    }
    let plan = plan::check(&options)?;
    let variables = options::retired_variables(&sources.environment);
    for warning in parsed.warnings.iter().chain(&variables).chain(&plan.warnings) {
        tracing::warn!("{warning}");
    }
    Ok(Opening {
        options,
        plan,
        custom,
        files,
        python,
        host,
        loaded,
    })
}

/// The sources of a command line with this flag alone.
fn only(sources: &Sources, flag: &str) -> Sources {
    Sources {
        args: vec![flag.into()],
        ..sources.clone()
    }
}

/// Ends with the help: with the locustfile's arguments, or a line that says why they are not there.
fn help(sources: &Sources, early: &Early, runtime: &Runtime) -> Result<(), CliError> {
    let asking = only(sources, "--help");
    let arguments = locustfiles::resolve(&early.locustfile).and_then(|files| {
        let python = python::find(early.python.as_deref())?;
        let (_, loaded) = runtime.block_on(script::load(&python, &files, None))?;
        Ok(loaded.arguments)
    });
    let is_anywhere = early.locustfile != DEFAULT_LOCUSTFILE || PathBuf::from(DEFAULT_LOCUSTFILE).exists();
    let shown = match arguments {
        Ok(arguments) => settings::parse::<Options>(&asking, RETIRED, &arguments),
        Err(why) => settings::parse::<Options>(&asking, RETIRED, &[]).map_err(|help| {
            let why = why.message().lines().next().unwrap_or_default();
            if is_anywhere {
                help.note(&format!(
                    "arguments of {} are not listed: {why}",
                    early.locustfile
                ))
            } else {
                help
            }
        }),
    };
    shown.map(|_| ())
}
