//! The launcher's command line and the order of its steps. `main.rs` only calls [`main`].

mod child_config;
mod debug;
mod options;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use protocol::{Endpoint, ZmqTransport};
use settings::logging::{self, StandardError};
use settings::python::{self, Python};
use settings::{CliError, Sources, locustfiles, values};

use self::options::{Options, RETIRED};
use crate::launcher::{self, Crew, Lifeline};
use crate::script::{self, Script};

/// Runs the program with this process's arguments and returns its exit code.
pub fn main() -> ExitCode {
    match run(&Sources::of_process()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => error.report(),
    }
}

fn run(sources: &Sources) -> Result<u8, CliError> {
    let parsed = settings::parse::<Options>(sources, RETIRED, &[])?;
    let options = parsed.options;
    if !options.skip_log_setup {
        logging::set_up(
            options.loglevel,
            options.logfile.as_deref(),
            Arc::new(StandardError),
        )?;
    }
    settings::open_files::raise_limit();
    // A master has said them already, if it started this; and it knows which keys are the locustfile's.
    for warning in parsed.warnings.iter().filter(|_| !options.lifeline) {
        tracing::warn!("{warning}");
    }
    let own_files = match options.locustfile.as_deref() {
        _ if options.debug => Some(debug::files(&options)?),
        None | Some("-") => None,
        Some(value) => Some(locustfiles::resolve(value)?),
    };
    let python = python::find(options.python.as_deref())?;
    tracing::debug!(
        "using Python {} ({})",
        python.version(),
        python.program().display()
    );
    if options.debug {
        return Err(debug::run(&options, own_files.unwrap_or_default(), &python));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failure(format!("cannot start: {error}")))?;
    runtime.block_on(launch(&options, own_files, &python))
}

async fn launch(options: &Options, own_files: Option<Vec<PathBuf>>, python: &Python) -> Result<u8, CliError> {
    let mut lifeline = Lifeline::watch(options.lifeline);
    let master = Endpoint::new(options.master_host.clone(), options.master_port);
    let script = match own_files {
        Some(files) => Script::Own(files),
        None => tokio::select! {
            result = script::download(&ZmqTransport, &master) => result?,
            () = lifeline.closed() => return Ok(settings::exit::OK),
        },
    };
    let processes = values::process_count(options.processes);
    let configure = |script: &Script, index: u32, node_id: &str| {
        child_config::build(options, script, node_id, index, processes).to_string()
    };
    let crew = Crew {
        node_ids: (0..processes).map(|_| protocol::node_id::new_node_id()).collect(),
        script,
        configure: &configure,
    };
    launcher::supervise(&ZmqTransport, &master, python, crew, lifeline).await
}
