//! The child process of the host and the pipe to it: one task writes frames, one reads them, both through bounded queues.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use protocol::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::frames::{self, FrameError};
use super::{Host, ScriptError};
use crate::limits::{MAX_SCRIPT_FRAMES, MAX_SCRIPT_QUEUE_BYTES, RELAY_REST_S, SCRIPT_EXIT_S};
use crate::local_workers::Output;
use crate::relay::relay;

/// How to run the script host.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptHost {
    /// The interpreter.
    pub python: PathBuf,
    /// Arguments that run the module.
    pub args: Vec<OsString>,
    /// Environment variables to set, such as `PYTHONPATH`.
    pub env: Vec<(OsString, OsString)>,
}

impl ScriptHost {
    /// Starts the process, within a Tokio runtime. Its log lines go to `output`; without one, to our standard error.
    ///
    /// # Errors
    /// An interpreter that cannot be run.
    pub fn start(&self, output: Option<Output>) -> Result<Host, ScriptError> {
        let mut command = Command::new(&self.python);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A terminal's Ctrl-C reaches only the master, which then ends the script in order.
            .process_group(0)
            .kill_on_drop(true);
        if output.is_some() {
            command.stderr(Stdio::piped());
        }
        let no_start = |error| ScriptError::Start {
            python: self.python.display().to_string(),
            error,
        };
        let mut child = command.spawn().map_err(no_start)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(no_start(std::io::ErrorKind::BrokenPipe.into()));
        };
        let mut relays = JoinSet::new();
        if let (Some(Output(sink)), Some(stream)) = (output, child.stderr.take()) {
            relays.spawn(relay(stream, sink));
        }
        let process = Process { child, relays };
        Ok(Host::new(Pipe::over(stdout, stdin), Some(process)))
    }
}

/// The child.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    relays: JoinSet<()>,
}

impl Process {
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How it ended, once its output has. Cancel-safe.
    pub(super) async fn ending(&mut self) -> String {
        let wait = Duration::from_secs_f64(SCRIPT_EXIT_S);
        match tokio::time::timeout(wait, self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it closed its output but goes on".to_owned(),
        }
    }

    /// Waits for its end, for `patience`; then kills it. Its last log lines are waited for, but not for long.
    pub(super) async fn end(mut self, patience: Duration) {
        if tokio::time::timeout(patience, self.child.wait()).await.is_err()
            && let Err(error) = self.child.kill().await
        {
            tracing::error!("the script host cannot be killed: {error}");
        }
        let all = async { while self.relays.join_next().await.is_some() {} };
        // A child of the script may keep the output open; late lines are not worth the wait.
        let _in_time = tokio::time::timeout(Duration::from_secs_f64(RELAY_REST_S), all).await;
    }
}

/// Both directions of the pipe.
#[derive(Debug)]
pub(super) struct Pipe {
    outgoing: mpsc::Sender<Vec<u8>>,
    /// Bytes that wait in `outgoing`.
    queued_bytes: Arc<AtomicUsize>,
    incoming: mpsc::Receiver<Result<Value, FrameError>>,
    tasks: JoinSet<()>,
}

impl Pipe {
    pub(super) fn over(
        reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Unpin + Send + 'static,
    ) -> Self {
        let (outgoing, to_write) = mpsc::channel(MAX_SCRIPT_FRAMES);
        let (read, incoming) = mpsc::channel(MAX_SCRIPT_FRAMES);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(write_all(writer, to_write, Arc::clone(&queued_bytes)));
        tasks.spawn(read_all(reader, read));
        Self {
            outgoing,
            queued_bytes,
            incoming,
            tasks,
        }
    }

    /// Queues a frame. False if it found no place, or the host is gone.
    pub(super) fn send(&self, frame: Vec<u8>) -> bool {
        let size = frame.len();
        if self.queued_bytes.load(Ordering::Relaxed) > MAX_SCRIPT_QUEUE_BYTES {
            return false;
        }
        self.queued_bytes.fetch_add(size, Ordering::Relaxed);
        let is_queued = self.outgoing.try_send(frame).is_ok();
        if !is_queued {
            self.queued_bytes.fetch_sub(size, Ordering::Relaxed);
        }
        is_queued
    }

    /// The next frame; `None` once the host has closed its side. Cancel-safe.
    pub(super) async fn recv(&mut self) -> Option<Result<Value, FrameError>> {
        self.incoming.recv().await
    }

    /// Closes both directions at once.
    pub(super) fn close(&mut self) {
        self.tasks.abort_all();
    }
}

async fn write_all(
    mut pipe: impl AsyncWrite + Unpin,
    mut frames: mpsc::Receiver<Vec<u8>>,
    queued_bytes: Arc<AtomicUsize>,
) {
    while let Some(frame) = frames.recv().await {
        if let Err(error) = pipe.write_all(&frame).await {
            // Its exit status, which the reader finds, says more.
            tracing::debug!("the script host does not read any more: {error}");
            return;
        }
        queued_bytes.fetch_sub(frame.len(), Ordering::Relaxed);
    }
}

async fn read_all(mut pipe: impl AsyncRead + Unpin, frames: mpsc::Sender<Result<Value, FrameError>>) {
    while let Some(read) = frames::read(&mut pipe).await.transpose() {
        let is_last = read.is_err();
        if frames.send(read).await.is_err() || is_last {
            return;
        }
    }
}
