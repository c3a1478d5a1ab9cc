//! Node ids the master has acknowledged: their index, where they are, and which of their reports have been merged.

use std::collections::HashMap;

use protocol::NodeId;

use crate::limits::MAX_IDENTITIES;

/// Where a worker with this identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It has a worker record.
    Registered,
    /// It stopped its users and will register again by itself.
    Returning,
    /// It was silent for so long that its record was dropped.
    Forgotten,
    /// It said that its process ends.
    Gone,
}

#[derive(Debug)]
struct Identity {
    index: u32,
    place: Place,
    last_sequence: Option<u64>,
    /// Its reports belong to the present run.
    counts: bool,
}

#[derive(Debug, Default)]
pub(super) struct Identities {
    known: HashMap<NodeId, Identity>,
    next_index: u32,
}

impl Identities {
    /// The index of the id: the one it always had, or the next.
    pub(super) fn register(&mut self, id: &str) -> u32 {
        if let Some(identity) = self.known.get_mut(id) {
            if identity.place == Place::Gone {
                // Another process under the same name: it numbers its reports anew.
                identity.last_sequence = None;
                identity.counts = false;
            }
            identity.place = Place::Registered;
            return identity.index;
        }
        self.make_room();
        let index = self.next_index;
        self.next_index += 1;
        let fresh = Identity {
            index,
            place: Place::Registered,
            last_sequence: None,
            counts: false,
        };
        self.known.insert(id.to_owned(), fresh);
        index
    }

    pub(super) fn place(&self, id: &str) -> Option<Place> {
        self.known.get(id).map(|identity| identity.place)
    }

    pub(super) fn set_place(&mut self, id: &str, place: Place) {
        if let Some(identity) = self.known.get_mut(id) {
            identity.place = place;
        }
    }

    pub(super) fn returning(&self) -> Vec<NodeId> {
        let returning = self
            .known
            .iter()
            .filter(|(_, identity)| identity.place == Place::Returning);
        returning.map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn begin_run(&mut self) {
        for identity in self.known.values_mut() {
            identity.counts = false;
        }
    }

    pub(super) fn counts_from_now(&mut self, id: &str) {
        if let Some(identity) = self.known.get_mut(id) {
            identity.counts = true;
        }
    }

    /// Whether a report is to be merged. Workers that do not number their reports are believed.
    pub(super) fn accept(&mut self, id: &str, sequence: Option<u64>) -> bool {
        let Some(identity) = self.known.get_mut(id) else {
            return false;
        };
        if let Some(sequence) = sequence {
            if identity.last_sequence.is_some_and(|last| sequence <= last) {
                return false;
            }
            identity.last_sequence = Some(sequence);
        }
        identity.counts
    }

    /// Drops the oldest identities without a worker once the table is full.
    fn make_room(&mut self) {
        if self.known.len() < MAX_IDENTITIES {
            return;
        }
        let mut absent: Vec<(u32, NodeId)> = self
            .known
            .iter()
            .filter(|(_, identity)| identity.place != Place::Registered)
            .map(|(id, identity)| (identity.index, id.clone()))
            .collect();
        absent.sort_unstable();
        for (_, id) in absent.into_iter().take(MAX_IDENTITIES / 10) {
            self.known.remove(&id);
        }
    }
}
