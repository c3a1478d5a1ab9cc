//! The lines that are always there.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols;
use ratatui::text::{Line, Span};

use super::Part;
use super::lines::{FIGURE_WIDTH, NARROW, rate, titled, warning};
use crate::events::RunState;
use crate::report::table::{clock, milliseconds};
use crate::tui::screen::{PERCENTILE_TITLES, Screen};

/// The lines that are always there.
pub(super) fn overview(screen: &Screen, width: u16) -> Vec<Part<'_>> {
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
