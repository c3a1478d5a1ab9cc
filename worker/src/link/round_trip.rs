//! How long a heartbeat's answer takes. Takes times, reads no clock.
//!
//! What it measures is the way there and back and the time either side needs to get to it, so a master that does not keep up
//! is seen here, too.

use std::time::Instant;

use crate::reactor::milliseconds;

/// The heartbeat that waits for its answer, and the last time measured.
#[derive(Debug, Default)]
pub(super) struct RoundTrip {
    asked: Option<Instant>,
    last_ms: Option<f64>,
}

impl RoundTrip {
    /// A heartbeat has left. While an older one waits, its answer is the next to come.
    pub(super) fn sent(&mut self, now: Instant) {
        self.asked.get_or_insert(now);
    }

    /// An answer has come.
    pub(super) fn answered(&mut self, now: Instant) {
        if let Some(asked) = self.asked.take() {
            self.last_ms = Some(milliseconds(now.saturating_duration_since(asked)));
        }
    }

    /// The connection is gone, and with it the answer.
    pub(super) fn forget(&mut self) {
        self.asked = None;
    }

    /// Milliseconds of the last one that was answered.
    pub(super) fn last_ms(&self) -> Option<f64> {
        self.last_ms
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_is_the_time_from_the_oldest_unanswered_heartbeat_to_the_next_answer() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut trip = RoundTrip::default();
        trip.answered(at(0));
        assert_eq!(trip.last_ms(), None, "an answer to nothing");
        trip.sent(at(0));
        trip.answered(at(3));
        assert_eq!(trip.last_ms(), Some(3.0));
        trip.sent(at(1_000));
        trip.sent(at(2_000));
        trip.answered(at(2_500));
        assert_eq!(
            trip.last_ms(),
            Some(1_500.0),
            "a master that falls behind is seen"
        );
    }

    #[test]
    fn what_a_lost_connection_swallowed_is_not_waited_for() {
        let start = Instant::now();
        let mut trip = RoundTrip::default();
        trip.sent(start);
        trip.forget();
        trip.sent(start + Duration::from_secs(9));
        trip.answered(start + Duration::from_secs(10));
        assert_eq!(trip.last_ms(), Some(1_000.0));
    }
}
