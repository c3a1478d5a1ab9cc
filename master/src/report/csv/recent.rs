//! Response times of the last 10 to 20 seconds for each entry, for the percentiles of `--csv-full-history`.
//!
//! Two copies of each entry's distribution are kept, taken ten seconds apart; what is new since the older one is
//! recent. Bounded: entries past the limit are shown with their whole-run times.

use std::collections::HashMap;

use protocol::{StatsEntry, Times};

use crate::events::RunView;

/// Seconds between two copies; Locust's window is ten seconds.
const WINDOW_S: f64 = 10.0;
/// Most entries copies are kept of.
const MAX_ENTRIES: usize = 2_000;

type Copies = HashMap<(String, String), Times>;

/// The two copies.
#[derive(Debug, Default)]
pub(super) struct RecentTimes {
    older: Copies,
    newer: Copies,
    newer_unix_s: f64,
}

impl RecentTimes {
    /// Takes a new copy when it is time.
    pub(super) fn advance(&mut self, view: &RunView<'_>) {
        if view.now_unix_s - self.newer_unix_s < WINDOW_S {
            return;
        }
        let entries = view.stats.entries.iter().take(MAX_ENTRIES);
        let copies = entries
            .map(|(key, entry)| (key.clone(), entry.response_times.clone()))
            .collect();
        self.older = std::mem::replace(&mut self.newer, copies);
        self.newer_unix_s = view.now_unix_s;
    }

    /// Forgets both copies: statistics start anew.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The times that came since the older copy.
    pub(super) fn times_of(&self, entry: &StatsEntry) -> Times {
        let key = (entry.method.clone(), entry.name.clone());
        self.older.get(&key).map_or_else(
            || entry.response_times.clone(),
            |older| added(&entry.response_times, older),
        )
    }
}

fn added(now: &Times, before: &Times) -> Times {
    let mut counted = HashMap::new();
    before.for_each_us(|us, count| *counted.entry(us).or_insert(0) += count);
    let mut times = Times::new();
    now.for_each_us(|us, count| {
        let new = count.saturating_sub(counted.get(&us).copied().unwrap_or(0));
        if new > 0 {
            times.record_n_us(us, new);
        }
    });
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_added_counts() {
        let mut before = Times::new();
        (0..100).for_each(|_| before.record_ms(5.0));
        let mut now = before.clone();
        (0..10).for_each(|_| now.record_ms(80.0));
        let added = added(&now, &before);
        assert_eq!(added.len(), 10);
        assert!(added.percentile_ms(0.0).unwrap() > 79.0);
    }
}
