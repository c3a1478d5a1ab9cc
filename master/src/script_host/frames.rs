//! The frames of the pipe: four bytes of length, big-endian, then one msgpack map. Reading and writing, both bounded.

use protocol::Value;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::limits::MAX_SCRIPT_FRAME_BYTES;

/// Bytes before a frame's map.
const HEAD_BYTES: usize = 4;

/// Why a frame cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Larger than allowed.
    #[error("a message of {0} bytes is more than the {MAX_SCRIPT_FRAME_BYTES} allowed")]
    TooLarge(usize),
    /// The pipe ended within a frame or failed.
    #[error("the pipe broke off: {0}")]
    Broken(String),
    /// No msgpack map, or it cannot be made.
    #[error("a message cannot be read: {0}")]
    Malformed(String),
}

#[derive(Serialize)]
struct Frame<'a, T> {
    op: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(flatten)]
    body: &'a T,
}

/// A frame with its head; `body` must serialize as a map or struct.
///
/// # Errors
/// A body that is too large or cannot be packed.
pub(super) fn pack(op: &str, id: Option<u64>, body: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let mut bytes = vec![0; HEAD_BYTES];
    let mut serializer = rmp_serde::Serializer::new(&mut bytes).with_struct_map();
    Frame { op, id, body }
        .serialize(&mut serializer)
        .map_err(|error| FrameError::Malformed(error.to_string()))?;
    let length = bytes.len() - HEAD_BYTES;
    let head = u32::try_from(length)
        .ok()
        .filter(|_| length <= MAX_SCRIPT_FRAME_BYTES)
        .ok_or(FrameError::TooLarge(length))?;
    bytes[..HEAD_BYTES].copy_from_slice(&head.to_be_bytes());
    Ok(bytes)
}

/// The next frame's map; `None` at the end of the pipe. Not cancel-safe: a task of its own reads.
///
/// # Errors
/// A frame that is too large, cut short or no map. What follows it cannot be read either.
pub(super) async fn read(pipe: &mut (impl AsyncRead + Unpin)) -> Result<Option<Value>, FrameError> {
    let broken = |error: std::io::Error| FrameError::Broken(error.to_string());
    let mut head = [0; HEAD_BYTES];
    if pipe.read(&mut head[..1]).await.map_err(broken)? == 0 {
        return Ok(None);
    }
    pipe.read_exact(&mut head[1..]).await.map_err(broken)?;
    let length = u32::from_be_bytes(head) as usize;
    if length > MAX_SCRIPT_FRAME_BYTES {
        return Err(FrameError::TooLarge(length));
    }
    let mut bytes = Vec::new();
    // Grows with what really comes, so that a wrong length costs nothing.
    let read = pipe.take(length as u64).read_to_end(&mut bytes).await;
    if read.map_err(broken)? < length {
        return Err(FrameError::Broken("it ended within a message".to_owned()));
    }
    let value = rmpv::decode::read_value(&mut &bytes[..])
        .map_err(|error| FrameError::Malformed(error.to_string()))?;
    if value.is_map() {
        Ok(Some(value))
    } else {
        Err(FrameError::Malformed("it is no map".to_owned()))
    }
}

/// The value of `key` in a map.
pub(super) fn field<'a>(map: &'a Value, key: &str) -> Option<&'a Value> {
    let pairs = map.as_map()?;
    pairs
        .iter()
        .find(|(name, _)| name.as_str() == Some(key))
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Body {
        hook: &'static str,
        args: Value,
    }

    #[tokio::test]
    async fn a_frame_is_a_length_and_a_map_with_op_and_id() {
        let body = Body {
            hook: "test_start",
            args: Value::Map(vec![("n".into(), 1.into())]),
        };
        let bytes = pack("fire", Some(7), &body).unwrap();
        assert_eq!(bytes[..4], u32::try_from(bytes.len() - 4).unwrap().to_be_bytes());
        let mut pipe = &bytes[..];
        let map = read(&mut pipe).await.unwrap().unwrap();
        assert_eq!(field(&map, "op"), Some(&Value::from("fire")));
        assert_eq!(field(&map, "id"), Some(&Value::from(7)));
        assert_eq!(field(field(&map, "args").unwrap(), "n"), Some(&Value::from(1)));
        assert_eq!(read(&mut pipe).await, Ok(None));
    }

    #[tokio::test]
    async fn bad_frames_are_errors_and_not_memory() {
        let mut huge: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0];
        assert_eq!(
            read(&mut huge).await,
            Err(FrameError::TooLarge(u32::MAX as usize))
        );
        let mut short: &[u8] = &[0, 0, 0, 9, 0x80];
        assert!(matches!(read(&mut short).await, Err(FrameError::Broken(_))));
        let mut number: &[u8] = &[0, 0, 0, 1, 7];
        assert!(matches!(read(&mut number).await, Err(FrameError::Malformed(_))));
        let mut text: &[u8] = b"print from C\n";
        assert!(read(&mut text).await.is_err());
    }
}
