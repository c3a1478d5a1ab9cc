//! A program in a terminal of its own: what it shows, keys, and the terminal's modes.
//!
//! The terminal is the controlling one, so that Ctrl-C typed is a signal. `setsid` (util-linux) sees to that, because it
//! takes a call between fork and exec; a shell stays there to the end and keeps the terminal alive.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::{PATIENCE, children_of, wait_for};

/// Runs the rest of the line, then says its exit code. Ctrl-C is the program's.
const SHELL: &str = r#"trap : INT QUIT TSTP; "$@"; echo "exit code $?.""#;

#[derive(Debug, Default)]
struct Shown {
    text: Mutex<String>,
    grew: Condvar,
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program with 80 columns and 24 lines. Its end of the terminal is closed when this is dropped, which ends it.
#[derive(Debug)]
pub struct Pty {
    controller: File,
    shell: Child,
    shown: Arc<Shown>,
}

impl Pty {
    /// Starts the command.
    ///
    /// # Panics
    /// If there is no terminal or no `setsid`.
    #[must_use]
    pub fn spawn(command: &Command) -> Self {
        let (controller, user) = open();
        let mut shell = Command::new("setsid");
        shell.args(["--ctty", "sh", "-c", SHELL, "sh"]);
        shell.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            shell.current_dir(directory);
        }
        let end = || Stdio::from(user.try_clone().expect("a file can be shared"));
        shell.stdin(end()).stdout(end()).stderr(end());
        shell
            .env("TERM", "xterm-256color")
            .env_remove("CI")
            .env_remove("NO_COLOR");
        let child = shell.spawn().expect("setsid (util-linux) can be started");
        let shown = Arc::new(Shown::default());
        collect(
            controller.try_clone().expect("a file can be shared"),
            Arc::clone(&shown),
        );
        Self {
            controller: File::from(controller),
            shell: child,
            shown,
        }
    }

    /// Presses keys.
    ///
    /// # Panics
    /// If the terminal is gone.
    pub fn press(&mut self, keys: &str) {
        self.controller
            .write_all(keys.as_bytes())
            .expect("the terminal is there");
    }

    /// Everything it has written so far, control codes included.
    #[must_use]
    pub fn text(&self) -> String {
        self.shown.lock().clone()
    }

    /// Waits until the text has come after what was written before `since` (a length of [`Pty::text`]).
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_text_since(&self, since: usize, needle: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.shown.lock();
        while !text.get(since..).is_some_and(|text| text.contains(needle)) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "the terminal never showed {needle:?}:\n{}",
                *text
            );
            text = self
                .shown
                .grew
                .wait_timeout(text, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits until the text has come.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_text(&self, needle: &str) {
        self.wait_text_since(0, needle);
    }

    /// Whether keys come as whole lines and are shown, as a shell leaves a terminal to its programs.
    ///
    /// # Panics
    /// If the terminal is gone.
    #[must_use]
    pub fn has_usual_modes(&self) -> bool {
        let modes = tcgetattr(&self.controller)
            .expect("the terminal is there")
            .local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// The program's process id.
    ///
    /// # Panics
    /// If it has ended.
    #[must_use]
    pub fn program(&self) -> Pid {
        wait_for("a running program", || {
            children_of(self.shell.id())
                .first()
                .copied()
                .and_then(Pid::from_raw)
        })
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        // It may have ended just before.
        let _ended = kill_process(self.program(), signal);
    }

    /// Waits until the program has ended; its exit code.
    ///
    /// # Panics
    /// If it does not end.
    pub fn wait_exit(&mut self) -> i32 {
        self.wait_text("exit code ");
        wait_for("the end of the exit code", || {
            let text = self.text();
            let (_, code) = text.rsplit_once("exit code ")?;
            code.split_once('.')?.0.parse().ok()
        })
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        for child in children_of(self.shell.id()).into_iter().filter_map(Pid::from_raw) {
            let _ended = kill_process(child, Signal::KILL);
        }
        let _ended = self.shell.kill();
        let _ended = self.shell.wait();
        if thread::panicking() {
            eprintln!("=== terminal:\n{}", self.text());
        }
    }
}

fn open() -> (OwnedFd, OwnedFd) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal can be opened");
    grantpt(&controller).expect("its other end can be ours");
    unlockpt(&controller).expect("its other end can be opened");
    let name = ptsname(&controller, Vec::new()).expect("its other end has a name");
    let user = rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty())
        .expect("its other end can be opened");
    let size = Winsize {
        ws_row: 24,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&controller, size).expect("a terminal has a size");
    (controller, user)
}

fn collect(controller: OwnedFd, shown: Arc<Shown>) {
    thread::spawn(move || {
        let mut controller = File::from(controller);
        let mut pending = Vec::new();
        let mut chunk = [0; 4096];
        // The other end closed is an error here.
        while let Ok(length @ 1..) = controller.read(&mut chunk) {
            pending.extend_from_slice(&chunk[..length]);
            let whole = match std::str::from_utf8(&pending) {
                Ok(text) => text.len(),
                Err(error) => error.valid_up_to(),
            };
            shown.lock().push_str(&String::from_utf8_lossy(&pending[..whole]));
            pending.drain(..whole);
            shown.grew.notify_all();
        }
    });
}
