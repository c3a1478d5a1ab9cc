//! By how much the clocks of workers differ from the master's.

use std::collections::BTreeMap;

use super::limits::MAX_CLOCKS;

/// A clock is taken to have been set only if it differs by more than this from what was found before, seconds. Half a second is
/// what a whole number leaves open; the rest is for jitter.
const SLACK_S: f64 = 0.75;
/// So many reports in a row that come later than the clock explains: the clock was set back, and they are not just late.
const STEADY_REPORTS: u32 = 5;
/// A worker that does not say when it closed a report is only known to have closed it after its last request. Up to this
/// many seconds its clock may well be right.
const FOREIGN_SLACK_S: f64 = 10.0;

/// What is to be added to the time of a worker's clock, by worker.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    by_worker: BTreeMap<String, Clock>,
}

#[derive(Debug)]
struct Clock {
    offset_s: f64,
    late_in_a_row: u32,
    least_late_s: f64,
}

impl Clocks {
    /// Whole seconds to add, after a report that was closed `behind_s` seconds before it arrived, by clocks that may differ. A
    /// report cannot arrive before it is closed, so one that comes earlier than expected corrects the clock at once, one that
    /// comes later only if others do too.
    pub(super) fn offset_s(&mut self, worker: &str, behind_s: f64) -> f64 {
        if let Some(clock) = self.by_worker.get_mut(worker) {
            return clock.heard(behind_s);
        }
        let offset_s = behind_s.round();
        if self.by_worker.len() < MAX_CLOCKS {
            let clock = Clock {
                offset_s,
                late_in_a_row: 0,
                least_late_s: f64::INFINITY,
            };
            self.by_worker.insert(worker.to_owned(), clock);
        }
        offset_s
    }

    /// The same of a worker that does not say when it closed its report: `behind_s` is since its last request.
    pub(super) fn foreign_offset_s(&mut self, worker: &str, behind_s: f64) -> f64 {
        let is_plausible = (-SLACK_S..FOREIGN_SLACK_S).contains(&behind_s);
        self.offset_s(worker, if is_plausible { 0.0 } else { behind_s })
    }
}

impl Clock {
    fn heard(&mut self, behind_s: f64) -> f64 {
        if behind_s < self.offset_s - SLACK_S {
            self.set(behind_s);
        } else if behind_s > self.offset_s + SLACK_S {
            self.late_in_a_row += 1;
            self.least_late_s = self.least_late_s.min(behind_s);
            if self.late_in_a_row >= STEADY_REPORTS {
                self.set(self.least_late_s);
            }
        } else {
            self.late_in_a_row = 0;
            self.least_late_s = f64::INFINITY;
        }
        self.offset_s
    }

    fn set(&mut self, behind_s: f64) {
        self.offset_s = behind_s.round();
        self.late_in_a_row = 0;
        self.least_late_s = f64::INFINITY;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(behind: &[f64]) -> Vec<f64> {
        let mut clocks = Clocks::default();
        behind
            .iter()
            .map(|&behind_s| clocks.offset_s("w", behind_s))
            .collect()
    }

    #[test]
    fn jitter_around_half_a_second_does_not_flip_the_offset() {
        assert_eq!(offsets(&[0.45, 0.55, 0.48, 0.7, 0.1, 0.6]), [0.0; 6]);
    }

    #[test]
    fn a_late_report_is_late_and_no_other_clock() {
        assert_eq!(offsets(&[0.1, 4.0, 3.0, 2.0, 1.0, 0.1]), [0.0; 6]);
    }

    #[test]
    fn a_first_report_that_was_late_is_corrected_by_the_next() {
        assert_eq!(offsets(&[3.2, 0.2, 0.2]), [3.0, 0.0, 0.0]);
    }

    #[test]
    fn a_clock_that_is_set_is_followed() {
        assert_eq!(offsets(&[-3600.0, -3599.8])[1], -3600.0);
        let back = offsets(&[0.1, 60.1, 60.3, 60.1, 60.2, 60.1, 60.1]);
        assert_eq!(back, [0.0, 0.0, 0.0, 0.0, 0.0, 60.0, 60.0]);
    }

    #[test]
    fn a_slow_target_of_a_foreign_worker_is_no_other_clock() {
        let mut clocks = Clocks::default();
        for behind_s in [0.2, 3.0, 5.0, 6.0, 4.0, 9.0, 3.0] {
            assert_eq!(clocks.foreign_offset_s("w", behind_s), 0.0);
        }
        assert_eq!(clocks.foreign_offset_s("v", -7200.3), -7200.0);
    }
}
