//! Whether the workers shared the work, and whether all stayed.

use crate::diagnosis::facts::Facts;
use crate::diagnosis::finding::{Finding, FindingKind, Severity};
use crate::diagnosis::thresholds::{MAX_LOST_LISTED, UNEVEN_FACTOR, UNEVEN_POINTS, UNEVEN_S};
use crate::diagnosis::words;
use crate::timeline::Mark;

pub fn look(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    findings.extend(uneven(facts));
    let lost: Vec<&Mark> = facts
        .record
        .marks
        .iter()
        .filter(|mark| mark.kind == "worker_lost" && is_inside(mark, facts))
        .collect();
    findings.extend(
        lost.iter()
            .take(MAX_LOST_LISTED)
            .map(|mark| lost_worker(mark, facts)),
    );
    if let Some(further) = lost
        .len()
        .checked_sub(MAX_LOST_LISTED)
        .filter(|further| *further > 0)
    {
        let text = format!("{} were lost besides.", words::count(further as u64, "worker"));
        findings
            .push(Finding::new(FindingKind::WorkersLost, Severity::Warn, None, text).with("count", further));
    }
}

fn is_inside(mark: &Mark, facts: &Facts<'_>) -> bool {
    mark.at_s >= f64::from(facts.from_s) && mark.at_s < f64::from(facts.to_s)
}

fn uneven(facts: &Facts<'_>) -> Option<Finding> {
    let stretches = facts.stretches(UNEVEN_S, |moment| {
        let gauges = &moment.interval.gauges;
        gauges.workers > 1
            && gauges.cpu_max_percent >= gauges.cpu_mean_percent * UNEVEN_FACTOR
            && gauges.cpu_max_percent - gauges.cpu_mean_percent >= UNEVEN_POINTS
    });
    let (from_s, to_s) = (
        stretches.first()?.first()?.at_s,
        stretches.last()?.last()?.end_s(),
    );
    let uneven: Vec<_> = stretches.into_iter().flatten().collect();
    let seconds: u32 = uneven.iter().map(|moment| moment.width_s).sum();
    let mean = |value: fn(&crate::timeline::Gauges) -> f64| {
        let sum: f64 = uneven.iter().map(|moment| value(&moment.interval.gauges)).sum();
        sum / uneven.len().max(1) as f64
    };
    let (max_percent, mean_percent) = (
        mean(|gauges| gauges.cpu_max_percent),
        mean(|gauges| gauges.cpu_mean_percent),
    );
    let workers = uneven
        .iter()
        .map(|moment| moment.interval.gauges.workers)
        .max()
        .unwrap_or_default();
    let text = format!(
        "The {workers} workers were not loaded evenly for {seconds} s: the busiest used {} % of a core, the mean was {} %. \
         Machines of different speed, or a few heavy users, may be the cause.",
        words::significant(max_percent),
        words::significant(mean_percent)
    );
    Some(
        Finding::new(FindingKind::UnevenWorkers, Severity::Warn, Some(from_s), text)
            .until(to_s)
            .figure("max_percent", max_percent)
            .figure("mean_percent", mean_percent)
            .with("workers", workers)
            .with("seconds", seconds),
    )
}

fn lost_worker(mark: &Mark, facts: &Facts<'_>) -> Finding {
    let worker = mark
        .data
        .get("worker")
        .and_then(|name| name.as_str())
        .unwrap_or_default();
    let back = facts.record.marks.iter().find(|other| {
        other.kind == "worker_returned"
            && other.at_s >= mark.at_s
            && other.data.get("worker") == mark.data.get("worker")
    });
    let back_after_s = back.map(|back| (back.at_s - mark.at_s).round());
    let after = back_after_s.map_or_else(
        || "It did not come back.".to_owned(),
        |seconds| format!("It came back {seconds} s later."),
    );
    let text = format!(
        "Worker {worker} was lost at {:.0} s; what it measured since its last report is missing. {after}",
        mark.at_s.floor()
    );
    Finding::new(
        FindingKind::WorkerLost,
        Severity::Warn,
        Some(mark.at_s.max(0.0) as u32),
        text,
    )
    .with("worker", worker)
    .with("back_after_s", back_after_s)
}
