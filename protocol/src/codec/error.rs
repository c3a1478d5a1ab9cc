//! Why bytes are not a message.

use std::fmt;

/// Bytes that are no message. The fault is the sender's (or the network's); the receiver goes on with the next message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    Truncated { at: usize },
    TrailingBytes { extra: usize },
    TooLarge { bytes: usize },
    TooDeep,
    TooManyValues,
    BadMarker { at: usize },
    BadUtf8 { at: usize },
    Shape { what: String },
}

impl DecodeError {
    pub(super) fn shape(what: impl Into<String>) -> Self {
        Reason::Shape { what: what.into() }.into()
    }

    /// The message ends before its declared end.
    pub fn is_truncated(&self) -> bool {
        matches!(self.reason, Reason::Truncated { .. })
    }

    /// Something follows the message. A Locust master answers this one (and bad UTF-8) with `reconnect`.
    pub fn is_trailing_bytes(&self) -> bool {
        matches!(self.reason, Reason::TrailingBytes { .. })
    }

    /// A string is not UTF-8.
    pub fn is_bad_utf8(&self) -> bool {
        matches!(self.reason, Reason::BadUtf8 { .. })
    }

    /// The message is over one of this crate's limits (size, depth, number of values).
    pub fn is_over_limit(&self) -> bool {
        matches!(
            self.reason,
            Reason::TooLarge { .. } | Reason::TooDeep | Reason::TooManyValues
        )
    }

    /// Legal msgpack, but not the array of three or not the fields that its type needs.
    pub fn is_wrong_shape(&self) -> bool {
        matches!(self.reason, Reason::Shape { .. })
    }
}

impl From<Reason> for DecodeError {
    fn from(reason: Reason) -> Self {
        Self { reason }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::limits::{MAX_DEPTH, MAX_MESSAGE_BYTES, MAX_VALUES};
        match &self.reason {
            Reason::Truncated { at } => write!(f, "message is truncated (at byte {at})"),
            Reason::TrailingBytes { extra } => write!(f, "{extra} bytes follow the message"),
            Reason::TooLarge { bytes } => write!(
                f,
                "message of {bytes} bytes is over the limit of {MAX_MESSAGE_BYTES}"
            ),
            Reason::TooDeep => write!(f, "message is nested deeper than {MAX_DEPTH}"),
            Reason::TooManyValues => write!(f, "message holds more than {MAX_VALUES} values"),
            Reason::BadMarker { at } => write!(f, "byte {at} is no msgpack marker"),
            Reason::BadUtf8 { at } => write!(f, "string at byte {at} is not UTF-8"),
            Reason::Shape { what } => f.write_str(what),
        }
    }
}

impl std::error::Error for DecodeError {}
