//! Response times of the last seconds, for percentiles "right now". Bounded: one small histogram per slot of two seconds.

use std::collections::VecDeque;

use super::Times;

const SLOT_S: i64 = 2;
const SLOTS: i64 = 6;

/// A ring of histograms by the time of arrival: the current slot and the five before, so 10 to 12 seconds.
#[derive(Debug, Clone, Default)]
pub(super) struct RecentTimes {
    slots: VecDeque<(i64, Times)>,
}

impl RecentTimes {
    pub(super) fn add(&mut self, times: &Times, now_unix_s: f64) {
        let slot = slot_of(now_unix_s);
        self.forget_before(slot);
        if times.is_empty() {
            return;
        }
        match self.slots.back_mut() {
            // A clock that steps back adds to the newest slot.
            Some((last, sum)) if *last >= slot => sum.merge(times),
            _ => self.slots.push_back((slot, times.clone())),
        }
    }

    pub(super) fn merged(&self, now_unix_s: f64) -> Times {
        let oldest = slot_of(now_unix_s) - SLOTS;
        let mut sum = Times::new();
        self.slots
            .iter()
            .filter(|(slot, _)| *slot > oldest)
            .for_each(|(_, times)| sum.merge(times));
        sum
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }

    fn forget_before(&mut self, slot: i64) {
        while self
            .slots
            .front()
            .is_some_and(|(first, _)| *first <= slot - SLOTS)
        {
            self.slots.pop_front();
        }
    }
}

fn slot_of(now_unix_s: f64) -> i64 {
    (now_unix_s as i64).div_euclid(SLOT_S)
}
