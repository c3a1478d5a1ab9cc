//! `master --processes N`: one `worker --processes N` launcher on this machine, started and ended with the master.
//!
//! The launcher gets its own process group, so a terminal's Ctrl-C reaches only the master, which then ends the workers
//! in order. Its standard input stays open as a lifeline: should the master die, the workers see it close and stop.

use std::fmt;
use std::io::IsTerminal;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use settings::logging::LineSink;
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinSet;

use crate::limits::{RELAY_REST_S, STOP_GRACE_S};
use crate::relay::relay;

/// Where the output of local workers goes.
#[derive(Clone)]
pub struct Output(pub Arc<dyn LineSink>);

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Output")
    }
}

/// What to start.
#[derive(Debug, Clone)]
pub struct LocalWorkersConfig {
    /// Number of worker processes, at least 1.
    pub processes: u32,
    /// The `worker` program; `None` looks beside the master's own.
    pub program: Option<PathBuf>,
    /// Further arguments for the launcher, such as `--loglevel DEBUG`.
    pub extra_args: Vec<String>,
    /// Takes their standard error, and their standard output if ours is a terminal. `None` leaves both as ours are.
    pub output: Option<Output>,
}

/// Why there are no local workers.
#[derive(Debug, thiserror::Error)]
pub enum LocalWorkerError {
    /// The program is not there or cannot be run.
    #[error("cannot start the local workers: {program}: {error}; build or install `worker` beside `master`")]
    Start {
        /// What was tried.
        program: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// One of several ended while a run waited for all.
    #[error(
        "the local worker process {id} ended before the run began, so the expected workers cannot all come; the \
         reason is in its messages above"
    )]
    OneEnded {
        /// Its node id.
        id: String,
    },
    /// They ended by themselves.
    #[error(
        "the local workers ended too early, with exit code {code}; the reason is in their messages above"
    )]
    EndedEarly {
        /// Exit code of the launcher; 128 + the signal's number if one killed it.
        code: i32,
    },
}

/// The running launcher.
#[derive(Debug)]
pub struct LocalWorkers {
    child: Child,
    /// Apart from the child, because waiting for a child closes its standard input.
    lifeline: Option<ChildStdin>,
    relays: JoinSet<()>,
}

impl LocalWorkers {
    /// Starts the launcher against a master on this machine.
    ///
    /// # Errors
    /// A program that cannot be started.
    pub fn start(config: &LocalWorkersConfig, master_port: u16) -> Result<Self, LocalWorkerError> {
        let program = config.program.clone().unwrap_or_else(beside_this_program);
        let mut command = Command::new(&program);
        command
            .args(["--processes", &config.processes.to_string()])
            .args([
                "--master-host",
                "127.0.0.1",
                "--master-port",
                &master_port.to_string(),
            ])
            .arg("--lifeline")
            .args(&config.extra_args)
            .stdin(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if config.output.is_some() {
            command.stderr(Stdio::piped());
            if std::io::stdout().is_terminal() {
                command.stdout(Stdio::piped());
            }
        }
        let mut child = command.spawn().map_err(|error| LocalWorkerError::Start {
            program: program.display().to_string(),
            error,
        })?;
        let mut relays = JoinSet::new();
        if let Some(Output(sink)) = &config.output {
            if let Some(stream) = child.stderr.take() {
                relays.spawn(relay(stream, Arc::clone(sink)));
            }
            if let Some(stream) = child.stdout.take() {
                relays.spawn(relay(stream, Arc::clone(sink)));
            }
        }
        match config.processes {
            1 => tracing::info!("starting 1 local worker process"),
            several => tracing::info!("starting {several} local worker processes"),
        }
        Ok(Self {
            lifeline: child.stdin.take(),
            relays,
            child,
        })
    }

    /// Waits until the launcher has ended; its exit code. Cancel-safe.
    pub async fn exited(&mut self) -> i32 {
        match self.child.wait().await {
            Ok(status) => status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            Err(error) => {
                tracing::error!("the local workers cannot be watched: {error}");
                1
            }
        }
    }

    /// Waits for the launcher. With `told`, its workers have all been told to quit and are given the grace to do so;
    /// else, or after that, the lifeline is cut. After another grace the launcher is killed.
    pub async fn finish(mut self, told: bool) {
        self.end(told).await;
        self.drain().await;
    }

    /// Waits for the last lines. A process that outlives the launcher may keep its output open, so not for long.
    pub async fn drain(&mut self) {
        let all = async { while self.relays.join_next().await.is_some() {} };
        // Late lines have nobody to read them: the master ends.
        let _in_time = tokio::time::timeout(Duration::from_secs_f64(RELAY_REST_S), all).await;
    }

    async fn end(&mut self, told: bool) {
        let grace = Duration::from_secs_f64(STOP_GRACE_S);
        if told {
            if tokio::time::timeout(grace, self.exited()).await.is_ok() {
                return;
            }
            tracing::warn!("the local workers do not end by themselves; stopping them");
        }
        drop(self.lifeline.take());
        if tokio::time::timeout(grace, self.exited()).await.is_err()
            && let Err(error) = self.child.kill().await
        {
            tracing::error!("the local workers cannot be killed: {error}");
        }
    }
}

/// `worker` beside the running program; else whatever the search path has.
fn beside_this_program() -> PathBuf {
    std::env::current_exe()
        .ok()
        .map(|program| program.with_file_name("worker"))
        .filter(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from("worker"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn config(dir: &tempfile::TempDir, script: &str) -> LocalWorkersConfig {
        let program = dir.path().join("worker");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        LocalWorkersConfig {
            processes: 2,
            program: Some(program),
            extra_args: vec!["--loglevel".into(), "DEBUG".into()],
            output: None,
        }
    }

    #[tokio::test]
    async fn the_launcher_is_told_where_the_master_is() {
        let dir = tempfile::tempdir().unwrap();
        let written = dir.path().join("args");
        let config = config(&dir, &format!("echo \"$@\" > {}", written.display()));
        let mut workers = LocalWorkers::start(&config, 4711).unwrap();
        assert_eq!(workers.exited().await, 0);
        let args = std::fs::read_to_string(written).unwrap();
        let expected =
            "--processes 2 --master-host 127.0.0.1 --master-port 4711 --lifeline --loglevel DEBUG\n";
        assert_eq!(args, expected);
    }

    #[tokio::test]
    async fn an_exit_code_is_reported_and_a_signal_as_128_plus_its_number() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(
            LocalWorkers::start(&config(&dir, "exit 42"), 1)
                .unwrap()
                .exited()
                .await,
            42
        );
        assert_eq!(
            LocalWorkers::start(&config(&dir, "kill -9 $$"), 1)
                .unwrap()
                .exited()
                .await,
            137
        );
    }

    #[tokio::test]
    async fn workers_that_were_not_told_to_quit_are_stopped_by_their_lifeline_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let workers = LocalWorkers::start(&config(&dir, "cat > /dev/null"), 1).unwrap();
        let begun = std::time::Instant::now();
        workers.finish(false).await;
        assert!(
            begun.elapsed().as_secs_f64() < STOP_GRACE_S,
            "{:?}",
            begun.elapsed()
        );
    }

    #[tokio::test]
    async fn a_missing_program_is_an_error_that_names_it() {
        let missing = LocalWorkersConfig {
            processes: 1,
            program: Some("/nonexistent/worker".into()),
            extra_args: vec![],
            output: None,
        };
        let error = LocalWorkers::start(&missing, 1).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/worker"), "{error}");
    }
}
