//! A record in fewer intervals, for files that must stay small.

use std::sync::Arc;

use crate::timeline::{Interval, RunRecord};

/// The record with at most `most` intervals: neighbours are merged by twos as often as needed. Counts of the whole stay the same.
///
/// Where statistics count from the middle of a merged interval, what came before in it moves to the interval before, so
/// that the figures of the whole stay the same; without one before it is dropped, as no statistics count it.
pub fn coarse(record: &RunRecord, most: usize) -> RunRecord {
    let mut factor = 1usize;
    while record.intervals.len().div_ceil(factor) > most.max(1) {
        factor *= 2;
    }
    if factor == 1 {
        return record.clone();
    }
    let width_s = record.width_s.max(1);
    let counts_from = (record.counts_from_s / width_s) as usize;
    let mut merged: Vec<Interval> = Vec::with_capacity(most);
    for (place, group) in record.intervals.chunks(factor).enumerate() {
        let mut interval = Interval::default();
        let mut seconds = 0;
        for (at, part) in group.iter().enumerate() {
            interval.gauges = interval.gauges.then(seconds, &part.gauges, width_s);
            seconds += width_s;
            let position = place * factor + at;
            let is_split = place == counts_from / factor && position < counts_from;
            match merged.last_mut() {
                Some(before) if is_split => before.add_counts(part),
                None if is_split => {}
                _ => interval.add_counts(part),
            }
        }
        merged.push(interval);
    }
    let factor = u32::try_from(factor).unwrap_or(u32::MAX);
    let width_s = width_s.saturating_mul(factor);
    RunRecord {
        width_s,
        counts_from_s: record.counts_from_s / width_s * width_s,
        intervals: merged.into_iter().map(Arc::new).collect(),
        ..record.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::run_samples::run;
    use super::*;

    #[test]
    fn the_whole_stays_the_same() {
        for (seconds, most, width_s) in [(100, 600, 1), (1200, 600, 2), (1201, 600, 4), (7, 1, 8)] {
            let mut record = run(seconds);
            for counts_from_s in [0, 3, 4, 5] {
                record.counts_from_s = counts_from_s;
                let merged = coarse(&record, most);
                assert_eq!(merged.width_s, width_s);
                assert!(merged.intervals.len() <= most);
                let (before, after) = (record.window(None, None), merged.window(None, None));
                let (mut expected, found) = (before.total(), after.total());
                assert!((expected.sum_ms - found.sum_ms).abs() < 1e-6);
                expected.sum_ms = found.sum_ms;
                assert_eq!(expected, found, "{seconds} s counted from {counts_from_s}");
                assert_eq!(before.errors(), after.errors());
                assert_eq!(before.rows().len(), after.rows().len());
            }
        }
    }
}
