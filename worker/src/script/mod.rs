//! Getting the script from the master, under a temporary identity (reference § 1.1, 1.9): as a bundle, with everything the
//! locustfile needs, from a master of ours, as flat locustfiles from any other.
//!
//! What comes over the wire is stored in a private directory of its own. Flat files keep their base name only; a bundle's
//! names are relative and checked. No path of a peer is ever used.

mod parts;
mod store;

use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::{
    Bundle, Endpoint, Envelope, Link, LocustfileReply, Packed, SourceFile, ToMaster, ToWorker, Transport,
    decode_to_worker, encode_to_master,
};
use settings::{CliError, exit};
use tokio::time::{Instant, timeout};

use self::parts::{Parts, Progress};
pub use self::store::Downloaded;

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
/// How often a bundle may arrive damaged before it is given up.
const MAX_DAMAGED: u32 = 3;

/// What a launcher's children run.
#[derive(Debug)]
pub enum Script {
    /// Files of this machine.
    Own(Vec<PathBuf>),
    /// What the master handed out.
    Downloaded(Downloaded),
}

impl Script {
    /// The locustfiles, absolute, in order.
    pub fn files(&self) -> &[PathBuf] {
        match self {
            Self::Own(files) => files,
            Self::Downloaded(downloaded) => downloaded.files(),
        }
    }

    /// Where it must run; anywhere if none.
    pub fn working_directory(&self) -> Option<&Path> {
        match self {
            Self::Own(_) => None,
            Self::Downloaded(downloaded) => downloaded.working_directory(),
        }
    }

    /// Hash of the bundle; empty for files that did not come as one.
    pub fn hash(&self) -> &str {
        match self {
            Self::Own(_) => "",
            Self::Downloaded(downloaded) => downloaded.hash(),
        }
    }

    /// Asks the master for a newer one; none if there is nothing newer than this.
    ///
    /// # Errors
    /// As for [`download`].
    pub async fn renewed<T: Transport>(
        &self,
        transport: &T,
        master: &Endpoint,
    ) -> Result<Option<Self>, CliError> {
        match self {
            Self::Own(_) => Ok(None),
            Self::Downloaded(_) => Ok(newer(transport, master, self.hash()).await?.map(Self::Downloaded)),
        }
    }
}

/// Asks the master until it answers, for at most five minutes.
///
/// # Errors
/// The master cannot be reached (exit code 255), refuses, or sends what cannot be used (exit code 1).
pub async fn download<T: Transport>(transport: &T, master: &Endpoint) -> Result<Script, CliError> {
    match newer(transport, master, "").await? {
        Some(downloaded) => Ok(Script::Downloaded(downloaded)),
        None => Err(CliError::failure("the master sent no locustfile")),
    }
}

/// What one connection brought.
enum Fetched {
    Files(Vec<SourceFile>),
    Packed(Packed),
    /// It is the bundle that is here already.
    Unchanged,
    Refused(String),
    /// Something that no master of ours sends.
    Damaged(String),
}

async fn newer<T: Transport>(
    transport: &T,
    master: &Endpoint,
    have: &str,
) -> Result<Option<Downloaded>, CliError> {
    let identity = protocol::node_id::download_id();
    let deadline = Instant::now() + PATIENCE;
    let mut remind_at = Instant::now();
    let mut damaged = 0;
    loop {
        let fetched = fetch(transport, master, &identity, deadline, have).await;
        let damage = match fetched {
            Ok(Fetched::Files(files)) => return store::flat(&files).map(Some),
            Ok(Fetched::Unchanged) => return Ok(None),
            Ok(Fetched::Packed(packed)) => match Bundle::unpack(&packed) {
                Ok(bundle) => return store::bundle(&bundle, packed.hash).map(Some),
                Err(error) => Some(error.to_string()),
            },
            Ok(Fetched::Damaged(why)) => Some(why),
            Ok(Fetched::Refused(text)) => {
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
                None
            }
            Err(_) => None,
        };
        if let Some(why) = damage {
            damaged += 1;
            if damaged == MAX_DAMAGED {
                return Err(CliError::failure(format!(
                    "the script bundle of the master at {master} arrived damaged {damaged} times: {why}"
                ))
                .hint("is something else listening there? Give the worker its own file with -f FILE"));
            }
            tracing::warn!("the script bundle arrived damaged ({why}); asking for it again");
        }
        tokio::time::sleep(REPEAT).await;
    }
}

/// One connection: asks every second until the answer is there, the connection breaks or its time is up. Each part that
/// arrives gives it time anew.
async fn fetch<T: Transport>(
    transport: &T,
    master: &Endpoint,
    identity: &str,
    deadline: Instant,
    have: &str,
) -> Result<Fetched, String> {
    let mut link = transport
        .connect(master, identity)
        .await
        .map_err(|error| error.to_string())?;
    let mut parts = Parts::new(have);
    let mut deadline = deadline.min(Instant::now() + ANSWER_PATIENCE);
    while Instant::now() < deadline {
        ask(&mut link, identity, &parts).await?;
        let Ok(progress) = timeout(REPEAT, progress(&mut link, &mut parts)).await else {
            continue;
        };
        match progress? {
            Step::Next => deadline = Instant::now() + ANSWER_PATIENCE,
            Step::Done(fetched) => {
                link.close(CLOSE).await;
                return Ok(fetched);
            }
        }
    }
    Err("connected, but there is no answer".to_owned())
}

async fn ask<L: Link>(link: &mut L, identity: &str, parts: &Parts) -> Result<(), String> {
    let message = ToMaster::Locustfile {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        bundle: Some(parts.request()),
    };
    let question = encode_to_master(&Envelope {
        message,
        node_id: identity.to_owned(),
    });
    link.send(question).await.map_err(|error| error.to_string())
}

enum Step {
    /// The next part is to be asked for.
    Next,
    Done(Fetched),
}

/// Waits for an answer that leads on; other messages, broken ones and parts that are here already are passed over.
async fn progress<L: Link>(link: &mut L, parts: &mut Parts) -> Result<Step, String> {
    loop {
        let payload = link.recv().await.map_err(|error| error.to_string())?;
        let reply = match decode_to_worker(&payload) {
            Ok(Envelope {
                message: ToWorker::Locustfile(reply),
                ..
            }) => reply,
            Ok(_) => continue,
            Err(error) => {
                tracing::debug!("the master sent something unreadable: {error}");
                continue;
            }
        };
        return Ok(match reply {
            LocustfileReply::Files(files) => Step::Done(Fetched::Files(files)),
            LocustfileReply::Error(text) => Step::Done(Fetched::Refused(text)),
            LocustfileReply::Part(part) => match parts.take(&part) {
                Ok(Progress::Repeated) => continue,
                Ok(Progress::More) => Step::Next,
                Ok(Progress::Unchanged) => Step::Done(Fetched::Unchanged),
                Ok(Progress::Whole(packed)) => Step::Done(Fetched::Packed(packed)),
                Err(why) => Step::Done(Fetched::Damaged(why)),
            },
        });
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
