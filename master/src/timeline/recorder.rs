//! Keeps the record of each run.

use std::collections::{BTreeMap, BTreeSet};

use super::runs::Runs;
use crate::events::{Reporter, RunEvent, RunView};

/// What a record says of a run besides what happened in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// File names of the script.
    pub locustfile: String,
    /// Hash of the script bundle.
    pub script_hash: String,
    /// Names of the options whose values are secret.
    pub secret_options: BTreeSet<String>,
    /// Where it runs: `version`, `os`, `cpus`, `host_name`, `python`.
    pub environment: BTreeMap<String, String>,
}

/// The reporter that keeps the record; one per master.
#[derive(Debug)]
pub struct Recorder {
    runs: Runs,
}

impl Recorder {
    /// One that has recorded nothing.
    pub fn new(_about: About) -> Self {
        Self { runs: Runs::new() }
    }

    /// The handle through which the record is read.
    pub fn runs(&self) -> Runs {
        self.runs.clone()
    }
}

impl Reporter for Recorder {
    fn handle(&mut self, _event: &RunEvent, _view: &RunView<'_>) {}
}
