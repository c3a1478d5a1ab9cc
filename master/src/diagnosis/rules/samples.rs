//! Whether there was enough of a run for its figures.

use crate::diagnosis::facts::Facts;
use crate::diagnosis::finding::{Finding, FindingKind, Severity};
use crate::diagnosis::thresholds::{MOSTLY_RAMP_RATIO, RAMPED_RATIO, SAMPLES_ABOVE, SHORT_RUN_S};
use crate::diagnosis::words;

/// Percentiles that people quote, from the one that needs fewest requests.
const QUOTED: [f64; 4] = [0.9, 0.95, 0.99, 0.999];
/// Below this one a lack is a warning; p99.9 of a small run is only not to be quoted.
const EXPECTED: f64 = 0.99;

pub fn look(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    findings.extend(few(facts));
    // A running test is short until it is long, and a window is short because somebody chose it.
    let is_over = matches!(facts.record.info.state.as_str(), "stopped" | "incomplete");
    if is_over && facts.is_whole {
        findings.extend(short(facts).or_else(|| mostly_ramp(facts)));
    }
}

fn few(facts: &Facts<'_>) -> Option<Finding> {
    let timed = facts.timed;
    let needed = |p: f64| (SAMPLES_ABOVE / (1.0 - p)).round() as u64;
    let percentile = QUOTED.into_iter().find(|p| timed < needed(*p))?;
    let severity = if percentile <= EXPECTED {
        Severity::Warn
    } else {
        Severity::Info
    };
    let text = format!(
        "{} are few for {} and above: below {} a single slow request decides them.",
        words::count(timed, "request"),
        words::percentile(percentile),
        needed(percentile)
    );
    Some(
        Finding::new(FindingKind::FewSamples, severity, None, text)
            .with("percentile", percentile)
            .with("requests", timed)
            .with("needed", needed(percentile)),
    )
}

fn short(facts: &Facts<'_>) -> Option<Finding> {
    let seconds = facts.seconds();
    (seconds < SHORT_RUN_S).then(|| {
        let text = format!(
            "The run was short ({seconds} s): connections and the target's caches were still warming up. Give it {SHORT_RUN_S} s or \
             more."
        );
        Finding::new(FindingKind::ShortRun, Severity::Info, None, text)
            .with("seconds", seconds)
            .with("needed_s", SHORT_RUN_S)
    })
}

fn mostly_ramp(facts: &Facts<'_>) -> Option<Finding> {
    let most = facts
        .moments
        .iter()
        .map(|moment| moment.users)
        .fold(0.0, f64::max);
    let ramp_s: u32 = facts
        .moments
        .iter()
        .take_while(|moment| moment.users < most * RAMPED_RATIO)
        .map(|moment| moment.width_s)
        .sum();
    let seconds = facts.seconds();
    (f64::from(ramp_s) >= f64::from(seconds) * MOSTLY_RAMP_RATIO && ramp_s > 0).then(|| {
        let text = format!(
            "Users were still being started for {ramp_s} s of {seconds} s: figures of the whole run mix different loads. Choose a \
             window of the charts, or run longer."
        );
        Finding::new(FindingKind::MostlyRamp, Severity::Info, Some(facts.from_s), text)
            .until(facts.from_s + ramp_s)
            .with("ramp_s", ramp_s)
            .with("seconds", seconds)
    })
}
