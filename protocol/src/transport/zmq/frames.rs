//! Where the frames of a ZMTP stream begin and end (RFC 23), so that lengths are checked before the `zeromq` crate takes memory for them
//! and messages are counted. Keeps no payload and builds none.

use std::io;

use crate::limits::{MAX_COMMAND_BYTES, MAX_FRAMES, MAX_MESSAGE_BYTES};

/// Bytes of the greeting that opens a stream.
pub(super) const GREETING_BYTES: usize = 64;
pub(super) const MORE: u8 = 0x01;
pub(super) const LONG: u8 = 0x02;
pub(super) const COMMAND: u8 = 0x04;

/// Messages that ended in a piece of a stream, and their payload bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Passed {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

/// Follows a stream piece by piece.
pub(super) struct FrameScanner {
    at: At,
    allows_commands: bool,
    /// Of the message that is passing.
    frames: usize,
    bytes: usize,
}

enum At {
    Greeting { left: usize },
    Flags,
    Length { flags: u8, bytes_left: u8, length: u64 },
    Body { flags: u8, left: usize },
}

impl FrameScanner {
    /// For a stream from its first byte, with its handshake.
    pub(super) fn from_greeting() -> Self {
        Self {
            at: At::Greeting { left: GREETING_BYTES },
            allows_commands: true,
            frames: 0,
            bytes: 0,
        }
    }

    /// For a stream after its handshake: messages only. (The crate ends a connection at any command it does not know, e.g. PING.)
    pub(super) fn of_messages() -> Self {
        Self {
            at: At::Flags,
            allows_commands: false,
            ..Self::from_greeting()
        }
    }

    /// Follows the next piece. An error says what is illegal or over a limit; the stream is then lost.
    pub(super) fn scan(&mut self, mut piece: &[u8]) -> io::Result<Passed> {
        let mut passed = Passed::default();
        while !piece.is_empty() {
            let taken = match &mut self.at {
                At::Greeting { left } => {
                    let taken = piece.len().min(*left);
                    *left -= taken;
                    if *left == 0 {
                        self.at = At::Flags;
                    }
                    taken
                }
                At::Flags => {
                    let flags = piece[0];
                    self.at = At::Length {
                        flags: self.check_flags(flags)?,
                        bytes_left: if flags & LONG == 0 { 1 } else { 8 },
                        length: 0,
                    };
                    1
                }
                At::Length {
                    flags,
                    bytes_left,
                    length,
                } => {
                    *length = (*length << 8) | u64::from(piece[0]);
                    *bytes_left -= 1;
                    if *bytes_left == 0 {
                        let (flags, length) = (*flags, *length);
                        let left = self.check_length(flags, length)?;
                        self.at = At::Body { flags, left };
                    }
                    1
                }
                At::Body { left, .. } => {
                    let taken = piece.len().min(*left);
                    *left -= taken;
                    taken
                }
            };
            piece = &piece[taken..];
            if let At::Body { flags, left: 0 } = self.at {
                self.at = At::Flags;
                self.end_frame(flags, &mut passed);
            }
        }
        Ok(passed)
    }

    fn check_flags(&self, flags: u8) -> io::Result<u8> {
        if flags & !(MORE | LONG | COMMAND) != 0 || flags & (COMMAND | MORE) == (COMMAND | MORE) {
            return Err(invalid(format!("{flags:#04x} is no ZeroMQ frame")));
        }
        if flags & COMMAND != 0 && !self.allows_commands {
            return Err(invalid(
                "a ZeroMQ command after the handshake (heartbeats are not supported)",
            ));
        }
        Ok(flags)
    }

    /// The frame's length, if it and the whole message are within the limits.
    fn check_length(&mut self, flags: u8, length: u64) -> io::Result<usize> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if flags & COMMAND != 0 {
            return match length {
                ..=MAX_COMMAND_BYTES => Ok(length),
                _ => Err(invalid(format!("a ZeroMQ command of {length} bytes"))),
            };
        }
        self.frames += 1;
        self.bytes = self.bytes.saturating_add(length);
        if self.bytes > MAX_MESSAGE_BYTES || self.frames > MAX_FRAMES {
            return Err(invalid(format!(
                "a message of {} bytes in {} frames is over the limit ({MAX_MESSAGE_BYTES} in {MAX_FRAMES})",
                self.bytes, self.frames
            )));
        }
        Ok(length)
    }

    fn end_frame(&mut self, flags: u8, passed: &mut Passed) {
        if flags & (COMMAND | MORE) == 0 {
            passed.messages += 1;
            passed.bytes += self.bytes;
            (self.frames, self.bytes) = (0, 0);
        }
    }
}

/// What the other side sent is not what it should be.
pub(super) fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &[u8], piece_bytes: usize) -> io::Result<Passed> {
        let mut scanner = FrameScanner::of_messages();
        let mut sum = Passed::default();
        for piece in bytes.chunks(piece_bytes) {
            let passed = scanner.scan(piece)?;
            sum.messages += passed.messages;
            sum.bytes += passed.bytes;
        }
        Ok(sum)
    }

    #[test]
    fn messages_are_counted_however_the_stream_is_cut() {
        let mut stream = b"\x00\x03one\x01\x02ab\x00\x01c\x00\x00".to_vec();
        stream.extend_from_slice(&[LONG, 0, 0, 0, 0, 0, 0, 1, 44]);
        stream.extend_from_slice(&[7; 300]);
        for piece_bytes in 1..stream.len() {
            let expected = Passed {
                messages: 4,
                bytes: 306,
            };
            assert_eq!(scan(&stream, piece_bytes).unwrap(), expected, "{piece_bytes}");
        }
    }

    #[test]
    fn what_is_illegal_or_too_long_is_found_in_the_header() {
        let long = |length: u64| [&[LONG][..], &length.to_be_bytes()].concat();
        assert!(scan(&long(MAX_MESSAGE_BYTES as u64), 1).is_ok());
        for length in [MAX_MESSAGE_BYTES as u64 + 1, 1 << 40, u64::MAX] {
            assert!(scan(&long(length), 1).is_err(), "{length}");
        }
        assert!(scan(&b"\x01\x00".repeat(MAX_FRAMES), 3).is_ok());
        assert!(scan(&b"\x01\x00".repeat(MAX_FRAMES + 1), 3).is_err());
        assert!(scan(b"\x04\x05\x04PING", 9).is_err());
        assert!(scan(b"\x80\x00", 9).is_err());
    }
}
