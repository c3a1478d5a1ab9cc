//! A connection that can be told to misbehave: to close without an answer, or to answer with garbage.
//!
//! The order is given while a request is handled and takes effect when its answer would be written, so it works on
//! a kept-alive connection as well as on a new one.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// What a client gets that asked for `/malformed`.
const GARBAGE: &[u8] = b"\x00\x01 this is not HTTP at all\r\n\r\n";

/// What happens to the next answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Manners {
    /// It is sent.
    Good,
    /// The connection is closed instead.
    Drop,
    /// Something that is not HTTP is sent instead, then the connection is closed.
    Garbage,
}

/// The handle by which a request's handler chooses.
#[derive(Clone, Debug, Default)]
pub struct Switch(Arc<AtomicU8>);

impl Switch {
    /// Sets what happens to the answer being made.
    pub fn set(&self, manners: Manners) {
        self.0.store(manners as u8, Ordering::Relaxed);
    }

    fn get(&self) -> Manners {
        match self.0.load(Ordering::Relaxed) {
            1 => Manners::Drop,
            2 => Manners::Garbage,
            _ => Manners::Good,
        }
    }
}

/// The byte stream under it.
#[derive(Debug)]
pub enum Stream {
    /// HTTP.
    Plain(TcpStream),
    /// HTTPS.
    Tls(Box<TlsStream<TcpStream>>),
}

/// One accepted connection.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    switch: Switch,
}

impl Connection {
    /// Wraps an accepted stream.
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            switch: Switch::default(),
        }
    }

    /// The switch of this connection.
    #[must_use]
    pub fn switch(&self) -> Switch {
        self.switch.clone()
    }

    /// Whether the client showed a certificate (which was verified then).
    #[must_use]
    pub fn has_client_certificate(&self) -> bool {
        match &self.stream {
            Stream::Plain(_) => false,
            Stream::Tls(tls) => tls
                .get_ref()
                .1
                .peer_certificates()
                .is_some_and(|chain| !chain.is_empty()),
        }
    }

    fn misbehave(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.switch.get() == Manners::Garbage {
            // Best effort: a fresh socket buffer takes these few bytes at once.
            let _ = ready!(Pin::new(&mut self.stream).poll_write(cx, GARBAGE));
            let _ = ready!(Pin::new(&mut self.stream).poll_flush(cx));
        }
        Poll::Ready(io::Error::from(io::ErrorKind::ConnectionAborted))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, slices),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.switch.get() == Manners::Good {
            return Pin::new(&mut this.stream).poll_write(cx, bytes);
        }
        this.misbehave(cx).map(Err)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.switch.get() == Manners::Good {
            return Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        }
        this.misbehave(cx).map(Err)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
