//! The worker's command line: Locust's option names, variables and defaults.

use std::path::PathBuf;

use clap::{ArgAction, Parser};
use settings::logging::LogLevel;
use settings::retired::Retired;
use settings::values;

/// Options that belong to the other program.
pub const RETIRED: &[Retired] = &[Retired {
    spelling: "--master",
    advice: "start the program `master`",
}];

/// Run a master's users: start Python processes that run the locustfile and measure.
#[derive(Debug, Clone, Parser)]
#[command(name = "worker", version, disable_version_flag = true, max_term_width = 110)]
#[command(
    after_help = "Options can also be set in ~/.locust.conf, ./locust.conf, ./pyproject.toml ([tool.locust]) and a --config \
file, and by LOCUST_* variables; a later one in this list wins over an earlier one, the command line over all."
)]
pub struct Options {
    /// Python file with the User classes (comma list, directory); without it, or as `-`, taken from the master
    #[arg(short = 'f', long, env = "LOCUST_LOCUSTFILE", value_name = "FILE")]
    pub locustfile: Option<String>,
    /// Configuration file read after the usual ones
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Host or address of the master
    #[arg(
        long,
        env = "LOCUST_MASTER_NODE_HOST",
        value_name = "HOST",
        default_value = "127.0.0.1"
    )]
    pub master_host: String,
    /// Port of the master
    #[arg(
        long,
        env = "LOCUST_MASTER_NODE_PORT",
        value_name = "PORT",
        default_value_t = 5557
    )]
    pub master_port: u16,
    /// Worker processes; -1 for one per core
    #[arg(long, env = "LOCUST_PROCESSES", value_name = "N", value_parser = values::processes,
          allow_hyphen_values = true, default_value = "1")]
    pub processes: i32,
    /// Run one user in the foreground, without a master, and print each request; `breakpoint()` works
    #[arg(long, conflicts_with = "lifeline")]
    pub debug: bool,
    /// Python interpreter (otherwise $ACRIDA_PYTHON, $VIRTUAL_ENV, .venv, python3)
    #[arg(long, value_name = "PROGRAM")]
    pub python: Option<PathBuf>,
    /// Base address of the target, if the master gives none
    #[arg(short = 'H', long, env = "LOCUST_HOST", value_name = "URL")]
    pub host: Option<String>,
    /// Run only tasks with one of these tags
    #[arg(short = 'T', long, env = "LOCUST_TAGS", value_name = "TAG", num_args = 0..)]
    pub tags: Option<Vec<String>>,
    /// Leave out tasks with one of these tags
    #[arg(short = 'E', long, env = "LOCUST_EXCLUDE_TAGS", value_name = "TAG", num_args = 0..)]
    pub exclude_tags: Option<Vec<String>>,
    /// Clear statistics when every user is started
    #[arg(long, env = "LOCUST_RESET_STATS")]
    pub reset_stats: bool,
    /// Seconds (or a span) running tasks are given to end; the master's value comes first
    #[arg(short = 's', long, env = "LOCUST_STOP_TIMEOUT", value_name = "SPAN", value_parser = values::span_s,
          default_value = "0")]
    pub stop_timeout: f64,

    /// Set up no logging
    #[arg(long, env = "LOCUST_SKIP_LOG_SETUP", help_heading = "Logging")]
    pub skip_log_setup: bool,
    /// Least severity that is logged
    #[arg(
        short = 'L',
        long,
        env = "LOCUST_LOGLEVEL",
        value_name = "LEVEL",
        value_enum,
        ignore_case = true,
        default_value = "INFO",
        help_heading = "Logging"
    )]
    pub loglevel: LogLevel,
    /// File the log goes to (otherwise standard error)
    #[arg(long, env = "LOCUST_LOGFILE", value_name = "FILE", help_heading = "Logging")]
    pub logfile: Option<PathBuf>,

    /// Accepted for Locust's command lines: this program always is a worker
    #[arg(long, env = "LOCUST_MODE_WORKER", hide = true)]
    pub worker: bool,
    /// Accepted for Locust's command lines: a worker never has a page
    #[arg(long, env = "LOCUST_HEADLESS", hide = true)]
    pub headless: bool,
    /// Stop when standard input closes: how a master ends its local workers
    #[arg(long, hide = true)]
    pub lifeline: bool,

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    pub version: Option<bool>,
    /// User classes to run; all if none is named
    #[arg(env = "LOCUST_USER_CLASSES", value_name = "USER_CLASS")]
    pub user_classes: Vec<String>,
}
