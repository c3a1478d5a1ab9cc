//! Ports and files of the generator that ran out. The workers name the cause in the error's text.

use crate::diagnosis::facts::Facts;
use crate::diagnosis::finding::{Finding, FindingKind, Severity};
use crate::diagnosis::words;

/// What texts have in common that say it: ours, and the system's own as Python writes them.
const NO_PORT: &[&str] = &["no free local port left", "Cannot assign requested address"];
const NO_FILE: &[&str] = &["may not open more sockets", "Too many open files"];

pub fn look(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    findings.extend(exhausted(facts, FindingKind::PortsExhausted, NO_PORT, |count| {
        format!(
            "The load generator ran out of local ports: {} could not connect. Spread the load over more worker machines \
             or target addresses, keep connections open, or widen net.ipv4.ip_local_port_range.",
            words::count(count, "request")
        )
    }));
    findings.extend(exhausted(facts, FindingKind::FilesExhausted, NO_FILE, |count| {
        format!(
            "The load generator may not open more files: {} could not connect. Raise the limit with ulimit -n, or use more \
             worker processes.",
            words::count(count, "request")
        )
    }));
}

fn exhausted(
    facts: &Facts<'_>,
    kind: FindingKind,
    texts: &[&str],
    sentence: impl Fn(u64) -> String,
) -> Option<Finding> {
    let is_it: Vec<bool> = facts
        .record
        .errors
        .iter()
        .map(|key| texts.iter().any(|text| key.error.contains(text)))
        .collect();
    let mut seen: Option<(u32, u32, u64)> = None;
    for moment in &facts.moments {
        let of_kind = |(id, _): &&(u32, u64)| is_it.get(*id as usize).copied().unwrap_or(false);
        let count: u64 = moment
            .interval
            .errors
            .iter()
            .filter(of_kind)
            .map(|(_, count)| count)
            .sum();
        if count > 0 {
            let (from_s, _, so_far) = seen.unwrap_or((moment.at_s, 0, 0));
            seen = Some((from_s, moment.end_s(), so_far + count));
        }
    }
    let (from_s, to_s, count) = seen?;
    let finding = Finding::new(kind, Severity::Bad, Some(from_s), sentence(count));
    Some(finding.until(to_s).with("count", count))
}
