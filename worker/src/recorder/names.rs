//! The slots of request names: kept on the Python thread, so that a request crosses to the reactor as an index.

use std::collections::HashMap;

use super::Slot;
use crate::limits::REQUEST_NAMES_MAX;

/// The name that requests are recorded under once [`REQUEST_NAMES_MAX`] others exist.
pub const OTHER_NAME: &str = "Other";

/// Hands out slots, densely from 0.
#[derive(Debug, Default)]
pub struct Names {
    slots: HashMap<String, HashMap<String, Slot>>,
    rows: Vec<(String, String)>,
}

impl Names {
    /// The slot of (method, name), and whether it is new: then the reactor must be told before it is used.
    pub fn slot(&mut self, method: &str, name: &str) -> (Slot, bool) {
        if let Some(&slot) = self.slots.get(method).and_then(|names| names.get(name)) {
            return (slot, false);
        }
        if self.rows.len() >= REQUEST_NAMES_MAX && name != OTHER_NAME {
            return self.slot(method, OTHER_NAME);
        }
        let slot = self.rows.len() as Slot;
        self.rows.push((method.to_owned(), name.to_owned()));
        self.slots
            .entry(method.to_owned())
            .or_default()
            .insert(name.to_owned(), slot);
        (slot, true)
    }

    /// Method and name of a slot that was handed out.
    pub fn row(&self, slot: Slot) -> (String, String) {
        self.rows.get(slot as usize).cloned().unwrap_or_default()
    }
}
