//! One listener's events, in order.

use std::convert::Infallible;

use axum::body::Bytes;
use futures_util::stream::{Stream, unfold};
use tokio::sync::broadcast::error::RecvError;

use super::feed::Place;
use super::messages::{self, EventId};
use crate::web::face::Face;

struct Listener {
    face: Face,
    place: Place,
    last: Option<EventId>,
    is_greeted: bool,
}

/// A greeting or what was missed, then every tick. Ends with the master.
pub(super) fn of(
    face: Face,
    place: Place,
    last: Option<EventId>,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let listener = Listener {
        face,
        place,
        last,
        is_greeted: false,
    };
    unfold(listener, |mut listener| async move {
        let bytes = listener.next().await?;
        Some((Ok(bytes), listener))
    })
}

impl Listener {
    async fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.is_greeted, true) {
            return self.greet().await;
        }
        match self.place.ticks.recv().await {
            Ok(bytes) => Some(bytes),
            // Too slow: what was skipped is in the greeting.
            Err(RecvError::Lagged(_)) => {
                self.place.ticks = self.place.ticks.resubscribe();
                self.face.feed.hello(&self.face).await.ok()
            }
            Err(RecvError::Closed) => None,
        }
    }

    async fn greet(&mut self) -> Option<Bytes> {
        if let (Some(last), Some(shown)) = (self.last.take(), self.face.config.runs.latest()) {
            let status = self.face.status().await.ok()?;
            let found = self
                .face
                .compute(move || messages::catch_up(status, &shown, &last));
            if let Some(bytes) = found.await.ok()? {
                return Some(bytes);
            }
        }
        self.face.feed.hello(&self.face).await.ok()
    }
}
