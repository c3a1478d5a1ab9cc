//! A response as it arrives, without I/O: fed with whatever was read, it says when head and body are complete.
//!
//! Head and body are gathered in one allocation. In the usual case — the whole response in one read — nothing is held
//! between reads and the bytes are copied once.

use super::chunked::ChunkedDecoder;
use super::error::HttpError;
use super::head::{self, Framing, Head};
use super::limits::{BODY_MAX_BYTES, BODY_PREALLOCATED_MAX_BYTES, INTERIM_RESPONSES_MAX};

/// The state of one response.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    request_is_head: bool,
    /// The head's bytes so far; once it is complete, the head and the body.
    pub bytes: Vec<u8>,
    pub head: Option<Head>,
    body: Body,
    interim: u32,
    /// Bytes of body that went through, for the bound.
    body_bytes: u64,
    /// Something followed the response: the connection is out of step.
    pub surplus: bool,
    pub received_any: bool,
}

#[derive(Debug, Default)]
enum Body {
    #[default]
    Complete,
    Length {
        left: u64,
    },
    Chunked(ChunkedDecoder),
    UntilClose,
}

impl Body {
    fn of(framing: Framing) -> Self {
        match framing {
            Framing::None | Framing::Length(0) => Self::Complete,
            Framing::Length(left) => Self::Length { left },
            Framing::Chunked => Self::Chunked(ChunkedDecoder::default()),
            Framing::UntilClose => Self::UntilClose,
        }
    }
}

impl Receiver {
    /// A receiver for the response to a HEAD request (no body follows) or to another.
    pub fn new(request_is_head: bool) -> Self {
        Self {
            request_is_head,
            ..Self::default()
        }
    }

    /// Takes what was read.
    pub fn feed(&mut self, data: &[u8]) -> Result<(), HttpError> {
        self.received_any = true;
        if self.head.is_some() {
            return self.feed_body(data);
        }
        if self.bytes.is_empty() {
            return self.feed_head(data);
        }
        // Only a line's end can complete a head; without this, a head that trickles in costs quadratic time.
        let may_complete = data.contains(&b'\n');
        let mut gathered = std::mem::take(&mut self.bytes);
        gathered.extend_from_slice(data);
        if may_complete || gathered.len() > super::limits::HEAD_MAX_BYTES {
            self.feed_head(&gathered)
        } else {
            self.bytes = gathered;
            Ok(())
        }
    }

    /// The connection ended; an error unless that is how the body ends.
    pub fn feed_end(&mut self) -> Result<(), HttpError> {
        match (&self.head, &self.body) {
            (None, _) if !self.received_any => Err(HttpError::closed_without_response()),
            (None, _) => Err(HttpError::closed_inside("head")),
            (Some(_), Body::UntilClose) => {
                self.body = Body::Complete;
                Ok(())
            }
            (Some(_), Body::Complete) => Ok(()),
            (Some(_), _) => Err(HttpError::closed_inside("body")),
        }
    }

    /// Whether the last byte of the response is there.
    pub fn is_complete(&self) -> bool {
        self.head.is_some() && matches!(self.body, Body::Complete)
    }

    /// Whether the connection may carry another request after this complete response.
    pub fn may_reuse(&self) -> bool {
        self.is_complete() && !self.surplus && self.head.as_ref().is_some_and(|head| head.keep_alive)
    }

    /// Bytes of [`Self::bytes`] that are the head.
    pub fn head_length(&self) -> usize {
        self.head.as_ref().map_or(0, |head| head.length)
    }

    /// Takes the head's bytes out; from now on [`Self::bytes`] is body only. For streams.
    pub fn take_head(&mut self) -> Vec<u8> {
        let body = self.bytes.split_off(self.head_length());
        if let Some(head) = &mut self.head {
            head.length = 0;
        }
        std::mem::replace(&mut self.bytes, body)
    }

    /// Takes the body's bytes that have come since the last call; for streams, after [`Self::take_head`].
    pub fn take_body(&mut self) -> Vec<u8> {
        self.body_bytes = 0;
        std::mem::take(&mut self.bytes)
    }

    fn feed_head(&mut self, mut data: &[u8]) -> Result<(), HttpError> {
        loop {
            let Some(head) = head::parse(data, self.request_is_head)? else {
                self.bytes = data.to_vec();
                return Ok(());
            };
            let (head_bytes, rest) = data.split_at(head.length);
            if matches!(head.status, 100 | 102..=199) {
                self.interim += 1;
                if self.interim > INTERIM_RESPONSES_MAX {
                    return Err(HttpError::malformed("too many interim responses"));
                }
                data = rest;
                continue;
            }
            self.body = Body::of(head.framing);
            let expected = match head.framing {
                Framing::Length(length) => usize::try_from(length).unwrap_or(usize::MAX),
                Framing::None => 0,
                Framing::Chunked | Framing::UntilClose => rest.len(),
            };
            self.bytes = Vec::with_capacity(head.length + expected.min(BODY_PREALLOCATED_MAX_BYTES));
            self.bytes.extend_from_slice(head_bytes);
            self.head = Some(head);
            return if rest.is_empty() {
                Ok(())
            } else {
                self.feed_body(rest)
            };
        }
    }

    fn feed_body(&mut self, data: &[u8]) -> Result<(), HttpError> {
        let taken = match &mut self.body {
            Body::Complete => 0,
            Body::Length { left } => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(data.len());
                self.bytes.extend_from_slice(&data[..taken]);
                *left -= taken as u64;
                if *left == 0 {
                    self.body = Body::Complete;
                }
                taken
            }
            Body::Chunked(decoder) => {
                let taken = decoder.decode(data, &mut self.bytes)?;
                if decoder.is_done() {
                    self.body = Body::Complete;
                }
                taken
            }
            Body::UntilClose => {
                self.bytes.extend_from_slice(data);
                data.len()
            }
        };
        self.surplus |= taken < data.len();
        self.body_bytes += taken as u64;
        if self.body_bytes > BODY_MAX_BYTES {
            return Err(HttpError::malformed(
                "response body larger than this client keeps",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn receive(pieces: &[&[u8]]) -> Result<Receiver, HttpError> {
        let mut receiver = Receiver::new(false);
        for piece in pieces {
            receiver.feed(piece)?;
        }
        Ok(receiver)
    }

    fn body(receiver: &Receiver) -> &[u8] {
        &receiver.bytes[receiver.head_length()..]
    }

    const LENGTH: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello";
    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    const INTERIM: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n\
                             HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    #[test]
    fn a_response_is_the_same_however_it_is_split() {
        for response in [LENGTH, CHUNKED, INTERIM] {
            for split in 1..response.len() {
                let (front, back) = response.split_at(split);
                let receiver = receive(&[front, back]).unwrap();
                assert!(receiver.may_reuse(), "split at {split}");
                assert_eq!(body(&receiver), b"hello", "split at {split}");
            }
            let single: Vec<&[u8]> = response.chunks(1).collect();
            assert_eq!(body(&receive(&single).unwrap()), b"hello");
        }
    }

    #[test]
    fn surplus_bytes_spoil_the_connection_but_not_the_response() {
        let receiver = receive(&[LENGTH, b"HTTP/1.1 200"]).unwrap();
        assert!(receiver.is_complete() && !receiver.may_reuse());
        assert_eq!(body(&receiver), b"hello");
    }

    #[test]
    fn the_end_of_the_connection_ends_only_bodies_without_a_length() {
        let mut until_close = receive(&[b"HTTP/1.0 200 OK\r\n\r\nabc", b"def"]).unwrap();
        assert!(!until_close.is_complete());
        until_close.feed_end().unwrap();
        assert!(until_close.is_complete() && !until_close.may_reuse());
        assert_eq!(body(&until_close), b"abcdef");

        for (received, text) in [(0, "without response"), (10, "head"), (LENGTH.len() - 1, "body")] {
            let pieces: &[&[u8]] = if received == 0 {
                &[]
            } else {
                &[&LENGTH[..received]]
            };
            let error = receive(pieces).unwrap().feed_end().unwrap_err();
            assert!(error.text.contains(text), "{}", error.text);
        }
    }

    #[test]
    fn a_stream_hands_its_bytes_out_as_they_come() {
        let mut receiver = receive(&[&CHUNKED[..CHUNKED.len() - 15]]).unwrap();
        assert!(receiver.take_head().ends_with(b"chunked\r\n\r\n"));
        assert_eq!(receiver.take_body(), b"he");
        receiver.feed(&CHUNKED[CHUNKED.len() - 15..]).unwrap();
        assert_eq!(receiver.take_body(), b"llo");
        assert!(receiver.may_reuse());
    }

    #[test]
    fn endless_interim_responses_are_refused() {
        let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(INTERIM_RESPONSES_MAX as usize + 1);
        assert!(receive(&[&interim]).is_err());
    }

    #[test]
    fn an_announced_length_is_not_believed_before_it_arrives() {
        let receiver = receive(&[b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nx"]).unwrap();
        assert!(receiver.bytes.capacity() < 2 * BODY_PREALLOCATED_MAX_BYTES);
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(
            tail in proptest::collection::vec(any::<u8>(), 0..200),
            chunked in any::<bool>(),
        ) {
            let head: &[u8] = if chunked { &CHUNKED[..47] } else { b"HTTP/1.1 " };
            let _ = receive(&[head, &tail]);
            let _ = receive(&[&tail]);
        }
    }
}
