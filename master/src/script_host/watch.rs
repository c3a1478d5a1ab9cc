//! Whether the host still lives: what is awaited of it, since when, and when it must be asked for a sign of life.
//!
//! Pure: takes times in seconds on a clock that never goes back.

use std::collections::BTreeMap;

use crate::limits::{PING_EVERY_S, SCRIPT_SILENCE_S};

/// Requests under way and signs of life.
#[derive(Debug, Default)]
pub(super) struct Watch {
    awaited: BTreeMap<u64, Awaited>,
    /// The shape is to tick: a host that does not yield would stop it without a word.
    pub(super) drives_shape: bool,
    /// When the unanswered ping was sent.
    pinged_s: Option<f64>,
    next_ping_s: Option<f64>,
}

#[derive(Debug)]
struct Awaited {
    what: String,
    bound_s: f64,
    until_s: f64,
    /// Whether the host can answer pings meanwhile.
    alive: bool,
}

/// What is due.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Due {
    /// Ask for a sign of life.
    Ping,
    /// It is lost: why.
    Lost(String),
}

impl Watch {
    /// A request was sent. `alive`: the host can answer pings while it works on it.
    pub(super) fn sent(&mut self, id: u64, what: &str, bound_s: f64, alive: bool, now_s: f64) {
        let awaited = Awaited {
            what: what.to_owned(),
            bound_s,
            until_s: now_s + bound_s,
            alive,
        };
        self.awaited.insert(id, awaited);
    }

    /// An answer came. False if nobody waits for it.
    pub(super) fn answered(&mut self, id: u64) -> bool {
        self.awaited.remove(&id).is_some()
    }

    pub(super) fn pinged(&mut self, now_s: f64) {
        self.pinged_s = Some(now_s);
    }

    /// The ping was answered.
    pub(super) fn is_alive(&mut self, now_s: f64) {
        self.pinged_s = None;
        self.next_ping_s = Some(now_s + PING_EVERY_S);
    }

    /// When to look again; `None` if nothing is awaited.
    pub(super) fn next_s(&mut self, now_s: f64) -> Option<f64> {
        let bound = self.awaited.values().map(|awaited| awaited.until_s);
        let ping = if let Some(pinged_s) = self.pinged_s {
            Some(pinged_s + SCRIPT_SILENCE_S)
        } else if self.is_watched() {
            Some(*self.next_ping_s.get_or_insert(now_s + PING_EVERY_S))
        } else {
            self.next_ping_s = None;
            None
        };
        bound.chain(ping).reduce(f64::min)
    }

    /// What is due, if anything.
    pub(super) fn due(&self, now_s: f64) -> Option<Due> {
        if let Some(late) = self.awaited.values().find(|awaited| now_s >= awaited.until_s) {
            let (what, bound_s) = (&late.what, late.bound_s);
            return Some(Due::Lost(format!("{what} took more than {bound_s} s")));
        }
        if self
            .pinged_s
            .is_some_and(|pinged_s| now_s >= pinged_s + SCRIPT_SILENCE_S)
        {
            return Some(Due::Lost(format!(
                "{} did not let it answer for {SCRIPT_SILENCE_S} s: it blocks without yielding",
                self.culprit()
            )));
        }
        let is_due = self.pinged_s.is_none() && self.next_ping_s.is_some_and(|next_s| now_s >= next_s);
        is_due.then_some(Due::Ping)
    }

    fn is_watched(&self) -> bool {
        self.drives_shape || self.awaited.values().any(|awaited| awaited.alive)
    }

    fn culprit(&self) -> &str {
        let oldest = self.awaited.values().find(|awaited| awaited.alive);
        oldest.map_or("a function of the script", |awaited| awaited.what.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_host_is_left_alone() {
        let mut watch = Watch::default();
        assert_eq!(watch.next_s(0.0), None);
        watch.sent(1, "test_start", 600.0, true, 0.0);
        assert_eq!(watch.next_s(0.0), Some(PING_EVERY_S));
        assert!(watch.answered(1) && !watch.answered(1));
        assert_eq!(watch.next_s(1.0), None);
        assert_eq!(watch.due(1000.0), None);
    }

    #[test]
    fn a_slow_hook_that_yields_is_given_its_time_and_no_more() {
        let mut watch = Watch::default();
        watch.sent(1, "the hook test_start", 600.0, true, 0.0);
        let mut now_s = 0.0;
        while now_s < 595.0 {
            now_s = watch.next_s(now_s).unwrap();
            assert_eq!(watch.due(now_s), Some(Due::Ping));
            watch.pinged(now_s);
            watch.is_alive(now_s);
        }
        now_s = watch.next_s(now_s).unwrap();
        let Some(Due::Lost(reason)) = watch.due(now_s) else {
            panic!("not lost at {now_s}");
        };
        assert!(
            reason.contains("test_start") && reason.contains("600"),
            "{reason}"
        );
    }

    #[test]
    fn a_hook_that_does_not_yield_is_lost_after_the_silence() {
        let mut watch = Watch::default();
        watch.sent(1, "the hook test_stop", 600.0, true, 0.0);
        let ping_s = watch.next_s(0.0).unwrap();
        assert_eq!(watch.due(ping_s), Some(Due::Ping));
        watch.pinged(ping_s);
        let end_s = watch.next_s(ping_s).unwrap();
        assert_eq!((end_s, watch.due(end_s - 0.1)), (ping_s + SCRIPT_SILENCE_S, None));
        let Some(Due::Lost(reason)) = watch.due(end_s) else {
            panic!("not lost");
        };
        assert!(reason.contains("test_stop"), "{reason}");
    }

    #[test]
    fn loading_is_bounded_without_pings_and_a_shape_is_pinged_without_requests() {
        let mut watch = Watch::default();
        watch.sent(1, "loading", 60.0, false, 0.0);
        assert_eq!(watch.next_s(0.0), Some(60.0));
        watch.answered(1);
        watch.drives_shape = true;
        assert_eq!(watch.next_s(10.0), Some(10.0 + PING_EVERY_S));
    }
}
