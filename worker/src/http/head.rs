//! The head of a response: what the client itself must know of it. The headers as such stay bytes until somebody asks.

use std::mem::MaybeUninit;

use super::error::HttpError;
use super::limits::{CODINGS_MAX, HEAD_MAX_BYTES, HEADERS_MAX, HEADERS_USUAL};

/// How the end of the body is found (RFC 9112 § 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is no body, whatever the headers say.
    None,
    /// This many bytes.
    Length(u64),
    /// Chunked transfer coding.
    Chunked,
    /// Until the connection is closed.
    UntilClose,
}

/// A content coding that can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// What a response head says to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// Bytes of the head, empty line included.
    pub length: usize,
    pub status: u16,
    /// 0 or 1: the digit behind `HTTP/1.`.
    pub minor_version: u8,
    pub framing: Framing,
    /// Whether the connection may carry another request.
    pub keep_alive: bool,
    /// In the order they were applied; empty (and unallocated) for a plain body.
    pub codings: Vec<Coding>,
    pub sets_cookies: bool,
}

/// Parses a head at the front of `bytes`; `None` if it is not complete.
pub(super) fn parse(bytes: &[u8], request_is_head: bool) -> Result<Option<Head>, HttpError> {
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_USUAL];
    match parse_with(bytes, &mut headers, request_is_head) {
        Err(Refused::TooManyHeaders) => {}
        Err(Refused::Malformed(error)) => return Err(error),
        Ok(head) => return Ok(head),
    }
    let mut headers = vec![MaybeUninit::uninit(); HEADERS_MAX];
    match parse_with(bytes, &mut headers, request_is_head) {
        Err(Refused::TooManyHeaders) => Err(HttpError::malformed("too many headers")),
        Err(Refused::Malformed(error)) => Err(error),
        Ok(head) => Ok(head),
    }
}

enum Refused {
    TooManyHeaders,
    Malformed(HttpError),
}

impl From<HttpError> for Refused {
    fn from(error: HttpError) -> Self {
        Self::Malformed(error)
    }
}

fn config() -> httparse::ParserConfig {
    let mut config = httparse::ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true);
    config
}

fn parse_with<'b>(
    bytes: &'b [u8],
    headers: &mut [MaybeUninit<httparse::Header<'b>>],
    request_is_head: bool,
) -> Result<Option<Head>, Refused> {
    let mut response = httparse::Response::new(&mut []);
    let status = config().parse_response_with_uninit_headers(&mut response, bytes, headers);
    let length = match status {
        Ok(httparse::Status::Complete(length)) if length <= HEAD_MAX_BYTES => length,
        Ok(httparse::Status::Partial) if bytes.len() <= HEAD_MAX_BYTES => return Ok(None),
        Ok(_) => return Err(HttpError::malformed("response head too long").into()),
        Err(httparse::Error::TooManyHeaders) => return Err(Refused::TooManyHeaders),
        Err(why) => return Err(HttpError::malformed(describe(why)).into()),
    };
    let status = response.code.unwrap_or_default();
    let mut facts = Facts::default();
    for header in response.headers.iter() {
        facts.take(header.name, header.value)?;
    }
    let minor_version = response.version.unwrap_or(1);
    let framing = facts.framing(status, request_is_head)?;
    Ok(Some(Head {
        length,
        status,
        minor_version,
        framing,
        keep_alive: facts.keep_alive(minor_version) && framing != Framing::UntilClose && status != 101,
        codings: facts.codings,
        sets_cookies: facts.sets_cookies,
    }))
}

fn describe(why: httparse::Error) -> &'static str {
    match why {
        httparse::Error::Version | httparse::Error::Token => "the response does not begin like HTTP/1.x",
        httparse::Error::Status => "invalid status line",
        httparse::Error::HeaderName => "invalid header name",
        httparse::Error::HeaderValue => "invalid header value",
        httparse::Error::NewLine => "invalid line break in the response head",
        httparse::Error::TooManyHeaders => "too many headers",
    }
}

/// What is gathered from the headers.
#[derive(Debug, Default)]
struct Facts {
    content_length: Option<u64>,
    /// Transfer-Encoding was there; the value says whether its last coding is chunked.
    transfer_coding: Option<bool>,
    close: bool,
    keep_alive: bool,
    codings: Vec<Coding>,
    sets_cookies: bool,
}

impl Facts {
    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), HttpError> {
        // The lengths differ for most pairs of names, so the common header costs one comparison of numbers.
        match name.len() {
            14 if name.eq_ignore_ascii_case("content-length") => self.take_length(value)?,
            17 if name.eq_ignore_ascii_case("transfer-encoding") => self.take_transfer_coding(value)?,
            10 if name.eq_ignore_ascii_case("connection") => self.take_connection(value),
            16 if name.eq_ignore_ascii_case("content-encoding") => self.take_codings(value)?,
            10 if name.eq_ignore_ascii_case("set-cookie") => self.sets_cookies = true,
            _ => {}
        }
        Ok(())
    }

    /// Equal repetitions are tolerated (RFC 9110 § 8.6), different ones are an attack or a bug.
    fn take_length(&mut self, value: &[u8]) -> Result<(), HttpError> {
        for element in elements(value) {
            let invalid = || HttpError::malformed("invalid Content-Length");
            let digits = std::str::from_utf8(element).map_err(|_| invalid())?;
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(invalid());
            }
            let length: u64 = digits.parse().map_err(|_| invalid())?;
            if self.content_length.is_some_and(|known| known != length) {
                return Err(HttpError::malformed("contradictory Content-Length headers"));
            }
            self.content_length = Some(length);
        }
        Ok(())
    }

    fn take_transfer_coding(&mut self, value: &[u8]) -> Result<(), HttpError> {
        for element in elements(value) {
            let chunked = element.eq_ignore_ascii_case(b"chunked");
            if !chunked && !element.eq_ignore_ascii_case(b"identity") {
                return Err(HttpError::malformed("unsupported Transfer-Encoding"));
            }
            self.transfer_coding = Some(chunked);
        }
        Ok(())
    }

    fn take_connection(&mut self, value: &[u8]) {
        for element in elements(value) {
            self.close |= element.eq_ignore_ascii_case(b"close");
            self.keep_alive |= element.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    /// An unknown coding leaves the body as it is, as in requests.
    fn take_codings(&mut self, value: &[u8]) -> Result<(), HttpError> {
        for element in elements(value) {
            let is = |name: &str| element.eq_ignore_ascii_case(name.as_bytes());
            let coding = match () {
                () if is("gzip") || is("x-gzip") => Coding::Gzip,
                () if is("deflate") => Coding::Deflate,
                () if is("br") => Coding::Brotli,
                () if is("zstd") => Coding::Zstd,
                () => continue,
            };
            if self.codings.len() == CODINGS_MAX {
                return Err(HttpError::malformed("too many content codings"));
            }
            self.codings.push(coding);
        }
        Ok(())
    }

    fn framing(&self, status: u16, request_is_head: bool) -> Result<Framing, HttpError> {
        Ok(match (self.transfer_coding, self.content_length) {
            _ if request_is_head || matches!(status, 100..=199 | 204 | 304) => Framing::None,
            (Some(true), _) => Framing::Chunked,
            (Some(false), _) | (None, None) => Framing::UntilClose,
            (None, Some(length)) => Framing::Length(length),
        })
    }

    /// Both framings at once are how responses are smuggled: such a connection is not used again (RFC 9112 § 6.1).
    fn keep_alive(&self, minor_version: u8) -> bool {
        let contradictory = self.transfer_coding.is_some() && self.content_length.is_some();
        !contradictory && !self.close && (minor_version >= 1 || self.keep_alive)
    }
}

/// The elements of a comma-separated header value.
fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
}

/// Name and value of each header of a complete head.
///
/// Values are decoded as Latin-1, as Python's http.client does.
pub(super) fn headers(head: &[u8]) -> Vec<(String, String)> {
    let mut headers = vec![MaybeUninit::uninit(); HEADERS_MAX];
    let mut response = httparse::Response::new(&mut []);
    if config()
        .parse_response_with_uninit_headers(&mut response, head, &mut headers)
        .is_err()
    {
        return Vec::new();
    }
    let decode = |header: &httparse::Header<'_>| (header.name.to_owned(), latin1(header.value));
    response.headers.iter().map(decode).collect()
}

/// The reason phrase of a complete head: UTF-8 if it is, else Latin-1.
pub(super) fn reason(head: &[u8]) -> String {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut words = line.trim_ascii().splitn(3, |byte| *byte == b' ');
    let reason = words.nth(2).unwrap_or_default().trim_ascii();
    std::str::from_utf8(reason).map_or_else(|_| latin1(reason), str::to_owned)
}

pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests;
