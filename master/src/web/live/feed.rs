//! Who listens, and the task that tells all of them what a second brought. It runs only while somebody listens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::messages::{self, Told};
use crate::limits::{MAX_FEED_LAG, MAX_FEEDS};
use crate::timeline::Shown;
use crate::web::face::Face;

/// Time between events while nothing changes.
const PERIOD: Duration = Duration::from_secs(1);
/// Shortest time between events: a start or an end is told at once, but not several things one by one.
const SHORTEST: Duration = Duration::from_millis(250);

/// The feed of a master.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    hub: Mutex<Hub>,
    greeting: tokio::sync::Mutex<Option<Greeting>>,
}

#[derive(Debug, Default)]
struct Hub {
    listeners: usize,
    ticks: Option<broadcast::Sender<Bytes>>,
}

/// The last `hello`: pages that connect in the same moment share it.
#[derive(Debug)]
struct Greeting {
    shown: Option<Arc<Shown>>,
    made: Instant,
    bytes: Bytes,
}

/// A listener's place; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    feed: Arc<Feed>,
    pub(super) ticks: broadcast::Receiver<Bytes>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.feed.lock().listeners -= 1;
    }
}

impl Feed {
    /// A place among the listeners; None if all are taken.
    pub(super) fn join(self: &Arc<Self>, face: &Face) -> Option<Place> {
        let mut hub = self.lock();
        if hub.listeners >= MAX_FEEDS {
            return None;
        }
        let ticks = match &hub.ticks {
            Some(sender) => sender.subscribe(),
            None => {
                let (sender, ticks) = broadcast::channel(MAX_FEED_LAG);
                hub.ticks = Some(sender.clone());
                // Not older than what a `hello` from now on shows: no change can fall between the two.
                let told = Told::since(face.config.runs.latest());
                tokio::spawn(tell(face.clone(), sender, told));
                ticks
            }
        };
        hub.listeners += 1;
        Some(Place {
            feed: Arc::clone(self),
            ticks,
        })
    }

    /// The event with everything, made for whoever comes first.
    ///
    /// # Errors
    /// When the master is ending.
    pub(super) async fn hello(&self, face: &Face) -> Result<Bytes, String> {
        let mut greeting = self.greeting.lock().await;
        let shown = face.config.runs.latest();
        if let Some(known) = greeting.as_ref()
            && known.made.elapsed() < PERIOD
            && is_same(known.shown.as_ref(), shown.as_ref())
        {
            return Ok(known.bytes.clone());
        }
        let status = face.status().await?;
        let looked_at = shown.clone();
        let bytes = face
            .compute(move || messages::hello(status, looked_at.as_deref()))
            .await?;
        *greeting = Some(Greeting {
            shown,
            made: Instant::now(),
            bytes: bytes.clone(),
        });
        Ok(bytes)
    }

    /// True if nobody listens any more: the task that tells ends, and the next listener starts another.
    fn is_deserted(&self) -> bool {
        let mut hub = self.lock();
        if hub.listeners == 0 {
            hub.ticks = None;
        }
        hub.ticks.is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same(a: Option<&Arc<Shown>>, b: Option<&Arc<Shown>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

/// Tells all listeners what is new, until there are none or the master ends.
async fn tell(face: Face, ticks: broadcast::Sender<Bytes>, mut told: Told) {
    let mut changes = face.config.runs.subscribe();
    loop {
        wait(&mut changes).await;
        if face.feed.is_deserted() {
            return;
        }
        let Ok((now, bytes)) = next(&face, told).await else {
            // The master ends, and so do the listeners' streams.
            face.feed.lock().ticks = None;
            return;
        };
        told = now;
        // Nobody listens: found out above.
        let _unheard = ticks.send(bytes);
    }
}

async fn next(face: &Face, mut told: Told) -> Result<(Told, Bytes), String> {
    let status = face.status().await?;
    let shown = face.config.runs.latest();
    face.compute(move || {
        let bytes = told.next(status, shown);
        (told, bytes)
    })
    .await
}

async fn wait(changes: &mut watch::Receiver<u64>) {
    tokio::time::sleep(SHORTEST).await;
    // Either will do: something has changed, or it is time.
    let _why = tokio::time::timeout(PERIOD - SHORTEST, changes.changed()).await;
}
