//! A stretch of a run, added up.

use std::collections::BTreeMap;
use std::ops::Range;

use super::model::{Cell, ErrorId, Interval, RequestId, RunRecord};
use super::sum::Sum;

/// Some intervals of a record, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    record: &'a RunRecord,
    first: usize,
    end: usize,
}

impl RunRecord {
    /// The intervals from second `from_s` to below `to_s` of the run, snapped outward to whole intervals. What is not given is
    /// from where statistics count, and the end. A window that holds nothing is empty, not an error.
    pub fn window(&self, from_s: Option<u32>, to_s: Option<u32>) -> Window<'_> {
        let width_s = self.width_s.max(1);
        let first = (from_s.unwrap_or(self.counts_from_s) / width_s) as usize;
        let end = to_s.map_or(self.intervals.len(), |to_s| to_s.div_ceil(width_s) as usize);
        let end = end.min(self.intervals.len());
        Window {
            record: self,
            first: first.min(end),
            end,
        }
    }

    /// The id of a request name, if there was a request of it.
    pub fn request_id(&self, method: &str, name: &str) -> Option<RequestId> {
        let at = self
            .requests
            .iter()
            .position(|key| key.method == method && key.name == name)?;
        RequestId::try_from(at).ok()
    }

    /// The second of the run at which the interval at `position` begins.
    pub fn begin_of(&self, position: usize) -> u32 {
        u32::try_from(position)
            .unwrap_or(u32::MAX)
            .saturating_mul(self.width_s)
    }

    /// Whether the run goes on: the newest seconds are not complete then.
    pub fn is_live(&self) -> bool {
        self.info.ended_unix_s.is_none() && self.info.state != "incomplete"
    }

    /// How many of the intervals have all their reports. Of a run that has ended: all.
    ///
    /// A worker's second may lie half a second beside the run's, and its report takes a moment.
    pub fn complete_intervals(&self) -> usize {
        const LATE_S: f64 = 0.75;
        if !self.is_live() {
            return self.intervals.len();
        }
        let seconds = (self.info.elapsed_s - LATE_S).max(0.0) as usize;
        (seconds / self.width_s.max(1) as usize).min(self.intervals.len())
    }
}

impl<'a> Window<'a> {
    /// What it is a window of.
    pub fn record(&self) -> &'a RunRecord {
        self.record
    }

    /// First second of the run in it.
    pub fn from_s(&self) -> u32 {
        self.record.begin_of(self.first)
    }

    /// Second after the last one in it; past the run's end if the last interval is not full.
    pub fn to_s(&self) -> u32 {
        self.record.begin_of(self.end)
    }

    /// How many seconds of the run it covers, the last one begun counted whole.
    pub fn seconds(&self) -> u32 {
        self.span_s().ceil() as u32
    }

    /// The seconds of the run it covers, to divide by: an interval that the run did not fill counts as far as it went.
    pub fn span_s(&self) -> f64 {
        let (from_s, to_s) = (f64::from(self.from_s()), f64::from(self.to_s()));
        let end_s = to_s.min(self.record.info.elapsed_s.max(from_s));
        if end_s > from_s {
            end_s - from_s
        } else {
            to_s - from_s
        }
    }

    /// The intervals with the second of the run at which each begins.
    pub fn intervals(&self) -> impl Iterator<Item = (u32, &'a Interval)> + use<'a> {
        let (record, first) = (self.record, self.first);
        let some = record.intervals.get(self.first..self.end).unwrap_or_default();
        some.iter().enumerate().map(move |(at, interval)| {
            let second = u32::try_from(first + at).unwrap_or(u32::MAX);
            (second.saturating_mul(record.width_s), interval.as_ref())
        })
    }

    /// All requests.
    pub fn total(&self) -> Sum {
        let mut sum = Sum::default();
        for (_, interval) in self.intervals() {
            sum.add(&interval.total);
        }
        sum
    }

    /// One request name.
    pub fn row(&self, request: RequestId) -> Sum {
        let mut sum = Sum::default();
        for (_, interval) in self.intervals() {
            if let Some(cell) = interval.cell(request) {
                sum.add(cell);
            }
        }
        sum
    }

    /// Every request name with something in the window, by id.
    pub fn rows(&self) -> Vec<(RequestId, Sum)> {
        let mut rows: BTreeMap<RequestId, Sum> = BTreeMap::new();
        for (_, interval) in self.intervals() {
            for (request, cell) in &interval.cells {
                rows.entry(*request).or_default().add(cell);
            }
        }
        rows.into_iter().collect()
    }

    /// Occurrences of every error in the window, by id.
    pub fn errors(&self) -> Vec<(ErrorId, u64)> {
        let mut errors: BTreeMap<ErrorId, u64> = BTreeMap::new();
        for (_, interval) in self.intervals() {
            for (error, count) in &interval.errors {
                let slot = errors.entry(*error).or_default();
                *slot = slot.saturating_add(*count);
            }
        }
        errors.into_iter().collect()
    }

    /// The window without the intervals whose reports are not all here.
    #[must_use]
    pub fn complete(&self) -> Self {
        let end = self.end.min(self.record.complete_intervals());
        Self {
            record: self.record,
            first: self.first.min(end),
            end,
        }
    }

    /// Positions of its intervals in the record.
    pub fn positions(&self) -> Range<usize> {
        self.first..self.end
    }
}

impl Interval {
    /// What happened to a request name in it; None if nothing did.
    pub fn cell(&self, request: RequestId) -> Option<&Cell> {
        let at = self.cells.binary_search_by_key(&request, |(id, _)| *id).ok()?;
        self.cells.get(at).map(|(_, cell)| cell)
    }
}
