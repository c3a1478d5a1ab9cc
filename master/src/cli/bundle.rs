//! The script bundle by the options: what goes in, and how the locustfile is loaded anew when it has changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use settings::CliError;
use settings::python::Python;

use super::face;
use super::history;
use super::options::Options;
use super::plan::Plan;
use super::run_files;
use super::script;
use crate::bundle::BundleSource;
use crate::local_workers::Output;
use crate::script_host::ConfigureRequest;
use crate::server::{BundleConfig, Reloaded, Room};
use crate::web::SharedForm;

/// Reads the bundle.
///
/// # Errors
/// Too much, or a file that cannot be read (exit code 1). With local workers, which need no bundle, that is a warning.
pub(super) fn read(
    options: &Options,
    plan: &Plan,
    files: &[PathBuf],
    python: Python,
    request: ConfigureRequest,
    output: Option<Output>,
    form: &SharedForm,
) -> Result<BundleConfig, CliError> {
    let working_directory = std::env::current_dir()
        .map_err(|error| CliError::failure(format!("cannot tell the working directory: {error}")))?;
    let source = BundleSource {
        locustfiles: files.to_vec(),
        include: options.include.clone(),
        exclude: options.exclude.clone(),
        own_files: own_files(options),
        working_directory,
    };
    let packed = match source.pack() {
        Ok(packed) => Ok(packed),
        Err(error) if plan.local_workers.is_some() => {
            tracing::warn!("{error}; local workers do without, others get none, and a change is not noticed");
            Err(error.to_string())
        }
        Err(error) => return Err(CliError::failure(error.to_string())),
    };
    let files = files.to_vec();
    let (options, form) = (options.clone(), form.clone());
    let open = move |room| {
        let (python, files) = (python.clone(), files.clone());
        let (request, output) = (request.clone(), output.clone());
        let (options, form) = (options.clone(), form.clone());
        async move {
            let opened = open_anew(&python, &files, request, output, room, (&options, &form)).await;
            opened.map_err(|error| error.message().to_owned())
        }
    };
    Ok(BundleConfig {
        source,
        packed,
        reload: Arc::new(move |room| Box::pin(open(room))),
    })
}

/// Another script host with the files as they are now, configured as the first one was. A script that does not load
/// leaves the old one in its place; before any other code of the new one runs, the old one has ended.
async fn open_anew(
    python: &Python,
    files: &[PathBuf],
    mut request: ConfigureRequest,
    output: Option<Output>,
    room: Room,
    (given, form): (&Options, &SharedForm),
) -> Result<Reloaded, CliError> {
    let (mut host, loaded) = script::load(python, files, output).await?;
    request.shape = !loaded.shape_classes.is_empty();
    let values = room.make().await.map_err(CliError::failure)?;
    let configured = script::configure(&mut host, &request, python).await?;
    // The old one is gone: whoever starts a run from now on, starts this script.
    form.set(face::form(given, &loaded, &configured));
    let mut options = configured.options;
    if values.as_map().is_some_and(|values| !values.is_empty()) {
        match host.restore_options(values).await {
            Ok(restored) => options = restored,
            Err(error) => tracing::warn!(
                "what was set with a start does not fit the changed locustfile, whose defaults count: {error}"
            ),
        }
    }
    Ok(Reloaded {
        classes: configured.user_classes,
        options: Some(options),
        host: Some(host),
    })
}

/// What this program writes or is configured by. (Names of CSV results are known by their ends.)
fn own_files(options: &Options) -> Vec<PathBuf> {
    let json = options.json_file.as_ref().map(|name| {
        let mut name = name.clone().into_os_string();
        name.push(".json");
        PathBuf::from(name)
    });
    let run_files: Vec<PathBuf> = run_files::named(options)
        .into_iter()
        .map(|(_, path)| path)
        .collect();
    let history: Vec<PathBuf> = history::file(options)
        .into_iter()
        .flat_map(|file| history::files_of(&file))
        .collect();
    [
        json.as_ref(),
        options.json_file.as_ref(),
        options.logfile.as_ref(),
        options.config.as_ref(),
    ]
    .into_iter()
    .flatten()
    .chain(&run_files)
    .chain(&history)
    .map(|path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| Path::to_owned(path)))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::options;
    use super::*;

    #[test]
    fn the_history_beside_the_script_is_no_part_of_it() {
        let own = own_files(&options(&["--history", "/scripts/runs.sqlite"]));
        for name in ["runs.sqlite", "runs.sqlite-wal", "runs.sqlite-shm"] {
            assert!(own.contains(&Path::new("/scripts").join(name)), "{own:?}");
        }
    }
}
