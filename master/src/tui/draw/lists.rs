//! The lists below: requests and errors, sharing what room there is.

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::lines::{FIGURE_WIDTH, NARROW, fit, padded, rate};
use crate::report::table::milliseconds;
use crate::tui::screen::{RequestLine, Screen};

/// Rows of the list of errors when it has to share.
const SHARED_ERRORS: usize = 3;

/// Requests and errors in `left` lines.
pub(super) fn lists(screen: &Screen, width: usize, left: usize) -> Vec<Line<'static>> {
    let errors_wanted = screen.errors.len() + usize::from(!screen.errors.is_empty());
    let requests_wanted = screen.requests_by_rate.len() + 1;
    let errors_room = if errors_wanted + requests_wanted <= left {
        errors_wanted
    } else {
        errors_wanted.min((SHARED_ERRORS + 1).max(left.saturating_sub(requests_wanted)))
    };
    let requests_room = left.saturating_sub(errors_room).min(requests_wanted);
    let mut lines = Vec::with_capacity(left);
    if requests_room > 1 {
        lines.extend(requests(screen, width, requests_room - 1));
    }
    if errors_room > 1 {
        lines.extend(errors(screen, width, errors_room - 1));
    }
    lines.truncate(left);
    lines
}

fn requests(screen: &Screen, width: usize, room: usize) -> Vec<Line<'static>> {
    let column = if width < usize::from(NARROW) {
        FIGURE_WIDTH - 2
    } else {
        FIGURE_WIDTH
    };
    let name_width = width.saturating_sub(3 * column).max(1);
    let rows = &screen.requests_by_rate[..room.min(screen.requests_by_rate.len())];
    let hidden = screen.requests_by_rate.len() - rows.len() + screen.more_requests;
    let title = match hidden {
        0 => "Requests by rate".to_owned(),
        hidden => format!("Requests by rate; {hidden} more"),
    };
    let title = fit(&title, name_width.saturating_sub(1));
    let head = format!(
        "{title:<name_width$}{:>column$}{:>column$}{:>column$}",
        "per s", "failed", "95% ms"
    );
    let row = |line: &RequestLine| {
        let name = fit(&line.name, name_width.saturating_sub(1));
        let failed = format!("{:.1} %", line.fail_ratio * 100.0);
        let p95 = line.p95_ms.map_or("-".to_owned(), milliseconds);
        let rate = rate(line.rate);
        padded(
            name,
            name_width,
            format!("{rate:>column$}{failed:>column$}{p95:>column$}"),
        )
    };
    let head = Line::styled(head, Style::new().add_modifier(Modifier::DIM));
    std::iter::once(head).chain(rows.iter().map(row)).collect()
}

fn errors(screen: &Screen, width: usize, room: usize) -> Vec<Line<'static>> {
    let rows = &screen.errors[..room.min(screen.errors.len())];
    let head = match screen.errors.len() - rows.len() + screen.more_errors {
        0 => "Errors by number".to_owned(),
        hidden => format!("Errors by number; {hidden} more"),
    };
    let head = Line::styled(head, Style::new().add_modifier(Modifier::DIM));
    let row = |(occurrences, text): &(u64, String)| {
        let text_width = width.saturating_sub(FIGURE_WIDTH);
        Line::from(format!("{occurrences:>7}  {}", fit(text, text_width)))
    };
    std::iter::once(head).chain(rows.iter().map(row)).collect()
}
