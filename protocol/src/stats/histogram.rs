//! Response times of one entry as an HDR histogram: microseconds, 3 significant digits, allocated with the first value.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};

use super::buckets::locust_bucket_ms;
use crate::limits::MAX_RESPONSE_TIME_US;

const SIGNIFICANT_DIGITS: u8 = 3;
const V2_HEADER_BYTES: usize = 40;

/// A distribution of times. Empty ones take no heap; others a few kilobytes, at most about 190.
///
/// A stored time is off by at most 0.05 % (or half a microsecond). Times over an hour count as an hour.
#[derive(Clone, Default)]
pub struct Times {
    histogram: Option<Box<Histogram<u64>>>,
}

impl Times {
    /// No times.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of times recorded.
    pub fn len(&self) -> u64 {
        self.histogram.as_ref().map_or(0, |h| h.len())
    }

    /// Nothing recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Records one time in milliseconds; negative and non-finite ones count as 0.
    pub fn record_ms(&mut self, ms: f64) {
        self.record_n_us(ms_to_us(ms), 1);
    }

    /// Records one time in microseconds.
    pub fn record_us(&mut self, us: u64) {
        self.record_n_us(us, 1);
    }

    /// Records `count` times of `us` microseconds.
    pub fn record_n_us(&mut self, us: u64, count: u64) {
        if count > 0 {
            let us = us.min(MAX_RESPONSE_TIME_US);
            let histogram = self.open();
            // `record_n` grows the range; `saturating_record_n` would clamp the time to the range there is.
            if histogram.record_n(us, count).is_err() {
                histogram.saturating_record_n(us, count);
            }
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        let Some(theirs) = &other.histogram else { return };
        match &mut self.histogram {
            None => self.histogram = Some(theirs.clone()),
            // A resizing histogram of the same precision takes any other; should that ever fail, count value by value.
            Some(ours) => {
                if ours.add(theirs.as_ref()).is_err() {
                    other.for_each_us(|us, count| self.record_n_us(us, count));
                }
            }
        }
    }

    /// Forgets everything, and gives the memory back.
    pub fn clear(&mut self) {
        self.histogram = None;
    }

    /// The time at 0-based rank `min(int(n*p), n-1)` of the sorted times, in milliseconds; None if empty. `p` from 0 to 1.
    ///
    /// Locust's rule (reference 3.2); the result is the middle of the histogram's cell.
    pub fn percentile_ms(&self, p: f64) -> Option<f64> {
        let histogram = self.histogram.as_ref()?;
        let n = histogram.len();
        if n == 0 {
            return None;
        }
        let rank = rank(n, p);
        let mut seen = 0u64;
        for cell in histogram.iter_recorded() {
            seen = seen.saturating_add(cell.count_since_last_iteration());
            if seen > rank {
                return Some(us_to_ms(histogram.median_equivalent(cell.value_iterated_to())));
            }
        }
        Some(us_to_ms(histogram.max()))
    }

    /// [`Times::percentile_ms`] of each of `ps`, which must ascend, in one pass over the histogram. One that is smaller than the
    /// one before it gets the same time as that one.
    pub fn percentiles_ms(&self, ps: &[f64]) -> Vec<Option<f64>> {
        let Some(histogram) = self.histogram.as_ref().filter(|h| !h.is_empty()) else {
            return vec![None; ps.len()];
        };
        let mut found = Vec::with_capacity(ps.len());
        let mut seen = 0u64;
        for cell in histogram.iter_recorded() {
            seen = seen.saturating_add(cell.count_since_last_iteration());
            while found.len() < ps.len() && seen > rank(histogram.len(), ps[found.len()]) {
                found.push(Some(us_to_ms(
                    histogram.median_equivalent(cell.value_iterated_to()),
                )));
            }
            if found.len() == ps.len() {
                return found;
            }
        }
        found.resize(ps.len(), Some(us_to_ms(histogram.max())));
        found
    }

    /// Locust's bucketed map of these times: bucket in milliseconds → count.
    pub fn locust_buckets(&self) -> BTreeMap<u64, u64> {
        let mut map = BTreeMap::new();
        self.for_each_us(|us, count| {
            let slot: &mut u64 = map.entry(locust_bucket_ms(us_to_ms(us))).or_default();
            *slot = slot.saturating_add(count);
        });
        map
    }

    /// Calls `f(microseconds, count)` for every cell with something in it, ascending.
    pub fn for_each_us(&self, mut f: impl FnMut(u64, u64)) {
        if let Some(histogram) = &self.histogram {
            for cell in histogram.iter_recorded() {
                f(
                    histogram.median_equivalent(cell.value_iterated_to()),
                    cell.count_since_last_iteration(),
                );
            }
        }
    }

    /// The HDR V2 serialisation (uncompressed); None if empty.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let histogram = self.histogram.as_ref().filter(|h| !h.is_empty())?;
        let mut bytes = Vec::new();
        V2Serializer::new()
            .serialize(histogram.as_ref(), &mut bytes)
            .ok()?;
        Some(bytes)
    }

    /// Reads what [`Times::to_bytes`] wrote. None if it is anything else: the header is checked before any memory is taken for it.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let long = |at: usize| Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        let payload_bytes = usize::try_from(word(4)?).ok()?;
        // Ours resize in powers of two, so the range in the header may be up to twice the largest time.
        let ours = payload_bytes == bytes.len().checked_sub(V2_HEADER_BYTES)?
            && word(12)? == u32::from(SIGNIFICANT_DIGITS)
            && long(16)? == 1
            && long(24)? <= 2 * MAX_RESPONSE_TIME_US;
        if !ours {
            return None;
        }
        let mut reader = bytes;
        let mut histogram: Histogram<u64> = Deserializer::new().deserialize(&mut reader).ok()?;
        histogram.auto(true);
        Some(if histogram.is_empty() {
            Self::new()
        } else {
            Self {
                histogram: Some(Box::new(histogram)),
            }
        })
    }

    fn open(&mut self) -> &mut Histogram<u64> {
        self.histogram.get_or_insert_with(|| {
            let mut histogram = Histogram::new_with_bounds(1, 2, SIGNIFICANT_DIGITS)
                .expect("bounds 1..2 with 3 digits are valid by the crate's documentation");
            histogram.auto(true);
            Box::new(histogram)
        })
    }
}

impl PartialEq for Times {
    /// Same counts in the same cells, however the memory behind them grew.
    fn eq(&self, other: &Self) -> bool {
        let cells = |times: &Self| {
            let mut all = Vec::new();
            times.for_each_us(|us, count| all.push((us, count)));
            all
        };
        self.len() == other.len() && cells(self) == cells(other)
    }
}

impl std::fmt::Debug for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Times({}", self.len())?;
        if let (Some(low), Some(high)) = (self.percentile_ms(0.0), self.percentile_ms(1.0)) {
            write!(f, ", {low}..{high} ms")?;
        }
        f.write_str(")")
    }
}

/// 0-based rank of the percentile `p` (0 to 1) of `n` times; `n` is not 0.
fn rank(n: u64, p: f64) -> u64 {
    ((n as f64 * p.clamp(0.0, 1.0)) as u64).min(n - 1)
}

/// Milliseconds to whole microseconds; negative and non-finite become 0.
pub(super) fn ms_to_us(ms: f64) -> u64 {
    (ms * 1_000.0).round() as u64
}

fn us_to_ms(us: u64) -> f64 {
    us as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
