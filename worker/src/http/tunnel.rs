//! The way through a proxy: the `CONNECT` request that opens a tunnel to an `https` target.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::error::{ErrorKind, HttpError};
use super::head;
use super::proxy::Proxy;
use super::receive::Receiver;
use super::target::Origin;

/// Bytes read at a time from a proxy's answer: it is a short head.
const ANSWER_BUFFER_BYTES: usize = 1024;

/// Asks `proxy`, which `stream` leads to, for a tunnel to `origin`. Afterwards the stream's other end is the target.
pub(super) async fn open_tunnel<S>(stream: &mut S, proxy: &Proxy, origin: &Origin) -> Result<(), HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let broken = |why: std::io::Error| {
        let why = HttpError::from_io(&why);
        failed(proxy, format_args!("broke the tunnel: {}", why.text))
    };
    stream
        .write_all(connect_request(proxy, origin).as_bytes())
        .await
        .map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    // As to HEAD, no body belongs to the tunnel's answer (RFC 9110 § 9.3.6); one that refuses is not read.
    let mut answer = Receiver::new(true);
    let mut buffer = [0; ANSWER_BUFFER_BYTES];
    let status = loop {
        let count = stream.read(&mut buffer).await.map_err(broken)?;
        if count == 0 {
            return Err(failed(proxy, "closed the connection instead of opening a tunnel"));
        }
        answer
            .feed(&buffer[..count])
            .map_err(|why| failed(proxy, format_args!("gave no valid answer: {}", why.text)))?;
        if let Some(head) = &answer.head {
            break head.status;
        }
    };
    if !(200..300).contains(&status) {
        let reason = head::reason(&answer.bytes);
        return Err(failed(
            proxy,
            format_args!("refused the tunnel: {status} {reason}"),
        ));
    }
    if answer.surplus {
        return Err(failed(proxy, "sent something before the tunnel was used"));
    }
    Ok(())
}

fn connect_request(proxy: &Proxy, origin: &Origin) -> String {
    let authority = origin.authority_with_port();
    let authorization = proxy
        .authorization
        .as_ref()
        .map_or_else(String::new, |value| format!("Proxy-Authorization: {value}\r\n"));
    format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization}\r\n")
}

/// A failure of the proxy; `why` completes "the proxy ...".
fn failed(proxy: &Proxy, why: impl std::fmt::Display) -> HttpError {
    HttpError::of_proxy(format!("proxy {} {why}", proxy.name()))
}

/// What kept us from `proxy`. That this machine is at its limits is not the proxy's doing, and stays as it is.
pub(super) fn cannot_reach(proxy: &Proxy, why: HttpError) -> HttpError {
    match why.kind {
        ErrorKind::PortsExhausted | ErrorKind::TooManyFiles => why,
        _ => HttpError::of_proxy(format!("cannot connect to proxy {}: {}", proxy.name(), why.text)),
    }
}
