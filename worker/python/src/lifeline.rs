//! Notices that whoever started this process is gone: its end of our standard input closes, however it ended. A script
//! that then does not end by itself is ended, so that no process is left behind to load a target unwatched.

use std::io::Read;
use std::sync::Arc;

use worker::limits::ORPHAN_GRACE;
use worker::link::{Command, Commands};

/// Exit code of a process that had to be ended; nobody is left to read it but a supervisor.
const ORPHAN_EXIT_CODE: i32 = 1;

/// Watches standard input on a thread of its own, which ends with the process.
///
/// # Errors
/// When the system refuses a thread.
pub fn watch(commands: Arc<Commands>) -> std::io::Result<()> {
    let wait = move || {
        let mut ignored = [0; 256];
        while matches!(std::io::stdin().read(&mut ignored), Ok(read) if read > 0) {}
        commands.push(Command::LifelineClosed);
        // The thread needs no interpreter, so a script that blocks cannot hold it up; one that ends takes it along.
        std::thread::sleep(ORPHAN_GRACE);
        tracing::error!(
            "the script has not ended {} s after whoever started it; ending it",
            ORPHAN_GRACE.as_secs()
        );
        std::process::exit(ORPHAN_EXIT_CODE);
    };
    std::thread::Builder::new()
        .name("acrida-lifeline".to_owned())
        .spawn(wait)?;
    Ok(())
}
