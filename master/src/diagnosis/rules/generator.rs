//! Whether the generator had the processor time to measure well.

use crate::diagnosis::facts::{Facts, Moment};
use crate::diagnosis::finding::{Finding, FindingKind, Severity};
use crate::diagnosis::thresholds::{
    CPU_BUSY_PERCENT, LAG_BY_RESPONSE_TIME, LAG_NOISE_MS, LASTING_S, LOOP_LAG_MS, SPOILED_RATIO,
};
use crate::diagnosis::words;

pub fn look(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    findings.extend(cpu(facts));
    findings.extend(loop_lag(facts));
    findings.extend(request_lag(facts));
}

fn cpu(facts: &Facts<'_>) -> Option<Finding> {
    let value = |moment: &Moment<'_>| moment.interval.gauges.cpu_max_percent;
    let span = Span::of(facts, |moment| value(moment) >= CPU_BUSY_PERCENT)?;
    let percent = span.most(facts, value);
    let text = format!(
        "The load generator's processor was full {}: a worker used {} % of a core. Response times of that time are \
         unreliable; use more workers.",
        span.words(),
        words::significant(percent)
    );
    let finding = span.finding(facts, FindingKind::GeneratorCpu, text);
    Some(finding.figure("percent", percent))
}

fn loop_lag(facts: &Facts<'_>) -> Option<Finding> {
    let value = |moment: &Moment<'_>| moment.interval.gauges.loop_lag_max_ms;
    let span = Span::of(facts, |moment| value(moment) >= LOOP_LAG_MS)?;
    let lag_ms = span.most(facts, value);
    let text = format!(
        "The script's event loop ran up to {} late {}: users started and waited that much longer than they should. Look \
         for blocking calls in the script, or use more workers.",
        words::time(lag_ms),
        span.words()
    );
    let finding = span.finding(facts, FindingKind::GeneratorLoopLag, text);
    Some(finding.figure("lag_ms", lag_ms))
}

fn request_lag(facts: &Facts<'_>) -> Option<Finding> {
    let value = |moment: &Moment<'_>| moment.lag_ms.unwrap_or(0.0);
    let span = Span::of(facts, |moment| {
        let floor_ms = LAG_NOISE_MS.max(moment.avg_ms.unwrap_or(0.0) * LAG_BY_RESPONSE_TIME);
        value(moment) >= floor_ms && moment.avg_ms.is_some()
    })?;
    let lag_ms = span.most(facts, value);
    let (sum_ms, timed) = span.moments(facts).fold((0.0, 0), |(sum_ms, timed), moment| {
        let total = &moment.interval.total;
        (
            sum_ms + total.sum_ms,
            timed + total.requests.saturating_sub(total.without_time),
        )
    });
    let avg_ms = if timed == 0 { 0.0 } else { sum_ms / timed as f64 };
    let text = format!(
        "Requests waited up to {} in the load generator before they left (p99) {}, beside a mean response time of {}. \
         Response times of that time are unreliable; use more workers.",
        words::time(lag_ms),
        span.words(),
        words::time(avg_ms)
    );
    let finding = span.finding(facts, FindingKind::GeneratorLag, text);
    Some(finding.figure("lag_ms", lag_ms).figure("avg_ms", avg_ms))
}

/// When a trouble was there: from the beginning of its first stretch to the end of its last.
struct Span {
    from_s: u32,
    to_s: u32,
    stretches: usize,
    seconds: u32,
}

impl Span {
    fn of(facts: &Facts<'_>, is_so: impl Fn(&Moment<'_>) -> bool) -> Option<Self> {
        let stretches = facts.stretches(LASTING_S, is_so);
        Some(Self {
            from_s: stretches.first()?.first()?.at_s,
            to_s: stretches.last()?.last()?.end_s(),
            stretches: stretches.len(),
            seconds: stretches
                .iter()
                .copied()
                .flatten()
                .map(|moment| moment.width_s)
                .sum(),
        })
    }

    fn moments<'f, 'a>(&self, facts: &'f Facts<'a>) -> impl Iterator<Item = &'f Moment<'a>> {
        let (from_s, to_s) = (self.from_s, self.to_s);
        facts
            .moments
            .iter()
            .filter(move |moment| moment.at_s >= from_s && moment.at_s < to_s)
    }

    fn most(&self, facts: &Facts<'_>, value: impl Fn(&Moment<'_>) -> f64) -> f64 {
        self.moments(facts).map(value).fold(0.0, f64::max)
    }

    fn words(&self) -> String {
        let whole = format!("from {} s to {} s", self.from_s, self.to_s);
        match self.stretches {
            1 => whole,
            _ => format!("{} s in all {whole}", self.seconds),
        }
    }

    fn finding(&self, facts: &Facts<'_>, kind: FindingKind, text: String) -> Finding {
        let spoiled = f64::from(self.seconds) >= SPOILED_RATIO * f64::from(facts.seconds());
        let severity = if spoiled { Severity::Bad } else { Severity::Warn };
        Finding::new(kind, severity, Some(self.from_s), text)
            .until(self.to_s)
            .with("seconds", self.seconds)
            .with("stretches", self.stretches)
    }
}
