//! A worker's periodic report: everything since the one before.

use std::collections::BTreeMap;

use rmpv::Value;

use super::{ErrorEntry, StatsEntry};

/// Statistics since the worker's previous report (all figures are deltas), and its users right now.
#[derive(Debug, Clone, PartialEq)]
pub struct StatsReport {
    /// Rows with something in them.
    pub stats: Vec<StatsEntry>,
    /// The sum over all requests.
    pub total: StatsEntry,
    /// Errors with something in them.
    pub errors: Vec<ErrorEntry>,
    /// Users running by class.
    pub user_classes_count: BTreeMap<String, u64>,
    /// Users running.
    pub user_count: u64,
    /// Ours: number of this report since the worker's start, from 1. A master drops one that it has merged before.
    pub sequence: Option<u64>,
    /// Ours: when the report was closed, unix seconds by the worker's clock. What it counts happened in the interval up to then.
    pub closed_unix_s: Option<f64>,
    /// Ours: requests under way when it was closed.
    pub in_flight: u64,
    /// What scripts added to the report (`report_to_master` listeners).
    pub extra: BTreeMap<String, Value>,
}

impl StatsReport {
    /// A report with nothing in it.
    pub fn empty(now_unix_s: f64) -> Self {
        Self {
            stats: Vec::new(),
            total: StatsEntry::total(now_unix_s),
            errors: Vec::new(),
            user_classes_count: BTreeMap::new(),
            user_count: 0,
            sequence: None,
            closed_unix_s: None,
            in_flight: 0,
            extra: BTreeMap::new(),
        }
    }
}
