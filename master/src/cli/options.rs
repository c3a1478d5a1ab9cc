//! The master's command line: Locust's option names, variables and defaults. Meaning across options is checked in
//! `plan`; this file only describes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{ArgAction, Parser};
use settings::logging::LogLevel;
use settings::retired::Retired;
use settings::values;

use crate::history::limits::{DEFAULT_KEPT_RUNS, MAX_KEPT_RUNS};
use crate::limits::MAX_USERS;

/// The locustfile if none is named.
pub const DEFAULT_LOCUSTFILE: &str = "locustfile.py";

/// Port of the page if none is named.
pub const DEFAULT_WEB_PORT: u16 = 8089;

/// Locust options that this program does not have, beyond those Locust has removed.
pub const RETIRED: &[Retired] = &[
    Retired {
        spelling: "--tls-cert",
        advice: "put a TLS proxy in front of --web-port",
    },
    Retired {
        spelling: "--tls-key",
        advice: "put a TLS proxy in front of --web-port",
    },
    Retired {
        spelling: "--web-login",
        advice: "put the page behind a proxy that asks for a password",
    },
    Retired {
        spelling: "--otel",
        advice: "leave it out: OpenTelemetry is not supported",
    },
    Retired {
        spelling: "--worker",
        advice: "start the program `worker`",
    },
];

/// Locust's variables for options among [`RETIRED`].
const RETIRED_VARIABLES: &[(&str, &str)] = &[
    ("LOCUST_ENABLE_OPENTELEMETRY", "--otel"),
    ("LOCUST_TLS_CERT", "--tls-cert"),
    ("LOCUST_TLS_KEY", "--tls-key"),
    ("LOCUST_WEB_LOGIN", "--web-login"),
];

/// A line for each variable that asks for something this program does not have, as for a key of a configuration file.
pub fn retired_variables(environment: &BTreeMap<String, String>) -> Vec<String> {
    let is_set = |value: &String| !value.is_empty() && !value.eq_ignore_ascii_case("false");
    RETIRED_VARIABLES
        .iter()
        .filter(|(variable, _)| environment.get(*variable).is_some_and(is_set))
        .filter_map(|(variable, spelling)| {
            let retired = RETIRED.iter().find(|retired| retired.spelling == *spelling)?;
            Some(format!(
                "the variable {variable} is not available: {}",
                retired.advice
            ))
        })
        .collect()
}

/// Run a load test: control its workers, collect what they measure, show and write the results.
#[derive(Debug, Clone, Parser)]
#[command(name = "master", version, disable_version_flag = true, max_term_width = 110)]
#[command(
    after_help = "Options can also be set in ~/.locust.conf, ./locust.conf, ./pyproject.toml ([tool.locust]) and a --config \
file, and by LOCUST_* variables; a later one in this list wins over an earlier one, the command line over all."
)]
pub struct Options {
    /// Python file with the User classes; several as a comma list; a directory for every *.py in it
    #[arg(
        short = 'f',
        long,
        env = "LOCUST_LOCUSTFILE",
        value_name = "FILE",
        default_value = DEFAULT_LOCUSTFILE
    )]
    pub locustfile: String,
    /// Configuration file read after the usual ones
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Base address of the target, such as https://www.example.com
    #[arg(short = 'H', long, env = "LOCUST_HOST", value_name = "URL")]
    pub host: Option<String>,
    /// Number of users at the peak
    #[arg(short = 'u', long, visible_alias = "num-users", env = "LOCUST_USERS", value_name = "N",
          value_parser = user_count, allow_hyphen_values = true)]
    pub users: Option<u64>,
    /// Users started per second
    #[arg(short = 'r', long, env = "LOCUST_SPAWN_RATE", value_name = "PER_SECOND", value_parser = values::rate,
          allow_hyphen_values = true)]
    pub spawn_rate: Option<f64>,
    /// Stop after this time (300, 20m, 1h30m), the ramp-up included
    #[arg(short = 't', long, env = "LOCUST_RUN_TIME", value_name = "SPAN", value_parser = values::span_s,
          allow_hyphen_values = true)]
    pub run_time: Option<f64>,
    /// Settings of User classes: JSON such as {"user_class_name": "A", "weight": 2}, a list of these, or files of it
    #[arg(long, env = "LOCUST_CONFIG_USERS", value_name = "JSON|FILE", num_args = 0..)]
    pub config_users: Option<Vec<String>>,
    /// List the User classes of the locustfile and exit
    #[arg(short = 'l', long)]
    pub list: bool,

    /// Address the page and REST face listen on; all if empty
    #[arg(
        long,
        env = "LOCUST_WEB_HOST",
        value_name = "ADDRESS",
        default_value = "",
        help_heading = "Page"
    )]
    pub web_host: String,
    /// Port of the page and REST face [default: 8089; with --headless none]
    #[arg(
        short = 'P',
        long,
        env = "LOCUST_WEB_PORT",
        value_name = "PORT",
        help_heading = "Page"
    )]
    pub web_port: Option<u16>,
    /// Start at once, without page and REST face unless --web-port is given, and exit at the end
    #[arg(long, env = "LOCUST_HEADLESS", help_heading = "Page")]
    pub headless: bool,
    /// Start at once, with page and REST face
    #[arg(long, env = "LOCUST_AUTOSTART", help_heading = "Page")]
    pub autostart: bool,
    /// With --autostart: exit this many seconds after the run's end
    #[arg(long, env = "LOCUST_AUTOQUIT", value_name = "SECONDS", value_parser = values::span_s, help_heading = "Page")]
    pub autoquit: Option<f64>,
    /// Let the page choose User classes
    #[arg(long, env = "LOCUST_USERCLASS_PICKER", help_heading = "Page")]
    pub class_picker: bool,
    /// Path the page and REST face are served under, such as /load
    #[arg(
        long,
        env = "LOCUST_WEB_BASE_PATH",
        value_name = "PATH",
        default_value = "",
        help_heading = "Page"
    )]
    pub web_base_path: String,

    /// Accepted for Locust's command lines: this program always is a master
    #[arg(long, env = "LOCUST_MODE_MASTER", hide = true)]
    pub master: bool,
    /// Address workers connect to; * for all
    #[arg(
        long,
        env = "LOCUST_MASTER_BIND_HOST",
        value_name = "ADDRESS",
        default_value = "*",
        help_heading = "Workers"
    )]
    pub master_bind_host: String,
    /// Port workers connect to
    #[arg(
        long,
        env = "LOCUST_MASTER_BIND_PORT",
        value_name = "PORT",
        default_value_t = 5557,
        help_heading = "Workers"
    )]
    pub master_bind_port: u16,
    /// With --headless or --autostart: wait for this many workers
    #[arg(
        long,
        env = "LOCUST_EXPECT_WORKERS",
        value_name = "N",
        default_value_t = 1,
        help_heading = "Workers"
    )]
    pub expect_workers: u32,
    /// Give up when they are not there after this many seconds; 0 waits for ever
    #[arg(long, env = "LOCUST_EXPECT_WORKERS_MAX_WAIT", value_name = "SECONDS", value_parser = values::span_s,
          default_value = "0", help_heading = "Workers")]
    pub expect_workers_max_wait: f64,
    /// Spread users anew when a worker joins or leaves during a run
    #[arg(long, help_heading = "Workers")]
    pub enable_rebalancing: bool,
    /// Also start this many local workers; -1 for one per core
    #[arg(long, env = "LOCUST_PROCESSES", value_name = "N", value_parser = values::processes,
          allow_hyphen_values = true, help_heading = "Workers")]
    pub processes: Option<i32>,
    /// Python interpreter (otherwise $ACRIDA_PYTHON, $VIRTUAL_ENV, .venv, python3)
    #[arg(long, value_name = "PROGRAM", help_heading = "Workers")]
    pub python: Option<PathBuf>,

    /// Hand this to the workers too: a file, a folder or a quoted pattern (may be repeated); see docs/script-bundle.md
    #[arg(long, value_name = "PATH", help_heading = "Workers")]
    pub include: Vec<String>,
    /// Hand no file to the workers whose name or path matches this quoted pattern (may be repeated)
    #[arg(long, value_name = "PATTERN", help_heading = "Workers")]
    pub exclude: Vec<String>,

    /// Run only tasks with one of these tags
    #[arg(short = 'T', long, env = "LOCUST_TAGS", value_name = "TAG", num_args = 0.., help_heading = "Tasks")]
    pub tags: Option<Vec<String>>,
    /// Leave out tasks with one of these tags
    #[arg(short = 'E', long, env = "LOCUST_EXCLUDE_TAGS", value_name = "TAG", num_args = 0.., help_heading = "Tasks")]
    pub exclude_tags: Option<Vec<String>>,
    /// Give every User class the same weight
    #[arg(long, help_heading = "Tasks")]
    pub equal_weights: bool,
    /// Seconds (or a span) running tasks are given to end when users stop
    #[arg(short = 's', long, env = "LOCUST_STOP_TIMEOUT", value_name = "SPAN", value_parser = values::span_s,
          default_value = "0", help_heading = "Tasks")]
    pub stop_timeout: f64,
    /// Print how tasks share the users' time and exit
    #[arg(long, help_heading = "Tasks")]
    pub show_task_ratio: bool,
    /// The same as JSON
    #[arg(long, help_heading = "Tasks")]
    pub show_task_ratio_json: bool,

    /// Write PREFIX_stats.csv, _stats_history.csv, _failures.csv and _exceptions.csv
    #[arg(
        long = "csv",
        env = "LOCUST_CSV",
        value_name = "PREFIX",
        help_heading = "Results"
    )]
    pub csv_prefix: Option<PathBuf>,
    /// With --csv: the history has a row for every entry, not only the total
    #[arg(long, env = "LOCUST_CSV_FULL_HISTORY", help_heading = "Results")]
    pub csv_full_history: bool,
    /// Show the live screen, or print the table every 2 s, also when the page is on
    #[arg(long, env = "LOCUST_PRINT_STATS", help_heading = "Results")]
    pub print_stats: bool,
    /// Print tables only at the end
    #[arg(long, env = "LOCUST_ONLY_SUMMARY", help_heading = "Results")]
    pub only_summary: bool,
    /// On a terminal, too: a table every 2 s in place of the live screen
    #[arg(long, help_heading = "Results")]
    pub no_tui: bool,
    /// Clear statistics when every user is started (give it to workers too)
    #[arg(long, env = "LOCUST_RESET_STATS", help_heading = "Results")]
    pub reset_stats: bool,
    /// Print the final statistics as JSON on standard output
    #[arg(long, help_heading = "Results")]
    pub json: bool,
    /// Write the final statistics as JSON to NAME.json
    #[arg(long, value_name = "NAME", help_heading = "Results")]
    pub json_file: Option<PathBuf>,
    /// Write a report to FILE, one page that needs nothing else; {u}, {r}, {t} in the name stand for users, spawn rate, run time
    #[arg(long, env = "LOCUST_HTML", value_name = "FILE", help_heading = "Results")]
    pub html: Option<PathBuf>,
    /// Write the results as JUnit XML to FILE: a test case for each request name
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub junit: Option<PathBuf>,
    /// Write a summary for a pull request to FILE, as Markdown
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub markdown: Option<PathBuf>,
    /// Exit code when a request failed or a task raised
    #[arg(
        long,
        env = "LOCUST_EXIT_CODE_ON_ERROR",
        value_name = "CODE",
        default_value_t = 1,
        help_heading = "Results"
    )]
    pub exit_code_on_error: u8,
    /// Keep runs in this file [default: acrida/acrida-history.sqlite in your data folder]; see docs/history.md
    #[arg(long, env = "ACRIDA_HISTORY", value_name = "FILE", help_heading = "Results")]
    pub history: Option<PathBuf>,
    /// Keep no runs, whatever file is named
    #[arg(long, env = "ACRIDA_NO_HISTORY", help_heading = "Results")]
    pub no_history: bool,
    /// Keep this many runs; those tagged keep or baseline are not counted
    #[arg(long, env = "ACRIDA_HISTORY_KEEP", value_name = "N", default_value_t = DEFAULT_KEPT_RUNS,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_KEPT_RUNS)), help_heading = "Results")]
    pub history_keep: u32,
    /// Label of the run, for grouping
    #[arg(long, value_name = "NAME", help_heading = "Results")]
    pub profile: Option<String>,

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

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    pub version: Option<bool>,
    /// User classes to run; all if none is named
    #[arg(env = "LOCUST_USER_CLASSES", value_name = "USER_CLASS")]
    pub user_classes: Vec<String>,
}

/// Every spelling of the options, also of those that are not available: a script's own argument must not clash with one.
pub fn own_flags() -> Vec<String> {
    let retired = RETIRED.iter().map(|retired| retired.spelling.to_owned());
    settings::flags::<Options>().into_iter().chain(retired).collect()
}

fn user_count(text: &str) -> Result<u64, String> {
    let users = text.trim().parse().ok().filter(|users| *users <= MAX_USERS);
    users.ok_or_else(|| format!("expected a whole number from 0 to {MAX_USERS}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_an_own_flag() {
        let flags = own_flags();
        for flag in [
            "-u",
            "--users",
            "--num-users",
            "--headless",
            "-f",
            "--html",
            "--help",
            "-V",
        ] {
            assert!(flags.iter().any(|own| own == flag), "{flag} in {flags:?}");
        }
    }

    #[test]
    fn variables_of_options_that_are_not_there_are_mentioned_when_set() {
        let set = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            retired_variables(&pairs.collect())
        };
        assert_eq!(
            set(&[("LOCUST_WEB_LOGIN", "true"), ("LOCUST_HOST", "http://h")]),
            [
                "the variable LOCUST_WEB_LOGIN is not available: put the page behind a proxy that asks for a password"
            ]
        );
        assert!(set(&[("LOCUST_WEB_LOGIN", "false"), ("LOCUST_TLS_KEY", "")]).is_empty());
        let everything: Vec<_> = RETIRED_VARIABLES.iter().map(|(name, _)| (*name, "1")).collect();
        assert_eq!(set(&everything).len(), RETIRED_VARIABLES.len());
    }
}
