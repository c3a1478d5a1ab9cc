//! Ends processes that a script keeps from ending.
//!
//! A worker process must not outlive who started it: their end of our lifeline closes, however they ended. Nor may it
//! stay when its last figures have gone without the script's help. No process is to load a target unwatched.

use std::fs::File;
use std::io::Read;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Duration;

use worker::limits::{ORPHAN_GRACE, SCRIPT_KILL_GRACE};
use worker::link::{Command, Commands};

/// Exit code of a process that had to be ended.
const EXIT_CODE: i32 = 1;

/// Watches a descriptor (standard input, if none is given) on a thread of its own, which ends with the process.
///
/// # Errors
/// When the system refuses a thread, or the descriptor is not open.
pub fn watch(descriptor: Option<RawFd>, commands: Arc<Commands>) -> std::io::Result<()> {
    let mut input: Box<dyn Read + Send> = match descriptor {
        // Through /proc or /dev: a number from outside cannot be turned into a file without `unsafe`.
        Some(number) => Box::new(File::open(format!("/dev/fd/{number}"))?),
        None => Box::new(std::io::stdin()),
    };
    let wait = move || {
        let mut ignored = [0; 256];
        while matches!(input.read(&mut ignored), Ok(read) if read > 0) {}
        commands.push(Command::LifelineClosed);
        end_after(
            ORPHAN_GRACE,
            "the script has not ended after whoever started it; this process is ended",
        );
    };
    std::thread::Builder::new()
        .name("acrida-lifeline".to_owned())
        .spawn(wait)?;
    Ok(())
}

/// The last figures have been sent in place of a script that does not end: gives them time to leave, then ends the
/// process. Returns at once.
pub fn end_stuck_process() {
    let end = || {
        end_after(
            SCRIPT_KILL_GRACE,
            "the script still does not let its users end; its last figures are sent, this process is ended",
        );
    };
    if let Err(error) = std::thread::Builder::new()
        .name("acrida-end".to_owned())
        .spawn(end)
    {
        tracing::error!("cannot end a process whose script does not end: {error}");
    }
}

/// The thread needs no interpreter, so a script that blocks cannot hold it up; one that ends takes it along.
fn end_after(grace: Duration, why: &str) {
    std::thread::sleep(grace);
    tracing::error!("{why}");
    std::process::exit(EXIT_CODE);
}
