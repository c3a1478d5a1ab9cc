//! Ctrl-C and SIGTERM end the master in order; a second one ends it at once.

use super::ControlHandle;
use crate::events::EndCause;

pub(super) async fn forward(handle: ControlHandle) {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupts, mut terminations) =
        match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
            (Ok(interrupts), Ok(terminations)) => (interrupts, terminations),
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(
                    "signals cannot be caught ({error}); Ctrl-C will end the master without results"
                );
                return;
            }
        };
    loop {
        tokio::select! {
            Some(()) = interrupts.recv() => tracing::info!("Ctrl-C: ending; once more ends at once"),
            Some(()) = terminations.recv() => tracing::info!("SIGTERM: ending"),
            else => return,
        }
        handle.quit(EndCause::Signal).await;
    }
}
