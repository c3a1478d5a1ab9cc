//! Where a request goes: a parsed URL, split once into what the connection and what the request line need.
//!
//! Everything here is worked out on the thread that prepares requests; the reactor only reads it.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use url::{Host, Url};

use super::error_request::RequestError;

/// Scheme, host and port: requests to equal origins may share connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Whether TLS is spoken.
    pub https: bool,
    /// The host as it is resolved: a name in ASCII, or an address.
    pub host: OriginHost,
    /// The port, the scheme's own if the URL has none.
    pub port: u16,
    /// The value of the Host header.
    pub authority: String,
}

/// The host of an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginHost {
    /// A name to resolve.
    Name(String),
    /// An address, used as it is.
    Address(IpAddr),
}

impl Origin {
    /// The host without port or brackets, as cookies and certificates know it.
    pub fn host_text(&self) -> String {
        match &self.host {
            OriginHost::Name(name) => name.clone(),
            OriginHost::Address(address) => address.to_string(),
        }
    }

    /// Host and port, the port even if it is the scheme's own.
    pub(super) fn authority_with_port(&self) -> String {
        match &self.host {
            OriginHost::Address(IpAddr::V6(address)) => format!("[{address}]:{}", self.port),
            _ => format!("{}:{}", self.host_text(), self.port),
        }
    }

    /// The name for SNI and for the check of the certificate.
    pub(super) fn server_name(&self) -> Result<ServerName<'static>, String> {
        match &self.host {
            OriginHost::Address(address) => Ok(ServerName::from(*address)),
            OriginHost::Name(name) => ServerName::try_from(name.clone())
                .map_err(|_| format!("'{name}' is no valid TLS server name")),
        }
    }
}

/// The destination of one request.
#[derive(Debug, Clone)]
pub struct Target {
    url: Url,
    origin: Arc<Origin>,
    credentials: Option<String>,
}

impl Target {
    /// Parses an absolute `http` or `https` URL. Its fragment is dropped; user and password become [`Self::credentials`].
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        let url = Url::parse(text).map_err(|why| RequestError::url(text, why))?;
        Self::from_url(url)
    }

    /// As [`Self::parse`], for a URL that is parsed already.
    pub fn from_url(mut url: Url) -> Result<Self, RequestError> {
        let https = match url.scheme() {
            "http" => false,
            "https" => true,
            other => {
                return Err(RequestError::url(
                    url.as_str(),
                    format_args!("the scheme '{other}' is not http or https"),
                ));
            }
        };
        url.set_fragment(None);
        let credentials = take_credentials(&mut url);
        let host = match url.host() {
            Some(Host::Domain(name)) => OriginHost::Name(name.to_owned()),
            Some(Host::Ipv4(address)) => OriginHost::Address(address.into()),
            Some(Host::Ipv6(address)) => OriginHost::Address(address.into()),
            None => return Err(RequestError::url(url.as_str(), "it has no host")),
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let host_text = url.host_str().unwrap_or_default();
        let authority = match url.port() {
            Some(port) => format!("{host_text}:{port}"),
            None => host_text.to_owned(),
        };
        let origin = Arc::new(Origin {
            https,
            host,
            port,
            authority,
        });
        Ok(Self {
            url,
            origin,
            credentials,
        })
    }

    /// The same target with the origin object of `other`, if it is equal, so that later comparisons are by address.
    pub(super) fn share_origin(mut self, other: &Arc<Origin>) -> Self {
        if *self.origin == **other {
            self.origin = Arc::clone(other);
        }
        self
    }

    /// The absolute URL without fragment and credentials.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// What stands in the request line: path and query.
    pub fn path_and_query(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// `Basic …` made of the URL's user and password, if it had both.
    pub(super) fn credentials(&self) -> Option<&str> {
        self.credentials.as_deref()
    }
}

/// Removes user and password from `url`; both present make a basic Authorization value.
pub(super) fn take_credentials(url: &mut Url) -> Option<String> {
    let user = percent_decode(url.username());
    let password = url.password().map(percent_decode);
    // Both calls fail only for URLs that cannot have a user, and those have none to remove.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let password = password?;
    (!user.is_empty()).then(|| basic_auth(&user, &password))
}

/// The value of an Authorization header (RFC 7617).
pub(super) fn basic_auth(user: &[u8], password: &[u8]) -> String {
    let mut plain = Vec::with_capacity(user.len() + password.len() + 1);
    plain.extend_from_slice(user);
    plain.push(b':');
    plain.extend_from_slice(password);
    format!("Basic {}", base64(&plain))
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        let pair = (first == b'%')
            .then(|| tail.first_chunk::<2>().and_then(|pair| hex_pair(*pair)))
            .flatten();
        match pair {
            Some(byte) => {
                decoded.push(byte);
                rest = &tail[2..];
            }
            None => {
                decoded.push(first);
                rest = tail;
            }
        }
    }
    decoded
}

fn hex_pair(pair: [u8; 2]) -> Option<u8> {
    let high = char::from(pair[0]).to_digit(16)?;
    let low = char::from(pair[1]).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            if place <= group.len() {
                text.push(char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, authority: &str, path: &str) {
        let target = Target::parse(url).unwrap();
        assert_eq!(
            (target.origin().authority.as_str(), target.path_and_query()),
            (authority, path)
        );
    }

    #[test]
    fn the_request_line_and_the_host_header_follow_from_the_url() {
        check("http://a.example", "a.example", "/");
        check("http://a.example:80/x?y=1#frag", "a.example", "/x?y=1");
        check("http://a.example:8080?q", "a.example:8080", "/?q");
        check("https://[::1]:443/", "[::1]", "/");
        check("http://[2001:db8::1]:81/a%20b", "[2001:db8::1]:81", "/a%20b");
        check(
            "http://bücher.example/ü?ü",
            "xn--bcher-kva.example",
            "/%C3%BC?%C3%BC",
        );
        check("http://u:p@a.example/", "a.example", "/");
    }

    #[test]
    fn credentials_are_taken_out_of_the_url() {
        let target = Target::parse("http://Aladdin:open%20sesame@h/").unwrap();
        assert_eq!(target.credentials(), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        assert_eq!(target.url().as_str(), "http://h/");
        assert_eq!(Target::parse("http://only@h/").unwrap().credentials(), None);
    }

    #[test]
    fn base64_pads_as_rfc_4648_says() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ];
        for (plain, encoded) in pairs {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn other_schemes_and_missing_hosts_are_refused() {
        for url in [
            "ftp://h/",
            "http://",
            "/x",
            "http://h:99999/",
            "data:,x",
            "http://[::1/",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
