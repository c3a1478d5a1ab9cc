//! The children themselves: how they are started, signalled and waited for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::rc::Rc;

use rustix::process::{Pid, Signal, kill_process};
use settings::CliError;
use settings::exit;
use settings::python::Python;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinSet;

use super::ChildSpec;
use crate::script::Script;

/// The module a child runs.
const MODULE: &str = "acrida.worker_main";

/// Children that are running.
#[derive(Debug)]
pub(super) struct Children {
    alive: BTreeMap<u32, Alive>,
    waits: JoinSet<(u32, std::io::Result<ExitStatus>)>,
}

#[derive(Debug)]
struct Alive {
    node_id: String,
    pid: Option<Pid>,
    /// Open as long as this process lives: the child's lifeline.
    _lifeline: Option<ChildStdin>,
    /// A downloaded script is deleted with the last child that runs it.
    _script: Rc<Script>,
}

/// A child that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub index: u32,
    pub node_id: String,
    status: Option<ExitStatus>,
}

impl Ended {
    /// Its exit code; signal n as 128 + n; 1 if the system does not tell.
    pub(super) fn code(&self) -> u8 {
        let Some(status) = self.status else {
            return exit::FAILURE;
        };
        let code = status
            .code()
            .or_else(|| status.signal().map(|signal| 128 + signal));
        code.and_then(|code| u8::try_from(code).ok())
            .unwrap_or(exit::FAILURE)
    }

    /// Ended by the signal that asks for it, before it could handle that signal.
    pub(super) fn by_request(&self) -> bool {
        self.status.and_then(|status| status.signal()) == Some(Signal::TERM.as_raw())
    }

    /// For the log: "ended with exit code 3" or "was killed by signal 9".
    pub(super) fn how(&self) -> String {
        match self.status.and_then(|status| status.signal()) {
            Some(signal) => format!("was killed by signal {signal}"),
            None => format!("ended with exit code {}", self.code()),
        }
    }
}

impl Children {
    /// Starts all. If one cannot be started, those before it are killed by being dropped.
    pub(super) async fn start(python: &Python, specs: Vec<ChildSpec>) -> Result<Self, CliError> {
        let mut children = Self {
            alive: BTreeMap::new(),
            waits: JoinSet::new(),
        };
        for spec in specs {
            children.start_one(python, spec).await?;
        }
        Ok(children)
    }

    /// Starts one more.
    pub(super) async fn start_one(&mut self, python: &Python, spec: ChildSpec) -> Result<(), CliError> {
        let mut command = Command::new(program(python));
        command
            .args(Python::module_args(MODULE))
            .stdin(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if let Some(path) = python_path(python) {
            command.env("PYTHONPATH", path);
        }
        if let Some(directory) = &spec.working_directory {
            command.current_dir(directory);
        }
        let child = command.spawn().map_err(|error| {
            CliError::failure(format!("cannot start worker process {}: {error}", spec.index))
                .hint("lower --processes, or raise the limit on processes (ulimit -u)")
        })?;
        self.add(child, spec).await;
        Ok(())
    }

    async fn add(&mut self, mut child: Child, spec: ChildSpec) {
        let mut stdin = child.stdin.take();
        if let Some(stdin) = &mut stdin {
            let line = format!("{}\n", spec.config);
            if let Err(error) = stdin.write_all(line.as_bytes()).await {
                // It died before it read: its exit status, which is waited for, tells more.
                tracing::debug!(
                    "worker process {} did not take its configuration: {error}",
                    spec.index
                );
            }
        }
        let pid = child
            .id()
            .and_then(|pid| i32::try_from(pid).ok())
            .and_then(Pid::from_raw);
        self.alive.insert(
            spec.index,
            Alive {
                node_id: spec.node_id,
                pid,
                _lifeline: stdin,
                _script: spec.script,
            },
        );
        self.waits.spawn(async move { (spec.index, child.wait().await) });
    }

    /// How many run.
    pub(super) fn alive(&self) -> usize {
        self.alive.len()
    }

    /// Waits for the next to end; none when all have. Cancel-safe.
    pub(super) async fn next_ended(&mut self) -> Option<Ended> {
        loop {
            // A waiting task neither panics nor is cancelled; if it did, its child would count as running for ever.
            let Ok((index, status)) = self.waits.join_next().await? else {
                continue;
            };
            if let Some(child) = self.alive.remove(&index) {
                return Some(Ended {
                    index,
                    node_id: child.node_id,
                    status: status.ok(),
                });
            }
        }
    }

    /// Sends a signal to all that run.
    pub(super) fn signal(&self, signal: Signal) {
        for pid in self.alive.values().filter_map(|child| child.pid) {
            // It may have ended a moment ago: that is what the signal is for.
            let _gone_already = kill_process(pid, signal);
        }
    }
}

/// The interpreter, also from another working directory. A bare name is looked for on the search path.
fn program(python: &Python) -> PathBuf {
    let program = python.program();
    if program.components().count() == 1 {
        return program.to_owned();
    }
    std::path::absolute(program).unwrap_or_else(|_| program.to_owned())
}

/// The package and the user's own path, also from another working directory.
fn python_path(python: &Python) -> Option<OsString> {
    let path = python.python_path().or_else(|| std::env::var_os("PYTHONPATH"))?;
    let parts = std::env::split_paths(&path).filter(|part| !part.as_os_str().is_empty());
    let absolute = parts.map(|part| std::path::absolute(&part).unwrap_or(part));
    std::env::join_paths(absolute).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw_status: i32, code: u8, how: &str) {
        let ended = Ended {
            index: 0,
            node_id: "box_1".into(),
            status: Some(ExitStatus::from_raw(raw_status)),
        };
        assert_eq!((ended.code(), ended.how().as_str()), (code, how));
    }

    #[test]
    fn exit_codes_and_signals_are_told_apart() {
        check(0, 0, "ended with exit code 0");
        check(42 << 8, 42, "ended with exit code 42");
        check(9, 137, "was killed by signal 9");
    }
}
