//! A run as a few lines of Markdown, for a pull request: the verdict, the main table, the failures, what to look at.

use super::escape::markdown as escaped;
use super::record::Report;
use super::text::push;
use crate::diagnosis::Severity;
use crate::timeline::failures;
use crate::timeline::views::Row;

/// Request names in the table, those with the most requests; more are counted.
const MAX_ROWS: usize = 40;
/// Errors listed, the most frequent.
const MAX_ERRORS: usize = 10;
/// Characters of an error's text.
const MAX_ERROR_CHARS: usize = 200;
/// Percentiles of the table.
const SHOWN: [f64; 3] = [0.5, 0.95, 0.99];

/// The file's text.
pub fn render(report: &Report<'_>) -> String {
    let info = &report.record.info;
    let mut out = String::new();
    push(
        &mut out,
        format_args!("## Load test: {}\n\n", escaped(&info.locustfile)),
    );
    push(&mut out, format_args!("{}\n\n", verdict(report)));
    push(&mut out, format_args!("{}\n\n", facts(report)));
    table(&mut out, report);
    errors(&mut out, report);
    diagnosis(&mut out, report);
    push(
        &mut out,
        format_args!(
            "<sub>Run {} of {}, Acrida {}</sub>\n",
            escaped(&info.id),
            time_of(info.started_unix_s),
            env!("CARGO_PKG_VERSION")
        ),
    );
    out
}

fn verdict(report: &Report<'_>) -> String {
    let total = &report.statistics.total;
    let raised: u64 = report
        .record
        .exceptions
        .iter()
        .map(|exception| exception.count)
        .sum();
    let raised = if raised > 0 {
        format!("; tasks raised {raised} exceptions")
    } else {
        String::new()
    };
    match (total.requests, total.failures) {
        (0, _) => format!("⚠️ **No request was made**{raised}."),
        (requests, 0) if raised.is_empty() => format!("✅ **None of {requests} requests failed.**"),
        (requests, 0) => format!("❌ **None of {requests} requests failed**{raised}."),
        (requests, failed) => format!(
            "❌ **{failed} of {requests} requests failed ({:.2} %)**{raised}.",
            total.fail_ratio * 100.0
        ),
    }
}

fn facts(report: &Report<'_>) -> String {
    let (info, total) = (&report.record.info, &report.statistics.total);
    let mut facts = vec![
        format!("{} users", info.users),
        format!("{:.0} s", info.elapsed_s),
        format!("{:.1} requests/s", total.rate),
    ];
    if let Some(host) = &info.host {
        facts.push(escaped(host));
    }
    if let Some(profile) = &info.profile {
        facts.push(escaped(profile));
    }
    facts.join(" · ")
}

fn table(out: &mut String, report: &Report<'_>) {
    let statistics = &report.statistics;
    let mut rows: Vec<&Row> = statistics.rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.requests));
    out.push_str("| Request | # | Failed | /s | Avg ms | p50 ms | p95 ms | p99 ms | Max ms |\n");
    out.push_str("|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for row in rows.iter().take(MAX_ROWS) {
        let name = format!("{} {}", escaped(&row.method), escaped(&row.name));
        push(
            out,
            format_args!(
                "| {} | {} |\n",
                name.trim(),
                cells(row, &statistics.percentiles).join(" | ")
            ),
        );
    }
    let total = cells(&statistics.total, &statistics.percentiles);
    let total = total.iter().map(|cell| format!("**{cell}**")).collect::<Vec<_>>();
    push(out, format_args!("| **All** | {} |\n\n", total.join(" | ")));
    if let Some(more) = rows.len().checked_sub(MAX_ROWS).filter(|more| *more > 0) {
        push(out, format_args!("… and {more} more request names.\n\n"));
    }
}

fn cells(row: &Row, percentiles: &[f64]) -> Vec<String> {
    let percentile = |p: f64| {
        let at = percentiles.iter().position(|known| *known == p);
        ms(at.and_then(|at| row.ms.get(at).copied().flatten()))
    };
    let failed = if row.failures == 0 {
        "0".to_owned()
    } else {
        format!("{} ({:.2} %)", row.failures, row.fail_ratio * 100.0)
    };
    let mut cells = vec![
        row.requests.to_string(),
        failed,
        format!("{:.1}", row.rate),
        ms(row.avg_ms),
    ];
    cells.extend(SHOWN.map(percentile));
    cells.push(ms(row.max_ms));
    cells
}

fn errors(out: &mut String, report: &Report<'_>) {
    let errors = failures(report.record.window(None, None)).rows;
    if errors.is_empty() {
        return;
    }
    out.push_str("### Failures\n\n| # | Request | Error | Fault |\n|--:|---|---|---|\n");
    for row in errors.iter().take(MAX_ERRORS) {
        let text: String = row.error.chars().take(MAX_ERROR_CHARS).collect();
        push(
            out,
            format_args!(
                "| {} | {} {} | {} | {} |\n",
                row.occurrences,
                escaped(&row.method),
                escaped(&row.name),
                escaped(&text),
                row.fault.unwrap_or("–")
            ),
        );
    }
    out.push('\n');
    if let Some(more) = errors.len().checked_sub(MAX_ERRORS).filter(|more| *more > 0) {
        push(out, format_args!("… and {more} more errors.\n\n"));
    }
}

fn diagnosis(out: &mut String, report: &Report<'_>) {
    if report.diagnosis.is_empty() {
        return;
    }
    out.push_str("### Diagnosis\n\n");
    for finding in &report.diagnosis {
        let icon = match finding.severity {
            Severity::Bad => "❌ ",
            Severity::Warn => "⚠️ ",
            Severity::Info => "ℹ️ ",
        };
        push(out, format_args!("- {icon}{}\n", escaped(&finding.text)));
    }
    out.push('\n');
}

/// Milliseconds with three significant digits.
fn ms(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(ms) if ms >= 100.0 => format!("{ms:.0}"),
        Some(ms) if ms >= 10.0 => format!("{ms:.1}"),
        Some(ms) => format!("{ms:.2}"),
    }
}

fn time_of(unix_s: f64) -> String {
    jiff::Timestamp::from_second(unix_s as i64)
        .map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::record::Beside;
    use super::super::run_samples::run;
    use super::*;

    #[test]
    fn the_summary_has_verdict_table_failures_and_diagnosis() {
        let (record, beside) = (run(30), Beside::default());
        insta::assert_snapshot!(render(&Report::of(&record, &beside)));
    }

    #[test]
    fn a_run_without_failures_passes() {
        let (mut record, beside) = (run(1), Beside::default());
        record.exceptions = Arc::default();
        let text = render(&Report::of(&record, &beside));
        assert!(text.contains("✅ **None of 32 requests failed.**"), "{text}");
        assert!(!text.contains("### Failures"));
    }

    #[test]
    fn a_run_without_requests_does_not_pass() {
        let (mut record, beside) = (run(0), Beside::default());
        record.exceptions = Arc::default();
        let text = render(&Report::of(&record, &beside));
        assert!(text.contains("No request was made"), "{text}");
    }
}
