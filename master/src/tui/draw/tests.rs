use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::widgets::Widget;

use super::*;
use crate::events::{RunView, WorkerView};
use crate::report::samples::Sample;
use crate::tui::screen::RequestLine;

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
