//! The chunked transfer coding (RFC 9112 § 7.1), without I/O: fed with whatever arrived, in whatever pieces.

use super::error::HttpError;
use super::limits::{CHUNK_LINE_MAX_BYTES, HEAD_MAX_BYTES};

/// Takes chunked bytes apart.
#[derive(Debug, Default)]
pub(super) struct ChunkedDecoder {
    state: State,
    /// Bytes of the present line so far, to bound it.
    line_bytes: usize,
    trailer_bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the digits of a chunk's size.
    Size {
        size: u64,
        digits: u8,
    },
    /// Behind the digits, before the end of the line.
    SizeRest {
        size: u64,
    },
    /// In the chunk itself.
    Data {
        left: u64,
    },
    /// In the line break behind a chunk; `seen_return` says whether its first byte is gone.
    DataEnd {
        seen_return: bool,
    },
    /// In the trailers; `empty` says whether the present line has no byte yet.
    Trailers {
        empty: bool,
    },
    Done,
}

impl Default for State {
    fn default() -> Self {
        Self::Size { size: 0, digits: 0 }
    }
}

impl ChunkedDecoder {
    /// Takes bytes from the front of `input`, appends what they carry to `out`, and returns how many were taken: all,
    /// unless the coding ended before.
    pub fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<usize, HttpError> {
        let mut at = 0;
        while at < input.len() && self.state != State::Done {
            if let State::Data { left } = self.state {
                let available = input.len() - at;
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(available);
                out.extend_from_slice(&input[at..at + taken]);
                at += taken;
                let left = left - taken as u64;
                self.state = if left == 0 {
                    State::DataEnd { seen_return: false }
                } else {
                    State::Data { left }
                };
            } else {
                self.state = self.step(input[at])?;
                at += 1;
            }
        }
        Ok(at)
    }

    /// Whether the coding's end was seen.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    fn step(&mut self, byte: u8) -> Result<State, HttpError> {
        let next = match self.state {
            State::Size { size, digits } => self.size_byte(byte, size, digits)?,
            State::SizeRest { size } if byte == b'\n' => self.chunk_of(size),
            State::SizeRest { size } => {
                self.count_line_byte()?;
                State::SizeRest { size }
            }
            State::DataEnd { seen_return: false } if byte == b'\r' => State::DataEnd { seen_return: true },
            State::DataEnd { .. } if byte == b'\n' => State::default(),
            State::DataEnd { .. } => {
                return Err(HttpError::malformed("a chunk is longer than its size says"));
            }
            State::Trailers { empty } => self.trailer_byte(byte, empty)?,
            State::Data { .. } | State::Done => self.state,
        };
        Ok(next)
    }

    fn size_byte(&mut self, byte: u8, size: u64, digits: u8) -> Result<State, HttpError> {
        self.count_line_byte()?;
        if let Some(digit) = char::from(byte).to_digit(16) {
            if digits == 16 {
                return Err(HttpError::malformed("chunk size out of range"));
            }
            return Ok(State::Size {
                size: size << 4 | u64::from(digit),
                digits: digits + 1,
            });
        }
        if digits == 0 {
            return Err(HttpError::malformed("chunk size is not a hexadecimal number"));
        }
        match byte {
            b'\n' => Ok(self.chunk_of(size)),
            b'\r' | b' ' | b'\t' | b';' => Ok(State::SizeRest { size }),
            _ => Err(HttpError::malformed("chunk size is not a hexadecimal number")),
        }
    }

    fn chunk_of(&mut self, size: u64) -> State {
        self.line_bytes = 0;
        if size == 0 {
            State::Trailers { empty: true }
        } else {
            State::Data { left: size }
        }
    }

    fn trailer_byte(&mut self, byte: u8, empty: bool) -> Result<State, HttpError> {
        self.trailer_bytes += 1;
        if self.trailer_bytes > HEAD_MAX_BYTES {
            return Err(HttpError::malformed("trailers too long"));
        }
        Ok(match byte {
            b'\n' if empty => State::Done,
            b'\n' => State::Trailers { empty: true },
            b'\r' => State::Trailers { empty },
            _ => State::Trailers { empty: false },
        })
    }

    fn count_line_byte(&mut self) -> Result<(), HttpError> {
        self.line_bytes += 1;
        if self.line_bytes > CHUNK_LINE_MAX_BYTES {
            return Err(HttpError::malformed("chunk-size line too long"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode_in(pieces: &[&[u8]]) -> Result<(Vec<u8>, bool, usize), HttpError> {
        let (mut decoder, mut out, mut taken) = (ChunkedDecoder::default(), Vec::new(), 0);
        for piece in pieces {
            taken += decoder.decode(piece, &mut out)?;
        }
        Ok((out, decoder.is_done(), taken))
    }

    #[test]
    fn sizes_extensions_and_trailers_are_understood_at_every_split() {
        let coded = b"3;name=\"v\"\r\nabc\r\nA \r\n0123456789\r\n000\r\nTrailer: x\r\nOther: y\r\n\r\nNEXT";
        let end = coded.len() - 4;
        for split in 0..=coded.len() {
            let (front, back) = coded.split_at(split);
            let decoded = decode_in(&[front, back]).unwrap();
            assert_eq!(
                decoded,
                (b"abc0123456789".to_vec(), true, end),
                "split at {split}"
            );
        }
    }

    #[test]
    fn what_is_not_chunked_is_refused() {
        for wrong in [
            &b"x\r\n"[..],
            b"\r\n",
            b"3x\r\n",
            b"2\r\nabc\r\n",
            b"11111111111111111\r\n",
            b"-1\r\n",
        ] {
            assert!(decode_in(&[wrong]).is_err(), "{}", wrong.escape_ascii());
        }
    }

    #[test]
    fn endless_lines_are_refused() {
        let extension = [b"1;".to_vec(), vec![b'x'; CHUNK_LINE_MAX_BYTES + 1]].concat();
        assert!(decode_in(&[&extension]).is_err());
        let trailer = [b"0\r\n".to_vec(), vec![b'x'; HEAD_MAX_BYTES + 1]].concat();
        assert!(decode_in(&[&trailer]).is_err());
    }

    proptest! {
        #[test]
        fn any_chunking_in_any_pieces_gives_the_body_back(
            body in proptest::collection::vec(any::<u8>(), 0..400),
            chunk_bytes in 1_usize..50,
            piece_bytes in 1_usize..50,
        ) {
            let mut coded = Vec::new();
            for chunk in body.chunks(chunk_bytes) {
                coded.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                coded.extend_from_slice(chunk);
                coded.extend_from_slice(b"\r\n");
            }
            coded.extend_from_slice(b"0\r\n\r\n");
            let pieces: Vec<&[u8]> = coded.chunks(piece_bytes).collect();
            prop_assert_eq!(decode_in(&pieces).unwrap(), (body, true, coded.len()));
        }

        #[test]
        fn no_input_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_in(&[&bytes]);
        }
    }
}
