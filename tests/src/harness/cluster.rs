//! A running master with its workers, and what is left of it afterwards.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::setup::{Kind, Stage, clean_command};
use super::{Binary, PATIENCE, Places, Process, Pty, Signal, Table, TargetServer, Web};

/// What [`super::Setup::start`] started.
#[derive(Debug)]
pub struct Cluster {
    /// The master.
    pub master: Process,
    /// The worker launchers.
    pub workers: Vec<Process>,
    /// The master's web port, unless it is headless.
    pub web: Option<Web>,
    /// What the load goes to.
    pub target: TargetServer,
    pub(super) stage: Stage,
    pub(super) master_command: Command,
}

impl Cluster {
    /// The web port.
    ///
    /// # Panics
    /// If the master is headless.
    #[must_use]
    pub fn web(&self) -> Web {
        self.web.expect("this master is not headless")
    }

    /// The run's own folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.stage.folder.path()
    }

    /// Kills the master, which has no time to say a word, and starts another with the same command.
    pub fn restart_master(&mut self) {
        self.master.signal(Signal::KILL);
        self.master.wait_exit(PATIENCE);
        self.master = Process::spawn("second master", &mut self.master_command);
    }

    /// Starts one more worker.
    pub fn add_worker(&mut self, kind: Kind) {
        let name = format!("worker {}", self.workers.len());
        self.workers.push(self.stage.start_worker(kind, &name));
    }

    /// Starts one more worker of ours without the workers' arguments of the set-up.
    pub fn add_direct_worker(&mut self) {
        self.stage.worker_args.clear();
        self.add_worker(Kind::Acrida);
    }

    /// Waits until the master has ended by itself, then until the workers have.
    pub fn finish(&mut self) -> Outcome {
        self.finish_within(PATIENCE)
    }

    /// Sends the master a signal, then as [`Cluster::finish`].
    pub fn end_by(&mut self, signal: Signal) -> Outcome {
        self.master.signal(signal);
        self.finish()
    }

    /// As [`Cluster::finish`], for a run longer than the usual patience.
    pub fn finish_within(&mut self, bound: Duration) -> Outcome {
        let code = self.master.wait_exit(bound);
        let worker_codes = self
            .workers
            .iter_mut()
            .map(|worker| worker.wait_exit(PATIENCE))
            .collect();
        Outcome {
            code,
            worker_codes,
            folder: Arc::clone(&self.stage.folder),
        }
    }

    /// The output of the master, for a message.
    #[must_use]
    pub fn master_log(&self) -> String {
        self.master.stderr()
    }
}

/// A headless master in a terminal, with its workers.
#[derive(Debug)]
pub struct InTerminal {
    /// The master's terminal.
    pub terminal: Pty,
    /// The worker launchers.
    pub workers: Vec<Process>,
    /// What the load goes to.
    pub target: TargetServer,
    pub(super) stage: Stage,
}

impl InTerminal {
    /// Waits until the master has ended by itself, then until the workers have.
    pub fn finish(&mut self) -> Outcome {
        let code = self.terminal.wait_exit();
        let worker_codes = self
            .workers
            .iter_mut()
            .map(|worker| worker.wait_exit(PATIENCE))
            .collect();
        Outcome {
            code,
            worker_codes,
            folder: Arc::clone(&self.stage.folder),
        }
    }
}

/// What a finished run left.
#[derive(Debug)]
pub struct Outcome {
    /// The master's exit code.
    pub code: i32,
    /// The launchers' exit codes.
    pub worker_codes: Vec<i32>,
    folder: Arc<TempDir>,
}

impl Outcome {
    /// Asserts that everything ended with exit code 0.
    ///
    /// # Panics
    /// If something did not.
    pub fn assert_success(&self) -> &Self {
        assert_eq!(self.code, 0, "the master's exit code");
        assert!(
            self.worker_codes.iter().all(|code| *code == 0),
            "the workers' exit codes: {:?}",
            self.worker_codes
        );
        self
    }

    /// `run_stats.csv`.
    #[must_use]
    pub fn stats(&self) -> Table {
        self.table("stats")
    }

    /// One of the CSV files: stats, failures, exceptions, `stats_history`.
    #[must_use]
    pub fn table(&self, which: &str) -> Table {
        Table::read(&self.folder.path().join(format!("run_{which}.csv")))
    }

    /// `run.json`.
    ///
    /// # Panics
    /// If it is missing or not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let path = self.folder.path().join("run.json");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// A single program run to its end in a folder of its own.
#[derive(Debug)]
pub struct Single {
    /// Its exit code.
    pub code: i32,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Single {
    /// Runs a program with a script (a name of `tests/locustfiles`, or none) and arguments.
    ///
    /// # Panics
    /// If it does not end.
    #[must_use]
    pub fn run(binary: Binary, prepare: impl FnOnce(&mut Command, &Path)) -> Self {
        let (process, _folder) = Self::start(binary, prepare);
        Self::of(process)
    }

    /// The same for a program that the test talks to meanwhile. The folder it runs in is removed when it is dropped.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(binary: Binary, prepare: impl FnOnce(&mut Command, &Path)) -> (Process, TempDir) {
        let places = Places::find();
        let folder = tempfile::Builder::new()
            .prefix("acrida-e2e-")
            .tempdir()
            .expect("a temporary folder can be made");
        let mut command = clean_command(&places, binary, folder.path());
        prepare(&mut command, folder.path());
        (Process::spawn(&format!("{binary:?}"), &mut command), folder)
    }

    /// Waits for the end of a process and takes what it wrote.
    ///
    /// # Panics
    /// If it does not end.
    #[must_use]
    pub fn of(mut process: Process) -> Self {
        let code = process.wait_exit(PATIENCE);
        Self {
            code,
            stdout: process.stdout(),
            stderr: process.stderr(),
        }
    }
}
