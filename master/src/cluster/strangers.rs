//! Workers that send heartbeats to a master that never acknowledged them, as after a restart of the master.
//!
//! A worker of ours registers again when told `reconnect`. A stock Locust worker would only reopen its socket, but told
//! `stop` it stops its users and registers again (reference § 1.9, "Master restart"). Neither is told too often.

use std::collections::HashMap;

use protocol::NodeId;

use crate::limits::{MAX_STRANGERS, STRANGER_REPEAT_S};

/// What to tell a worker nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// One of ours.
    Reconnect,
    /// Anybody else's.
    Stop,
}

#[derive(Debug, Default)]
pub(super) struct Strangers {
    told_at_s: HashMap<NodeId, f64>,
}

impl Strangers {
    pub(super) fn advise(&mut self, id: &str, ours: bool, now_s: f64) -> Option<Advice> {
        if self
            .told_at_s
            .get(id)
            .is_some_and(|told_s| now_s - told_s < STRANGER_REPEAT_S)
        {
            return None;
        }
        if self.told_at_s.len() >= MAX_STRANGERS && !self.told_at_s.contains_key(id) {
            self.told_at_s
                .retain(|_, told_s| now_s - *told_s < STRANGER_REPEAT_S);
            if self.told_at_s.len() >= MAX_STRANGERS {
                return None;
            }
        }
        self.told_at_s.insert(id.to_owned(), now_s);
        Some(if ours { Advice::Reconnect } else { Advice::Stop })
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.told_at_s.len()
    }

    pub(super) fn forget(&mut self, id: &str) {
        self.told_at_s.remove(id);
    }
}
