//! A blocking HTTP/1.0 client of a few lines, for the web port and the target's counters.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// `/stop` answers only when the users have stopped.
const READ_TIMEOUT: Duration = Duration::from_secs(70);

/// A response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.body))
    }
}

/// GET.
///
/// # Errors
/// Nobody listens, or the answer is not HTTP.
pub fn get(port: u16, path: &str) -> io::Result<Answer> {
    exchange(port, &format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"))
}

/// POST of form fields, which must need no escaping.
///
/// # Errors
/// As for [`get`].
pub fn post_form(port: u16, path: &str, fields: &[(&str, &str)]) -> io::Result<Answer> {
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let body = pairs.join("&");
    let head = "Content-Type: application/x-www-form-urlencoded";
    let length = body.len();
    exchange(
        port,
        &format!(
            "POST {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
}

/// A request of any method with a JSON body; empty for none.
///
/// # Errors
/// As for [`get`].
pub fn send_json(port: u16, method: &str, path: &str, body: &str) -> io::Result<Answer> {
    let length = body.len();
    exchange(
        port,
        &format!(
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: \
             {length}\r\n\r\n{body}"
        ),
    )
}

fn exchange(port: u16, request: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    stream.write_all(request.as_bytes())?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw)?;
    let text = String::from_utf8_lossy(&raw);
    let malformed = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("not an HTTP answer: {text:?}"),
        )
    };
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(malformed)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(malformed)?;
    Ok(Answer {
        status,
        body: body.to_owned(),
    })
}
