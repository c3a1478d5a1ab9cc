//! The text of the console tables. Pure: rows in, text out, each line ending in a line feed.
//!
//! Columns are Locust's; a narrow terminal gets fewer of them instead of broken lines. Times are shown finer than there:
//! two decimals below 10 ms, one below 100 ms.

use super::rows::{PERCENTILE_TITLES, Row};
use crate::events::ExceptionView;

/// Width of everything but the name in the statistics table.
const FIXED_WIDTH: usize = 84;
/// Width of the column of failures per second, the first to go.
const FAILURES_PER_S_WIDTH: usize = 12;
/// Width of the column of minima, the second to go.
const MIN_WIDTH: usize = 8;
/// Width of everything but the name and the percentiles in the percentiles table, with a spare column.
const FIXED_PERCENTILES_WIDTH: usize = 19;
/// Width of one percentile.
const PERCENTILE_WIDTH: usize = 7;
/// Percentiles that a narrow terminal does without, the first to go first; indexes of [`PERCENTILE_TITLES`].
const DISPENSABLE_PERCENTILES: [usize; 5] = [1, 3, 9, 6, 2];
/// A name column is never narrower, even if lines then wrap.
const MIN_NAME_WIDTH: usize = 12;
/// Columns are left out before names get narrower than this.
const GOOD_NAME_WIDTH: usize = 16;
/// A name column is never wider: Locust's default width.
const MAX_NAME_WIDTH: usize = 76;
/// Most rows of a table that is printed while running; the final one shows all.
const MAX_RUNNING_ROWS: usize = 60;
/// Lines of a traceback that the exceptions report shows.
const MAX_TRACEBACK_LINES: usize = 40;

/// Which of the two sets of rates a table shows, and how many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// While running: rates of the last seconds; long tables are cut.
    Running,
    /// At the end: rates of the whole run; every row.
    Final,
}

/// Which columns of the statistics table have room, and how wide its names are.
#[derive(Debug, Clone, Copy)]
struct Layout {
    name_width: usize,
    min: bool,
    failures_per_s: bool,
}

impl Layout {
    fn for_width(width: usize) -> Self {
        let all = FIXED_WIDTH + GOOD_NAME_WIDTH;
        let failures_per_s = width >= all;
        let min = width >= all - FAILURES_PER_S_WIDTH;
        let left_out = usize::from(!failures_per_s) * FAILURES_PER_S_WIDTH + usize::from(!min) * MIN_WIDTH;
        Self {
            name_width: name_width(width, FIXED_WIDTH - left_out),
            min,
            failures_per_s,
        }
    }

    fn separator(self) -> String {
        let mut widths = vec![8, self.name_width, 7, 13, 7];
        widths.extend(self.min.then_some(7));
        widths.extend([7, 7, 8]);
        widths.extend(self.failures_per_s.then_some(11));
        line_of(&widths)
    }

    /// Cells in the table's order, put beneath one another.
    fn line(self, cells: [&str; 10]) -> String {
        let [
            method,
            name,
            requests,
            failures,
            avg,
            min,
            max,
            median,
            rps,
            failures_per_s,
        ] = cells;
        let name_width = self.name_width;
        let mut line = format!("{method:8} {name:name_width$} {requests:>7} {failures:>12} |{avg:>7}");
        if self.min {
            line.push_str(&format!(" {min:>7}"));
        }
        line.push_str(&format!(" {max:>7}{median:>7} | {rps:>7}"));
        if self.failures_per_s {
            line.push_str(&format!(" {failures_per_s:>11}"));
        }
        line.push('\n');
        line
    }
}

/// The statistics table. The last row is the total.
pub fn statistics(rows: &[Row], kind: Kind, width: usize) -> String {
    let layout = Layout::for_width(width);
    let mut text = layout.line([
        "Type",
        "Name",
        "# reqs",
        "# fails",
        "Avg",
        "Min",
        "Max",
        "Med",
        "req/s",
        "failures/s",
    ]);
    let separator = layout.separator();
    text.push_str(&separator);
    let Some((total, entries)) = rows.split_last() else {
        return text;
    };
    let shown = if kind == Kind::Running {
        entries.len().min(MAX_RUNNING_ROWS)
    } else {
        entries.len()
    };
    for row in &entries[..shown] {
        text.push_str(&statistics_row(row, kind, layout));
    }
    if shown < entries.len() {
        text.push_str(&format!("         ... and {} more\n", entries.len() - shown));
    }
    text.push_str(&separator);
    text.push_str(&statistics_row(total, kind, layout));
    text
}

fn statistics_row(row: &Row, kind: Kind, layout: Layout) -> String {
    let (rps, fails) = match kind {
        Kind::Running => (row.current_rps, row.current_failures_per_s),
        Kind::Final => (row.total_rps, row.total_failures_per_s),
    };
    layout.line([
        &shorten(&row.method, 8),
        &shorten(&row.name, layout.name_width),
        &row.requests.to_string(),
        &format!("{}({:.2}%)", row.failures, row.fail_ratio * 100.0),
        &milliseconds(row.avg_ms),
        &milliseconds(row.min_ms),
        &milliseconds(row.max_ms),
        &milliseconds(row.median_ms),
        &format!("{rps:.2}"),
        &format!("{fails:.2}"),
    ])
}

/// The percentiles table of the end; entries without a timed request are left out.
pub fn percentiles(rows: &[Row], width: usize) -> String {
    let shown = shown_percentiles(width);
    let name_width = name_width(width, FIXED_PERCENTILES_WIDTH + shown.len() * PERCENTILE_WIDTH);
    let titles: String = shown
        .iter()
        .map(|index| format!(" {:>6}", PERCENTILE_TITLES[*index]))
        .collect();
    let mut text = format!(
        "Response time percentiles (ms)\n{:8} {:name_width$}{titles} {:>8}\n",
        "Type", "Name", "# reqs"
    );
    let mut widths = vec![8, name_width];
    widths.extend(shown.iter().map(|_| PERCENTILE_WIDTH - 1));
    widths.push(8);
    let separator = line_of(&widths);
    text.push_str(&separator);
    let Some((total, entries)) = rows.split_last() else {
        return text;
    };
    for row in entries {
        text.push_str(&percentiles_row(row, &shown, name_width));
    }
    text.push_str(&separator);
    text.push_str(&percentiles_row(total, &shown, name_width));
    text
}

/// Indexes of the percentiles that have room beside a name.
fn shown_percentiles(width: usize) -> Vec<usize> {
    let room = width.saturating_sub(FIXED_PERCENTILES_WIDTH + GOOD_NAME_WIDTH) / PERCENTILE_WIDTH;
    let missing = PERCENTILE_TITLES.len().saturating_sub(room);
    let left_out = &DISPENSABLE_PERCENTILES[..missing.min(DISPENSABLE_PERCENTILES.len())];
    (0..PERCENTILE_TITLES.len())
        .filter(|index| !left_out.contains(index))
        .collect()
}

fn percentiles_row(row: &Row, shown: &[usize], name_width: usize) -> String {
    let Some(values) = row.percentiles_ms else {
        return String::new();
    };
    let values: String = shown
        .iter()
        .map(|index| format!(" {:>6}", milliseconds(values[*index])))
        .collect();
    format!(
        "{:8} {:name_width$}{values} {:>8}\n",
        shorten(&row.method, 8),
        shorten(&row.name, name_width),
        row.requests
    )
}

/// One line of the error report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorLine {
    /// How often.
    pub occurrences: u64,
    /// Method, name and error.
    pub text: String,
}

/// The error report; empty if there was no error.
pub fn errors(lines: &[ErrorLine], width: usize) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let separator = line_of(&[18, width.clamp(60, 160) - 19]);
    let mut text = format!("Error report\n{:18} Error\n{separator}", "# occurrences");
    for line in lines {
        text.push_str(&format!("{:<18} {}\n", line.occurrences, visible(&line.text)));
    }
    text.push_str(&separator);
    text
}

/// The exceptions of users' code; empty if there was none.
pub fn exceptions(exceptions: &[ExceptionView]) -> String {
    if exceptions.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "Exceptions report\n{:18} Exception\n{}",
        "# occurrences",
        line_of(&[18, 60])
    );
    for exception in exceptions {
        let workers = exception.nodes.len();
        text.push_str(&format!(
            "{:<18} {} (on {workers} workers)\n",
            exception.count,
            visible(&exception.msg)
        ));
        for line in exception.traceback.lines().take(MAX_TRACEBACK_LINES) {
            text.push_str(&format!("                   {}\n", visible(line)));
        }
    }
    text
}

fn name_width(width: usize, fixed: usize) -> usize {
    width.saturating_sub(fixed).clamp(MIN_NAME_WIDTH, MAX_NAME_WIDTH)
}

fn line_of(widths: &[usize]) -> String {
    let mut line = widths
        .iter()
        .map(|width| "-".repeat(*width))
        .collect::<Vec<_>>()
        .join("|");
    line.push('\n');
    line
}

/// At most four characters for usual times: `0.35`, `12.3`, `1234`.
pub fn milliseconds(value: f64) -> String {
    if value <= 0.0 {
        "0".to_owned()
    } else if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// Cuts in the middle: beginning and end of an address tell most. Never splits a character.
pub fn shorten(text: &str, width: usize) -> String {
    let text = visible(text);
    let length = text.chars().count();
    if length <= width {
        return text;
    }
    let kept = width.saturating_sub(3);
    let head = kept - kept / 2;
    let tail: String = text.chars().skip(length - kept / 2).collect();
    let head: String = text.chars().take(head).collect();
    format!("{head}...{tail}")
}

/// Names come from scripts and targets: a control character must not move the terminal's cursor.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// `0:01:05` or `2 days, 3:04:05`.
pub fn clock(seconds: f64) -> String {
    // Spans are at most ten years, so the cast is exact.
    let seconds = seconds.max(0.0) as u64;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let time = format!("{}:{:02}:{:02}", rest / 3600, rest % 3600 / 60, rest % 60);
    if days == 0 {
        time
    } else {
        format!("{days} d {time}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_table_while_running_has_locusts_columns() {
        insta::assert_snapshot!(statistics(&samples::rows(), Kind::Running, 120));
    }

    #[test]
    fn the_final_table_shows_rates_of_the_whole_run() {
        insta::assert_snapshot!(statistics(&samples::rows(), Kind::Final, 200));
    }

    #[test]
    fn percentiles_have_locusts_columns() {
        insta::assert_snapshot!(percentiles(&samples::rows(), 130));
    }

    #[test]
    fn a_narrow_terminal_gets_fewer_columns_and_no_broken_lines() {
        for width in [80, 90, 100, 120, 200] {
            let rows = samples::rows();
            let text = statistics(&rows, Kind::Running, width) + &percentiles(&rows, width);
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest.is_some_and(|widest| widest <= width), "{width}:\n{text}");
            assert_eq!(text.contains("failures/s"), width >= 100);
            assert_eq!(text.contains("66%"), width >= 112);
            assert!(text.contains("99.9%"));
        }
    }

    #[test]
    fn errors_and_exceptions_are_listed() {
        let lines = [
            ErrorLine {
                occurrences: 12,
                text: "GET /slow: read timed out".into(),
            },
            ErrorLine {
                occurrences: 1,
                text: "POST /\u{1b}[2J: evil\nname".into(),
            },
        ];
        insta::assert_snapshot!(format!(
            "{}\n{}",
            errors(&lines, 100),
            exceptions(&samples::exceptions())
        ));
        assert_eq!(errors(&[], 100) + &exceptions(&[]), "");
    }

    #[test]
    fn a_long_name_is_cut_in_the_middle() {
        assert_eq!(shorten("/api/v1/customers/42/orders", 15), "/api/v...orders");
        assert_eq!(shorten("äöüäöüäöüäöü", 7), "äö...öü");
        assert_eq!(shorten("/short", 15), "/short");
    }

    #[test]
    fn small_times_keep_their_digits() {
        let shown: Vec<String> = [0.0, 0.354, 9.999, 12.34, 99.97, 1234.5]
            .iter()
            .map(|v| milliseconds(*v))
            .collect();
        assert_eq!(shown, ["0", "0.35", "10.0", "12.3", "100", "1234"]);
    }

    #[test]
    fn a_long_table_is_cut_while_running_only() {
        let mut rows = vec![samples::rows()[0].clone(); 100];
        rows.push(samples::rows()[0].clone());
        assert!(statistics(&rows, Kind::Running, 120).contains("... and 40 more"));
        assert!(!statistics(&rows, Kind::Final, 120).contains("more"));
    }

    #[test]
    fn a_clock_shows_hours_and_days() {
        assert_eq!(
            (clock(65.9), clock(93_784.0)),
            ("0:01:05".into(), "1 d 2:03:04".into())
        );
    }
}
