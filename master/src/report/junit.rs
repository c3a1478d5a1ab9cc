//! A run as JUnit XML: one suite, a test case for each request name. CI systems show which names failed, how much, and why.
//!
//! Elements and attributes are those that the schemas in use (Ant's, Jenkins's) have in common, in the order they ask for.

use super::escape::xml;
use super::record::Report;
use super::text::push;
use crate::timeline::failures;
use crate::timeline::views::{FailureRow, Row};

/// Errors listed for a request name, the most frequent.
const MAX_ERRORS: usize = 10;

/// The file's text.
pub fn render(report: &Report<'_>) -> String {
    let (info, statistics) = (&report.record.info, &report.statistics);
    let errors = failures(report.record.window(None, None)).rows;
    let exceptions = &report.record.exceptions;
    let cases = statistics.rows.len() + usize::from(!exceptions.is_empty());
    let failed = statistics.rows.iter().filter(|row| row.failures > 0).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    push(
        &mut out,
        format_args!(
            "  <testsuite package=\"acrida\" id=\"0\" name=\"{}\" timestamp=\"{}\" hostname=\"{}\" tests=\"{cases}\" failures=\"{failed}\" \
         errors=\"{}\" skipped=\"0\" time=\"{:.3}\">\n",
            xml(&info.locustfile),
            time_of(info.started_unix_s),
            xml(info
                .environment
                .get("host_name")
                .map_or("localhost", String::as_str)),
            usize::from(!exceptions.is_empty()),
            info.elapsed_s,
        ),
    );
    properties(&mut out, report);
    for row in &statistics.rows {
        case(&mut out, row, &errors);
    }
    exceptions_case(&mut out, report);
    out.push_str("    <system-out>");
    for finding in &report.diagnosis {
        push(
            &mut out,
            format_args!("{}: {}\n", finding.severity.as_str(), xml(&finding.text)),
        );
    }
    out.push_str("</system-out>\n    <system-err></system-err>\n  </testsuite>\n</testsuites>\n");
    out
}

/// What the run was and every figure of it, by name: `GET /cart p95_ms`.
fn properties(out: &mut String, report: &Report<'_>) {
    let info = &report.record.info;
    out.push_str("    <properties>\n");
    let mut property = |name: &str, value: &str| {
        push(
            out,
            format_args!(
                "      <property name=\"{}\" value=\"{}\"/>\n",
                xml(name),
                xml(value)
            ),
        );
    };
    property("run", &info.id);
    property("users", &info.users.to_string());
    property("spawn_rate", &info.spawn_rate.to_string());
    property("host", info.host.as_deref().unwrap_or_default());
    property("end_cause", info.end_cause.as_deref().unwrap_or_default());
    for row in report.statistics.rows.iter().chain([&report.statistics.total]) {
        let name = title(row);
        for (figure, value) in figures(row, &report.statistics.percentiles) {
            property(&format!("{name} {figure}"), &value);
        }
    }
    out.push_str("    </properties>\n");
}

fn figures(row: &Row, percentiles: &[f64]) -> Vec<(String, String)> {
    let mut figures = vec![
        ("requests".to_owned(), row.requests.to_string()),
        ("failures".to_owned(), row.failures.to_string()),
        ("rate".to_owned(), row.rate.to_string()),
    ];
    let times = [
        ("avg_ms", row.avg_ms),
        ("min_ms", row.min_ms),
        ("max_ms", row.max_ms),
    ];
    figures.extend(
        times
            .into_iter()
            .filter_map(|(name, ms)| Some((name.to_owned(), ms?.to_string()))),
    );
    figures.extend(percentiles.iter().zip(&row.ms).filter_map(|(p, ms)| {
        let name = format!("p{}_ms", (p * 10_000.0).round() / 100.0);
        Some((name, (*ms)?.to_string()))
    }));
    figures
}

/// One request name; its time is the mean response time.
fn case(out: &mut String, row: &Row, errors: &[FailureRow]) {
    push(
        out,
        format_args!(
            "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.6}\"",
            xml(if row.method.is_empty() {
                "requests"
            } else {
                &row.method
            }),
            xml(&row.name),
            row.avg_ms.unwrap_or(0.0) / 1000.0,
        ),
    );
    if row.failures == 0 {
        out.push_str("/>\n");
        return;
    }
    push(
        out,
        format_args!(
            ">\n      <failure type=\"failed requests\" message=\"{} of {} requests failed ({:.2} %)\">",
            row.failures,
            row.requests,
            row.fail_ratio * 100.0
        ),
    );
    let own = errors
        .iter()
        .filter(|error| error.method == row.method && error.name == row.name);
    for error in own.take(MAX_ERRORS) {
        let fault = error
            .fault
            .map_or_else(String::new, |fault| format!(" (fault: {fault})"));
        push(
            out,
            format_args!("{} × {}{fault}\n", error.occurrences, xml(&error.error)),
        );
    }
    out.push_str("</failure>\n    </testcase>\n");
}

/// What users' code raised belongs to no request name.
fn exceptions_case(out: &mut String, report: &Report<'_>) {
    let exceptions = &report.record.exceptions;
    if exceptions.is_empty() {
        return;
    }
    let count: u64 = exceptions.iter().map(|exception| exception.count).sum();
    push(
        out,
        format_args!(
            "    <testcase classname=\"script\" name=\"exceptions of tasks\" time=\"0\">\n      <error type=\"exception\" message=\"{count} raised\">"
        ),
    );
    for exception in exceptions.iter().take(MAX_ERRORS) {
        push(
            out,
            format_args!(
                "{} × {}\n{}\n",
                exception.count,
                xml(&exception.msg),
                xml(&exception.traceback)
            ),
        );
    }
    out.push_str("</error>\n    </testcase>\n");
}

fn title(row: &Row) -> String {
    if row.method.is_empty() {
        row.name.clone()
    } else {
        format!("{} {}", row.method, row.name)
    }
}

/// `2026-11-22T10:43:20`, UTC: the schemas have no place for a zone.
fn time_of(unix_s: f64) -> String {
    jiff::Timestamp::from_second(unix_s as i64)
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%S").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::record::Beside;
    use super::super::run_samples::run;
    use super::*;

    #[test]
    fn a_suite_has_a_case_for_each_name() {
        let (record, beside) = (run(30), Beside::default());
        insta::assert_snapshot!(render(&Report::of(&record, &beside)));
    }

    #[test]
    fn names_cannot_break_out() {
        let (record, beside) = (run(3), Beside::default());
        let text = render(&Report::of(&record, &beside));
        assert!(!text.contains("</script>") && text.contains("&lt;/script&gt;&lt;b&gt;|&quot;&amp;"));
        let (opened, closed) = (
            text.matches("<testcase").count(),
            text.matches("</testcase>").count(),
        );
        assert_eq!(
            (
                opened,
                closed,
                text.matches("/>\n").count() - text.matches("<property ").count()
            ),
            (4, 2, 2)
        );
    }
}
