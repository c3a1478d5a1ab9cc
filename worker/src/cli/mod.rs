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
use crate::launcher::{self, ChildSpec, Lifeline};
use crate::script;

/// Runs the program with this process's arguments and returns its exit code.
pub fn main() -> ExitCode {
    match run(&Sources::of_process()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => error.report(),
    }
}

fn run(sources: &Sources) -> Result<u8, CliError> {
    let parsed = settings::parse::<Options>(sources, RETIRED)?;
    let options = parsed.options;
    if !options.skip_log_setup {
        logging::set_up(
            options.loglevel,
            options.logfile.as_deref(),
            Arc::new(StandardError),
        )?;
    }
    settings::open_files::raise_limit();
    for warning in &parsed.warnings {
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
        return Err(debug::run(
            &options,
            own_files.as_deref().unwrap_or_default(),
            &python,
        ));
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
    // Lives until every child has ended: dropping it removes the files.
    let downloaded;
    let files = match own_files {
        Some(files) => files,
        None => {
            downloaded = tokio::select! {
                result = script::download(&ZmqTransport, &master) => result?,
                () = lifeline.closed() => return Ok(settings::exit::OK),
            };
            downloaded.files().to_vec()
        }
    };
    let processes = values::process_count(options.processes);
    let children = (0..processes).map(|index| {
        let node_id = protocol::node_id::new_node_id();
        let config = child_config::build(options, &files, &node_id, index, processes);
        ChildSpec {
            index,
            node_id,
            config: config.to_string(),
        }
    });
    launcher::supervise(&ZmqTransport, &master, python, children.collect(), lifeline).await
}
