//! One pass over untrusted bytes before anything is built from them: exactly one value, complete, within depth, count and size.

use super::error::{DecodeError, Reason};
use crate::limits::{MAX_DEPTH, MAX_MESSAGE_BYTES, MAX_VALUES};

/// Checks that `bytes` are one complete msgpack value within the limits, with valid UTF-8 in its strings.
pub(super) fn check(bytes: &[u8]) -> Result<(), DecodeError> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(Reason::TooLarge { bytes: bytes.len() }.into());
    }
    let mut scan = Scan { bytes, at: 0 };
    // Values still to come in each open container, innermost last.
    let mut open: Vec<usize> = vec![1];
    let mut values = 0usize;
    while let Some(left) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        *left -= 1;
        values += 1;
        if values > MAX_VALUES {
            return Err(Reason::TooManyValues.into());
        }
        let children = scan.value()?;
        if children > 0 {
            // Every value takes a byte at least, so a declared count beyond the rest of the input cannot be met.
            if children > bytes.len() - scan.at {
                return Err(Reason::Truncated { at: bytes.len() }.into());
            }
            if open.len() > MAX_DEPTH {
                return Err(Reason::TooDeep.into());
            }
            open.push(children);
        }
    }
    match bytes.len() - scan.at {
        0 => Ok(()),
        extra => Err(Reason::TrailingBytes { extra }.into()),
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// Passes one value's own bytes; returns how many values are inside it.
    fn value(&mut self) -> Result<usize, DecodeError> {
        let at = self.at;
        let marker = self.take(1)?[0];
        match marker {
            0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => Ok(0),
            0x80..=0x8f => Ok(2 * usize::from(marker & 0x0f)),
            0x90..=0x9f => Ok(usize::from(marker & 0x0f)),
            0xa0..=0xbf => self.text(usize::from(marker & 0x1f)),
            0xc4..=0xc6 => self.sized(1 << (marker - 0xc4), 0),
            0xc7..=0xc9 => self.sized(1 << (marker - 0xc7), 1),
            0xca | 0xce | 0xd2 => self.skip(4),
            0xcb | 0xcf | 0xd3 => self.skip(8),
            0xcc | 0xd0 => self.skip(1),
            0xcd | 0xd1 => self.skip(2),
            0xd4..=0xd8 => self.skip(1 + (1 << (marker - 0xd4))),
            0xd9..=0xdb => {
                let len = self.length(1 << (marker - 0xd9))?;
                self.text(len)
            }
            0xdc | 0xdd => self.length(if marker == 0xdc { 2 } else { 4 }),
            0xde | 0xdf => Ok(self.length(if marker == 0xde { 2 } else { 4 })?.saturating_mul(2)),
            0xc1 => Err(Reason::BadMarker { at }.into()),
        }
    }

    fn length(&mut self, width: usize) -> Result<usize, DecodeError> {
        let bytes = self.take(width)?;
        Ok(bytes.iter().fold(0, |len, &byte| (len << 8) | usize::from(byte)))
    }

    fn sized(&mut self, width: usize, extra: usize) -> Result<usize, DecodeError> {
        let len = self.length(width)?;
        self.skip(len.saturating_add(extra))
    }

    fn text(&mut self, len: usize) -> Result<usize, DecodeError> {
        let at = self.at;
        match std::str::from_utf8(self.take(len)?) {
            Ok(_) => Ok(0),
            Err(_) => Err(Reason::BadUtf8 { at }.into()),
        }
    }

    fn skip(&mut self, len: usize) -> Result<usize, DecodeError> {
        self.take(len).map(|_| 0)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or(Reason::Truncated { at: self.bytes.len() })?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }
}
