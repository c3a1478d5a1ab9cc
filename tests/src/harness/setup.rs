//! What a test wants to run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::{Binary, Cluster, InTerminal, Places, Process, Pty, TargetServer, Web, free_port};

/// Whose program plays a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ours.
    Acrida,
    /// The real Locust.
    Locust,
}

/// Beginnings of the names of variables that are a developer's own settings.
const OWN_SETTINGS: [&str; 3] = ["LOCUST_", "ACRIDA_HISTORY", "ACRIDA_NO_HISTORY"];

/// What all processes of a run have in common.
#[derive(Debug)]
pub(super) struct Stage {
    places: Places,
    pub(super) folder: Arc<TempDir>,
    environment: Vec<(String, String)>,
    pub(super) worker_args: Vec<String>,
    port: u16,
}

impl Stage {
    pub(super) fn start_worker(&self, kind: Kind, name: &str) -> Process {
        let mut command = match kind {
            Kind::Acrida => self.command(Binary::Worker),
            Kind::Locust => {
                let mut command = self.command(Binary::Locust);
                // It writes the locustfile it gets to the temporary folder under its own name: two must not share it.
                let temporary = self.folder.path().join(name.replace(' ', "-"));
                std::fs::create_dir_all(&temporary).expect("the run's folder can be written");
                command.args(["--worker", "-f", "-"]).env("TMPDIR", temporary);
                command
            }
        };
        command.args([
            "--master-host",
            "127.0.0.1",
            "--master-port",
            &self.port.to_string(),
        ]);
        Process::spawn(name, command.args(&self.worker_args))
    }

    fn command(&self, binary: Binary) -> Command {
        let mut command = clean_command(&self.places, binary, self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A master and its workers, to be started.
#[derive(Debug)]
pub struct Setup {
    stage: Stage,
    target: TargetServer,
    script: PathBuf,
    workers: usize,
    master_kind: Kind,
    worker_kind: Kind,
    headless: Option<(String, String)>,
    web_port: bool,
    json: bool,
    master_args: Vec<String>,
    master_directory: Option<PathBuf>,
}

impl Setup {
    /// One worker of ours under a master of ours with its web port, running a script of `tests/locustfiles`, or of an
    /// absolute path.
    ///
    /// # Panics
    /// If there is no temporary folder.
    #[must_use]
    pub fn new(script: &str) -> Self {
        let places = Places::find();
        let folder = tempfile::Builder::new()
            .prefix("acrida-e2e-")
            .tempdir()
            .expect("a temporary folder can be made");
        let target = TargetServer::start(&places, folder.path());
        let script = places.locustfile(script);
        let environment = target
            .environment()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        Self {
            stage: Stage {
                places,
                folder: Arc::new(folder),
                environment,
                worker_args: Vec::new(),
                port: free_port(),
            },
            target,
            script,
            workers: 1,
            master_kind: Kind::Acrida,
            worker_kind: Kind::Acrida,
            headless: None,
            web_port: false,
            json: false,
            master_args: Vec::new(),
            master_directory: None,
        }
    }

    /// So many worker launchers.
    #[must_use]
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = count;
        self
    }

    /// Headless with so many users at such a rate.
    #[must_use]
    pub fn headless(mut self, users: u32, rate: u32) -> Self {
        self.headless = Some((users.to_string(), rate.to_string()));
        self
    }

    /// A web port also beside a headless run.
    #[must_use]
    pub fn with_web_port(mut self) -> Self {
        self.web_port = true;
        self
    }

    /// Results as JSON too, which leaves out the final tables.
    #[must_use]
    pub fn json(mut self) -> Self {
        self.json = true;
        self
    }

    /// Further arguments of the master.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.master_args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// The master's working directory, in place of the run's own folder.
    #[must_use]
    pub fn master_directory(mut self, directory: &Path) -> Self {
        self.master_directory = Some(directory.to_owned());
        self
    }

    /// Further arguments of every worker.
    #[must_use]
    pub fn worker_args(mut self, args: &[&str]) -> Self {
        self.stage
            .worker_args
            .extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// A variable for all processes.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.stage.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Whose master.
    #[must_use]
    pub fn master(mut self, kind: Kind) -> Self {
        self.master_kind = kind;
        self
    }

    /// Whose workers.
    #[must_use]
    pub fn worker(mut self, kind: Kind) -> Self {
        self.worker_kind = kind;
        self
    }

    /// The run's own folder, where its results go and its processes run.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.stage.folder.path()
    }

    /// The port the master will listen on for workers.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.stage.port
    }

    /// Starts everything.
    #[must_use]
    pub fn start(self) -> Cluster {
        let has_web = self.headless.is_none() || self.web_port;
        let web = has_web.then(|| Web { port: free_port() });
        let mut master_command = self.master_command(web);
        let master = Process::spawn("master", &mut master_command);
        let workers = self.start_workers();
        Cluster {
            master,
            workers,
            web,
            target: self.target,
            stage: self.stage,
            master_command,
        }
    }

    /// Starts everything, with the headless master in a terminal of its own.
    #[must_use]
    pub fn start_in_terminal(self) -> InTerminal {
        let terminal = Pty::spawn(&self.master_command(None));
        InTerminal {
            terminal,
            workers: self.start_workers(),
            target: self.target,
            stage: self.stage,
        }
    }

    fn start_workers(&self) -> Vec<Process> {
        let names = (0..self.workers).map(|number| format!("worker {number}"));
        names
            .map(|name| self.stage.start_worker(self.worker_kind, &name))
            .collect()
    }

    fn master_command(&self, web: Option<Web>) -> Command {
        let mut command = match self.master_kind {
            Kind::Acrida => self.stage.command(Binary::Master),
            Kind::Locust => {
                let mut command = self.stage.command(Binary::Locust);
                command.arg("--master");
                command
            }
        };
        command
            .arg("-f")
            .arg(&self.script)
            .args(["--host", self.target.url()]);
        command.args([
            "--master-bind-host",
            "127.0.0.1",
            "--master-bind-port",
            &self.stage.port.to_string(),
        ]);
        command.arg("--csv").arg(self.folder().join("run"));
        if self.json {
            command.arg("--json-file").arg(self.folder().join("run"));
        }
        if let Some((users, rate)) = &self.headless {
            command.args(["--headless", "-u", users, "-r", rate]);
            if self.workers > 0 {
                command.args(["--expect-workers", &self.workers.to_string()]);
            }
        }
        if let Some(web) = web {
            command.args(["--web-host", "127.0.0.1", "--web-port", &web.port.to_string()]);
        }
        command.args(&self.master_args);
        if let Some(directory) = &self.master_directory {
            command.current_dir(directory);
        }
        command
    }
}

/// A command that no setting of the developer's own reaches.
pub(super) fn clean_command(places: &Places, binary: Binary, folder: &Path) -> Command {
    let mut command = Command::new(places.binary(binary));
    let is_own = |name: &str| OWN_SETTINGS.iter().any(|prefix| name.starts_with(prefix));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_own(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
        .env("HOME", folder)
        // The history goes to the home folder then.
        .env_remove("XDG_DATA_HOME")
        .env("ACRIDA_PYTHON", places.python())
        .current_dir(folder);
    command
}
