//! Times of an interval in few bytes: the histogram's cells with something in them, as pairs of variable-length numbers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use protocol::Times;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::limits::MAX_PACKED_BYTES;
use super::percentiles;

/// A packed histogram. For each cell in ascending order two LEB128 numbers: microseconds (its middle, as
/// [`protocol::Times::for_each_us`] gives it) less that of the cell before, and the count. The page and the report unpack the same.
///
/// In JSON it is base64 of these bytes, in binary formats the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackedTimes(Box<[u8]>);

impl PackedTimes {
    /// What [`PackedTimes::as_bytes`] gave. None if it is anything else: cut off, not ascending, an empty cell, or too long.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_PACKED_BYTES {
            return None;
        }
        let mut rest = bytes;
        let (mut us, mut total, mut is_first) = (0u64, 0u64, true);
        while !rest.is_empty() {
            let delta = take(&mut rest)?;
            let count = take(&mut rest)?;
            if count == 0 || (delta == 0 && !is_first) {
                return None;
            }
            us = us.checked_add(delta)?;
            total = total.checked_add(count)?;
            is_first = false;
        }
        Some(Self(bytes.into()))
    }

    /// The bytes, as described above.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of times in it.
    pub fn count(&self) -> u64 {
        self.cells().fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// The cells: microseconds and count, ascending.
    pub fn cells(&self) -> Cells<'_> {
        Cells { rest: &self.0, us: 0 }
    }

    /// Calls `f(microseconds, count)` for every cell with something in it, ascending: as [`Times::for_each_us`].
    pub fn for_each_us(&self, mut f: impl FnMut(u64, u64)) {
        for (us, count) in self.cells() {
            f(us, count);
        }
    }

    /// Adds all of it to `times`.
    pub fn merge_into(&self, times: &mut Times) {
        for (us, count) in self.cells() {
            times.record_n_us(us, count);
        }
    }

    /// Adds all of `other`.
    pub fn add(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        let mut packer = Packer::with_capacity(self.0.len() + other.0.len());
        let (mut ours, mut theirs) = (self.cells().peekable(), other.cells().peekable());
        loop {
            let (us, count) = match (ours.peek().copied(), theirs.peek().copied()) {
                (Some((a, n)), Some((b, m))) if a == b => {
                    theirs.next();
                    ours.next();
                    (a, n.saturating_add(m))
                }
                (Some((a, n)), Some((b, _))) if a < b => {
                    ours.next();
                    (a, n)
                }
                (Some((a, n)), None) => {
                    ours.next();
                    (a, n)
                }
                (_, Some((b, m))) => {
                    theirs.next();
                    (b, m)
                }
                (None, None) => break,
            };
            packer.push(us, count);
        }
        *self = packer.finish();
    }

    /// What is left without `part`. A cell never goes below zero.
    #[must_use]
    pub fn without(&self, part: &Self) -> Self {
        if part.is_empty() {
            return self.clone();
        }
        let mut packer = Packer::with_capacity(self.0.len());
        let mut theirs = part.cells().peekable();
        for (us, count) in self.cells() {
            while theirs.next_if(|(theirs_us, _)| *theirs_us < us).is_some() {}
            let gone = theirs
                .next_if(|(theirs_us, _)| *theirs_us == us)
                .map_or(0, |(_, count)| count);
            packer.push(us, count.saturating_sub(gone));
        }
        packer.finish()
    }

    /// The times at `fractions` (0 to 1), milliseconds, by [`Times::percentile_ms`]'s rule; None where there are no times.
    pub fn percentiles_ms(&self, fractions: &[f64]) -> Vec<Option<f64>> {
        percentiles::of_cells(
            self.count(),
            |take| self.cells().for_each(|(us, count)| take(us, count)),
            fractions,
        )
    }
}

impl From<&Times> for PackedTimes {
    fn from(times: &Times) -> Self {
        let mut packer = Packer::with_capacity(0);
        times.for_each_us(|us, count| packer.push(us, count));
        packer.finish()
    }
}

/// Cells of a [`PackedTimes`].
#[derive(Debug, Clone)]
pub struct Cells<'a> {
    rest: &'a [u8],
    us: u64,
}

impl Iterator for Cells<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<Self::Item> {
        let delta = take(&mut self.rest)?;
        let count = take(&mut self.rest)?;
        self.us = self.us.saturating_add(delta);
        Some((self.us, count))
    }
}

/// Writes cells in ascending order.
struct Packer {
    bytes: Vec<u8>,
    last_us: u64,
}

impl Packer {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            last_us: 0,
        }
    }

    fn push(&mut self, us: u64, count: u64) {
        if count > 0 {
            put(&mut self.bytes, us.saturating_sub(self.last_us));
            put(&mut self.bytes, count);
            self.last_us = us;
        }
    }

    fn finish(self) -> PackedTimes {
        PackedTimes(self.bytes.into_boxed_slice())
    }
}

/// Appends a LEB128 number.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a LEB128 number off the front. None if it is cut off or too large.
fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for place in 0..10 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        let shift = 7 * place;
        if shift == 63 && part > 1 {
            return None;
        }
        number |= part << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

impl Serialize for PackedTimes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&base64::display::Base64Display::new(&self.0, &STANDARD))
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for PackedTimes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(PackedVisitor)
        } else {
            deserializer.deserialize_bytes(PackedVisitor)
        }
    }
}

struct PackedVisitor;

impl Visitor<'_> for PackedVisitor {
    type Value = PackedTimes;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("packed times")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<PackedTimes, E> {
        let bytes = STANDARD.decode(text).map_err(E::custom)?;
        self.visit_bytes(&bytes)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<PackedTimes, E> {
        PackedTimes::from_bytes(bytes).ok_or_else(|| E::custom("these are no packed times"))
    }
}

#[cfg(test)]
mod tests;
