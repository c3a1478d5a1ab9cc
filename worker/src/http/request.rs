//! A request as the script asks for it, and as the reactor carries it out.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::target::Target;
use super::template::{HeaderOverride, Template};

/// What the script asks for.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// Any case; sent in upper case.
    pub method: &'a str,
    /// Absolute, or what is appended to the profile's base URL.
    pub url: &'a str,
    /// Added to or replacing the profile's headers by name; `None` removes one.
    pub headers: Vec<HeaderOverride>,
    /// Sent as it is, with its length.
    pub body: Bytes,
    /// Whether redirects are followed; otherwise they are ordinary responses.
    pub follow_redirects: bool,
    /// Whether the response ends with its head and the body is read from [`super::BodyStream`].
    pub stream: bool,
    /// Instead of the profile's.
    pub connect_timeout: Option<Duration>,
    /// Instead of the profile's.
    pub read_timeout: Option<Duration>,
}

/// A checked request; nothing in it needs parsing any more. Made by [`super::Profile::prepare`].
#[derive(Debug)]
pub struct Prepared {
    pub(super) template: Arc<Template>,
    /// Present when the template's own head does not do: headers or a body of its own.
    pub(super) own_head: Option<Vec<u8>>,
    pub(super) overrides: Vec<HeaderOverride>,
    pub(super) body: Bytes,
    pub(super) follow_redirects: bool,
    pub(super) stream: bool,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) read_timeout: Option<Duration>,
}

/// What a request asked for before any redirect, for those who want to know once it is over.
#[derive(Debug, Clone)]
pub struct Asked(Arc<Template>);

impl Asked {
    /// The absolute URL.
    pub fn url(&self) -> &str {
        self.0.target.url().as_str()
    }
}

impl Prepared {
    /// What it asks for. Copies nothing.
    pub fn asked(&self) -> Asked {
        Asked(Arc::clone(&self.template))
    }

    /// In upper case, as sent.
    pub fn method(&self) -> &str {
        &self.template.method
    }

    /// Where it goes, before any redirect.
    pub fn target(&self) -> &Target {
        &self.template.target
    }

    /// The absolute URL.
    pub fn url(&self) -> &str {
        self.target().url().as_str()
    }

    /// Path and query as sent: the default name of a request of HttpUser.
    pub fn path_and_query(&self) -> &str {
        self.target().path_and_query()
    }

    /// The body to be sent.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Whether the response is to be read as a stream.
    pub fn is_stream(&self) -> bool {
        self.stream
    }

    /// How long each connection may take to be made; `None` is for ever.
    pub fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout
    }

    /// How long the target may be silent; `None` is for ever.
    pub fn read_timeout(&self) -> Option<Duration> {
        self.read_timeout
    }

    /// The complete head, empty line included, cookies excluded.
    pub(super) fn head(&self) -> &[u8] {
        self.own_head.as_deref().unwrap_or(&self.template.head)
    }

    /// Whether the script set this header itself.
    pub(super) fn overrides(&self, name: &str) -> bool {
        self.overrides
            .iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(name))
    }

    /// Whether sending it twice is as good as once (RFC 9110 § 9.2.2).
    pub(super) fn is_idempotent(&self) -> bool {
        matches!(
            self.method(),
            "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS" | "TRACE"
        )
    }
}
