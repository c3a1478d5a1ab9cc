//! Mistakes in what the script or its configuration asks for, found before anything is sent.

use std::fmt::Display;

/// A request that cannot be made as it was asked for; the script's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The URL is not usable.
    #[error("Invalid URL '{url}': {why}")]
    Url {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The method is no HTTP token.
    #[error("Invalid method '{0}': only letters, digits and !#$%&'*+-.^_`|~ may be used")]
    Method(String),
    /// A header's name is no HTTP token, or its value has a line break or NUL.
    #[error("Invalid header '{name}': {why}")]
    Header {
        /// As it was given.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl RequestError {
    /// What is wrong, without the request's own text where that is known to be apart.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Url { why, .. } => why.clone(),
            other => other.to_string(),
        }
    }

    pub(super) fn url(url: &str, why: impl Display) -> Self {
        Self::Url {
            url: url.to_owned(),
            why: why.to_string(),
        }
    }
}

/// A profile that cannot be built; each message is one line that says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The host of the User class, or one of its default headers, is not usable.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A file of certificates or keys cannot be used.
    #[error("cannot use {what} file '{path}': {why}")]
    File {
        /// "CA", "client certificate" or "client key".
        what: &'static str,
        /// As it was given.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// A proxy's URL cannot be used.
    #[error("cannot use the proxy '{url}': {why}")]
    Proxy {
        /// As it was given, without user and password.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The proxies cannot be used as a whole.
    #[error("{0}")]
    Proxies(String),
    /// The certificate and the key do not fit, or TLS cannot be set up with them.
    #[error("cannot set up TLS: {0}")]
    Tls(String),
}
