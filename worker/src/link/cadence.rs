//! When the next report is due. Takes unix times, reads no clock.
//!
//! Under a master that asks for it, reports leave at whole seconds of this machine's clock, so that the reports of all workers
//! tell of the same second. Under any other they leave as Locust's do: every 3 s, whenever that began.

use crate::limits::{REPORT_AFTER_SECOND, REPORT_INTERVAL};

/// The times of reports.
#[derive(Debug)]
pub(super) struct Cadence {
    /// Seconds between reports at their multiples; None is Locust's way.
    every_s: Option<u32>,
    due_unix_s: f64,
}

impl Cadence {
    /// Locust's way, until a master asks for another.
    pub(super) fn new(now_unix_s: f64) -> Self {
        Self {
            every_s: None,
            due_unix_s: now_unix_s + REPORT_INTERVAL.as_secs_f64(),
        }
    }

    /// A master asks for a report every so many seconds, or says nothing about it. One that asks for the same again changes
    /// nothing.
    pub(super) fn ask(&mut self, every_s: Option<u32>, now_unix_s: f64) {
        let every_s = every_s.filter(|&seconds| seconds > 0);
        if self.every_s != every_s {
            self.every_s = every_s;
            self.advance(now_unix_s);
        }
    }

    /// When the next report is due.
    pub(super) fn due_unix_s(&self) -> f64 {
        self.due_unix_s
    }

    /// The report that was due leaves now. Those that were missed meanwhile are not made up for.
    pub(super) fn advance(&mut self, now_unix_s: f64) {
        self.due_unix_s = match self.every_s {
            Some(every_s) => {
                let every_s = f64::from(every_s);
                let turns = (now_unix_s / every_s).floor() + 1.0;
                turns * every_s + REPORT_AFTER_SECOND.as_secs_f64()
            }
            None => now_unix_s + REPORT_INTERVAL.as_secs_f64(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARGIN_S: f64 = 0.004;

    /// The times at which reports leave if each is `late_s` late.
    fn times(cadence: &mut Cadence, late_s: &[f64]) -> Vec<f64> {
        late_s
            .iter()
            .map(|late_s| {
                let now = cadence.due_unix_s() + late_s;
                cadence.advance(now);
                now
            })
            .collect()
    }

    #[test]
    fn without_a_word_of_the_master_reports_are_three_seconds_apart() {
        let mut cadence = Cadence::new(1_000.25);
        assert_eq!(
            times(&mut cadence, &[0.0, 0.5, 0.0]),
            [1_003.25, 1_006.75, 1_009.75]
        );
    }

    #[test]
    fn a_master_that_asks_gets_them_just_after_whole_seconds() {
        let mut cadence = Cadence::new(1_000.25);
        cadence.ask(Some(1), 1_000.75);
        let left = times(&mut cadence, &[0.0, 0.125, 0.0, 2.5, 0.0]);
        let expected = [1_001.0, 1_002.125, 1_003.0, 1_006.5, 1_007.0];
        for (left, expected) in left.iter().zip(expected) {
            assert!((left - expected - MARGIN_S).abs() < 1e-6, "{left} {expected}");
        }
    }

    #[test]
    fn longer_intervals_are_at_their_multiples() {
        let mut cadence = Cadence::new(1_000.25);
        cadence.ask(Some(5), 1_001.0);
        assert!((cadence.due_unix_s() - 1_005.0 - MARGIN_S).abs() < 1e-6);
    }

    #[test]
    fn asking_again_moves_nothing_and_another_master_may_ask_for_nothing() {
        let mut cadence = Cadence::new(1_000.0);
        cadence.ask(Some(1), 1_000.5);
        let due = cadence.due_unix_s();
        cadence.ask(Some(1), 1_001.002);
        assert_eq!(cadence.due_unix_s(), due);
        cadence.ask(None, 1_001.5);
        assert_eq!(cadence.due_unix_s(), 1_004.5);
        cadence.ask(Some(0), 1_002.0);
        assert_eq!(cadence.due_unix_s(), 1_004.5);
    }
}
