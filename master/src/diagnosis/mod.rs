//! What a run's figures say in plain sentences: where it broke, and whether the figures can be believed.
//!
//! Computing only: a record goes in, findings come out. `facts` digests the record once, each file of `rules` looks at
//! the digest, `thresholds` holds every number a rule compares with. docs/diagnosis.md describes the rules for users.

mod facts;
mod finding;
mod health;
mod rules;
#[cfg(test)]
mod samples;
mod thresholds;
mod words;

pub use finding::{Finding, FindingKind, Severity};
pub use health::{Health, HealthLevel, HealthReason, HealthReasonKind, health};

use self::facts::Facts;
use crate::timeline::RunRecord;

/// Everything worth saying about the seconds `[from_s, to_s)` of a run, the gravest first, then by time. `None` for the
/// seconds from which statistics count, and for the end. Never empty once requests have ended.
pub fn diagnose(record: &RunRecord, from_s: Option<u32>, to_s: Option<u32>) -> Vec<Finding> {
    let facts = Facts::of(record, from_s, to_s);
    if facts.requests == 0 {
        return Vec::new();
    }
    let mut findings = Vec::new();
    rules::generator::look(&facts, &mut findings);
    rules::resources::look(&facts, &mut findings);
    rules::knee::look(&facts, &mut findings);
    rules::errors::look(&facts, &mut findings);
    rules::fleet::look(&facts, &mut findings);
    rules::samples::look(&facts, &mut findings);
    if !findings.iter().any(Finding::is_about_the_generator) {
        findings.push(Finding::new(
            FindingKind::NoTrouble,
            Severity::Info,
            None,
            "The load generator shows no sign of trouble.",
        ));
    }
    findings.sort_by_key(|finding| (finding.severity, finding.at_s));
    findings
}

#[cfg(test)]
mod tests;
