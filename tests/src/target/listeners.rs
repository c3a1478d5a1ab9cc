//! Listening sockets for HTTP and HTTPS, in the form axum serves from.
//!
//! A TLS handshake runs in a task of its own: a slow client does not hold the others up.

use std::io;
use std::net::SocketAddr;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::connection::{Connection, Stream};

/// Pending connections the kernel keeps for us; a load test opens thousands at once.
const LISTEN_BACKLOG: u32 = 4096;
/// Connections that finished their handshake and wait to be served.
const MAX_HANDSHAKEN: usize = 1024;

/// Binds a listening socket.
///
/// # Errors
/// The port is in use or the address is not ours.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(LISTEN_BACKLOG)
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        // An error here is the client's (it went away) or a lack of file descriptors; both pass.
        if let Ok((stream, address)) = listener.accept().await {
            // Without it Nagle and delayed acknowledgements would be in every measured time.
            let _ = stream.set_nodelay(true);
            return (stream, address);
        }
        tokio::task::yield_now().await;
    }
}

/// HTTP.
#[derive(Debug)]
pub struct Plain(pub TcpListener);

impl Listener for Plain {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = accept(&self.0).await;
        (Connection::new(Stream::Plain(stream)), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// HTTPS.
#[derive(Debug)]
pub struct Tls {
    ready: mpsc::Receiver<(Connection, SocketAddr)>,
    address: SocketAddr,
}

impl Tls {
    /// Starts accepting.
    ///
    /// # Errors
    /// The socket is not bound.
    pub fn start(listener: TcpListener, acceptor: TlsAcceptor) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(MAX_HANDSHAKEN);
        tokio::spawn(async move {
            loop {
                let (stream, peer) = accept(&listener).await;
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Ok(tls) = acceptor.accept(stream).await {
                        let _ = sender
                            .send((Connection::new(Stream::Tls(Box::new(tls))), peer))
                            .await;
                    }
                });
            }
        });
        Ok(Self { ready, address })
    }
}

impl Listener for Tls {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
