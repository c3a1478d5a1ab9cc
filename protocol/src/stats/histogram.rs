//! Response times of one entry as an HDR histogram: microseconds, 3 significant digits. While they fill few of its cells, only
//! those are kept.

mod few;

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};

use super::buckets::locust_bucket_ms;
use crate::limits::MAX_RESPONSE_TIME_US;
use few::{Few, middle_of};

const SIGNIFICANT_DIGITS: u8 = 3;
const V2_HEADER_BYTES: usize = 40;

/// A distribution of times. Empty ones take no heap, those with few different times at most a kilobyte, others more, at most
/// about 190 kilobytes.
///
/// A stored time is off by at most 0.05 % (or half a microsecond). Times over an hour count as an hour.
#[derive(Clone, Default)]
pub struct Times {
    cells: Cells,
}

#[derive(Clone)]
enum Cells {
    Few(Few),
    Many(Box<Histogram<u64>>),
}

impl Default for Cells {
    fn default() -> Self {
        Self::Few(Few::default())
    }
}

impl Times {
    /// No times.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of times recorded.
    pub fn len(&self) -> u64 {
        match &self.cells {
            Cells::Few(few) => few.len(),
            Cells::Many(histogram) => histogram.len(),
        }
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
        if count == 0 {
            return;
        }
        let us = us.min(MAX_RESPONSE_TIME_US);
        match &mut self.cells {
            Cells::Many(histogram) => add_to(histogram, us, count),
            Cells::Few(few) => {
                if !few.record(us, count) {
                    let mut histogram = histogram_of(few);
                    add_to(&mut histogram, us, count);
                    self.cells = Cells::Many(histogram);
                }
            }
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        match (&mut self.cells, &other.cells) {
            (_, Cells::Few(theirs)) => {
                for &(us, count) in theirs.cells() {
                    self.record_n_us(us, count);
                }
            }
            (Cells::Few(ours), Cells::Many(theirs)) => {
                let mut sum = theirs.clone();
                for &(us, count) in ours.cells() {
                    add_to(&mut sum, us, count);
                }
                self.cells = Cells::Many(sum);
            }
            // A resizing histogram of the same precision takes any other; should that ever fail, count value by value.
            (Cells::Many(ours), Cells::Many(theirs)) => {
                if ours.add(theirs.as_ref()).is_err() {
                    other.for_each_us(|us, count| self.record_n_us(us, count));
                }
            }
        }
    }

    /// Forgets everything, and gives the memory back.
    pub fn clear(&mut self) {
        self.cells = Cells::default();
    }

    /// The time at 0-based rank `min(int(n*p), n-1)` of the sorted times, in milliseconds; None if empty. `p` from 0 to 1.
    ///
    /// Locust's rule (reference 3.2); the result is the middle of the histogram's cell.
    pub fn percentile_ms(&self, p: f64) -> Option<f64> {
        self.percentiles_ms(&[p])[0]
    }

    /// [`Times::percentile_ms`] of each of `ps`, which must ascend, in one pass over the histogram. One that is smaller than the
    /// one before it gets the same time as that one.
    pub fn percentiles_ms(&self, ps: &[f64]) -> Vec<Option<f64>> {
        let mut found = Vec::with_capacity(ps.len());
        let mut seen = 0u64;
        let mut last = None;
        let len = self.len();
        for (us, count) in self.iter_us() {
            seen = seen.saturating_add(count);
            last = Some(us_to_ms(us));
            while found.len() < ps.len() && seen > rank(len, ps[found.len()]) {
                found.push(last);
            }
            if found.len() == ps.len() {
                return found;
            }
        }
        found.resize(ps.len(), last);
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
        for (us, count) in self.iter_us() {
            f(us, count);
        }
    }

    /// The middle of every cell with something in it, in microseconds, and its count; ascending.
    fn iter_us(&self) -> impl Iterator<Item = (u64, u64)> {
        let (few, many) = match &self.cells {
            Cells::Few(few) => (few.cells(), None),
            Cells::Many(histogram) => (&[][..], Some(histogram)),
        };
        let many = many.into_iter().flat_map(|histogram| {
            histogram.iter_recorded().map(|cell| {
                let us = histogram.median_equivalent(cell.value_iterated_to());
                (us, cell.count_since_last_iteration())
            })
        });
        few.iter()
            .map(|&(low, count)| (middle_of(low), count))
            .chain(many)
    }

    /// The HDR V2 serialisation (uncompressed); None if empty.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let histogram = match &self.cells {
            Cells::Few(few) => return few.to_bytes(),
            Cells::Many(histogram) if histogram.is_empty() => return None,
            Cells::Many(histogram) => histogram,
        };
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
        if let Some(few) = Few::from_bytes(bytes) {
            return Some(Self {
                cells: Cells::Few(few),
            });
        }
        let mut reader = bytes;
        let mut histogram: Histogram<u64> = Deserializer::new().deserialize(&mut reader).ok()?;
        histogram.auto(true);
        Some(Self {
            cells: Cells::Many(Box::new(histogram)),
        })
    }
}

fn add_to(histogram: &mut Histogram<u64>, us: u64, count: u64) {
    // `record_n` grows the range; `saturating_record_n` would clamp the time to the range there is.
    if histogram.record_n(us, count).is_err() {
        histogram.saturating_record_n(us, count);
    }
}

fn histogram_of(few: &Few) -> Box<Histogram<u64>> {
    let mut histogram = Histogram::new_with_bounds(1, 2, SIGNIFICANT_DIGITS)
        .expect("bounds 1..2 with 3 digits are valid by the crate's documentation");
    histogram.auto(true);
    // The largest first, so that the range grows once.
    for &(us, count) in few.cells().iter().rev() {
        add_to(&mut histogram, us, count);
    }
    Box::new(histogram)
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
