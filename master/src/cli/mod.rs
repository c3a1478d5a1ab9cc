//! The master's command line and the order of its steps. `main.rs` only calls [`main`].
//!
//! Parse, check, set up logging, load the locustfile, parse again with its arguments, open result files, bind, run, sum
//! up: whatever can be wrong is found before the first worker is let in.

mod bundle;
mod config_users;
mod face;
mod history;
mod opening;
mod options;
mod parsed_options;
mod plan;
mod run_files;
mod script;
mod show;
mod verdict;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use protocol::{Endpoint, Transport, TransportError, ZmqTransport};
use settings::{CliError, Sources, exit};
use tokio::runtime::Runtime;

use self::opening::Opening;
use self::options::Options;
use self::plan::Plan;
use crate::events::Reporter;
use crate::history::HistoryReporter;
use crate::local_workers::{LocalWorkersConfig, Output};
use crate::report::console::{ConsoleOptions, ConsoleReporter, Progress};
use crate::report::csv::CsvReporter;
use crate::report::disk::Disk;
use crate::report::json::JsonReporter;
use crate::report::log::LogReporter;
use crate::report::ratio;
use crate::report::run_files::RunFiles;
use crate::script_host::{ConfigureRequest, Configured, stats_answer};
use crate::server::{self, MasterConfig, RunConfig, StartPlan, UserClass, control_channel};
use crate::timeline::{self, About, Recorder};
use crate::tui::{self, Terminal};
use crate::web::{FaceConfig, WebConfig};

/// Runs the program with this process's arguments and returns its exit code.
pub fn main() -> ExitCode {
    match run(&Sources::of_process()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => error.report(),
    }
}

fn run(sources: &Sources) -> Result<u8, CliError> {
    let terminal = Arc::new(Terminal::default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CliError::failure(format!("cannot start: {error}")))?;
    let mut opening = opening::open(sources, &runtime, &terminal)?;
    if opening.options.list {
        show::print(&show::list(&opening.loaded.user_classes));
        runtime.block_on(opening.host.kill());
        return Ok(exit::OK);
    }
    let config_users = config_users::read(opening.options.config_users.as_deref().unwrap_or_default())?;
    let parsed_options = parsed_options::build(&opening.options, &opening.plan);
    let request = script::request(&opening, parsed_options, config_users);
    let configuring = script::configure(&mut opening.host, &request, &opening.python);
    let configured = runtime.block_on(configuring)?;
    script::warn_of_shape(&configured, &opening.options);
    if let Some(ratio) = show::ratio(&opening.options, &configured.user_classes) {
        show::print(&ratio);
        runtime.block_on(opening.host.kill());
        return Ok(exit::OK);
    }
    let progress = progress(&opening, &sources.environment);
    terminal.set_colour(tui::wants_colour(&sources.environment));
    serve(opening, request, configured, &runtime, &terminal, progress)
}

/// Runs until the end and returns the exit code.
fn serve(
    opening: Opening,
    request: ConfigureRequest,
    configured: Configured,
    runtime: &Runtime,
    terminal: &Arc<Terminal>,
    progress: Progress,
) -> Result<u8, CliError> {
    let mut face = face::config(&opening, &configured);
    let Opening {
        options,
        plan,
        files,
        python,
        host,
        ..
    } = opening;
    let disk = Disk::start().map_err(|error| CliError::failure(format!("cannot start: {error}")))?;
    let output = (plan.print_stats && Terminal::is_interactive()).then(|| Output(terminal.clone()));
    let mut reporters = reporters(&options, progress, terminal.clone(), &disk)?;
    let python_version = python.version().to_owned();
    let bundle = bundle::read(
        &options,
        &plan,
        &files,
        python,
        request,
        output.clone(),
        &face.form,
    )?;
    let recorder = recorder(&face, &bundle, &python_version);
    face.runs = recorder.runs();
    // First: when the others hear of the end of a run, its record is whole.
    reporters.insert(0, Box::new(recorder));
    let run_files = run_files::named(&options);
    if !run_files.is_empty() {
        let ratio = ratio::of_plan(&configured.user_classes, options.users);
        let runs = face.runs.clone();
        reporters.push(Box::new(RunFiles::create(
            run_files,
            runs,
            Some(ratio),
            disk.clone(),
        )?));
    }
    let history = history::open(&options);
    face.history = history.clone();
    reporters.push(Box::new(HistoryReporter::new(face.runs.clone(), history.clone())));
    let local_workers = plan
        .local_workers
        .map(|processes| local_workers(&options, &files, processes, output));
    let config = MasterConfig {
        run: run_config(&options, &plan, configured.user_classes, configured.options),
        locustfiles: files,
        bundle: Some(bundle),
        web: plan::web_port(&options).map(|port| WebConfig {
            host: options.web_host.clone(),
            port,
            base_path: options.web_base_path.clone(),
            face,
        }),
        local_workers,
        script_host: Some(host),
    };
    let wanted = tui::Use {
        screen: progress == Progress::Screen,
        keys: options.headless || progress == Progress::Screen,
    };
    let mut outcome = runtime.block_on(listen(&options, config, reporters, terminal, wanted))?;
    history::close(&history);
    let code = verdict::exit_code(&outcome, &disk, options.exit_code_on_error);
    if let Some(host) = outcome.script_host.take() {
        let figures = stats_answer(&outcome.stats, &outcome.exceptions);
        runtime.block_on(host.exit(code, &figures));
    }
    Ok(code)
}

async fn listen(
    options: &Options,
    config: MasterConfig,
    reporters: Vec<Box<dyn Reporter>>,
    terminal: &Arc<Terminal>,
    wanted: tui::Use,
) -> Result<server::Outcome, CliError> {
    let endpoint = Endpoint::new(options.master_bind_host.clone(), options.master_bind_port);
    let listener = ZmqTransport
        .bind(&endpoint)
        .await
        .map_err(|error| bind_error(&endpoint, &error))?;
    tracing::info!("waiting for workers on {endpoint}");
    let controls = control_channel();
    let _given_back_at_the_end = tui::Session::start(wanted, terminal, &controls.handle());
    server::run(config, listener, reporters, controls)
        .await
        .map_err(|error| CliError::new(error.exit_code(), error.to_string()))
}

fn bind_error(endpoint: &Endpoint, error: &TransportError) -> CliError {
    if error.is_address_in_use() {
        return CliError::failure(format!("cannot listen on {endpoint}: the port is in use"))
            .hint("choose another with --master-bind-port, or end the program that has it");
    }
    CliError::failure(error.to_string()).hint("check --master-bind-host and --master-bind-port")
}

/// How a run is shown while it is on.
fn progress(opening: &Opening, environment: &BTreeMap<String, String>) -> Progress {
    if !opening.plan.print_stats {
        Progress::Nothing
    } else if !opening.options.no_tui && Terminal::is_interactive() && tui::suits(environment) {
        Progress::Screen
    } else {
        Progress::Tables
    }
}

/// Everything that reads the run's events. Result files are created here, so that a bad path is found early.
fn reporters(
    options: &Options,
    progress: Progress,
    terminal: Arc<Terminal>,
    disk: &Disk,
) -> Result<Vec<Box<dyn Reporter>>, CliError> {
    let mut reporters: Vec<Box<dyn Reporter>> = vec![Box::new(LogReporter::default())];
    if let Some(prefix) = &options.csv_prefix {
        reporters.push(Box::new(CsvReporter::create(
            prefix,
            options.csv_full_history,
            disk.clone(),
        )?));
    }
    if let Some(name) = &options.json_file {
        reporters.push(Box::new(JsonReporter::create(name, options.json, disk.clone())?));
    } else if options.json {
        reporters.push(Box::new(JsonReporter::to_stdout()));
    }
    // Locust's rule: a JSON file takes the place of the final tables.
    let shown = ConsoleOptions {
        progress,
        summary: options.json_file.is_none(),
    };
    reporters.push(Box::new(ConsoleReporter::new(terminal, shown)));
    Ok(reporters)
}

fn run_config(
    options: &Options,
    plan: &Plan,
    classes: Vec<UserClass>,
    parsed_options: protocol::Value,
) -> RunConfig {
    RunConfig {
        classes,
        expect_workers: plan.expect_workers,
        expect_workers_max_wait_s: plan.expect_workers_max_wait_s,
        autostart: plan
            .start
            .map(|(users, spawn_rate)| StartPlan { users, spawn_rate }),
        headless: options.headless,
        autoquit_s: options.autoquit.filter(|_| options.autostart),
        run_time_s: options.run_time,
        stop_timeout_s: options.stop_timeout,
        host: options.host.clone(),
        reset_stats: options.reset_stats,
        enable_rebalancing: options.enable_rebalancing,
        parsed_options,
    }
}

fn recorder(face: &FaceConfig, bundle: &server::BundleConfig, python_version: &str) -> Recorder {
    let hash = bundle.packed.as_ref().map(|packed| packed.hash.clone());
    Recorder::new(About {
        locustfile: face.locustfile.clone(),
        script_hash: hash.unwrap_or_default(),
        form: face.form.clone(),
        environment: timeline::environment(python_version),
    })
}

/// Local workers read the same files instead of downloading them, so that a locustfile can import its neighbours.
fn local_workers(
    options: &Options,
    files: &[std::path::PathBuf],
    processes: u32,
    output: Option<Output>,
) -> LocalWorkersConfig {
    let paths: Vec<&str> = files
        .iter()
        .filter_map(|file| file.to_str())
        .filter(|path| !path.contains(','))
        .collect();
    // A path the comma list cannot carry: the download can.
    let value = if paths.len() == files.len() {
        paths.join(",")
    } else {
        "-".to_owned()
    };
    let mut extra_args = vec![
        "-f".to_owned(),
        value,
        "--loglevel".to_owned(),
        options.loglevel.as_str().to_owned(),
    ];
    let paths = [("--logfile", &options.logfile), ("--python", &options.python)];
    for (name, path) in paths {
        if let Some(path) = path {
            extra_args.extend([name.to_owned(), path.display().to_string()]);
        }
    }
    if options.reset_stats {
        extra_args.push("--reset-stats".to_owned());
    }
    LocalWorkersConfig {
        processes,
        program: None,
        extra_args,
        output,
    }
}
