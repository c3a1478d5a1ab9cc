//! Noticing that the process which started this one is gone: its end of standard input closes.

use std::io::Read;

use tokio::sync::watch;

/// A watch on standard input, or none.
#[derive(Debug)]
pub struct Lifeline {
    closed: Option<watch::Receiver<bool>>,
}

impl Lifeline {
    /// Starts to watch standard input if `enabled`. What is written to it is thrown away.
    pub fn watch(enabled: bool) -> Self {
        if !enabled {
            return Self { closed: None };
        }
        let (sender, receiver) = watch::channel(false);
        // A thread of its own: the runtime's reads of standard input cannot be cancelled and would hold up the exit.
        std::thread::spawn(move || {
            let mut buffer = [0; 1024];
            let mut input = std::io::stdin();
            while input.read(&mut buffer).is_ok_and(|read| read > 0) {}
            let _launcher_has_ended = sender.send(true);
        });
        Self {
            closed: Some(receiver),
        }
    }

    /// One that closes by hand.
    #[cfg(test)]
    pub(super) fn by_hand() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (
            sender,
            Self {
                closed: Some(receiver),
            },
        )
    }

    /// Waits until it closes; for ever if it is not watched. Cancel-safe.
    pub async fn closed(&mut self) {
        match &mut self.closed {
            Some(closed) => {
                // An error means that the watching thread is gone, which is after it saw the end.
                let _either_way_closed = closed.wait_for(|closed| *closed).await;
            }
            None => std::future::pending().await,
        }
    }
}
