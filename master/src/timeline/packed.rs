//! Times of an interval in few bytes: the histogram's cells with something in them, as pairs of variable-length numbers.

use protocol::Times;
use serde::{Deserialize, Serialize};

/// A packed histogram. For each cell in ascending order two LEB128 numbers: microseconds (its middle, as
/// [`protocol::Times::for_each_us`] gives it) less that of the cell before, and the count. The page and the report unpack the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PackedTimes(Vec<u8>);

impl PackedTimes {
    /// Packs `times`.
    pub fn pack(times: &Times) -> Self {
        let (mut bytes, mut before) = (Vec::new(), 0);
        times.for_each_us(|us, count| {
            put(&mut bytes, us - before);
            put(&mut bytes, count);
            before = us;
        });
        Self(bytes)
    }

    /// Calls `f` with each cell: its middle in microseconds, and its count.
    pub fn for_each_us(&self, mut f: impl FnMut(u64, u64)) {
        let (mut rest, mut us) = (self.0.as_slice(), 0);
        while let (Some(step), Some(count)) = (take(&mut rest), take(&mut rest)) {
            us += step;
            f(us, count);
        }
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0_u64, 0);
    loop {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}
