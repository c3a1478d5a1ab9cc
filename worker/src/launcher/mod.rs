//! Starting and watching the Python children.
//!
//! Each child is in its own process group, so that a terminal's Ctrl-C reaches the launcher only, which then asks the
//! children to end in order. Children watch their standard input: it closes when the launcher is gone, however it ended.

mod child;
mod crew;
mod lifeline;

use std::path::PathBuf;
use std::rc::Rc;

use protocol::{Endpoint, Envelope, Link, ToMaster, Transport, encode_to_master};
use rustix::process::Signal;
use settings::python::Python;
use settings::{CliError, exit};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until, timeout};

use crate::script::Script;

use self::child::{Children, Ended};
pub use self::crew::Crew;
use self::crew::Renewals;
pub use self::lifeline::Lifeline;

/// How long telling the master of a dead child may take.
const TELL_MASTER: Duration = Duration::from_secs(2);
/// How long children may take to end after the lifeline closed: the master is gone, so nobody waits for their reports.
const END_WITHOUT_MASTER: Duration = Duration::from_secs(30);

/// A signal that follows another within this time is the same request: `timeout`, for one, signals a process and then
/// its whole group.
const SAME_REQUEST: Duration = Duration::from_millis(250);

/// What one child is to be.
#[derive(Debug, Clone)]
pub struct ChildSpec {
    /// Its number among the launcher's children, from 0.
    pub index: u32,
    /// Its identity towards the master.
    pub node_id: String,
    /// Its configuration: one line of JSON.
    pub config: String,
    /// Where it runs; where the launcher does if none.
    pub working_directory: Option<PathBuf>,
    /// What it runs, kept until it has ended.
    pub script: Rc<Script>,
}

/// Starts the children and watches them until all have ended.
///
/// The first SIGINT or SIGTERM, or the lifeline's end, asks them to end; the second signal kills them. A child that dies
/// leaves the others running; the master is told. One that ends because the master has a new script is started again
/// with it. Returns the exit code: the first that is not 0, signal n as 128 + n.
///
/// # Errors
/// A child cannot be started; those that were are ended.
pub async fn supervise<T: Transport>(
    transport: &T,
    master: &Endpoint,
    python: &Python,
    crew: Crew<'_>,
    mut lifeline: Lifeline,
) -> Result<u8, CliError> {
    let no_signals = |error| CliError::failure(format!("cannot watch for signals: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut renewals = Renewals::new(crew);
    let mut children = Children::start(python, renewals.all()).await?;
    tracing::info!("started {}", processes(children.alive()));
    let mut code = exit::OK;
    let mut asked_to_end_at = None;
    let mut kill_at = None;
    loop {
        tokio::select! {
            ended = children.next_ended(), if children.alive() > 0 => {
                let Some(ended) = ended else { return Ok(code) };
                let ending = asked_to_end_at.is_some();
                if ended.code() == exit::NEW_SCRIPT && !ending {
                    renewals.ask(ended.index, transport, master);
                    continue;
                }
                let as_asked = ending && ended.by_request();
                if code == exit::OK && !as_asked {
                    code = ended.code();
                }
                if log_end(&ended, ending, children.alive()) {
                    tell_master(transport, master, &ended.node_id).await;
                }
            }
            script = renewals.ready(), if renewals.is_asking() => match script {
                Ok(waiting) => {
                    tracing::info!("starting {} with the master's new script", processes(waiting.len()));
                    for spec in waiting {
                        children.start_one(python, spec).await?;
                    }
                }
                Err(error) => {
                    tracing::error!("{error}");
                    code = if code == exit::OK { error.code() } else { code };
                }
            },
            _ = interrupt.recv() => end_or_kill(&children, &mut asked_to_end_at),
            _ = terminate.recv() => end_or_kill(&children, &mut asked_to_end_at),
            () = lifeline.closed(), if kill_at.is_none() => {
                tracing::info!("the master is gone: stopping");
                asked_to_end_at = Some(Instant::now());
                kill_at = Some(Instant::now() + END_WITHOUT_MASTER);
                children.signal(Signal::TERM);
            }
            () = at(kill_at) => {
                tracing::error!("worker processes did not end in {} s: killing them", END_WITHOUT_MASTER.as_secs());
                kill_at = Some(Instant::now() + END_WITHOUT_MASTER);
                children.signal(Signal::KILL);
            }
        }
        if asked_to_end_at.is_some() {
            renewals.give_up();
        }
        if children.alive() == 0 && !renewals.is_asking() {
            return Ok(code);
        }
    }
}

/// Sleeps until the given time; for ever without one.
async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn end_or_kill(children: &Children, asked_to_end_at: &mut Option<Instant>) {
    match asked_to_end_at {
        Some(at) if at.elapsed() < SAME_REQUEST => {}
        Some(_) => {
            tracing::warn!(
                "killing {}; the last results are lost",
                processes(children.alive())
            );
            children.signal(Signal::KILL);
        }
        None => {
            tracing::info!("stopping {}; once more kills", processes(children.alive()));
            *asked_to_end_at = Some(Instant::now());
            children.signal(Signal::TERM);
        }
    }
}

/// A number of worker processes, in words.
fn processes(count: usize) -> String {
    let noun = if count == 1 { "process" } else { "processes" };
    format!("{count} worker {noun}")
}

/// Logs how a child ended. True if the master must be told, because the child could not tell it itself.
fn log_end(ended: &Ended, ending: bool, alive: usize) -> bool {
    let died = ended.code() != exit::OK;
    let (index, id, how) = (ended.index, &ended.node_id, ended.how());
    if died && ending {
        tracing::warn!("worker process {index} ({id}) {how}");
    } else if died {
        let others = match alive {
            0 => "none is left here".to_owned(),
            _ => format!("{} here run on", processes(alive)),
        };
        tracing::error!("worker process {index} ({id}) {how}; {others}");
    } else {
        tracing::debug!("worker process {index} ({id}) ended");
    }
    died
}

/// Says `quit` in the dead child's name, under its identity, so that the master need not wait for its silence.
async fn tell_master<T: Transport>(transport: &T, master: &Endpoint, node_id: &str) {
    let told = timeout(TELL_MASTER, async {
        let mut link = transport.connect(master, node_id).await?;
        link.send(encode_to_master(&Envelope {
            message: ToMaster::Quit,
            node_id: node_id.to_owned(),
        }))
        .await?;
        link.close(TELL_MASTER).await;
        Ok::<(), protocol::TransportError>(())
    });
    match told.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("could not tell the master that {node_id} is gone: {error}"),
        Err(_) => tracing::debug!("could not tell the master in time that {node_id} is gone"),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
