//! Lines and figures that the parts have in common.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::report::table::shorten;

/// Width of the titles at the left.
const TITLE_WIDTH: u16 = 11;
/// Widths of a figure in the tables.
pub(super) const FIGURE_WIDTH: usize = 9;
/// Narrower than this, figures stand closer.
pub(super) const NARROW: u16 = 60;

pub(super) fn titled(title: &'static str, text: String) -> Line<'static> {
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
pub(super) fn fit(text: &str, width: usize) -> String {
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
pub(super) fn padded(left: String, width: usize, right: String) -> Line<'static> {
    let left = Span::raw(left);
    let gap = width.saturating_sub(left.width());
    Line::from(vec![left, Span::raw(" ".repeat(gap)), Span::raw(right)])
}

pub(super) fn warning(text: String) -> Span<'static> {
    Span::styled(text, Style::new().fg(Color::Red).add_modifier(Modifier::BOLD))
}

pub(super) fn rate(per_s: f64) -> String {
    if per_s < 1000.0 {
        format!("{per_s:.1}")
    } else {
        format!("{per_s:.0}")
    }
}
