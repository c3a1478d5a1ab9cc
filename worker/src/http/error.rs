//! What can go wrong with a request, in whose responsibility, and how it is called in the statistics.
//!
//! Texts are keys under which failures are counted: they name the cause and never contain what varies from request to
//! request (URLs, counts, times). Where Locust's text names the cause already, ours is the same.

use std::borrow::Cow;
use std::io;

pub use protocol::Fault;

/// The kind of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The target refused the connection.
    Refused,
    /// The target reset the connection.
    Reset,
    /// The target closed the connection before the response was complete.
    Closed,
    /// The host name could not be resolved.
    Dns,
    /// No connection within the connect time-out.
    ConnectTimeout,
    /// No byte of the response within the read time-out.
    ReadTimeout,
    /// A proxy could not be reached or did not open the way.
    Proxy,
    /// The TLS handshake or the certificate check failed.
    Tls,
    /// The target redirected too often.
    TooManyRedirects,
    /// The response is not HTTP/1.x, or breaks a bound.
    Malformed,
    /// The response body could not be decompressed.
    Decode,
    /// Another network failure, e.g. no route to the host.
    Network,
    /// This machine has no free local port left for the destination.
    PortsExhausted,
    /// This process may not open more files.
    TooManyFiles,
}

impl ErrorKind {
    /// The name of the kind as the Python side knows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Closed => "closed",
            Self::Dns => "dns",
            Self::ConnectTimeout => "connect_timeout",
            Self::ReadTimeout => "read_timeout",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::TooManyRedirects => "too_many_redirects",
            Self::Malformed => "malformed",
            Self::Decode => "decode",
            Self::Network | Self::PortsExhausted | Self::TooManyFiles => "network",
        }
    }

    /// Whose fault a failure of this kind is.
    pub fn fault(self) -> Fault {
        match self {
            Self::Refused | Self::Reset | Self::Closed | Self::ReadTimeout | Self::Tls => Fault::Target,
            Self::TooManyRedirects | Self::Malformed | Self::Decode => Fault::Target,
            Self::Dns | Self::ConnectTimeout | Self::Proxy | Self::Network => Fault::Network,
            Self::PortsExhausted | Self::TooManyFiles => Fault::Generator,
        }
    }
}

/// A request that got no usable response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct HttpError {
    /// What happened.
    pub kind: ErrorKind,
    /// The text for the statistics.
    pub text: Cow<'static, str>,
    /// Whose fault it is.
    pub fault: Fault,
}

impl HttpError {
    /// A failure of `kind` with `text`.
    pub fn new(kind: ErrorKind, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            text: text.into(),
            fault: kind.fault(),
        }
    }

    /// The failure of a request that was ended by a time-out.
    ///
    /// `kind` is [`ErrorKind::ConnectTimeout`] or [`ErrorKind::ReadTimeout`].
    pub(super) fn timed_out(kind: ErrorKind) -> Self {
        let text = match kind {
            ErrorKind::ConnectTimeout => "ConnectTimeout('timed out while connecting')",
            _ => "ReadTimeout('timed out while waiting for the response')",
        };
        Self::new(kind, text)
    }

    /// The target closed the connection before a byte of the response.
    pub(super) fn closed_without_response() -> Self {
        Self::new(
            ErrorKind::Closed,
            "RemoteDisconnected('Remote end closed connection without response')",
        )
    }

    /// The target closed the connection in the middle of `part` of the response ("head", "body").
    pub(super) fn closed_inside(part: &str) -> Self {
        let text =
            format!("ConnectionClosed('Remote end closed connection in the middle of the response {part}')");
        Self::new(ErrorKind::Closed, text)
    }

    /// The response breaks a rule of HTTP/1.x or one of our bounds.
    pub(super) fn malformed(what: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::Malformed, format!("MalformedResponse('{what}')"))
    }

    /// A proxy is in the way; `what` says which and how.
    pub(super) fn of_proxy(what: &str) -> Self {
        let text = format!("ProxyError({})", super::failure_text::python_repr(what));
        Self::new(ErrorKind::Proxy, text)
    }

    /// The body could not be decoded.
    pub(super) fn decode(coding: &str, what: impl std::fmt::Display) -> Self {
        let text = format!("ContentDecodingError('response body is not valid {coding}: {what}')");
        Self::new(ErrorKind::Decode, text)
    }

    /// What the operating system said about a connection.
    pub(crate) fn from_io(error: &io::Error) -> Self {
        if let Some(inner) = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        {
            return super::tls::tls_error(inner);
        }
        const EMFILE: i32 = 24;
        const ENFILE: i32 = 23;
        match (error.kind(), error.raw_os_error()) {
            (io::ErrorKind::ConnectionRefused, _) => Self::new(
                ErrorKind::Refused,
                "ConnectionRefusedError(111, 'Connection refused')",
            ),
            (io::ErrorKind::ConnectionReset, _) => Self::new(
                ErrorKind::Reset,
                "ConnectionResetError(104, 'Connection reset by peer')",
            ),
            (io::ErrorKind::BrokenPipe, _) => {
                Self::new(ErrorKind::Reset, "BrokenPipeError(32, 'Broken pipe')")
            }
            (io::ErrorKind::UnexpectedEof, _) => Self::closed_without_response(),
            (io::ErrorKind::TimedOut, _) => Self::new(
                ErrorKind::ConnectTimeout,
                "TimeoutError(110, 'Connection timed out')",
            ),
            (io::ErrorKind::AddrNotAvailable, _) => Self::new(
                ErrorKind::PortsExhausted,
                "OSError(99, 'this load generator has no free local port left for the target: spread the load over \
                 more workers or target addresses, or widen net.ipv4.ip_local_port_range')",
            ),
            (_, Some(EMFILE | ENFILE)) => Self::new(
                ErrorKind::TooManyFiles,
                "OSError(24, 'this load generator may not open more sockets: raise the limit with ulimit -n or use \
                 more worker processes')",
            ),
            (_, Some(number)) => {
                let text = error.to_string();
                let text = text.split(" (os error").next().unwrap_or_default();
                Self::new(ErrorKind::Network, format!("OSError({number}, '{text}')"))
            }
            (_, None) => Self::new(ErrorKind::Network, format!("OSError('{error}')")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exhausted_resources_of_this_machine_are_the_generators_fault() {
        for (number, kind) in [(24, ErrorKind::TooManyFiles), (99, ErrorKind::PortsExhausted)] {
            let error = HttpError::from_io(&io::Error::from_raw_os_error(number));
            assert_eq!(
                (error.kind, error.fault),
                (kind, Fault::Generator),
                "{}",
                error.text
            );
            assert!(error.text.contains("this load generator"), "{}", error.text);
        }
    }

    #[test]
    fn network_errors_carry_the_number_and_the_words_of_the_system() {
        let error = HttpError::from_io(&io::Error::from_raw_os_error(113));
        assert_eq!((error.kind, error.fault), (ErrorKind::Network, Fault::Network));
        assert_eq!(error.text, "OSError(113, 'No route to host')");
    }

    #[test]
    fn refused_and_reset_read_as_in_locust() {
        let refused = HttpError::from_io(&io::Error::from(io::ErrorKind::ConnectionRefused));
        assert_eq!(refused.text, "ConnectionRefusedError(111, 'Connection refused')");
        let reset = HttpError::from_io(&io::Error::from(io::ErrorKind::ConnectionReset));
        assert_eq!(
            reset.text,
            "ConnectionResetError(104, 'Connection reset by peer')"
        );
    }
}
