//! The intervals of a run as they grow: second by second, halved when there are too many.

use std::sync::Arc;

use super::limits::{MAX_INTERVALS, MAX_RECORD_BYTES, MIN_INTERVALS};
use super::model::{Gauges, Interval};

/// Bounds of a track; others than those of `limits` only in tests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) intervals: usize,
    pub(super) bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            intervals: MAX_INTERVALS,
            bytes: MAX_RECORD_BYTES,
        }
    }
}

/// Intervals without gaps. The newest one holds the newest second that has begun.
#[derive(Debug)]
pub(super) struct Track {
    bounds: Bounds,
    width_s: u32,
    counts_from_s: u32,
    intervals: Vec<Arc<Interval>>,
    bytes: usize,
    /// The newest second.
    second: u32,
    /// State over the seconds of the newest interval before that one, and how many these are.
    past: Gauges,
    past_seconds: u32,
    present: Gauges,
    /// The newest second has heard of its state.
    is_gauged: bool,
}

impl Track {
    /// A run that has just begun.
    pub(super) fn new(bounds: Bounds, gauges: Gauges) -> Self {
        let first = Interval {
            gauges: gauges.clone(),
            ..Interval::default()
        };
        Self {
            bounds,
            width_s: 1,
            counts_from_s: 0,
            bytes: first.memory_bytes(),
            intervals: vec![Arc::new(first)],
            second: 0,
            past: Gauges::default(),
            past_seconds: 0,
            present: gauges,
            is_gauged: false,
        }
    }

    pub(super) fn width_s(&self) -> u32 {
        self.width_s
    }

    pub(super) fn counts_from_s(&self) -> u32 {
        self.counts_from_s
    }

    pub(super) fn intervals(&self) -> &[Arc<Interval>] {
        &self.intervals
    }

    /// The run has come to `second`: seconds of which nothing was heard are like the last one.
    pub(super) fn advance(&mut self, second: u32) {
        while self.second < second {
            self.past = self.past.then(self.past_seconds, &self.present, 1);
            self.past_seconds += 1;
            self.second += 1;
            self.is_gauged = false;
            if self.second.is_multiple_of(self.width_s) {
                self.begin_interval();
            }
        }
    }

    /// The state of the fleet in the newest second.
    pub(super) fn gauge(&mut self, gauges: Gauges) {
        self.present = if self.is_gauged {
            self.present.then(1, &gauges, 1)
        } else {
            gauges
        };
        self.is_gauged = true;
        let gauges = self.past.then(self.past_seconds, &self.present, 1);
        if let Some(newest) = self.intervals.last_mut() {
            Arc::make_mut(newest).gauges = gauges;
        }
    }

    /// Changes what happened in `second`; `change` returns by how many bytes the interval grew. Seconds that statistics do not
    /// count any more, or that are still to come, give way to the nearest that is there.
    pub(super) fn change(&mut self, second: u32, change: impl FnOnce(&mut Interval) -> usize) {
        let second = second.min(self.second).max(self.counts_from_s);
        let at = (second / self.width_s) as usize;
        if let Some(interval) = self.intervals.get_mut(at) {
            let grown = change(Arc::make_mut(interval));
            self.bytes = self.bytes.saturating_add(grown);
        }
    }

    /// Statistics count from now on: from the present interval, and what had been counted in it goes to the one before. At the
    /// run's beginning, where there is none before, they count from the next interval.
    pub(super) fn reset(&mut self) {
        let newest = self.intervals.len().saturating_sub(1);
        let Some(present) = self.intervals.get(newest) else {
            return;
        };
        let mut from = newest;
        if !present.is_empty() {
            if newest == 0 {
                from = 1;
            } else {
                self.move_counts(newest, newest - 1);
            }
        }
        self.counts_from_s = u32::try_from(from)
            .unwrap_or(u32::MAX)
            .saturating_mul(self.width_s);
        self.advance(self.counts_from_s);
    }

    fn begin_interval(&mut self) {
        let is_even = self.intervals.len().is_multiple_of(2);
        let is_full = self.intervals.len() >= self.bounds.intervals
            || (self.bytes > self.bounds.bytes && self.intervals.len() > MIN_INTERVALS);
        if is_full && is_even {
            self.halve();
        }
        self.past = Gauges::default();
        self.past_seconds = 0;
        let next = Interval {
            gauges: self.present.clone(),
            ..Interval::default()
        };
        self.bytes = self.bytes.saturating_add(next.memory_bytes());
        self.intervals.push(Arc::new(next));
    }

    /// Merges neighbours in pairs. Where statistics count from the second one of a pair, what is in the first one goes to the
    /// pair before; without one it is dropped, as no statistics count it.
    fn halve(&mut self) {
        let from = (self.counts_from_s / self.width_s) as usize;
        if !from.is_multiple_of(2) {
            if from >= 2 {
                self.move_counts(from - 1, from - 2);
            } else if let Some(first) = self.intervals.first_mut() {
                *first = Arc::new(first.emptied());
            }
            self.counts_from_s -= self.width_s;
        }
        let width_s = self.width_s;
        let mut halved = Vec::with_capacity(self.intervals.len());
        let mut old = std::mem::take(&mut self.intervals).into_iter();
        while let Some(first) = old.next() {
            let mut merged = Arc::unwrap_or_clone(first);
            if let Some(second) = old.next() {
                merged.gauges = merged.gauges.then(width_s, &second.gauges, width_s);
                merged.add_counts(&second);
            }
            halved.push(Arc::new(merged));
        }
        self.bytes = halved.iter().map(|interval| interval.memory_bytes()).sum();
        self.intervals = halved;
        self.width_s = width_s.saturating_mul(2);
    }

    fn move_counts(&mut self, from: usize, to: usize) {
        let Some(source) = self.intervals.get_mut(from) else {
            return;
        };
        let moved = std::mem::replace(source, Arc::new(source.emptied()));
        if let Some(target) = self.intervals.get_mut(to) {
            Arc::make_mut(target).add_counts(&moved);
        }
    }
}
