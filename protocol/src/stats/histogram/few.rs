//! Times that fill few cells of a histogram, kept as a sorted list of those cells.
//!
//! A name that is requested a few times a second fills a handful of the eight thousand cells that a histogram up to 0.1 s has.
//! Taking, adding, writing and reading a thousand such names a second as whole histograms costs more than the requests do. The
//! cells are those of the HDR histogram, so both tell the same times and are written in the same way.

use crate::limits::{MAX_FEW_CELLS, MAX_RESPONSE_TIME_US};

/// Cells are 1 µs wide up to here (exclusive), and twice as wide in each doubling after it: 3 significant digits.
const EXACT_US: u64 = 2_048;
const HALF: u64 = EXACT_US / 2;
const V2_COOKIE: u32 = 0x1c84_9313;
const V2_HEADER_BYTES: usize = 40;
const VARINT_BYTES_MAX: usize = 9;

/// Cells with something in them.
#[derive(Debug, Clone, Default)]
pub(super) struct Few {
    /// Smallest time of the cell in microseconds, and its count, ascending.
    cells: Vec<(u64, u64)>,
}

impl Few {
    /// Adds `count` times of `us` microseconds. False, and nothing is added, if that needs one cell too many.
    pub(super) fn record(&mut self, us: u64, count: u64) -> bool {
        let low = us >> doublings(us) << doublings(us);
        match self.cells.binary_search_by_key(&low, |&(low, _)| low) {
            Ok(at) => self.cells[at].1 = self.cells[at].1.saturating_add(count),
            Err(_) if self.cells.len() >= MAX_FEW_CELLS => return false,
            Err(at) => self.cells.insert(at, (low, count)),
        }
        true
    }

    /// Number of times.
    pub(super) fn len(&self) -> u64 {
        self.cells
            .iter()
            .fold(0, |sum, &(_, count)| sum.saturating_add(count))
    }

    /// The smallest time of each cell, in microseconds, and its count; ascending.
    pub(super) fn cells(&self) -> &[(u64, u64)] {
        &self.cells
    }

    /// The HDR V2 serialisation; None if empty, or if it cannot carry a count.
    pub(super) fn to_bytes(&self) -> Option<Vec<u8>> {
        let &(last, _) = self.cells.last()?;
        let highest = (last + (1 << doublings(last)) - 1).max(2);
        let mut bytes = Vec::with_capacity(V2_HEADER_BYTES + 4 * self.cells.len());
        bytes.extend(V2_COOKIE.to_be_bytes());
        bytes.extend([0; 8]); // bytes of the counts, filled in below; offset of the first cell
        bytes.extend(3_u32.to_be_bytes());
        bytes.extend(1_u64.to_be_bytes());
        bytes.extend(highest.to_be_bytes());
        bytes.extend(1.0_f64.to_be_bytes());
        let mut next = 0;
        for &(low, count) in &self.cells {
            let index = index_of(low);
            match i64::try_from(index - next).ok()? {
                0 => {}
                1 => push_varint(&mut bytes, 0),
                gap => push_varint(&mut bytes, zig_zag(-gap)),
            }
            push_varint(&mut bytes, zig_zag(i64::try_from(count).ok()?));
            next = index + 1;
        }
        let payload = u32::try_from(bytes.len() - V2_HEADER_BYTES).ok()?;
        bytes[4..8].copy_from_slice(&payload.to_be_bytes());
        Some(bytes)
    }

    /// Reads an HDR V2 serialisation of the same precision with few cells. None if it is anything else, valid or not.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (header, mut payload) = bytes.split_at_checked(V2_HEADER_BYTES)?;
        let usual = header[..4] == V2_COOKIE.to_be_bytes()
            && header[8..12] == [0; 4]
            && header[12..16] == 3_u32.to_be_bytes()
            && header[32..] == 1.0_f64.to_be_bytes();
        if !usual {
            return None;
        }
        let mut few = Self::default();
        let mut index = 0_u64;
        while !payload.is_empty() {
            let count = take_varint(&mut payload)?;
            let count = (count >> 1) as i64 ^ -((count & 1) as i64);
            if count < 0 {
                index = index.checked_add(count.unsigned_abs())?;
                continue;
            }
            if count > 0 {
                let low = lowest_of(index).filter(|&low| low <= 2 * MAX_RESPONSE_TIME_US)?;
                if few.cells.len() >= MAX_FEW_CELLS {
                    return None;
                }
                few.cells.push((low, count.unsigned_abs()));
            }
            index = index.checked_add(1)?;
        }
        Some(few)
    }
}

/// The middle of the cell whose smallest time is `low`, as the HDR histogram rounds it.
pub(super) fn middle_of(low: u64) -> u64 {
    low + (1 << doublings(low) >> 1)
}

/// How often the width of the cells has doubled at that time.
fn doublings(us: u64) -> u32 {
    (EXACT_US - 1).leading_zeros() - (us | (EXACT_US - 1)).leading_zeros()
}

/// The place of a cell in a histogram's counts.
fn index_of(low: u64) -> u64 {
    let doublings = doublings(low);
    u64::from(doublings) * HALF + (low >> doublings)
}

/// The smallest time of the cell at that place; None far beyond any time.
fn lowest_of(index: u64) -> Option<u64> {
    if index < EXACT_US {
        return Some(index);
    }
    let doublings = index / HALF - 1;
    (doublings < 32).then(|| (index % HALF + HALF) << doublings)
}

fn zig_zag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

/// LEB128 of at most 9 bytes: the last has all its 8 bits.
fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    for _ in 1..VARINT_BYTES_MAX {
        if value < 0x80 {
            break;
        }
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for turn in 0..VARINT_BYTES_MAX {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if turn == VARINT_BYTES_MAX - 1 || byte < 0x80 {
            return Some(value | u64::from(byte) << (7 * turn));
        }
        value |= u64::from(byte & 0x7f) << (7 * turn);
    }
    None
}
