//! One connection, plain or under TLS, and the read buffer that all of them share.
//!
//! A connection owns no buffer while it is idle: reads go into one buffer per thread that is lent for the moment of the
//! read and of the parsing that follows. Nothing here may hold that buffer across a wait.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::gate::Permit;
use super::limits::READ_BUFFER_BYTES;

thread_local! {
    static READ_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BUFFER_BYTES]);
    static OPEN: Cell<u64> = const { Cell::new(0) };
}

/// Connections of this thread that are open, idle ones included.
pub fn open_connections() -> u64 {
    OPEN.get()
}

/// The byte stream of a connection.
#[derive(Debug)]
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// TLS with the target inside TLS with a proxy.
    Nested(Box<TlsStream<TlsStream<TcpStream>>>),
}

/// A connection to an origin.
#[derive(Debug)]
pub(super) struct Connection {
    wire: Wire,
    /// Whether it has carried a request before; only then may its closing be an accident of timing.
    pub reused: bool,
    /// The right to use it, where connections are counted; it ends with the connection or when that is given back.
    pub permit: Option<Permit>,
}

impl Connection {
    pub fn new(wire: Wire) -> Self {
        OPEN.set(OPEN.get() + 1);
        Self {
            wire,
            reused: false,
            permit: None,
        }
    }

    /// Writes `head` and `body` from where `written` says; ready when both are gone. One system call if the socket
    /// takes everything.
    pub fn poll_send(
        &mut self,
        context: &mut Context<'_>,
        head: &[u8],
        body: &[u8],
        written: &mut usize,
    ) -> Poll<io::Result<()>> {
        let total = head.len() + body.len();
        while *written < total {
            let count = if body.is_empty() {
                ready!(self.poll_write(context, &head[*written..]))?
            } else if let Some(head_left) = head.get(*written..) {
                let slices = [IoSlice::new(head_left), IoSlice::new(body)];
                ready!(self.poll_write_vectored(context, &slices))?
            } else {
                ready!(self.poll_write(context, &body[*written - head.len()..]))?
            };
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += count;
        }
        self.poll_flush(context)
    }

    /// Gives what TLS has gathered to the system.
    pub fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(_) => Poll::Ready(Ok(())),
            Wire::Tls(stream) => Pin::new(stream).poll_flush(context),
            Wire::Nested(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    /// Reads once into a buffer of the caller's.
    pub fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Wire::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
            Wire::Nested(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }

    /// Reads once into the shared buffer and gives what came to `take`; an empty slice is the end of the stream.
    pub fn poll_receive<R>(
        &mut self,
        context: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> R,
    ) -> Poll<io::Result<R>> {
        READ_BUFFER.with_borrow_mut(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            match ready!(self.poll_read(context, &mut buffer)) {
                // TLS without a farewell is as common as it is unclean; the framing tells whether something is missing.
                Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => {}
                Err(why) => return Poll::Ready(Err(why)),
                Ok(()) => {}
            }
            Poll::Ready(Ok(take(buffer.filled())))
        })
    }

    /// Whether an idle connection can still be used: the target has neither closed it nor sent anything unasked.
    ///
    /// Costs no system call unless the event loop has seen something happen on it.
    pub fn is_fresh(&mut self) -> bool {
        match &mut self.wire {
            Wire::Plain(stream) => {
                let read = stream.try_read(&mut [0]);
                read.is_err_and(|why| why.kind() == io::ErrorKind::WouldBlock)
            }
            // Read through TLS: session tickets may arrive at any time and mean nothing, a farewell is an end.
            Wire::Tls(stream) => is_silent(stream),
            Wire::Nested(stream) => is_silent(stream),
        }
    }

    /// Writes what the system takes at once.
    pub fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Wire::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
            Wire::Nested(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        &mut self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Wire::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Wire::Nested(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }
}

fn is_silent(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    let (mut byte, mut context) = ([0], Context::from_waker(Waker::noop()));
    Pin::new(stream)
        .poll_read(&mut context, &mut ReadBuf::new(&mut byte))
        .is_pending()
}

impl Drop for Connection {
    fn drop(&mut self) {
        OPEN.set(OPEN.get().saturating_sub(1));
    }
}
