//! How the REST face, signals and tests talk to the control loop: a bounded queue of commands, each with its answer.

use std::fmt;

use protocol::Value;
use tokio::sync::{mpsc, oneshot};

use crate::events::{EndCause, RunView};
use crate::limits::MAX_COMMANDS;
use crate::run::{Machine, StartRequest};

/// What a reader of the present state sees.
#[derive(Debug)]
pub struct Reading<'a> {
    /// The run, as reporters see it.
    pub view: RunView<'a>,
    /// The rest.
    pub machine: &'a Machine,
    /// Warnings and errors among the workers' log lines that are kept.
    pub log_warnings: u64,
}

/// Looks at the state and decides whether the request is carried out.
type Check = Box<dyn FnOnce(&Reading<'_>) -> bool + Send>;
type Reader = Box<dyn FnOnce(&Reading<'_>) + Send>;

/// One command for the control loop.
pub enum Command {
    /// Start or edit a run.
    Start(StartRequest, oneshot::Sender<Result<(), String>>),
    /// The same if a look at the state allows it; not answered if it does not.
    StartIf(Check, StartRequest, oneshot::Sender<Result<(), String>>),
    /// Stop the run; answered when it has stopped.
    Stop(oneshot::Sender<Result<(), String>>),
    /// Clear statistics.
    ResetStats(oneshot::Sender<()>),
    /// Give the script's own options new values, a map; answered when the script has taken or refused them.
    SetOptions(Value, oneshot::Sender<Result<(), String>>),
    /// Change attributes of a User class, a map; answered when the script has done so.
    UpdateUserClass(Value, oneshot::Sender<Result<(), String>>),
    /// Look at the state. Must be quick.
    Read(Reader),
    /// End the master; a second one does not wait for the workers.
    Quit(EndCause),
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start(..) => "Start",
            Self::StartIf(..) => "StartIf",
            Self::UpdateUserClass(..) => "UpdateUserClass",
            Self::Stop(_) => "Stop",
            Self::ResetStats(_) => "ResetStats",
            Self::SetOptions(..) => "SetOptions",
            Self::Read(_) => "Read",
            Self::Quit(_) => "Quit",
        })
    }
}

/// The sending side.
#[derive(Debug, Clone)]
pub struct ControlHandle {
    commands: mpsc::Sender<Command>,
}

/// Both sides; given to the control loop.
#[derive(Debug)]
pub struct Controls {
    handle: ControlHandle,
    pub(super) commands: mpsc::Receiver<Command>,
}

/// A fresh queue.
pub fn control_channel() -> Controls {
    let (sender, commands) = mpsc::channel(MAX_COMMANDS);
    Controls {
        handle: ControlHandle { commands: sender },
        commands,
    }
}

impl Controls {
    /// A sending side.
    pub fn handle(&self) -> ControlHandle {
        self.handle.clone()
    }
}

const ENDING: &str = "The master is ending";

impl ControlHandle {
    /// Starts or edits a run.
    ///
    /// # Errors
    /// One line for the user.
    pub async fn start(&self, request: StartRequest) -> Result<(), String> {
        self.ask(|reply| Command::Start(request, reply)).await?
    }

    /// Starts or edits a run if `check`, which sees the state at that very moment, allows it.
    ///
    /// # Errors
    /// What `check` says; or, in the inner result, one line for the user.
    pub async fn start_if<E: Send + 'static>(
        &self,
        request: StartRequest,
        check: impl FnOnce(&Reading<'_>) -> Result<(), E> + Send + 'static,
    ) -> Result<Result<(), String>, E> {
        let (refuse, mut refusal) = oneshot::channel();
        let check = Box::new(move |reading: &Reading<'_>| match check(reading) {
            Ok(()) => true,
            Err(reason) => {
                // The asker may have gone away.
                let _unread = refuse.send(reason);
                false
            }
        });
        let answered = self.ask(|reply| Command::StartIf(check, request, reply)).await;
        match refusal.try_recv() {
            Ok(reason) => Err(reason),
            Err(_) => Ok(answered.flatten()),
        }
    }

    /// Asks for the end of the run without waiting for it. The answer comes when the run has stopped.
    ///
    /// # Errors
    /// When the master is ending.
    pub async fn begin_stop(&self) -> Result<oneshot::Receiver<Result<(), String>>, String> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(Command::Stop(reply)).await;
        sent.map(|()| answer).map_err(|_| ENDING.to_owned())
    }

    /// Changes attributes of a User class on the master and on all workers: a map with `user_class_name`.
    ///
    /// # Errors
    /// One line for the user: the script has no such class, or is gone.
    pub async fn update_user_class(&self, settings: Value) -> Result<(), String> {
        self.ask(|reply| Command::UpdateUserClass(settings, reply))
            .await?
    }

    /// Stops the run and waits until it has stopped.
    ///
    /// # Errors
    /// One line for the user.
    pub async fn stop(&self) -> Result<(), String> {
        self.ask(Command::Stop).await?
    }

    /// Clears statistics and exceptions.
    ///
    /// # Errors
    /// When the master is ending.
    pub async fn reset_stats(&self) -> Result<(), String> {
        self.ask(Command::ResetStats).await
    }

    /// Gives options of the script new values, a map from their names to texts or lists of texts; the next run uses them.
    ///
    /// # Errors
    /// One line for the user: a value that does not fit, or no script host.
    pub async fn set_options(&self, values: Value) -> Result<(), String> {
        self.ask(|reply| Command::SetOptions(values, reply)).await?
    }

    /// Computes something from the present state, on the control loop: `look` must be quick.
    ///
    /// # Errors
    /// When the master is ending.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Reading<'_>) -> T + Send + 'static,
    ) -> Result<T, String> {
        self.ask(|reply| {
            Command::Read(Box::new(move |reading| {
                // Nobody waits for the answer any more: nothing to do.
                let _unread = reply.send(look(reading));
            }))
        })
        .await
    }

    /// Ends the master. Once more: at once.
    pub async fn quit(&self, cause: EndCause) {
        // A closed queue means that it has ended already.
        let _ended = self.commands.send(Command::Quit(cause)).await;
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, String> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| ENDING.to_owned())?;
        answer.await.map_err(|_| ENDING.to_owned())
    }
}
