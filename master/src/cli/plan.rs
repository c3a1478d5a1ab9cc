//! What the options mean together: the checks across options, and the values derived from them. No I/O.

use settings::{CliError, values};

use super::options::{DEFAULT_WEB_PORT, Options};

/// Users and users per second when `--headless` or `--autostart` is given without them: Locust's defaults.
const DEFAULT_USERS: u64 = 1;
const DEFAULT_SPAWN_RATE: f64 = 1.0;

/// Checked and derived values.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Users and users per second, if the run starts by itself.
    pub start: Option<(u64, f64)>,
    /// Workers to wait for.
    pub expect_workers: u32,
    /// How long, in seconds; for ever if none.
    pub expect_workers_max_wait_s: Option<f64>,
    /// Local worker processes to start.
    pub local_workers: Option<u32>,
    /// Whether the table is printed while running.
    pub print_stats: bool,
    /// Things that are probably not meant, for the log.
    pub warnings: Vec<String>,
}

/// Port of the page and REST face. Beside a headless run only where it was asked for.
pub fn web_port(options: &Options) -> Option<u16> {
    options
        .web_port
        .or_else(|| (!options.headless).then_some(DEFAULT_WEB_PORT))
}

/// Checks the options.
///
/// # Errors
/// Options that contradict each other (exit code 2).
pub fn check(options: &Options) -> Result<Plan, CliError> {
    if options.csv_full_history && options.csv_prefix.is_none() {
        return Err(CliError::usage("--csv-full-history needs --csv PREFIX"));
    }
    if options.headless && options.autostart {
        return Err(CliError::usage("--headless and --autostart exclude each other")
            .hint("--headless is without the page, --autostart with it"));
    }
    if !options.web_base_path.is_empty() && !options.web_base_path.starts_with('/') {
        return Err(CliError::usage(format!(
            "--web-base-path must begin with /: {}",
            options.web_base_path
        )));
    }
    let starts = options.headless || options.autostart;
    let local_workers = options.processes.map(values::process_count);
    let wait_s = options.expect_workers_max_wait;
    Ok(Plan {
        start: starts.then(|| {
            (
                options.users.unwrap_or(DEFAULT_USERS),
                options.spawn_rate.unwrap_or(DEFAULT_SPAWN_RATE),
            )
        }),
        expect_workers: options.expect_workers.max(local_workers.unwrap_or(0)),
        expect_workers_max_wait_s: (wait_s > 0.0).then_some(wait_s),
        local_workers,
        print_stats: !options.only_summary && (options.headless || options.print_stats),
        warnings: warnings(options, starts),
    })
}

fn warnings(options: &Options, starts: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    if options.run_time.is_some() && !starts {
        warnings.push("--run-time has no effect without --headless or --autostart".to_owned());
    }
    if options.autoquit.is_some() && !options.autostart {
        warnings.push("--autoquit has no effect without --autostart".to_owned());
    }
    warnings
}

#[cfg(test)]
pub(crate) mod tests {
    use std::ffi::OsString;

    use super::*;

    /// Options of a command line alone.
    pub(crate) fn options(args: &[&str]) -> Options {
        try_options(args).unwrap()
    }

    pub(crate) fn plan(options: &Options) -> Plan {
        check(options).unwrap()
    }

    fn try_options(args: &[&str]) -> Result<Options, CliError> {
        let nowhere = std::path::PathBuf::from("/nonexistent");
        let args = args.iter().map(OsString::from).collect();
        let sources = settings::Sources {
            working_directory: nowhere,
            args,
            ..settings::Sources::default()
        };
        settings::parse(&sources, crate::cli::options::RETIRED, &[]).map(|parsed| parsed.options)
    }

    fn check_refused(args: &[&str], text: &str) {
        let error = try_options(args).and_then(|options| check(&options)).unwrap_err();
        assert_eq!(error.code(), 2, "{error}");
        assert!(error.message().contains(text), "{args:?}: {error}");
    }

    #[test]
    fn bad_values_are_refused_with_a_reason() {
        check_refused(&["-u", "-5"], "expected a whole number from 0");
        check_refused(&["-u", "99999999999"], "expected a whole number from 0");
        check_refused(&["-r", "nan"], "the rate must be a finite number");
        check_refused(&["-r", "-1"], "the rate must be above 0");
        check_refused(&["-t", "soon"], "expected a time span");
        check_refused(&["--csv-full-history"], "--csv-full-history needs --csv");
        check_refused(&["--headless", "--autostart"], "exclude each other");
        check_refused(&["--web-base-path", "load"], "must begin with /");
        check_refused(&["--otel"], "OpenTelemetry is not supported");
        check_refused(&["--no-web"], "use --headless");
        check_refused(&["-c", "10"], "use --users");
        check_refused(&["--worker"], "start the program `worker`");
        check_refused(&["--frobnicate"], "unexpected argument");
        check_refused(&["--processes", "0"], "one process per core");
    }

    #[test]
    fn headless_has_locusts_defaults() {
        let options = options(&["--headless"]);
        assert_eq!(
            (
                web_port(&options),
                options.master_bind_port,
                options.exit_code_on_error
            ),
            (None, 5557, 1)
        );
        let plan = plan(&options);
        assert_eq!(plan.start, Some((1, 1.0)));
        assert_eq!((plan.expect_workers, plan.expect_workers_max_wait_s), (1, None));
        assert!(plan.print_stats);
    }

    #[test]
    fn a_headless_run_has_a_page_only_where_a_port_is_named() {
        let port = |args: &[&str]| web_port(&options(args));
        assert_eq!(port(&[]), Some(8089));
        assert_eq!(port(&["--web-port", "9000"]), Some(9000));
        assert_eq!(port(&["--headless"]), None);
        // Also the usual one, if it is named.
        assert_eq!(port(&["--headless", "-P", "8089"]), Some(8089));
    }

    #[test]
    fn local_workers_are_waited_for() {
        assert_eq!(plan(&options(&["--processes", "3"])).expect_workers, 3);
        assert_eq!(
            plan(&options(&["--processes", "3", "--expect-workers", "5"])).expect_workers,
            5
        );
    }

    #[test]
    fn classes_and_tags_take_several_values() {
        let options = options(&["-T", "a", "b", "--headless", "MyUser", "Other", "--master"]);
        assert_eq!(options.tags, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(options.user_classes, ["MyUser", "Other"]);
    }

    #[test]
    fn options_without_effect_are_mentioned() {
        let plan = plan(&options(&["-t", "10s", "--autoquit", "1"]));
        assert_eq!(plan.warnings.len(), 2);
        assert_eq!(plan.start, None);
    }
}
