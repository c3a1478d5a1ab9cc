//! Counts who uses the connections to one place, and lets others wait in order. Belongs to one thread.
//!
//! A semaphore for several threads would cost every request a lock and four atomic operations, although requests of one
//! user hardly ever overlap.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// How many may still come in, and who waits. There are free places only while nobody waits.
#[derive(Debug)]
pub(super) struct Gate {
    free: Cell<usize>,
    queue: RefCell<VecDeque<Rc<Waiter>>>,
}

#[derive(Debug)]
struct Waiter {
    waker: RefCell<Waker>,
    /// The place of one who left is this one's, who has not taken notice yet.
    admitted: Cell<bool>,
}

/// A place inside; given up by being dropped.
#[derive(Debug)]
pub(super) struct Permit(Rc<Gate>);

impl Gate {
    /// Lets in as many as `places` at a time, one at least.
    pub fn new(places: usize) -> Rc<Self> {
        Rc::new(Self {
            free: Cell::new(places.max(1)),
            queue: RefCell::default(),
        })
    }

    /// Comes in if there is a place.
    pub fn try_enter(self: &Rc<Self>) -> Option<Permit> {
        let left = self.free.get().checked_sub(1)?;
        self.free.set(left);
        Some(Permit(Rc::clone(self)))
    }

    /// Waits for a place. Whoever is dropped while waiting leaves the queue.
    pub fn enter(self: &Rc<Self>) -> Enter {
        Enter {
            gate: Rc::clone(self),
            waiter: None,
        }
    }

    /// A place is given up: it goes to the first in the queue, so that nobody overtakes.
    fn leave(&self) {
        let next = self.queue.borrow_mut().pop_front();
        match next {
            Some(waiter) => {
                waiter.admitted.set(true);
                waiter.waker.borrow().wake_by_ref();
            }
            None => self.free.set(self.free.get() + 1),
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// The wait for a place.
#[derive(Debug)]
pub(super) struct Enter {
    gate: Rc<Gate>,
    waiter: Option<Rc<Waiter>>,
}

impl Future for Enter {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Permit> {
        if let Some(waiter) = &self.waiter {
            if !waiter.admitted.get() {
                waiter.waker.borrow_mut().clone_from(context.waker());
                return Poll::Pending;
            }
            self.waiter = None;
            return Poll::Ready(Permit(Rc::clone(&self.gate)));
        }
        if let Some(permit) = self.gate.try_enter() {
            return Poll::Ready(permit);
        }
        let waiter = Rc::new(Waiter {
            waker: RefCell::new(context.waker().clone()),
            admitted: Cell::new(false),
        });
        self.gate.queue.borrow_mut().push_back(Rc::clone(&waiter));
        self.waiter = Some(waiter);
        Poll::Pending
    }
}

impl Drop for Enter {
    fn drop(&mut self) {
        let Some(waiter) = self.waiter.take() else { return };
        if waiter.admitted.get() {
            self.gate.leave();
        } else {
            self.gate
                .queue
                .borrow_mut()
                .retain(|other| !Rc::ptr_eq(other, &waiter));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(enter: &mut Enter) -> Option<Permit> {
        match Pin::new(enter).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(permit) => Some(permit),
            Poll::Pending => None,
        }
    }

    #[test]
    fn those_who_wait_come_in_in_order_and_nobody_overtakes() {
        let gate = Gate::new(1);
        let inside = gate.try_enter().unwrap();
        let (mut first, mut second) = (gate.enter(), gate.enter());
        assert!(poll(&mut first).is_none() && poll(&mut second).is_none());
        drop(inside);
        assert!(gate.try_enter().is_none(), "the place is the first one's");
        assert!(poll(&mut second).is_none());
        let inside = poll(&mut first).unwrap();
        drop(inside);
        drop(poll(&mut second).unwrap());
        assert!(gate.try_enter().is_some());
    }

    #[test]
    fn one_who_gives_up_passes_the_place_on_or_leaves_the_queue() {
        let gate = Gate::new(1);
        let inside = gate.try_enter().unwrap();
        let (mut admitted, mut gone, mut last) = (gate.enter(), gate.enter(), gate.enter());
        for enter in [&mut admitted, &mut gone, &mut last] {
            assert!(poll(enter).is_none());
        }
        drop(inside);
        drop(gone);
        drop(admitted);
        drop(poll(&mut last).unwrap());
        assert!(gate.try_enter().is_some(), "no place is lost");
    }
}
