//! How connections end, and how that is called in the statistics.

use std::io;

use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Utf8Bytes};

use crate::http::{HttpError, python_repr};

/// The code that stands for "no close frame" (RFC 6455 § 7.1.5).
const ABNORMAL: u16 = 1006;
/// The code that stands for "a close frame without a code".
const NO_STATUS: u16 = 1005;

/// Whose doing an end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndKind {
    /// The script closed.
    Ours,
    /// The target closed, and said that all is well (1000, 1001, or no code).
    Orderly,
    /// Anything else.
    Lost,
}

/// The end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Whose doing it is.
    pub kind: EndKind,
    /// The close code; 1006 if there was no close frame.
    pub code: u16,
    /// The reason in the close frame.
    pub reason: String,
    /// The text for the statistics.
    pub text: String,
}

fn text(what: &str) -> String {
    format!("WebSocketClosed({})", python_repr(what))
}

impl End {
    /// The script closed; `frame` is the target's answer, if there was one.
    pub fn ours(frame: Option<&CloseFrame>) -> Self {
        Self {
            kind: EndKind::Ours,
            code: frame.map_or(ABNORMAL, |frame| frame.code.into()),
            reason: frame.map_or_else(String::new, |frame| frame.reason.to_string()),
            text: text("the script has closed the connection"),
        }
    }

    /// The target sent a close frame.
    pub fn by_target(frame: Option<&CloseFrame>) -> Self {
        let code = frame.map_or(NO_STATUS, |frame| frame.code.into());
        let reason = frame.map_or("", |frame| frame.reason.as_str());
        let orderly = matches!(code, 1000 | 1001 | NO_STATUS);
        let colon = if reason.is_empty() { "" } else { ": " };
        Self {
            kind: if orderly { EndKind::Orderly } else { EndKind::Lost },
            code,
            reason: reason.to_owned(),
            text: text(&format!(
                "the server closed the connection with code {code}{colon}{reason}"
            )),
        }
    }

    fn lost(code: u16, what: &str) -> Self {
        Self {
            kind: EndKind::Lost,
            code,
            reason: String::new(),
            text: text(what),
        }
    }

    /// The connection broke, or the target broke a rule. With it comes the code to tell the target, if it can be told.
    pub fn of_error(error: &Error) -> (Self, Option<CloseCode>) {
        match error {
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
            | Error::ConnectionClosed
            | Error::AlreadyClosed => (
                Self::lost(
                    ABNORMAL,
                    "connection lost: the server ended it without a close frame",
                ),
                None,
            ),
            Error::Io(why) => (Self::of_io(why), None),
            Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
                let what =
                    format!("closed with code 1009: a message of the server is longer than {max_size} bytes");
                (Self::lost(1009, &what), Some(CloseCode::Size))
            }
            Error::Utf8(_) => (
                Self::lost(
                    1007,
                    "closed with code 1007: a text message of the server is not UTF-8",
                ),
                Some(CloseCode::Invalid),
            ),
            other => {
                let what = format!("closed with code 1002: the server breaks the protocol: {other}");
                (Self::lost(1002, &what), Some(CloseCode::Protocol))
            }
        }
    }

    fn of_io(why: &io::Error) -> Self {
        let cause = match why.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
                "reset by the server".to_owned()
            }
            io::ErrorKind::UnexpectedEof => "the server ended it without a close frame".to_owned(),
            _ => HttpError::from_io(why).text.into_owned(),
        };
        Self::lost(ABNORMAL, &format!("connection lost: {cause}"))
    }
}

/// A close frame; `None` for the code that stands for an empty one.
pub(super) fn close_frame(code: u16, reason: &str) -> Option<CloseFrame> {
    (code != NO_STATUS).then(|| CloseFrame {
        code: code.into(),
        reason: Utf8Bytes::from(reason),
    })
}
