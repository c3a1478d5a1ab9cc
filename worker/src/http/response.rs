//! A response as it is handed out, and the request it answers. Both may cross threads; headers stay bytes until asked for.

use std::sync::Arc;

use bytes::Bytes;

use super::head;
use super::target::Target;
use super::template::Template;

/// A complete response (of a stream: its head).
#[derive(Debug)]
pub struct Response {
    /// 200–999 as the target sent it; never an interim status except 101.
    pub status: u16,
    /// The digit behind `HTTP/1.`: 0 or 1.
    pub minor_version: u8,
    /// The redirects that led here, oldest first.
    pub history: Vec<Response>,
    /// What was sent to get this response.
    pub request: SentRequest,
    /// Head and body as received, without transfer coding.
    pub(super) bytes: Vec<u8>,
    pub(super) head_length: usize,
    /// The body without content codings, if it had any.
    pub(super) decoded: Option<Vec<u8>>,
}

impl Response {
    /// The body, without transfer and content codings; empty for a stream.
    pub fn body(&self) -> &[u8] {
        self.decoded.as_deref().unwrap_or(&self.bytes[self.head_length..])
    }

    /// The length that counts in the statistics: of the decoded body, in bytes.
    pub fn content_length(&self) -> u64 {
        self.body().len() as u64
    }

    /// Name and value of each header, in order.
    pub fn headers(&self) -> Vec<(String, String)> {
        head::headers(self.head_bytes())
    }

    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<String> {
        let is_it = |(other, _): &(String, String)| other.eq_ignore_ascii_case(name);
        self.headers().into_iter().find(is_it).map(|(_, value)| value)
    }

    /// The reason phrase; may be empty.
    pub fn reason(&self) -> String {
        head::reason(self.head_bytes())
    }

    /// The absolute URL that was answered: after redirects, the last one.
    pub fn url(&self) -> &str {
        self.request.url()
    }

    fn head_bytes(&self) -> &[u8] {
        &self.bytes[..self.head_length]
    }
}

/// A request as it went out.
#[derive(Debug)]
pub struct SentRequest {
    pub(super) template: Arc<Template>,
    /// The head, if it is not the template's.
    pub(super) own_head: Option<Vec<u8>>,
    /// The body.
    pub body: Bytes,
}

impl SentRequest {
    /// In upper case.
    pub fn method(&self) -> &str {
        &self.template.method
    }

    /// Where it went.
    pub fn target(&self) -> &Target {
        &self.template.target
    }

    /// The absolute URL.
    pub fn url(&self) -> &str {
        self.target().url().as_str()
    }

    /// The bytes from the request line to the empty line.
    pub fn head(&self) -> &[u8] {
        self.own_head.as_deref().unwrap_or(&self.template.head)
    }

    /// Name and value of each header that was sent, in order.
    pub fn headers(&self) -> Vec<(String, String)> {
        let lines = self
            .head()
            .split(|byte| *byte == b'\n')
            .skip(1)
            .map(<[u8]>::trim_ascii);
        lines
            .filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
                let value = std::str::from_utf8(value).map_or_else(|_| head::latin1(value), str::to_owned);
                Some((head::latin1(name), value))
            })
            .collect()
    }
}
