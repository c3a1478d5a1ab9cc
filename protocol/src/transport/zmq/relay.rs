//! Carries the bytes of one connection between the network and a socket of the `zeromq` crate, and watches them on the way: lengths are
//! checked, messages counted, the end noticed. Changes no byte.
//!
//! Words: *take* is from the network to the socket, *give* from the socket to the network.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::frames::{FrameScanner, Passed};
use crate::limits::{RELAY_BUFFER_BYTES, SEND_QUEUE_BYTES, SEND_QUEUE_MESSAGES};

/// What is on its way out on one connection: sent by us, not yet taken by the network.
#[derive(Default)]
pub(super) struct Flow {
    messages: AtomicUsize,
    bytes: AtomicUsize,
    closing: watch::Sender<bool>,
}

impl Flow {
    /// Counts a message to be sent. False, and not counted, if the peer is too far behind. One message is always taken.
    pub(super) fn admit(&self, bytes: usize) -> bool {
        let messages_before = self.messages.fetch_add(1, Ordering::AcqRel);
        let bytes_before = self.bytes.fetch_add(bytes, Ordering::AcqRel);
        let room =
            bytes_before.saturating_add(bytes) <= SEND_QUEUE_BYTES && messages_before < SEND_QUEUE_MESSAGES;
        let admitted = messages_before == 0 || room;
        if !admitted {
            self.leave(&Passed { messages: 1, bytes });
        }
        admitted
    }

    /// Takes messages out of the count: written to the network, or not sent after all.
    pub(super) fn leave(&self, passed: &Passed) {
        self.messages.fetch_sub(passed.messages, Ordering::AcqRel);
        self.bytes.fetch_sub(passed.bytes, Ordering::AcqRel);
    }

    /// No more messages will be sent: the connection's sending half is closed once the last is written.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    fn is_empty(&self) -> bool {
        self.messages.load(Ordering::Acquire) == 0
    }
}

/// Carries the socket's bytes to the network. Ok after [`Flow::close`], when everything is written and the sending half closed.
pub(super) async fn give(
    socket: &mut OwnedReadHalf,
    mut network: OwnedWriteHalf,
    flow: &Flow,
) -> io::Result<()> {
    let mut closing = flow.closing.subscribe();
    let mut scanner = FrameScanner::from_greeting();
    let mut buffer = vec![0; RELAY_BUFFER_BYTES];
    loop {
        let is_closing = *closing.borrow_and_update();
        if is_closing && flow.is_empty() {
            return network.shutdown().await;
        }
        let read = tokio::select! {
            read = socket.read(&mut buffer) => read?,
            _ = closing.changed(), if !is_closing => continue,
        };
        if read == 0 {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "refused by the socket",
            ));
        }
        let passed = scanner.scan(&buffer[..read])?;
        network.write_all(&buffer[..read]).await?;
        flow.leave(&passed);
    }
}

/// Carries the network's bytes to the socket, from after the handshake until the peer closes (Ok).
async fn take(network: &mut OwnedReadHalf, socket: &mut OwnedWriteHalf) -> io::Result<()> {
    let mut scanner = FrameScanner::of_messages();
    let mut buffer = vec![0; RELAY_BUFFER_BYTES];
    loop {
        let read = network.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        scanner.scan(&buffer[..read])?;
        socket.write_all(&buffer[..read]).await?;
    }
}

/// Both directions after the handshake; `giving` is a running [`give`]. Ok if our side closed it and the peer followed, an error if it
/// broke or `evicted` came.
pub(super) async fn run(
    network: &mut OwnedReadHalf,
    socket: &mut OwnedWriteHalf,
    giving: Pin<&mut impl Future<Output = io::Result<()>>>,
    evicted: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut taking = pin!(take(network, socket));
    tokio::select! {
        taken = &mut taking => Err(taken.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into())),
        given = giving => {
            given?;
            taking.await
        }
        () = evicted => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "a newer connection took over")),
    }
}

/// Waits until the socket has let go of its end: it has taken all that was carried to it, forgotten the peer and stopped writing to it.
/// (Closing at once instead would make its writer fail, and a late failure removes whatever has the same identity by then.)
pub(super) async fn let_go(mut from: OwnedReadHalf, to: OwnedWriteHalf) {
    drop(to);
    let mut buffer = vec![0; RELAY_BUFFER_BYTES];
    while matches!(from.read(&mut buffer).await, Ok(read) if read > 0) {}
}

/// A task that ends with its owner.
pub(super) struct Task(pub(super) JoinHandle<bool>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
