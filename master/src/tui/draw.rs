//! Where on the live screen things stand. Pure: figures in, cells out.
//!
//! What matters most stands at the top, and what does not fit is left out from the bottom. No meaning is carried by colour
//! alone.

mod lines;
mod lists;
mod overview;
#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols;
use ratatui::text::Line;
use ratatui::widgets::{LineGauge, Sparkline, Widget};

use self::lists::lists;
use self::overview::overview;
use super::screen::Screen;

/// Least width of the text before the trend: it does not move with every figure.
const RATE_WIDTH: u16 = 32;
/// Terminals lower than this give the screen all lines but one; others keep a quarter for the log.
const LOW: u16 = 16;

const HELP: [&str; 7] = [
    "w    one user more          s    one user less",
    "W    ten users more         S    ten users less",
    "q    stop the run and write the results, as Ctrl-C does; once more: at once",
    "?    show or hide this",
    "While a load shape drives the run it alone decides about the users.",
    "Rates are of the last 10 seconds, and the graph is of the last minute.",
    "CPU (of a core) and loop lag are those of the worst worker.",
];

/// What is shown beside the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Look {
    /// Keys work: say so.
    pub(super) has_keys: bool,
    /// The list of keys in place of the requests.
    pub(super) help: bool,
    /// Colours.
    pub(super) colour: bool,
}

/// One line, or a section of several.
enum Part<'a> {
    Line(Line<'a>),
    Progress(f64),
    Rate(Line<'a>, &'a [u64]),
}

/// How many lines a terminal of `rows` lines gives the screen.
pub(super) fn height_in(rows: u16) -> u16 {
    let spare = if rows < LOW { 1 } else { rows / 4 };
    rows.saturating_sub(spare)
}

/// The screen in at most `rows` lines of `width` columns.
pub(super) fn draw(screen: &Screen, look: Look, width: u16, rows: u16) -> Buffer {
    let mut parts = overview(screen, width);
    let left = usize::from(rows).saturating_sub(parts.len() + usize::from(look.has_keys));
    if look.help {
        parts.extend(HELP.iter().take(left).map(|line| Part::Line(Line::raw(*line))));
    } else {
        parts.extend(
            lists(screen, usize::from(width), left)
                .into_iter()
                .map(Part::Line),
        );
    }
    if look.has_keys {
        parts.push(Part::Line(keys(look)));
    }
    parts.truncate(usize::from(rows));
    let height = u16::try_from(parts.len()).unwrap_or(rows);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    for (row, part) in (0..height).zip(&parts) {
        draw_part(part, Rect::new(0, row, width, 1), &mut buffer);
    }
    if !look.colour {
        for cell in &mut buffer.content {
            cell.fg = Color::Reset;
        }
    }
    buffer
}

fn draw_part(part: &Part<'_>, area: Rect, buffer: &mut Buffer) {
    match part {
        Part::Line(line) => line.render(area, buffer),
        Part::Progress(done) => LineGauge::default()
            .ratio(*done)
            .label(format!("{:3.0} %", done * 100.0))
            .filled_symbol(symbols::line::THICK_HORIZONTAL)
            .unfilled_symbol(symbols::line::HORIZONTAL)
            .filled_style(Style::new().fg(Color::Cyan))
            .unfilled_style(Style::new().add_modifier(Modifier::DIM))
            .render(area, buffer),
        Part::Rate(line, trend) => {
            let width = u16::try_from(line.width() + 2)
                .unwrap_or(area.width)
                .max(RATE_WIDTH);
            let [text, graph] =
                Layout::horizontal([Constraint::Length(width), Constraint::Min(0)]).areas(area);
            line.render(text, buffer);
            let newest = trend.len().saturating_sub(usize::from(graph.width));
            Sparkline::default()
                .data(&trend[newest..])
                .style(Style::new().fg(Color::Cyan))
                .render(graph, buffer);
        }
    }
}

fn keys(look: Look) -> Line<'static> {
    let text = if look.help {
        "? hides this"
    } else {
        "w/s ±1  W/S ±10 users  q stop  ? help"
    };
    Line::styled(text, Style::new().add_modifier(Modifier::DIM))
}
