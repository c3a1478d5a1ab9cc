//! Notices that whoever started this process is gone: its end of our standard input closes, however it ended.

use std::io::Read;
use std::sync::Arc;

use worker::link::{Command, Commands};

/// Watches standard input on a thread of its own, which ends with the process.
///
/// # Errors
/// When the system refuses a thread.
pub fn watch(commands: Arc<Commands>) -> std::io::Result<()> {
    let wait = move || {
        let mut ignored = [0; 256];
        while matches!(std::io::stdin().read(&mut ignored), Ok(read) if read > 0) {}
        commands.push(Command::LifelineClosed);
    };
    std::thread::Builder::new()
        .name("acrida-lifeline".to_owned())
        .spawn(wait)?;
    Ok(())
}
