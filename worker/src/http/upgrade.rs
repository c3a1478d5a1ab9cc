//! Leaving HTTP (RFC 9110 § 7.8): a request that asks for another protocol, and the connection that then speaks it.
//!
//! It uses what every request uses — resolver, TLS settings, default headers, cookies — but no proxy, and its connection is
//! new and is handed over, with whatever came behind the answer's head.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connect::connect;
use super::connection::Connection;
use super::cookies::SharedJar;
use super::error::HttpError;
use super::error_request::RequestError;
use super::head;
use super::limits::{HEAD_MAX_BYTES, INTERIM_RESPONSES_MAX};
use super::profile::Profile;
use super::target::Target;
use super::template::HeaderOverride;

/// A checked request for another protocol; made by [`Profile::prepare_upgrade`].
#[derive(Debug)]
pub struct Upgrade {
    pub(super) target: Target,
    /// Complete but for cookies and the empty line.
    pub(super) head: Vec<u8>,
    pub(super) own_cookies: bool,
}

impl Upgrade {
    /// Where it goes.
    pub fn target(&self) -> &Target {
        &self.target
    }
}

/// The answer to an [`Upgrade`].
#[derive(Debug)]
pub struct Answer {
    /// 101 if the target agrees.
    pub status: u16,
    /// From the status line to the empty line.
    pub head: Vec<u8>,
    /// What came behind the head.
    pub rest: Vec<u8>,
    /// The connection; of use only if the target agrees.
    pub stream: UpgradedStream,
}

impl Answer {
    /// Name and value of each header, in order.
    pub fn headers(&self) -> Vec<(String, String)> {
        head::headers(&self.head)
    }

    /// The reason phrase; may be empty.
    pub fn reason(&self) -> String {
        head::reason(&self.head)
    }
}

impl Profile {
    /// Checks a request for another protocol; `upgrade` are the headers that ask for it, which nothing overrides.
    ///
    /// # Errors
    /// The URL or a header cannot be used.
    pub fn prepare_upgrade(
        &self,
        url: &str,
        headers: Vec<HeaderOverride>,
        upgrade: Vec<HeaderOverride>,
    ) -> Result<Upgrade, RequestError> {
        let is_ours = |name: &str| upgrade.iter().any(|(ours, _)| ours.eq_ignore_ascii_case(name));
        let mut overrides: Vec<_> = headers.into_iter().filter(|(name, _)| !is_ours(name)).collect();
        overrides.extend(upgrade);
        self.check_headers(&overrides)?;
        let target = self.resolve(url)?;
        let mut head = self.head_for(None, "GET", &target, &overrides, 0);
        head.truncate(head.len() - 2);
        let own_cookies = overrides
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        Ok(Upgrade {
            target,
            head,
            own_cookies,
        })
    }
}

/// Connects, asks and receives the head of the answer; its cookies go to `jar`.
///
/// # Errors
/// There is no connection, or no usable answer. A refusal is an answer.
pub async fn upgrade(profile: &Profile, jar: &SharedJar, request: &Upgrade) -> Result<Answer, HttpError> {
    let mut connection = connect(profile, None, request.target.origin()).await?;
    let mut head = request.head.clone();
    if !request.own_cookies
        && !jar.is_empty()
        && let Some(cookies) = jar.header_for(&request.target)
    {
        head.extend_from_slice(format!("Cookie: {cookies}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    let mut written = 0;
    poll_fn(|context| connection.poll_send(context, &head, b"", &mut written))
        .await
        .map_err(|why| HttpError::from_io(&why))?;
    let (received, head) = receive_head(&mut connection).await?;
    let (head_bytes, rest) = received.split_at(head.length);
    if head.sets_cookies {
        jar.store_response(&request.target, head_bytes);
    }
    Ok(Answer {
        status: head.status,
        head: head_bytes.to_vec(),
        rest: rest.to_vec(),
        stream: UpgradedStream(connection),
    })
}

/// Reads until the head of a final answer is complete; interim ones are cut off.
async fn receive_head(connection: &mut Connection) -> Result<(Vec<u8>, head::Head), HttpError> {
    let mut received = Vec::new();
    let mut interim = 0;
    loop {
        let count = poll_fn(|context| {
            connection.poll_receive(context, |data| {
                received.extend_from_slice(data);
                data.len()
            })
        })
        .await
        .map_err(|why| HttpError::from_io(&why))?;
        if count == 0 {
            return Err(if received.is_empty() {
                HttpError::closed_without_response()
            } else {
                HttpError::closed_inside("head")
            });
        }
        while let Some(head) = head::parse(&received, false)? {
            if !matches!(head.status, 100 | 102..=199) {
                return Ok((received, head));
            }
            interim += 1;
            if interim > INTERIM_RESPONSES_MAX {
                return Err(HttpError::malformed("too many interim responses"));
            }
            received.drain(..head.length);
        }
        if received.len() > HEAD_MAX_BYTES {
            return Err(HttpError::malformed("the head is too long"));
        }
    }
}

/// A connection that no longer speaks HTTP. It counts as open until it is dropped.
#[derive(Debug)]
pub struct UpgradedStream(Connection);

impl AsyncRead for UpgradedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get_mut().0.poll_read(context, buffer)
    }
}

impl AsyncWrite for UpgradedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().0.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().0.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The protocol on top has its own farewell; dropping closes.
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{ProfileConfig, ProxyConfig, ProxyRule};

    #[test]
    fn a_request_for_another_protocol_is_made_for_the_target_and_not_for_a_proxy() {
        let rule = ProxyRule {
            key: "all".to_owned(),
            url: Some("http://user:secret@proxy:3128".to_owned()),
            from_environment: false,
        };
        let config = ProfileConfig {
            base_url: "http://target:8080".to_owned(),
            proxies: ProxyConfig {
                rules: vec![rule],
                no_proxy: String::new(),
            },
            ..ProfileConfig::default()
        };
        let request = Profile::new(&config)
            .unwrap()
            .prepare_upgrade("/ws", Vec::new(), Vec::new())
            .unwrap();
        let head = String::from_utf8(request.head).unwrap();
        assert!(
            head.starts_with("GET /ws HTTP/1.1\r\nHost: target:8080\r\n"),
            "{head}"
        );
        assert!(!head.contains("Proxy-"), "{head}");
    }
}
