//! One connection after its handshake: a reader and a writer task behind bounded queues. Used alike by both sides.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::wire::{self, Received};
use crate::limits::{MAX_MESSAGE_BYTES, RECEIVE_QUEUE_BYTES, SEND_QUEUE_BYTES, SEND_QUEUE_MESSAGES};

/// Bytes gathered before they are written out, so that bursts of small messages leave in few system calls.
const WRITE_BATCH_BYTES: usize = 64 * 1024;
const PERMIT_BYTES: usize = 1_024;

/// The sending end of a connection's queue.
#[derive(Clone)]
pub(super) struct Outgoing {
    queue: mpsc::Sender<Out>,
    waiting_bytes: Arc<AtomicUsize>,
}

enum Out {
    Message(Vec<u8>),
    Command(Vec<u8>),
}

/// Why a message was not queued.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Closed,
    Full,
}

impl Outgoing {
    /// Queues a message; never waits.
    pub(super) fn push(&self, payload: Vec<u8>) -> Result<(), Refused> {
        let bytes = payload.len();
        let before = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let room = before == 0 || before.saturating_add(bytes) <= SEND_QUEUE_BYTES;
        let result = match room {
            true => self
                .queue
                .try_send(Out::Message(payload))
                .map_err(|error| match error {
                    TrySendError::Full(_) => Refused::Full,
                    TrySendError::Closed(_) => Refused::Closed,
                }),
            false if self.queue.is_closed() => Err(Refused::Closed),
            false => Err(Refused::Full),
        };
        if result.is_err() {
            self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        result
    }
}

/// A queue for what is to be written, and the end that writes it.
pub(super) fn outgoing() -> (Outgoing, Writer) {
    let (queue, receiver) = mpsc::channel(SEND_QUEUE_MESSAGES);
    let waiting_bytes = Arc::new(AtomicUsize::new(0));
    let control = queue.downgrade();
    (
        Outgoing {
            queue,
            waiting_bytes: Arc::clone(&waiting_bytes),
        },
        Writer {
            receiver,
            control,
            waiting_bytes,
        },
    )
}

/// The taking end of a connection's send queue.
pub(super) struct Writer {
    receiver: mpsc::Receiver<Out>,
    /// For answers to a peer's commands; does not keep the queue open.
    control: mpsc::WeakSender<Out>,
    waiting_bytes: Arc<AtomicUsize>,
}

impl Writer {
    /// Writes until all senders are gone and the queue is empty, then closes the writing half.
    async fn run(mut self, mut stream: impl AsyncWrite + Unpin) -> io::Result<()> {
        let mut batch = Vec::new();
        while let Some(mut next) = self.receiver.recv().await {
            loop {
                let taken = match &next {
                    Out::Message(body) => (0, body),
                    Out::Command(body) => (wire::COMMAND, body),
                };
                wire::put_frame(&mut batch, taken.0, taken.1);
                if let Out::Message(body) = &next {
                    self.waiting_bytes.fetch_sub(body.len(), Ordering::Relaxed);
                }
                match self.receiver.try_recv() {
                    Ok(more) if batch.len() < WRITE_BATCH_BYTES => next = more,
                    Ok(more) => {
                        stream.write_all(&batch).await?;
                        batch.clear();
                        next = more;
                    }
                    Err(_) => break,
                }
            }
            stream.write_all(&batch).await?;
            batch.clear();
            batch.shrink_to(WRITE_BATCH_BYTES);
        }
        stream.shutdown().await
    }
}

/// A received payload; its share of the queue's bytes is free again once it is taken apart.
pub(super) struct Delivery<T> {
    pub(super) from: T,
    pub(super) payload: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// Where received messages go: a queue bounded in messages and bytes, shared by all connections of a listener.
#[derive(Clone)]
pub(super) struct Inbox<T> {
    pub(super) queue: mpsc::Sender<Delivery<T>>,
    room: Arc<Semaphore>,
}

impl<T: Clone> Inbox<T> {
    pub(super) fn new(queue: mpsc::Sender<Delivery<T>>) -> Self {
        Self {
            queue,
            room: Arc::new(Semaphore::new(RECEIVE_QUEUE_BYTES / PERMIT_BYTES)),
        }
    }

    /// Waits for room; the peer is held back by TCP meanwhile. Once nobody takes messages any more they are dropped.
    async fn put(&self, from: &T, payload: Vec<u8>) {
        let permits = payload.len().min(MAX_MESSAGE_BYTES).div_ceil(PERMIT_BYTES) as u32;
        let room = Arc::clone(&self.room).acquire_many_owned(permits).await.ok();
        let delivery = Delivery {
            from: from.clone(),
            payload: payload.into(),
            _room: room,
        };
        let _closing = self.queue.send(delivery).await;
    }
}

/// Runs a connection until it breaks, or until its `Outgoing` is dropped, everything is written and the peer has closed too.
///
/// Ok only in that second case; an error says how it broke.
pub(super) async fn run<T: Clone>(
    reader: impl AsyncRead + Unpin,
    stream: impl AsyncWrite + Unpin,
    writer: Writer,
    from: T,
    inbox: Inbox<T>,
) -> io::Result<()> {
    let control = writer.control.clone();
    let mut reading = pin!(read_all(reader, control, from, inbox));
    tokio::select! {
        broken = &mut reading => Err(broken),
        written = writer.run(stream) => {
            written?;
            match reading.await {
                end if end.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
                broken => Err(broken),
            }
        }
    }
}

/// Takes messages until the connection ends; says how it did.
async fn read_all<T: Clone>(
    mut reader: impl AsyncRead + Unpin,
    control: mpsc::WeakSender<Out>,
    from: T,
    inbox: Inbox<T>,
) -> io::Error {
    loop {
        match wire::read(&mut reader).await {
            Ok(Received::Message(payload)) => inbox.put(&from, payload).await,
            Ok(Received::Command(command)) => {
                if let Some((pong, queue)) = wire::pong_for(&command).zip(control.upgrade()) {
                    // A peer that pings faster than it reads gets fewer answers.
                    let _full = queue.try_send(Out::Command(pong));
                }
            }
            Err(error) => return error,
        }
    }
}
