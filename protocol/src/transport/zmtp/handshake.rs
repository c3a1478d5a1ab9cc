//! How two ZMTP peers present themselves: greetings of 64 bytes, then a READY command each.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::wire::{COMMAND, invalid, put_frame, read_frame};
use crate::limits::MAX_COMMAND_BYTES;

const SIGNATURE_BYTES: usize = 10;
const GREETING_BYTES: usize = 64;
const MECHANISM: &[u8; 20] = b"NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Which socket type this side is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Router,
    Dealer,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Router => "ROUTER",
            Self::Dealer => "DEALER",
        }
    }

    fn peer(self) -> Self {
        match self {
            Self::Router => Self::Dealer,
            Self::Dealer => Self::Router,
        }
    }
}

/// Presents this side and returns the peer's identity (empty if it gave none).
pub(super) async fn shake(
    reader: &mut (impl AsyncRead + Unpin),
    writer: &mut (impl AsyncWrite + Unpin),
    role: Role,
    identity: &str,
) -> io::Result<Vec<u8>> {
    writer.write_all(&greeting()).await?;
    read_greeting(reader).await?;
    writer.write_all(&ready(role, identity)).await?;
    let frame = read_frame(reader, MAX_COMMAND_BYTES).await?;
    if !frame.is_command() {
        return Err(invalid("a message before the READY command".to_owned()));
    }
    read_ready(&frame.body, role)
}

fn greeting() -> [u8; GREETING_BYTES] {
    let mut bytes = [0; GREETING_BYTES];
    bytes[0] = 0xff;
    bytes[8] = 1;
    bytes[9] = 0x7f;
    bytes[10] = 3;
    bytes[11] = 1;
    bytes[12..32].copy_from_slice(MECHANISM);
    bytes
}

async fn read_greeting(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut bytes = [0; GREETING_BYTES];
    // The signature first: whoever is no ZeroMQ peer may never send 64 bytes.
    reader.read_exact(&mut bytes[..1]).await?;
    if bytes[0] != 0xff {
        return Err(invalid("no ZeroMQ greeting".to_owned()));
    }
    reader.read_exact(&mut bytes[1..=SIGNATURE_BYTES]).await?;
    if bytes[9] & 1 == 0 || bytes[10] < 3 {
        return Err(invalid(
            "a ZeroMQ version before 3 (libzmq 4 or newer is needed)".to_owned(),
        ));
    }
    reader.read_exact(&mut bytes[SIGNATURE_BYTES + 1..]).await?;
    if bytes[12..32] != MECHANISM[..] {
        return Err(invalid("a security mechanism other than NULL".to_owned()));
    }
    Ok(())
}

fn ready(role: Role, identity: &str) -> Vec<u8> {
    let mut body = b"\x05READY".to_vec();
    for (name, value) in [("Socket-Type", role.name()), ("Identity", identity)] {
        body.push(name.len() as u8);
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(&(value.len() as u32).to_be_bytes());
        body.extend_from_slice(value.as_bytes());
    }
    let mut frame = Vec::new();
    put_frame(&mut frame, COMMAND, &body);
    frame
}

fn read_ready(command: &[u8], role: Role) -> io::Result<Vec<u8>> {
    let Some(mut rest) = command.strip_prefix(b"\x05READY") else {
        let text = String::from_utf8_lossy(command)
            .chars()
            .filter(|c| !c.is_control())
            .take(80)
            .collect::<String>();
        return Err(invalid(format!("{text:?} in place of READY")));
    };
    let mut socket_type = None;
    let mut identity = Vec::new();
    while !rest.is_empty() {
        let (name, value, after) =
            property(rest).ok_or_else(|| invalid("a broken READY command".to_owned()))?;
        if name.eq_ignore_ascii_case(b"Socket-Type") {
            socket_type = Some(value);
        } else if name.eq_ignore_ascii_case(b"Identity") {
            identity = value.to_vec();
        }
        rest = after;
    }
    let wanted = role.peer().name();
    if socket_type != Some(wanted.as_bytes()) {
        let found = String::from_utf8_lossy(socket_type.unwrap_or_default()).into_owned();
        return Err(invalid(format!("socket type {found:?} where {wanted} is needed")));
    }
    Ok(identity)
}

/// The first property of `bytes`: name, value, what follows.
fn property(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (&name_bytes, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(name_bytes))?;
    let (value_bytes, rest) = rest.split_first_chunk::<4>()?;
    let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*value_bytes) as usize)?;
    Some((name, value, rest))
}
