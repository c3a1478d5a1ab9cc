//! One lasting connection out of many short ones: connects, and connects again with growing pauses, under one identity.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use protocol::transport::{Link as _, TransportError};
use protocol::{
    Endpoint, Envelope, NodeId, ToMaster, ToWorker, Transport, decode_to_worker, encode_to_master,
};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::limits::{FAREWELL_TIMEOUT, RECONNECT_PAUSE_MAX, RECONNECT_PAUSE_MIN};

/// What the connection brought.
#[derive(Debug)]
pub enum Happened {
    /// It stands (again).
    Connected,
    /// It broke; it is being made again.
    Disconnected,
    /// A message for this worker.
    Message(ToWorker),
}

/// The connection to the master, broken or not.
pub struct Connection<T: Transport> {
    transport: Arc<T>,
    master: Endpoint,
    identity: NodeId,
    link: Option<T::Link>,
    /// An attempt under way: a task of its own, so that a slow network's attempt outlives the heartbeats in between.
    attempt: Option<JoinHandle<Result<T::Link, TransportError>>>,
    pause: Duration,
    retry_at: Instant,
    complained: bool,
}

impl<T: Transport> Connection<T> {
    /// Not connected yet; the first [`Connection::next`] tries at once.
    pub fn new(transport: T, master: Endpoint, identity: NodeId) -> Self {
        Self {
            transport: Arc::new(transport),
            master,
            identity,
            link: None,
            attempt: None,
            pause: RECONNECT_PAUSE_MIN,
            retry_at: Instant::now(),
            complained: false,
        }
    }

    /// Waits for the next event. Cancel-safe.
    pub async fn next(&mut self) -> Happened {
        loop {
            match &mut self.link {
                Some(link) => match link.recv().await {
                    Ok(payload) => match decode_to_worker(&payload) {
                        Ok(envelope) => return Happened::Message(envelope.message),
                        Err(error) => tracing::warn!("dropped an unreadable message of the master: {error}"),
                    },
                    Err(error) => {
                        tracing::warn!(
                            "the connection to the master at {} broke ({error}); trying again",
                            self.master
                        );
                        self.reopen();
                        return Happened::Disconnected;
                    }
                },
                None => {
                    tokio::time::sleep_until(self.retry_at).await;
                    if self.connect().await {
                        return Happened::Connected;
                    }
                }
            }
        }
    }

    async fn connect(&mut self) -> bool {
        let attempt = self.attempt.get_or_insert_with(|| {
            let (master, identity) = (self.master.clone(), self.identity.clone());
            let transport = Arc::clone(&self.transport);
            tokio::spawn(async move { transport.connect(&master, &identity).await })
        });
        let outcome = attempt.await;
        self.attempt = None;
        match outcome {
            Ok(Ok(link)) => {
                tracing::debug!("connected to the master at {}", self.master);
                self.link = Some(link);
                self.pause = RECONNECT_PAUSE_MIN;
                self.complained = false;
                true
            }
            Ok(Err(error)) => {
                self.wait_after(&error);
                false
            }
            Err(error) => {
                self.wait_after(&error);
                false
            }
        }
    }

    fn wait_after(&mut self, error: &dyn std::fmt::Display) {
        if !std::mem::replace(&mut self.complained, true) {
            tracing::warn!("cannot reach a master at {} ({error}); trying again", self.master);
        }
        self.retry_at = Instant::now() + jittered(self.pause);
        self.pause = (self.pause * 2).min(RECONNECT_PAUSE_MAX);
    }

    /// Drops the connection; the next one is made after a short pause.
    pub fn reopen(&mut self) {
        self.link = None;
        self.attempt = None;
        self.retry_at = Instant::now() + jittered(self.pause);
    }

    /// Sends a message; false if there is no connection to take it.
    pub async fn send(&mut self, message: ToMaster) -> bool {
        let Some(link) = &mut self.link else { return false };
        let payload = encode_to_master(&Envelope {
            message,
            node_id: self.identity.clone(),
        });
        match link.send(payload).await {
            Ok(()) => true,
            Err(error) => {
                tracing::debug!("a message to the master was not taken: {error}");
                false
            }
        }
    }

    /// Writes what is queued and closes. True if the master took everything.
    pub async fn close(self) -> bool {
        match self.link {
            Some(link) => link.close(FAREWELL_TIMEOUT).await,
            None => false,
        }
    }
}

/// Half to the whole of `pause`, so that workers that lost their master together do not come back together.
fn jittered(pause: Duration) -> Duration {
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.subsec_nanos());
    pause.mul_f64(0.5 + 0.5 * f64::from(nanos % 1000) / 1000.0)
}
