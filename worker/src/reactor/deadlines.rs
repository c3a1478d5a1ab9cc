//! Time-outs without a timer per request.
//!
//! Each lane has at most one entry here, made when it starts work and no entry of its own is waiting. When the entry's
//! time comes, the lane is asked for its *present* deadline: passed, it is interrupted; moved, the entry moves; none, it is
//! dropped. So a user who makes thousands of requests with a time-out of 60 s costs one entry a minute.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::lane::{Interrupt, Lane, SharedLane};

/// Deadlines are met this late at the most, so that many of them share one wake-up.
const GRANULARITY: Duration = Duration::from_millis(5);

#[derive(Debug)]
struct Entry {
    at: Instant,
    lane: Weak<Lane>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

/// The entries of all lanes, earliest first.
#[derive(Debug, Default)]
pub struct Deadlines {
    entries: RefCell<BinaryHeap<Reverse<Entry>>>,
    earlier: Notify,
}

impl Deadlines {
    /// Makes sure that `lane`, which starts work at `now`, is looked at before its first possible deadline.
    pub fn watch(&self, lane: &SharedLane, now: Instant) {
        let Some(shortest) = lane.shortest_timeout() else {
            return;
        };
        let at = now + shortest;
        if lane.looked_at_again.get().is_some_and(|planned| planned <= at) {
            return;
        }
        lane.looked_at_again.set(Some(at));
        let mut entries = self.entries.borrow_mut();
        let sooner = entries.peek().is_none_or(|first| at < first.0.at);
        entries.push(Reverse(Entry {
            at,
            lane: Rc::downgrade(lane),
        }));
        if sooner {
            self.earlier.notify_one();
        }
    }

    /// Interrupts the lanes whose time is up, for ever.
    pub async fn enforce(&self) {
        loop {
            let next = self.entries.borrow().peek().map(|first| first.0.at);
            match next {
                None => self.earlier.notified().await,
                Some(at) => {
                    let due = tokio::time::Instant::from_std(at + GRANULARITY);
                    tokio::select! {
                        () = tokio::time::sleep_until(due) => self.look(Instant::now()),
                        () = self.earlier.notified() => {}
                    }
                }
            }
        }
    }

    /// Looks at every lane whose entry is due at `now`.
    fn look(&self, now: Instant) {
        loop {
            let due = {
                let mut entries = self.entries.borrow_mut();
                match entries.peek() {
                    Some(first) if first.0.at <= now => entries.pop(),
                    _ => return,
                }
            };
            let Some(Reverse(entry)) = due else { return };
            let Some(lane) = entry.lane.upgrade() else {
                continue;
            };
            if lane.looked_at_again.get() != Some(entry.at) {
                continue; // an earlier entry of the same lane has replaced this one
            }
            lane.looked_at_again.set(None);
            match lane.deadline() {
                None => {}
                Some((at, kind)) if at <= now => lane.interrupt(Interrupt::TimedOut(kind)),
                Some((at, _)) => {
                    lane.looked_at_again.set(Some(at));
                    self.entries.borrow_mut().push(Reverse(Entry {
                        at,
                        lane: Rc::downgrade(&lane),
                    }));
                }
            }
        }
    }
}
