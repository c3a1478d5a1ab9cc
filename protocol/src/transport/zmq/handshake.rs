//! How a ZMTP peer presents itself: a greeting of 64 bytes, then a READY command. Read here first, because the `zeromq` crate waits
//! without a limit for either, and because an identity must be free before the crate hears of it.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::frames::{COMMAND, GREETING_BYTES, LONG, invalid};
use crate::limits::MAX_COMMAND_BYTES;

const SIGNATURE_BYTES: usize = 10;
const MECHANISM: &[u8; 20] = b"NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Reads a peer's greeting. Whoever is no ZeroMQ peer is found out by the first byte, since it may never send 64.
pub(super) async fn read_greeting(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<[u8; GREETING_BYTES]> {
    let mut bytes = [0; GREETING_BYTES];
    reader.read_exact(&mut bytes[..1]).await?;
    if bytes[0] != 0xff {
        return Err(invalid("no ZeroMQ greeting"));
    }
    reader.read_exact(&mut bytes[1..=SIGNATURE_BYTES]).await?;
    if bytes[9] & 1 == 0 || bytes[10] < 3 {
        return Err(invalid("a ZeroMQ version before 3 (libzmq 4 or newer is needed)"));
    }
    reader.read_exact(&mut bytes[SIGNATURE_BYTES + 1..]).await?;
    if bytes[12..32] != MECHANISM[..] {
        return Err(invalid("a security mechanism other than NULL"));
    }
    Ok(bytes)
}

/// A peer's READY command.
pub(super) struct Ready {
    /// As it came, with its header.
    pub(super) frame: Vec<u8>,
    pub(super) socket_type: Vec<u8>,
    /// Empty if it gave none.
    pub(super) identity: Vec<u8>,
}

/// Reads a peer's READY command.
pub(super) async fn read_ready(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Ready> {
    let length = match reader.read_u8().await? {
        COMMAND => u64::from(reader.read_u8().await?),
        flags if flags == COMMAND | LONG => reader.read_u64().await?,
        _ => return Err(invalid("a message before the READY command")),
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MAX_COMMAND_BYTES {
        return Err(invalid(format!("a READY command of {length} bytes")));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    let frame = command_frame(&body);
    let mut rest = body.strip_prefix(b"\x05READY").ok_or_else(|| {
        let text: String = String::from_utf8_lossy(&body)
            .chars()
            .filter(|c| !c.is_control())
            .take(80)
            .collect();
        invalid(format!("{text:?} in place of READY"))
    })?;
    let (mut socket_type, mut identity) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let (name, value, after) = property(rest).ok_or_else(|| invalid("a broken READY command"))?;
        if name.eq_ignore_ascii_case(b"Socket-Type") {
            socket_type = value.to_vec();
        } else if name.eq_ignore_ascii_case(b"Identity") {
            identity = value.to_vec();
        }
        rest = after;
    }
    Ok(Ready {
        frame,
        socket_type,
        identity,
    })
}

/// A READY command with nothing but these two properties, in the spelling that the crate knows.
pub(super) fn ready_frame(socket_type: &[u8], identity: &[u8]) -> Vec<u8> {
    let mut body = b"\x05READY".to_vec();
    for (name, value) in [
        (&b"\x0bSocket-Type"[..], socket_type),
        (b"\x08Identity", identity),
    ] {
        body.extend_from_slice(name);
        body.extend_from_slice(&(value.len() as u32).to_be_bytes());
        body.extend_from_slice(value);
    }
    command_frame(&body)
}

fn command_frame(body: &[u8]) -> Vec<u8> {
    let mut frame = match u8::try_from(body.len()) {
        Ok(length) => vec![COMMAND, length],
        Err(_) => [&[COMMAND | LONG][..], &(body.len() as u64).to_be_bytes()].concat(),
    };
    frame.extend_from_slice(body);
    frame
}

/// The first property of `bytes`: name, value, what follows.
fn property(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (&name_bytes, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(name_bytes))?;
    let (value_bytes, rest) = rest.split_first_chunk::<4>()?;
    let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*value_bytes) as usize)?;
    Some((name, value, rest))
}
