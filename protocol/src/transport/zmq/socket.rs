//! TCP sockets as Locust sets them up: keepalive after 30 s, both address families if `*` is asked for.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream, lookup_host};

use super::super::{Endpoint, TransportError};
use crate::limits::TCP_KEEPALIVE_IDLE;

const BACKLOG: i32 = 1_024;
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Listens on `endpoint`.
pub(super) async fn listen(endpoint: &Endpoint) -> Result<TcpListener, TransportError> {
    try_listen(endpoint).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => TransportError::AddressInUse {
            endpoint: endpoint.clone(),
        },
        _ => TransportError::Bind {
            endpoint: endpoint.clone(),
            source,
        },
    })
}

async fn try_listen(endpoint: &Endpoint) -> io::Result<TcpListener> {
    if endpoint.host == "*" {
        return match open((Ipv6Addr::UNSPECIFIED, endpoint.port).into()) {
            // A machine without IPv6.
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                open((Ipv4Addr::UNSPECIFIED, endpoint.port).into())
            }
            other => other,
        };
    }
    let mut result = Err(io::Error::new(
        io::ErrorKind::NotFound,
        "the host name has no address",
    ));
    for address in lookup_host((endpoint.host.as_str(), endpoint.port)).await? {
        result = open(address);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // So that a restarted master gets its port back while old connections still linger; a live listener still wins.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Sets what a connection needs; a system that refuses an option is not worth failing for.
pub(super) fn tune(stream: &TcpStream) {
    let keepalive = TcpKeepalive::new()
        .with_time(TCP_KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL);
    let set = SockRef::from(stream)
        .set_tcp_keepalive(&keepalive)
        .and_then(|()| stream.set_nodelay(true));
    if let Err(error) = set {
        tracing::debug!(%error, "a TCP option cannot be set");
    }
}
