//! Getting the locustfile from the master, under a temporary identity (reference § 1.1, 1.9).
//!
//! What comes over the wire is stored in a private directory under its base name only: no path of a peer is ever used.

use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::{
    Endpoint, Envelope, Link, LocustfileReply, SourceFile, ToMaster, ToWorker, Transport, decode_to_worker,
    encode_to_master,
};
use settings::{CliError, exit};
use tokio::time::{Instant, timeout};

/// How long the master may stay away: as long as a Locust worker tries to register (60 times 5 s).
const PATIENCE: Duration = Duration::from_secs(300);
/// Pause between two requests.
const REPEAT: Duration = Duration::from_secs(1);
/// How long one connection may stay without an answer before another is tried.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);
/// Pause between two log lines about waiting.
const REMIND: Duration = Duration::from_secs(30);
/// How long closing the temporary connection may take.
const CLOSE: Duration = Duration::from_secs(1);

/// Downloaded files; dropping it deletes them.
#[derive(Debug)]
pub struct Downloaded {
    files: Vec<PathBuf>,
    _directory: tempfile::TempDir,
}

impl Downloaded {
    /// The files, in the master's order.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

/// Asks the master until it answers, for at most five minutes.
///
/// # Errors
/// The master cannot be reached (exit code 255), refuses, or sends what cannot be used (exit code 1).
pub async fn download<T: Transport>(transport: &T, master: &Endpoint) -> Result<Downloaded, CliError> {
    let identity = protocol::node_id::download_id();
    let deadline = Instant::now() + PATIENCE;
    let mut remind_at = Instant::now();
    loop {
        match request(transport, master, &identity, deadline).await {
            Ok(LocustfileReply::Files(files)) => return store(&files),
            Ok(LocustfileReply::Error(text)) => {
                return Err(
                    CliError::failure(format!("the master has no locustfile to give: {text}"))
                        .hint("give the worker its own with -f FILE"),
                );
            }
            Err(why) if Instant::now() + REPEAT >= deadline => {
                return Err(CliError::new(
                    exit::CANNOT_CONNECT,
                    format!("cannot reach the master at {master}: {why}"),
                )
                .hint("is it running, is the port open, are --master-host and --master-port right?"));
            }
            Err(why) if Instant::now() >= remind_at => {
                tracing::warn!(
                    "no locustfile from the master yet ({why}); trying for {} s more: is it running at {master}, are \
                     --master-host and --master-port right?",
                    (deadline - Instant::now()).as_secs()
                );
                remind_at = Instant::now() + REMIND;
            }
            Err(_) => {}
        }
        tokio::time::sleep(REPEAT).await;
    }
}

/// One connection: asks every second until the answer is there, the connection breaks or its time is up.
async fn request<T: Transport>(
    transport: &T,
    master: &Endpoint,
    identity: &str,
    deadline: Instant,
) -> Result<LocustfileReply, String> {
    let mut link = transport
        .connect(master, identity)
        .await
        .map_err(|error| error.to_string())?;
    let message = ToMaster::Locustfile {
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let question = encode_to_master(&Envelope {
        message,
        node_id: identity.to_owned(),
    });
    let deadline = deadline.min(Instant::now() + ANSWER_PATIENCE);
    while Instant::now() < deadline {
        link.send(question.clone())
            .await
            .map_err(|error| error.to_string())?;
        if let Ok(answer) = timeout(REPEAT, answer(&mut link)).await {
            let answer = answer?;
            link.close(CLOSE).await;
            return Ok(answer);
        }
    }
    Err("connected, but there is no answer".to_owned())
}

/// Waits for the answer; other messages and broken ones are passed over.
async fn answer<L: Link>(link: &mut L) -> Result<LocustfileReply, String> {
    loop {
        let payload = link.recv().await.map_err(|error| error.to_string())?;
        match decode_to_worker(&payload) {
            Ok(Envelope {
                message: ToWorker::Locustfile(reply),
                ..
            }) => return Ok(reply),
            Ok(_) => {}
            Err(error) => tracing::debug!("the master sent something unreadable: {error}"),
        }
    }
}

fn store(files: &[SourceFile]) -> Result<Downloaded, CliError> {
    if files.is_empty() {
        return Err(
            CliError::failure("the master sent no locustfile").hint("give the worker its own with -f FILE")
        );
    }
    let directory = tempfile::Builder::new()
        .prefix("acrida-")
        .tempdir()
        .map_err(|error| {
            CliError::failure(format!("cannot make a directory for the locustfile: {error}"))
                .hint("free space in the temporary directory, or set TMPDIR to another")
        })?;
    let stored = files
        .iter()
        .map(|file| store_one(directory.path(), file))
        .collect::<Result<Vec<_>, _>>()?;
    tracing::info!("took {} from the master", names(&stored));
    Ok(Downloaded {
        files: stored,
        _directory: directory,
    })
}

fn store_one(directory: &Path, file: &SourceFile) -> Result<PathBuf, CliError> {
    let (filename, contents) = match file {
        SourceFile::File { filename, contents } => (filename, contents),
        SourceFile::Url(url) => {
            return Err(CliError::failure(format!(
                "the master sent an address instead of a locustfile: {url}"
            ))
            .hint("download it and give the worker the file with -f FILE"));
        }
    };
    let name = base_name(filename).ok_or_else(|| {
        CliError::failure(format!(
            "the master sent a locustfile without a usable name: {filename:?}"
        ))
    })?;
    let path = directory.join(name);
    let mut options = std::fs::OpenOptions::new();
    let written = options
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, contents.as_bytes()));
    written.map_err(|error| CliError::failure(format!("cannot store the locustfile {name}: {error}")))?;
    Ok(path)
}

/// The part after the last separator of any system; none if nothing usable is left.
fn base_name(filename: &str) -> Option<&str> {
    let name = filename.rsplit(['/', '\\']).next().unwrap_or_default();
    let usable = !name.is_empty() && name != "." && name != ".." && !name.contains('\0');
    usable.then_some(name)
}

fn names(files: &[PathBuf]) -> String {
    let names: Vec<_> = files
        .iter()
        .filter_map(|path| path.file_name())
        .map(|name| name.to_string_lossy())
        .collect();
    names.join(", ")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
