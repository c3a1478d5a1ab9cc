//! The two queues between the Python thread and the reactor thread.
//!
//! Both are a vector behind a lock that is taken once per *batch*, never per request: the Python thread gathers its
//! submissions and hands them over before its loop blocks, the reactor gathers completions and hands them over before
//! it parks. A thread is woken only when the queue it reads was empty, so a busy pair exchanges no wake-ups at all.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// A vector behind a lock, filled and emptied by the batch.
#[derive(Debug)]
struct Batches<T>(Mutex<Vec<T>>);

impl<T> Batches<T> {
    fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The data is valid after every single push, so it is taken over from a thread that panicked.
    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves all of `batch` in; true if there was nothing before, that is if the reader may be asleep.
    fn push(&self, batch: &mut Vec<T>) -> bool {
        let mut queue = self.lock();
        let was_empty = queue.is_empty();
        if was_empty {
            std::mem::swap(&mut *queue, batch);
        } else {
            queue.append(batch);
        }
        was_empty
    }

    fn take(&self, batch: &mut Vec<T>) {
        debug_assert!(
            batch.is_empty(),
            "a batch must be used up before the next is taken"
        );
        std::mem::swap(&mut *self.lock(), batch);
    }
}

/// Batches from the Python thread to the reactor.
#[derive(Debug)]
pub struct Inbox<T> {
    batches: Batches<T>,
    arrived: Notify,
}

impl<T> Inbox<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            batches: Batches::new(),
            arrived: Notify::new(),
        }
    }

    /// Moves all of `batch` into the queue and wakes the reactor if it was empty. `batch` keeps its capacity.
    pub fn push_batch(&self, batch: &mut Vec<T>) {
        if !batch.is_empty() && self.batches.push(batch) {
            self.arrived.notify_one();
        }
    }

    /// Waits for the next batch and moves it into `batch`, which must be empty.
    pub async fn take(&self, batch: &mut Vec<T>) {
        loop {
            self.batches.take(batch);
            if !batch.is_empty() {
                return;
            }
            self.arrived.notified().await;
        }
    }
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Batches from the reactor to the Python thread, with a file descriptor that gevent's loop watches.
#[derive(Debug)]
pub struct Outbox<T> {
    batches: Batches<T>,
    bell: Bell,
}

impl<T> Outbox<T> {
    /// An empty queue.
    ///
    /// # Errors
    /// When the process can open no more files.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            batches: Batches::new(),
            bell: Bell::new()?,
        })
    }

    /// Moves all of `batch` into the queue and rings if it was empty. `batch` keeps its capacity.
    pub fn push_batch(&self, batch: &mut Vec<T>) {
        if !batch.is_empty() && self.batches.push(batch) {
            self.bell.ring();
        }
    }

    /// Rings without adding anything: something outside this queue waits for the Python thread.
    pub fn ring(&self) {
        self.bell.ring();
    }

    /// Takes everything that is queued; `batch` must be empty. Silences the bell first, so that whatever is pushed
    /// afterwards rings again.
    pub fn take(&self, batch: &mut Vec<T>) {
        self.bell.silence();
        self.batches.take(batch);
    }

    /// How late the reading thread came at its worst since this was last asked: its loop's lag.
    pub fn reader_lag(&self) -> Duration {
        self.bell.longest_ringing()
    }

    /// The descriptor that is readable while something may be queued.
    pub fn bell(&self) -> BorrowedFd<'_> {
        self.bell.reader.as_fd()
    }
}

/// A readable descriptor for another event loop: a socket pair, since macOS has no eventfd.
///
/// It also knows how long it rang before somebody came: that is how late the other loop runs.
#[derive(Debug)]
struct Bell {
    reader: UnixStream,
    writer: UnixStream,
    made: Instant,
    /// Since when it rings, in nanoseconds after `made`; 0 while it is silent.
    rung_ns: AtomicU64,
    /// The longest ringing since it was last asked for.
    longest_ns: AtomicU64,
}

impl Bell {
    fn new() -> std::io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        Ok(Self {
            reader,
            writer,
            made: Instant::now(),
            rung_ns: AtomicU64::new(0),
            longest_ns: AtomicU64::new(0),
        })
    }

    fn elapsed_ns(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_nanos())
            .unwrap_or(u64::MAX)
            .max(1)
    }

    fn ring(&self) {
        let _ = self
            .rung_ns
            .compare_exchange(0, self.elapsed_ns(), Ordering::Relaxed, Ordering::Relaxed);
        // A full pair already rings, and a closed one has no listener: in both cases there is nothing to do.
        let _ = (&self.writer).write(&[1]);
    }

    fn longest_ringing(&self) -> Duration {
        let still = match self.rung_ns.load(Ordering::Relaxed) {
            0 => 0,
            since => self.elapsed_ns().saturating_sub(since),
        };
        Duration::from_nanos(self.longest_ns.swap(0, Ordering::Relaxed).max(still))
    }

    fn silence(&self) {
        match self.rung_ns.swap(0, Ordering::Relaxed) {
            0 => {}
            since => {
                self.longest_ns
                    .fetch_max(self.elapsed_ns().saturating_sub(since), Ordering::Relaxed);
            }
        }
        let mut rung = [0; 64];
        while matches!((&self.reader).read(&mut rung), Ok(n) if n == rung.len()) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_pushed_is_taken_once_and_in_order() {
        let outbox = Outbox::new().unwrap();
        outbox.push_batch(&mut vec![1, 2]);
        outbox.push_batch(&mut vec![3]);
        let mut taken = Vec::new();
        outbox.take(&mut taken);
        assert_eq!(taken, [1, 2, 3]);
        taken.clear();
        outbox.take(&mut taken);
        assert!(taken.is_empty());
    }

    #[test]
    fn the_bell_rings_only_for_a_queue_that_was_empty() {
        let outbox = Outbox::new().unwrap();
        outbox.push_batch(&mut vec![1]);
        outbox.push_batch(&mut vec![2]);
        let mut rung = [0; 8];
        assert_eq!((&outbox.bell.reader).read(&mut rung).unwrap(), 1);
        assert!((&outbox.bell.reader).read(&mut rung).is_err());
    }

    #[test]
    fn a_push_after_take_rings_again() {
        let outbox = Outbox::new().unwrap();
        outbox.push_batch(&mut vec![1]);
        outbox.take(&mut Vec::new());
        outbox.push_batch(&mut vec![2]);
        let mut rung = [0; 8];
        assert_eq!((&outbox.bell.reader).read(&mut rung).unwrap(), 1);
    }

    #[tokio::test]
    async fn the_inbox_hands_over_what_came_before_and_during_the_wait() {
        let inbox = Inbox::new();
        inbox.push_batch(&mut vec![1]);
        let mut batch = Vec::new();
        inbox.take(&mut batch).await;
        assert_eq!(batch, [1]);
        batch.clear();
        let ((), ()) = tokio::join!(inbox.take(&mut batch), async {
            inbox.push_batch(&mut vec![2, 3]);
        });
        assert_eq!(batch, [2, 3]);
    }
}
