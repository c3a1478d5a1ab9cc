//! Seats of the class sequence, dealt to workers.
//!
//! Seat `i` belongs to the class `ClassMix::class_at(i)`. It is *vacant* when its worker was lost. Users are dealt to
//! the least loaded worker, ties in the order of [`super::order`]: in a fresh ramp that is Locust's round over the
//! workers, and after a join or a loss it levels the load without restarting anybody.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::mix::{ClassMix, ClassSpec};
use super::order::spread_over_hosts;

/// What one worker is to run, by class: absolute numbers.
pub type Assignment = BTreeMap<String, u64>;

/// Distribution of users over workers and classes.
#[derive(Debug, Clone)]
pub struct Dispatcher {
    mix: ClassMix,
    slots: Vec<Slot>,
    by_id: HashMap<String, usize>,
    free: Vec<usize>,
    /// (users, rank in the dealing order, slot) of every worker.
    by_load: BTreeSet<(u64, usize, usize)>,
    /// Slot of each seat.
    seats: Vec<Option<usize>>,
    vacant: BTreeSet<usize>,
    target: usize,
    /// Slots whose workers must be told.
    changed: BTreeSet<usize>,
    rebalancing: Option<Vec<usize>>,
    rebalance_wanted: bool,
}

#[derive(Debug, Clone)]
struct Slot {
    id: String,
    rank: usize,
    users: u64,
    by_class: Vec<u64>,
}

impl Dispatcher {
    /// No users yet; every worker is to be told once.
    pub fn new<'a>(classes: &[ClassSpec], workers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut dispatcher = Self {
            mix: ClassMix::new(classes),
            slots: Vec::new(),
            by_id: HashMap::new(),
            free: Vec::new(),
            by_load: BTreeSet::new(),
            seats: Vec::new(),
            vacant: BTreeSet::new(),
            target: 0,
            changed: BTreeSet::new(),
            rebalancing: None,
            rebalance_wanted: false,
        };
        for id in workers {
            dispatcher.insert(id);
        }
        dispatcher.reorder();
        dispatcher
    }

    /// Wants `users` users in all, and every worker told in the next step.
    pub fn set_target(&mut self, users: u64) {
        self.target = usize::try_from(users).unwrap_or(usize::MAX);
        self.rebalancing = None;
        self.changed.extend(self.by_id.values());
    }

    /// Replaces the list of classes; users that run stay.
    pub fn set_classes(&mut self, classes: &[ClassSpec]) {
        self.mix.set_classes(classes, self.seats.len());
    }

    /// Adds a worker, or does nothing but telling it again if it is known. It is told its share in the next step, so
    /// that a worker that comes back with old users drops those that others have taken over.
    pub fn add_worker(&mut self, id: &str) {
        if let Some(&slot) = self.by_id.get(id) {
            self.changed.insert(slot);
            return;
        }
        self.insert(id);
        self.reorder();
    }

    /// Removes a worker; its users are to be started again on the others.
    pub fn remove_worker(&mut self, id: &str) {
        let Some(slot) = self.by_id.remove(id) else { return };
        self.changed.remove(&slot);
        for (index, seat) in self.seats.iter_mut().enumerate() {
            if *seat == Some(slot) {
                *seat = None;
                self.vacant.insert(index);
            }
        }
        self.free.push(slot);
        self.reorder();
    }

    /// Levels the workers (they then differ by at most one user), by as few moves as possible, as part of the steps.
    pub fn request_rebalance(&mut self) {
        self.rebalance_wanted = true;
        self.rebalancing = None;
    }

    /// Starts, stops or moves up to `budget` users. Nothing happens while there is no worker.
    pub fn advance(&mut self, budget: u64) {
        for _ in 0..budget {
            if self.by_id.is_empty() || !self.advance_by_one() {
                break;
            }
        }
    }

    /// Whether there is nothing left to start, stop or move. True too if classes with a fixed count are full and
    /// there are no others: the target is then what can be had.
    pub fn is_settled(&mut self) -> bool {
        if self.seats.len() < self.target && self.mix.class_at(self.seats.len()).is_none() {
            self.target = self.seats.len();
        }
        self.seats.len() == self.target && self.vacant.is_empty() && self.moves_left() == 0
    }

    /// Workers to be told and what, in the dealing order; each only once per change.
    pub fn take_changes(&mut self) -> Vec<(String, Assignment)> {
        self.take_changes_if(|_| true)
    }

    /// As [`Dispatcher::take_changes`], for some of the workers; the others still wait to be told.
    pub fn take_changes_if(&mut self, may_be_told: impl Fn(&str) -> bool) -> Vec<(String, Assignment)> {
        let (told, waiting): (BTreeSet<usize>, _) = std::mem::take(&mut self.changed)
            .into_iter()
            .partition(|slot| may_be_told(&self.slots[*slot].id));
        self.changed = waiting;
        let mut changed: Vec<usize> = told.into_iter().collect();
        changed.sort_by_key(|slot| self.slots[*slot].rank);
        changed
            .into_iter()
            .map(|slot| (self.slots[slot].id.clone(), self.assignment(&self.slots[slot])))
            .collect()
    }

    /// Workers that wait to be told something.
    pub fn waiting(&self) -> impl Iterator<Item = &str> {
        self.changed.iter().map(|slot| self.slots[*slot].id.as_str())
    }

    /// Users placed on workers.
    pub fn user_count(&self) -> u64 {
        (self.seats.len() - self.vacant.len()) as u64
    }

    /// Users wanted.
    pub fn target(&self) -> u64 {
        self.target as u64
    }

    /// Number of workers that take part.
    pub fn worker_count(&self) -> usize {
        self.by_id.len()
    }

    /// Users placed on one worker.
    pub fn users_on(&self, id: &str) -> u64 {
        self.by_id.get(id).map_or(0, |slot| self.slots[*slot].users)
    }

    /// Users placed, by class.
    pub fn class_counts(&self) -> Assignment {
        let mut counts = vec![0; self.mix.class_count()];
        for slot in self.by_id.values() {
            for (class, users) in self.slots[*slot].by_class.iter().enumerate() {
                counts[class] += users;
            }
        }
        self.named(&counts)
    }

    fn advance_by_one(&mut self) -> bool {
        if self.seats.len() > self.target {
            self.pop_seat()
        } else if let Some(&seat) = self.vacant.first() {
            self.vacant.remove(&seat);
            self.seat_least_loaded(seat)
        } else if self.seats.len() < self.target {
            if self.mix.class_at(self.seats.len()).is_none() {
                self.target = self.seats.len();
                return false;
            }
            self.seats.push(None);
            self.rebalancing = None;
            self.seat_least_loaded(self.seats.len() - 1)
        } else {
            self.move_one()
        }
    }

    /// Stops the user that was added last. Vacant seats go along for free: nobody sits there.
    fn pop_seat(&mut self) -> bool {
        self.rebalancing = None;
        let mut stopped = false;
        while self.seats.len() > self.target && !stopped {
            let index = self.seats.len() - 1;
            if !self.vacant.remove(&index) {
                self.unseat(index);
                stopped = true;
            }
            self.seats.pop();
        }
        self.mix.shrunk_to(self.seats.len());
        true
    }

    fn move_one(&mut self) -> bool {
        if self.moves_left() == 0 {
            return false;
        }
        let Some(seat) = self.rebalancing.as_mut().and_then(Vec::pop) else {
            return false;
        };
        self.unseat(seat);
        let moved = self.seat_least_loaded(seat);
        if self.rebalancing.as_ref().is_some_and(Vec::is_empty) {
            self.rebalance_wanted = false;
            self.rebalancing = None;
        }
        moved
    }

    /// Number of moves a wanted rebalancing still needs; plans them when they are not planned yet.
    fn moves_left(&mut self) -> usize {
        if !self.rebalance_wanted || self.by_id.is_empty() {
            return 0;
        }
        if self.rebalancing.is_none() {
            let moves = self.plan_moves();
            self.rebalance_wanted = !moves.is_empty();
            self.rebalancing = Some(moves);
        }
        self.rebalancing.as_ref().map_or(0, Vec::len)
    }

    /// The latest seats of workers above their share. The most loaded keep the share that is rounded up.
    fn plan_moves(&self) -> Vec<usize> {
        let workers = self.by_load.len() as u64;
        let (share, rounded_up) = (self.user_count() / workers, self.user_count() % workers);
        let mut surplus: HashMap<usize, u64> = HashMap::new();
        for (position, (users, _, slot)) in self.by_load.iter().rev().enumerate() {
            let allowed = share + u64::from((position as u64) < rounded_up);
            surplus.insert(*slot, users.saturating_sub(allowed));
        }
        let mut moves = Vec::new();
        for (index, seat) in self.seats.iter().enumerate().rev() {
            if let Some(left) = seat
                .and_then(|slot| surplus.get_mut(&slot))
                .filter(|left| **left > 0)
            {
                *left -= 1;
                moves.push(index);
            }
        }
        moves.reverse();
        moves
    }

    fn seat_least_loaded(&mut self, seat: usize) -> bool {
        let Some(&key) = self.by_load.first() else {
            return false;
        };
        let Some(class) = self.mix.class_at(seat) else {
            return false;
        };
        let slot = key.2;
        self.seats[seat] = Some(slot);
        self.change_users(slot, class, |users| users + 1);
        true
    }

    fn unseat(&mut self, seat: usize) {
        let (Some(slot), Some(class)) = (self.seats[seat].take(), self.mix.class_at(seat)) else {
            return;
        };
        self.change_users(slot, class, |users| users - 1);
    }

    fn change_users(&mut self, slot: usize, class: usize, change: fn(u64) -> u64) {
        let entry = &mut self.slots[slot];
        self.by_load.remove(&(entry.users, entry.rank, slot));
        if entry.by_class.len() <= class {
            entry.by_class.resize(class + 1, 0);
        }
        entry.by_class[class] = change(entry.by_class[class]);
        entry.users = change(entry.users);
        self.by_load.insert((entry.users, entry.rank, slot));
        self.changed.insert(slot);
    }

    fn insert(&mut self, id: &str) {
        let fresh = Slot {
            id: id.to_owned(),
            rank: 0,
            users: 0,
            by_class: Vec::new(),
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = fresh;
                slot
            }
            None => {
                self.slots.push(fresh);
                self.slots.len() - 1
            }
        };
        self.by_id.insert(id.to_owned(), slot);
        self.changed.insert(slot);
    }

    fn reorder(&mut self) {
        self.rebalancing = None;
        self.by_load.clear();
        for (rank, id) in spread_over_hosts(self.by_id.keys().map(String::as_str))
            .into_iter()
            .enumerate()
        {
            let slot = self.by_id[id];
            self.slots[slot].rank = rank;
            self.by_load.insert((self.slots[slot].users, rank, slot));
        }
    }

    fn assignment(&self, slot: &Slot) -> Assignment {
        self.named(&slot.by_class)
    }

    /// Every class of the run, zeros included: a worker leaves alone what is not named.
    fn named(&self, counts: &[u64]) -> Assignment {
        (0..self.mix.class_count())
            .map(|class| {
                (
                    self.mix.name(class).to_owned(),
                    counts.get(class).copied().unwrap_or(0),
                )
            })
            .collect()
    }
}
