//! Frames and multipart messages of ZMTP 3.1. Lengths are checked before memory is taken; a body's memory grows only as its bytes arrive.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::limits::{MAX_COMMAND_BYTES, MAX_FRAMES, MAX_MESSAGE_BYTES};

pub(super) const MORE: u8 = 0x01;
pub(super) const LONG: u8 = 0x02;
pub(super) const COMMAND: u8 = 0x04;

/// A frame as it came.
pub(super) struct Frame {
    pub(super) flags: u8,
    pub(super) body: Vec<u8>,
}

impl Frame {
    pub(super) fn is_command(&self) -> bool {
        self.flags & COMMAND != 0
    }
}

/// What a peer may send once the handshake is done.
pub(super) enum Received {
    /// The first frame of a message; Locust reads no further ones.
    Message(Vec<u8>),
    /// A command's body.
    Command(Vec<u8>),
}

/// Reads a message or a command. An error ends the connection.
pub(super) async fn read(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Received> {
    let mut first: Option<Vec<u8>> = None;
    let mut left = MAX_MESSAGE_BYTES;
    for _ in 0..MAX_FRAMES {
        let frame = read_frame(reader, left).await?;
        if frame.is_command() {
            return Ok(Received::Command(frame.body));
        }
        left -= frame.body.len();
        let more = frame.flags & MORE != 0;
        let message = first.get_or_insert(frame.body);
        if !more {
            return Ok(Received::Message(std::mem::take(message)));
        }
    }
    Err(invalid(format!("a message of more than {MAX_FRAMES} frames")))
}

/// Reads one frame of at most `limit` bytes.
pub(super) async fn read_frame(reader: &mut (impl AsyncRead + Unpin), limit: usize) -> io::Result<Frame> {
    let flags = reader.read_u8().await?;
    if flags & !(MORE | LONG | COMMAND) != 0 {
        return Err(invalid(format!("frame flags {flags:#04x}")));
    }
    let declared = if flags & LONG != 0 {
        reader.read_u64().await?
    } else {
        u64::from(reader.read_u8().await?)
    };
    let limit = if flags & COMMAND != 0 {
        MAX_COMMAND_BYTES
    } else {
        limit
    };
    let Some(length) = usize::try_from(declared).ok().filter(|&length| length <= limit) else {
        return Err(invalid(format!(
            "a frame of {declared} bytes, over the limit of {limit}"
        )));
    };
    let mut body = Vec::new();
    reader.take(declared).read_to_end(&mut body).await?;
    if body.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Frame { flags, body })
}

/// Appends a frame.
pub(super) fn put_frame(out: &mut Vec<u8>, flags: u8, body: &[u8]) {
    match u8::try_from(body.len()) {
        Ok(length) => out.extend_from_slice(&[flags, length]),
        Err(_) => {
            out.push(flags | LONG);
            out.extend_from_slice(&(body.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(body);
}

/// The answer to a PING command (RFC 37: name, TTL of two bytes, context), None for any other command.
pub(super) fn pong_for(command: &[u8]) -> Option<Vec<u8>> {
    const PING: &[u8] = b"\x04PING";
    const MAX_CONTEXT_BYTES: usize = 16;
    let context = command.strip_prefix(PING)?.get(2..)?;
    Some([b"\x04PONG", &context[..context.len().min(MAX_CONTEXT_BYTES)]].concat())
}

pub(super) fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
