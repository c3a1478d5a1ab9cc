//! Where on the live screen things stand. Pure: figures in, cells out.
//!
//! What matters most stands at the top, and what does not fit is left out from the bottom. No meaning is carried by colour
//! alone.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols;
use ratatui::text::{Line, Span};
use ratatui::widgets::{LineGauge, Sparkline, Widget};

use super::screen::{PERCENTILE_TITLES, RequestLine, Screen};
use crate::events::RunState;
use crate::report::table::{clock, milliseconds, shorten};

/// Width of the titles at the left.
const TITLE_WIDTH: u16 = 11;
/// Least width of the text before the trend: it does not move with every figure.
const RATE_WIDTH: u16 = 32;
/// Widths of a figure in the tables.
const FIGURE_WIDTH: usize = 9;
/// Narrower than this, figures stand closer.
const NARROW: u16 = 60;
/// Terminals lower than this give the screen all lines but one; others keep a quarter for the log.
const LOW: u16 = 16;
/// Rows of the list of errors when it has to share.
const SHARED_ERRORS: usize = 3;

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

/// The lines that are always there.
fn overview(screen: &Screen, width: u16) -> Vec<Part<'_>> {
    let mut parts = vec![Part::Line(heading(screen, usize::from(width)))];
    if let Some(limit_s) = screen.run_time_s.filter(|limit_s| *limit_s > 0.0) {
        parts.push(Part::Progress((screen.elapsed_s / limit_s).clamp(0.0, 1.0)));
    }
    parts.push(Part::Line(users(screen)));
    parts.push(Part::Rate(
        titled(
            "Requests",
            format!("{}/s now, {} in all", rate(screen.rate), screen.requests),
        ),
        &screen.trend,
    ));
    parts.push(Part::Line(troubles(screen)));
    parts.extend(times(screen, width).map(Part::Line));
    parts.push(Part::Line(generator(screen)));
    parts
}

fn heading(screen: &Screen, width: usize) -> Line<'static> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let name = format!("Acrida: {}", screen.state.as_str());
    let time = match screen.run_time_s {
        Some(limit_s) => format!(
            "{} of {}, {} left",
            clock(screen.elapsed_s),
            clock(limit_s),
            clock((limit_s - screen.elapsed_s).max(0.0))
        ),
        None => format!("{} elapsed", clock(screen.elapsed_s)),
    };
    let gap = width.saturating_sub(name.len() + time.len() + 2).max(1);
    let rule = symbols::line::HORIZONTAL.repeat(gap);
    let colour = match screen.state {
        RunState::Running => Color::Green,
        _ => Color::Yellow,
    };
    Line::from(vec![
        Span::styled(name, bold.fg(colour)),
        Span::styled(format!(" {rule} "), Style::new().add_modifier(Modifier::DIM)),
        Span::styled(time, bold),
    ])
}

fn users(screen: &Screen) -> Line<'static> {
    let pace = match screen.state {
        RunState::Spawning if screen.spawn_rate > 0.0 => format!(", {} a second", screen.spawn_rate),
        _ => String::new(),
    };
    let mut line = titled(
        "Users",
        format!("{} of {}{pace}", screen.users, screen.target_users),
    );
    let plural = if screen.workers_up == 1 {
        "worker"
    } else {
        "workers"
    };
    line.push_span(format!("; {} {plural}", screen.workers_up));
    if screen.workers_missing > 0 {
        line.push_span(warning(format!(", {} LOST", screen.workers_missing)));
    }
    line
}

fn troubles(screen: &Screen) -> Line<'static> {
    let share = format!(
        "{:.1} % ({}), {}/s now",
        screen.fail_ratio * 100.0,
        screen.failures,
        rate(screen.fail_rate)
    );
    let mut line = titled("Failures", String::new());
    line.push_span(if screen.failures > 0 {
        warning(share)
    } else {
        Span::raw(share)
    });
    let kinds = match screen.exception_kinds {
        0 | 1 => String::new(),
        kinds => format!(" of {kinds} kinds"),
    };
    let exceptions = format!("{}{kinds}", screen.exceptions);
    line.push_span("; exceptions ");
    line.push_span(if screen.exceptions > 0 {
        warning(exceptions)
    } else {
        Span::raw(exceptions)
    });
    line
}

fn times(screen: &Screen, width: u16) -> [Line<'static>; 3] {
    let column = if width < NARROW {
        FIGURE_WIDTH - 3
    } else {
        FIGURE_WIDTH
    };
    let titles: String = PERCENTILE_TITLES
        .iter()
        .map(|title| format!("{title:>column$}"))
        .collect();
    let row = |title: &'static str, ms: Option<[f64; 5]>| {
        let figure = |index: usize| ms.map_or("-".to_owned(), |ms| milliseconds(ms[index]));
        let figures: String = (0..PERCENTILE_TITLES.len())
            .map(|index| format!("{:>column$}", figure(index)))
            .collect();
        titled(title, figures)
    };
    [
        titled("Times (ms)", titles).style(Style::new().add_modifier(Modifier::DIM)),
        row("last 10 s", screen.recent_ms),
        row("whole run", screen.whole_ms),
    ]
}

fn generator(screen: &Screen) -> Line<'static> {
    let generator = &screen.generator;
    let Some((cpu, cpu_of)) = &generator.cpu else {
        return titled("Generator", "no worker is connected".to_owned());
    };
    let lag = generator.loop_lag.as_ref().map_or(0.0, |(ms, _)| *ms);
    let text = format!("CPU {cpu:.0} %, loop lag {} ms", milliseconds(lag));
    let mut line = titled("Generator", String::new());
    if generator.is_busy() {
        let whose = match &generator.loop_lag {
            Some((_, lag_of)) if *cpu < lag => lag_of,
            _ => cpu_of,
        };
        line.push_span(warning(format!("BUSY: {text} ({whose})")));
    } else {
        line.push_span(format!("fine: {text}"));
    }
    line
}

/// Requests and errors in `left` lines.
fn lists(screen: &Screen, width: usize, left: usize) -> Vec<Line<'static>> {
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

fn keys(look: Look) -> Line<'static> {
    let text = if look.help {
        "? hides this"
    } else {
        "w/s ±1  W/S ±10 users  q stop  ? help"
    };
    Line::styled(text, Style::new().add_modifier(Modifier::DIM))
}

fn titled(title: &'static str, text: String) -> Line<'static> {
    let width = usize::from(TITLE_WIDTH);
    Line::from(vec![
        Span::styled(
            format!("{title:<width$}"),
            Style::new().add_modifier(Modifier::BOLD),
        ),
        Span::raw(text),
    ])
}

/// The text in at most `width` columns, of which some characters take two.
fn fit(text: &str, width: usize) -> String {
    let mut characters = width;
    loop {
        let cut = shorten(text, characters);
        let surplus = Span::raw(cut.as_str()).width().saturating_sub(width);
        if surplus == 0 || characters == 0 {
            return cut;
        }
        characters = characters.saturating_sub(surplus.div_ceil(2));
    }
}

/// `left` filled up to `width` columns, whatever its characters are wide, then `right`.
fn padded(left: String, width: usize, right: String) -> Line<'static> {
    let left = Span::raw(left);
    let gap = width.saturating_sub(left.width());
    Line::from(vec![left, Span::raw(" ".repeat(gap)), Span::raw(right)])
}

fn warning(text: String) -> Span<'static> {
    Span::styled(text, Style::new().fg(Color::Red).add_modifier(Modifier::BOLD))
}

fn rate(per_s: f64) -> String {
    if per_s < 1000.0 {
        format!("{per_s:.1}")
    } else {
        format!("{per_s:.0}")
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::widgets::Widget;

    use super::*;
    use crate::events::{RunView, WorkerView};
    use crate::report::samples::Sample;

    struct Cells(Buffer);

    impl Widget for Cells {
        fn render(self, area: Rect, buffer: &mut Buffer) {
            for row in 0..self.0.area.height.min(area.height) {
                for column in 0..area.width {
                    buffer[(column, row)] = self.0[(column, row)].clone();
                }
            }
        }
    }

    const PLAIN: Look = Look {
        has_keys: true,
        help: false,
        colour: false,
    };

    fn shown(screen: &Screen, look: Look, width: u16, rows: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, rows)).unwrap();
        let cells = draw(screen, look, width, height_in(rows));
        terminal
            .draw(|frame| frame.render_widget(Cells(cells), frame.area()))
            .unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn a_run_in_the_usual_terminal() {
        insta::assert_snapshot!(shown(&Screen::of(&Sample::new().view()), PLAIN, 80, 24));
    }

    #[test]
    fn a_larger_terminal_shows_more_requests_and_errors() {
        insta::assert_snapshot!(shown(&crowded(), PLAIN, 120, 40));
    }

    #[test]
    fn many_requests_and_errors_share_the_usual_terminal() {
        insta::assert_snapshot!(shown(&crowded(), PLAIN, 80, 24));
    }

    #[test]
    fn a_narrow_terminal_cuts_names_and_spaces_but_no_figure() {
        insta::assert_snapshot!(shown(&crowded(), PLAIN, 44, 24));
    }

    #[test]
    fn a_low_terminal_keeps_the_overview() {
        insta::assert_snapshot!(shown(&crowded(), PLAIN, 80, 8));
    }

    #[test]
    fn the_keys_are_explained() {
        let look = Look { help: true, ..PLAIN };
        insta::assert_snapshot!(shown(&Screen::of(&Sample::new().view()), look, 80, 24));
    }

    #[test]
    fn without_a_time_limit_keys_and_workers() {
        let sample = Sample::new();
        let empty = protocol::RequestStats::new(0.0);
        let view = RunView {
            run_time_s: None,
            workers: &[],
            stats: &empty,
            exceptions: &[],
            ..sample.view()
        };
        insta::assert_snapshot!(shown(&Screen::of(&view), Look::default(), 80, 24));
    }

    #[test]
    fn trouble_is_told_in_words_and_colours_are_an_extra() {
        let sample = Sample::new();
        let workers: Vec<WorkerView> = sample
            .view()
            .workers
            .iter()
            .map(|worker| WorkerView {
                cpu_percent: 97.0,
                ..worker.clone()
            })
            .collect();
        let screen = Screen::of(&RunView {
            workers: &workers,
            ..sample.view()
        });
        let (plain, coloured) = (
            draw(&screen, PLAIN, 80, 20),
            draw(
                &screen,
                Look {
                    colour: true,
                    ..PLAIN
                },
                80,
                20,
            ),
        );
        let text = |buffer: &Buffer| {
            buffer
                .content
                .iter()
                .map(|cell| cell.symbol().to_owned())
                .collect::<String>()
        };
        assert_eq!(text(&plain), text(&coloured));
        for word in ["1 LOST", "BUSY: CPU 97 %", "(box_0)"] {
            assert!(text(&plain).contains(word), "{word} in {}", text(&plain));
        }
        assert!(plain.content.iter().all(|cell| cell.fg == Color::Reset));
        assert!(coloured.content.iter().any(|cell| cell.fg == Color::Red));
    }

    /// Any size is drawn without a panic.
    #[test]
    fn no_size_is_too_small() {
        for (width, rows) in [(1, 1), (5, 3), (20, 2), (300, 100), (31, 5)] {
            let cells = draw(&crowded(), PLAIN, width, height_in(rows));
            assert!(cells.area.height <= rows, "{width}x{rows}");
        }
    }

    fn crowded() -> Screen {
        let screen = Screen::of(&Sample::new().view());
        let requests = (0..25).map(|number| RequestLine {
            name: format!(
                "GET /shop/{number}/a-name-that-is-long-enough-to-be-cut-somewhere-in-the-middle/日本語"
            ),
            rate: f64::from(100 - number) * 13.0,
            fail_ratio: 0.01 * f64::from(number),
            p95_ms: Some(f64::from(number) * 7.5 + 0.5),
        });
        let errors = (0..9).map(|number| {
            let text = format!(
                "GET /shop/{number}: ConnectionRefusedError(111, 'Connection refused by 127.0.0.1')\u{1b}[2J"
            );
            (1000 - number, text)
        });
        Screen {
            rate: 25_350.0,
            requests: 1_234_567,
            trend: (0..56).map(|second| 1000 + (second % 9) * 500).collect(),
            requests_by_rate: requests.collect(),
            more_requests: 175,
            errors: errors.collect(),
            more_errors: 0,
            ..screen
        }
    }
}
