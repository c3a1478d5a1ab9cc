//! When failures began and under which load, and whether they distort the times.

use std::collections::BTreeMap;

use crate::diagnosis::facts::{Facts, Moment, ratio};
use crate::diagnosis::finding::{Finding, FindingKind, Severity};
use crate::diagnosis::thresholds::{
    BAD_FAILURES_RATIO, DISTORT_DIFFERENCE, DISTORT_RATIO, FEW_FAILURES_RATIO, FROM_THE_START_S, ONSET_RATIO,
    ONSET_SPAN_S,
};
use crate::diagnosis::words;
use crate::timeline::{ErrorId, ErrorKey};

/// Characters of an error's text that fit a sentence.
const MAX_ERROR_CHARS: usize = 120;

pub fn look(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    findings.extend(began(facts));
    findings.extend(distort(facts));
}

fn began(facts: &Facts<'_>) -> Option<Finding> {
    let first = facts
        .moments
        .iter()
        .find(|moment| moment.interval.total.requests > 0)?;
    let onset = onset(facts)?;
    let severity = match facts.fail_ratio() {
        share if share >= BAD_FAILURES_RATIO => Severity::Bad,
        share if share >= FEW_FAILURES_RATIO => Severity::Warn,
        _ => Severity::Info,
    };
    let main = main_error(facts, onset.at_s);
    let users = onset.interval.gauges.users;
    let what = format!(
        "{} of {} failed ({})",
        facts.failures,
        words::count(facts.requests, "request"),
        words::percent(facts.fail_ratio())
    );
    let mostly = main.map_or_else(String::new, |(key, _)| {
        let fault = key
            .fault
            .map_or_else(String::new, |fault| format!(", fault: {}", fault.as_str()));
        format!(
            " Most often: {} {}: {}{fault}.",
            key.method,
            key.name,
            shortened(&key.error)
        )
    });
    let early = onset.at_s < first.at_s + FROM_THE_START_S.max(onset.width_s);
    let (kind, text) = if early {
        (
            FindingKind::ErrorsThroughout,
            format!("Requests failed from the beginning, whatever the load: {what}.{mostly}"),
        )
    } else {
        (
            FindingKind::ErrorsBegan,
            format!(
                "Errors began at {} s, with {} and {} requests/s: {what}.{mostly}",
                onset.at_s,
                words::count(users, "user"),
                words::significant(onset.rate)
            ),
        )
    };
    let finding = Finding::new(kind, severity, Some(onset.at_s), text)
        .with("users", users)
        .figure("rate", onset.rate)
        .with("requests", facts.requests)
        .with("failures", facts.failures)
        .figure("ratio", facts.fail_ratio());
    Some(match main {
        None => finding,
        Some((key, count)) => finding
            .with("method", key.method.as_str())
            .with("name", key.name.as_str())
            .with("error", shortened(&key.error))
            .with("fault", key.fault.map(|fault| fault.as_str()))
            .with("count", count),
    })
}

/// The first moment with failures after which their ratio is not far from what it is in all.
fn onset<'f, 'a>(facts: &'f Facts<'a>) -> Option<&'f Moment<'a>> {
    let least = facts.fail_ratio() * ONSET_RATIO;
    let span = (ONSET_SPAN_S.div_ceil(facts.record.width_s.max(1)) as usize).max(1);
    let is_onset = |at: &usize| {
        let ahead = facts.moments.iter().skip(*at).take(span);
        let (requests, failures) = ahead.fold((0, 0), |(requests, failures), moment| {
            let total = &moment.interval.total;
            (requests + total.requests, failures + total.failures)
        });
        ratio(failures, requests) >= least
    };
    let failed = facts
        .moments
        .iter()
        .enumerate()
        .filter(|(_, moment)| moment.interval.total.failures > 0);
    let at = failed.map(|(at, _)| at).find(is_onset)?;
    facts.moments.get(at)
}

/// The most frequent error from a second on.
fn main_error<'a>(facts: &Facts<'a>, from_s: u32) -> Option<(&'a ErrorKey, u64)> {
    let mut counts: BTreeMap<ErrorId, u64> = BTreeMap::new();
    for moment in facts.moments.iter().filter(|moment| moment.at_s >= from_s) {
        for (id, count) in &moment.interval.errors {
            *counts.entry(*id).or_default() += count;
        }
    }
    let (id, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some((facts.record.errors.get(id as usize)?, count))
}

/// Failed requests are mostly much faster or much slower than successful ones; enough of them move every percentile.
fn distort(facts: &Facts<'_>) -> Option<Finding> {
    if facts.fail_ratio() < DISTORT_RATIO || facts.failures >= facts.requests {
        return None;
    }
    let sum = facts.sum();
    let all_ms = median(&sum.percentiles_ms(&[0.5]))?;
    let ok_ms = median(&sum.ok_percentiles_ms(&[0.5]))?;
    let failed_ms = sum.failed_times.percentile_ms(0.5)?;
    if (all_ms - ok_ms).abs() < ok_ms * DISTORT_DIFFERENCE {
        return None;
    }
    let how = if failed_ms < ok_ms { "faster" } else { "slower" };
    let text = format!(
        "Failed requests end {how} (median {}) than successful ones ({}), and there are enough of them to move the median of \
         all to {}. Look at the times of successful requests.",
        words::time(failed_ms),
        words::time(ok_ms),
        words::time(all_ms)
    );
    Some(
        Finding::new(FindingKind::FailuresDistort, Severity::Warn, None, text)
            .figure("ratio", facts.fail_ratio())
            .figure("failed_ms", failed_ms)
            .figure("ok_ms", ok_ms)
            .figure("all_ms", all_ms),
    )
}

fn median(percentiles: &[Option<f64>]) -> Option<f64> {
    percentiles.first().copied().flatten()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_ERROR_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}
