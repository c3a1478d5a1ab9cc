//! One process of a test: its output line by line, signals, its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

use super::{PATIENCE, POLL};

/// Lines of each stream that are shown when a test fails.
const MAX_SHOWN_LINES: usize = 100;

#[derive(Debug, Default)]
struct Output {
    lines: Mutex<Lines>,
    grew: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    stdout: Vec<String>,
    stderr: Vec<String>,
    open_streams: u32,
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A started process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: Arc<Output>,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts the command with its output captured and its stdin an open pipe.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn spawn(name: &str, command: &mut Command) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let output = Arc::new(Output::default());
        output.lock().open_streams = 2;
        let stdout = child.stdout.take().expect("stdout is a pipe");
        let stderr = child.stderr.take().expect("stderr is a pipe");
        collect(stdout, Arc::clone(&output), |lines| &mut lines.stdout);
        collect(stderr, Arc::clone(&output), |lines| &mut lines.stderr);
        Self {
            name: name.to_owned(),
            child,
            output,
            status: None,
        }
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes to its stdin.
    ///
    /// # Panics
    /// If it reads no more.
    pub fn type_in(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin is a pipe");
        stdin.write_all(text.as_bytes()).expect("it reads its stdin");
    }

    /// What it has written to stdout so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.output.lock().stdout.join("\n")
    }

    /// What it has written to stderr so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.output.lock().stderr.join("\n")
    }

    /// Waits for a line with this text on either stream and returns the line.
    ///
    /// # Panics
    /// If the output ends, or [`PATIENCE`] does, without it.
    pub fn wait_line(&self, needle: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = self.output.lock();
        loop {
            if let Some(line) = lines
                .stdout
                .iter()
                .chain(&lines.stderr)
                .find(|line| line.contains(needle))
            {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && lines.open_streams > 0,
                "{} never wrote {needle:?}",
                self.name
            );
            lines = self
                .output
                .grew
                .wait_timeout(lines, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Sends a signal to this process alone.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // It may have ended on its own just before.
            let _ = kill_process(pid, signal);
        }
    }

    /// Waits for the end and gives the exit code; 128 + n for a process that signal n ended.
    ///
    /// # Panics
    /// If it is still running at the bound.
    pub fn wait_exit(&mut self, bound: Duration) -> i32 {
        let deadline = Instant::now() + bound;
        loop {
            if let Some(code) = self.exit_code() {
                self.drain();
                return code;
            }
            assert!(
                Instant::now() < deadline,
                "{} still runs after {} s",
                self.name,
                bound.as_secs()
            );
            // The standard library offers no wait with a bound.
            thread::sleep(POLL);
        }
    }

    /// The exit code if the process has ended.
    ///
    /// # Panics
    /// If the process cannot be waited for.
    pub fn exit_code(&mut self) -> Option<i32> {
        use std::os::unix::process::ExitStatusExt;
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("our own child can be waited for");
        }
        self.status.map(|status| {
            status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
        })
    }

    /// Waits until the readers have seen the end of both streams; briefly, as a grandchild may hold them open.
    fn drain(&self) {
        let deadline = Instant::now() + Duration::from_secs(1);
        let mut lines = self.output.lock();
        while lines.open_streams > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            lines = self
                .output
                .grew
                .wait_timeout(lines, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let code = self.exit_code();
        if code.is_none() {
            // Closing stdin first lets the children of a launcher see that it is gone.
            drop(self.child.stdin.take());
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if thread::panicking() {
            self.drain();
            let lines = self.output.lock();
            eprintln!(
                "=== {} (exit code {code:?}), stdout:\n{}",
                self.name,
                tail(&lines.stdout)
            );
            eprintln!("=== {}, stderr:\n{}", self.name, tail(&lines.stderr));
        }
    }
}

/// The end of an output, as much as somebody will read.
fn tail(lines: &[String]) -> String {
    lines[lines.len().saturating_sub(MAX_SHOWN_LINES)..].join("\n")
}

fn collect(
    stream: impl Read + Send + 'static,
    output: Arc<Output>,
    which: fn(&mut Lines) -> &mut Vec<String>,
) {
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut raw = Vec::new();
        while matches!(reader.read_until(b'\n', &mut raw), Ok(length) if length > 0) {
            let line = String::from_utf8_lossy(&raw)
                .trim_end_matches(['\n', '\r'])
                .to_owned();
            raw.clear();
            which(&mut output.lock()).push(line);
            output.grew.notify_all();
        }
        output.lock().open_streams -= 1;
        output.grew.notify_all();
    });
}

/// The ids of a process's children.
#[must_use]
pub fn children_of(id: u32) -> Vec<i32> {
    let listed = Command::new("pgrep").arg("-P").arg(id.to_string()).output();
    let text = listed
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}
