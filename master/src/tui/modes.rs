//! A terminal's modes: line editing and echo off while keys are read, and back as they were, whatever happens.
//!
//! Ctrl-C, Ctrl-Z and Ctrl-\ go on to be signals, and what is written needs no carriage returns: only the two modes that
//! keep keys from us are changed, so whoever else writes to the terminal does not notice.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};

/// The modes of one terminal.
#[derive(Debug)]
pub struct Modes {
    terminal: OwnedFd,
    /// As they were, while they are changed.
    before: Mutex<Option<Termios>>,
}

impl Modes {
    /// Of standard input; None if that is no terminal.
    pub fn of_stdin() -> Option<Self> {
        let stdin = rustix::stdio::stdin();
        if !termios::isatty(stdin) {
            return None;
        }
        rustix::io::dup(stdin).ok().map(Self::of)
    }

    fn of(terminal: OwnedFd) -> Self {
        Self {
            terminal,
            before: Mutex::new(None),
        }
    }

    /// The terminal, to read from.
    pub fn terminal(&self) -> BorrowedFd<'_> {
        self.terminal.as_fd()
    }

    /// Keys come one by one and unseen from now on. Does nothing while another job has the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn hold(&self) -> io::Result<()> {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if before.is_some() || is_background(self.terminal()) {
            return Ok(());
        }
        let found = termios::tcgetattr(&self.terminal)?;
        let mut wanted = found.clone();
        wanted.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        wanted.special_codes[SpecialCodeIndex::VMIN] = 1;
        wanted.special_codes[SpecialCodeIndex::VTIME] = 0;
        termios::tcsetattr(&self.terminal, OptionalActions::Now, &wanted)?;
        *before = Some(found);
        Ok(())
    }

    /// The modes are as they were before [`Modes::hold`].
    pub fn release(&self) {
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A job in the background may not touch the terminal, and the shell has put it right when it took it back.
        if let Some(before) = before
            && !is_background(self.terminal())
        {
            // A terminal that is gone has no modes.
            let _gone = termios::tcsetattr(&self.terminal, OptionalActions::Now, &before);
        }
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        self.release();
    }
}

/// Whether another job has this terminal now. Not so without job control.
pub fn is_background(terminal: BorrowedFd<'_>) -> bool {
    termios::tcgetpgrp(terminal).is_ok_and(|group| group != rustix::process::getpgrp())
}

#[cfg(test)]
mod tests {
    use rustix::fs::{self, Mode, OFlags};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    /// Both ends of a fresh terminal.
    fn terminal() -> (OwnedFd, OwnedFd) {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let user = fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        (controller, user)
    }

    fn is_usual(terminal: &OwnedFd) -> bool {
        let modes = termios::tcgetattr(terminal).unwrap().local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    #[test]
    fn keys_come_one_by_one_and_the_modes_come_back() {
        let (_controller, user) = terminal();
        let modes = Modes::of(user.try_clone().unwrap());
        modes.hold().unwrap();
        modes.hold().unwrap();
        let held = termios::tcgetattr(&user).unwrap().local_modes;
        assert!(!held.intersects(LocalModes::ICANON | LocalModes::ECHO));
        assert!(held.contains(LocalModes::ISIG), "Ctrl-C stays a signal");
        modes.release();
        assert!(is_usual(&user));
        modes.hold().unwrap();
        drop(modes);
        assert!(is_usual(&user));
    }

    #[test]
    fn a_panic_brings_the_modes_back_on_its_way_out() {
        let (_controller, user) = terminal();
        let modes = Modes::of(user.try_clone().unwrap());
        let panicked = std::thread::spawn(move || {
            modes.hold().unwrap();
            panic!("a bug");
        });
        assert!(panicked.join().is_err());
        assert!(is_usual(&user));
    }
}
