//! How many starts (or stops) of a ramp are due at a moment.
//!
//! User `k` of a ramp, from 0, starts `k / rate` seconds after its beginning. The master speaks once per *step*, and a
//! step hands out every start up to the next one; a worker of ours spreads them inside the step. So load rises in a
//! line, not in bursts once per second.

use crate::limits::MIN_STEP_S;

/// A ramp's clock. Times are seconds on any one clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    begun_s: f64,
    rate: f64,
    interval_s: f64,
    steps_taken: u64,
    handed_out: u64,
}

/// One step of a ramp.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Due {
    /// Starts (or stops) to hand out now.
    pub count: u64,
    /// Seconds over which a worker should spread them.
    pub spread_s: f64,
}

impl Pace {
    /// A ramp that begins at `now_s`, with `rate` > 0 users per second.
    pub fn new(now_s: f64, rate: f64) -> Self {
        let interval_s = (1.0 / rate).max(MIN_STEP_S);
        Self {
            begun_s: now_s,
            rate,
            interval_s,
            steps_taken: 0,
            handed_out: 0,
        }
    }

    /// Seconds between steps: long enough for one user, at least [`MIN_STEP_S`].
    pub fn interval_s(&self) -> f64 {
        self.interval_s
    }

    /// When the next step is due.
    #[expect(clippy::cast_precision_loss, reason = "steps are far below 2^52")]
    pub fn next_step_s(&self) -> f64 {
        self.begun_s + self.steps_taken as f64 * self.interval_s
    }

    /// Takes the step that is due at `now_s`, if one is. After a stall, one step hands out what was missed.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "non-negative numbers of steps and users; a cast of a float saturates"
    )]
    pub fn take(&mut self, now_s: f64) -> Option<Due> {
        if now_s + EPSILON_S < self.next_step_s() {
            return None;
        }
        let passed = ((now_s - self.begun_s + EPSILON_S) / self.interval_s)
            .floor()
            .max(0.0);
        self.steps_taken = (passed as u64).saturating_add(1).max(self.steps_taken + 1);
        let until_s = self.steps_taken as f64 * self.interval_s;
        let total = (self.rate * until_s - EPSILON_USERS).ceil().max(0.0) as u64;
        let count = total.saturating_sub(self.handed_out);
        self.handed_out = self.handed_out.max(total);
        Some(Due {
            count,
            spread_s: self.interval_s,
        })
    }
}

/// Timers may fire this much early, seconds.
const EPSILON_S: f64 = 1e-6;
/// Guards `rate * time` against rounding just above a whole number of users.
const EPSILON_USERS: f64 = 1e-6;

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rate: f64, steps: usize) -> Vec<u64> {
        let mut pace = Pace::new(5.0, rate);
        (0..steps)
            .filter_map(|_| pace.take(pace.next_step_s()).map(|due| due.count))
            .collect()
    }

    #[test]
    fn slow_rates_start_one_user_per_step() {
        let mut pace = Pace::new(0.0, 0.5);
        assert_eq!(
            pace.take(0.0),
            Some(Due {
                count: 1,
                spread_s: 2.0
            })
        );
        assert_eq!(pace.take(1.9), None);
        assert_eq!(
            pace.take(2.0),
            Some(Due {
                count: 1,
                spread_s: 2.0
            })
        );
    }

    #[test]
    fn fast_rates_are_spread_over_tenths_of_a_second() {
        assert_eq!(counts(20.0, 4), [2, 2, 2, 2]);
        assert_eq!(counts(15.0, 4), [2, 1, 2, 1]);
        assert_eq!(counts(9.0, 3), [1, 1, 1]);
    }

    #[test]
    fn the_number_handed_out_follows_rate_times_time_for_any_rate() {
        for rate in [0.1, 1.0, 2.4, 7.0, 10.0, 33.3, 999.9, 5000.0] {
            let mut pace = Pace::new(0.0, rate);
            let mut total = 0;
            for _ in 0..500 {
                total += pace.take(pace.next_step_s()).map_or(0, |due| due.count);
                let expected = rate * pace.next_step_s();
                assert!(
                    (total as f64 - expected).abs() <= 1.0 + 1e-6,
                    "{rate}: {total} for {expected}"
                );
            }
        }
    }

    #[test]
    fn a_stall_is_made_up_in_one_step() {
        let mut pace = Pace::new(0.0, 10.0);
        assert_eq!(pace.take(0.0).map(|due| due.count), Some(1));
        assert_eq!(pace.take(1.0).map(|due| due.count), Some(10));
        assert!(pace.next_step_s() > 1.0);
    }

    #[test]
    fn an_absurd_rate_does_not_overflow() {
        let mut pace = Pace::new(0.0, f64::MAX);
        assert_eq!(pace.take(0.0).map(|due| due.count), Some(u64::MAX));
        assert_eq!(pace.take(10.0).map(|due| due.count), Some(0));
    }
}
