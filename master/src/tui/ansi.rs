//! Cells to the bytes a terminal understands: one line after the other, colours and weights as escape codes. Pure.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use ratatui::text::Span;

/// Erases from the cursor to the end of the screen.
const ERASE_BELOW: &str = "\x1b[J";
/// The same for two lines or more. Some terminals take the erasing of the whole screen for a wish to keep it in the
/// scroll-back, so the first line goes by itself.
const ERASE_LINES: &str = "\x1b[K\x1b[B\x1b[J\x1b[A";
/// Erases from the cursor to the end of the line.
const ERASE_LINE: &str = "\x1b[K";
/// Between these a terminal that can shows nothing half done (others skip them), and the cursor is hidden.
pub(super) const BEGIN: &str = "\x1b[?2026h\x1b[?25l";
pub(super) const END: &str = "\x1b[?2026l";
/// Shows the cursor again.
pub(super) const SHOW_CURSOR: &str = "\x1b[?25h";
const PLAIN: &str = "\x1b[0m";

/// The block as text, without a line feed at its end, and the width of each of its lines.
pub(super) fn block(buffer: &Buffer) -> (String, Vec<u16>) {
    let width = usize::from(buffer.area.width).max(1);
    let mut text = String::new();
    let mut widths = Vec::with_capacity(usize::from(buffer.area.height));
    for (number, row) in buffer.content.chunks(width).enumerate() {
        if number > 0 {
            text.push_str("\r\n");
        }
        // Before the text: behind a full line the cursor stands on its last character.
        text.push_str(ERASE_LINE);
        widths.push(line(row, &mut text));
    }
    (text, widths)
}

/// Goes from the last line of a block to the beginning of its first. After the terminal has become `columns` wide, a
/// line that was wider takes several.
pub(super) fn to_top(widths: &[u16], columns: u16) -> String {
    let columns = columns.max(1);
    let lines: u32 = widths
        .iter()
        .map(|width| u32::from(width.div_ceil(columns).max(1)))
        .sum();
    match lines.saturating_sub(1) {
        0 => "\r".to_owned(),
        up => format!("\r\x1b[{up}A"),
    }
}

/// Erases a block; from its first line, whose beginning the cursor is at, to its last.
pub(super) fn erase(widths: &[u16]) -> &'static str {
    if widths.len() > 1 {
        ERASE_LINES
    } else {
        ERASE_BELOW
    }
}

/// Writes a line without the blanks at its end; returns its width.
fn line(row: &[Cell], text: &mut String) -> u16 {
    let is_blank = |cell: &Cell| cell.symbol() == " " && style(cell).is_empty();
    let end = row
        .iter()
        .rposition(|cell| !is_blank(cell))
        .map_or(0, |last| last + 1);
    let mut now = String::new();
    let mut column = 0;
    while let Some(cell) = row[..end].get(column) {
        let wanted = style(cell);
        if wanted != now {
            text.push_str(PLAIN);
            text.push_str(&wanted);
            now = wanted;
        }
        text.push_str(cell.symbol());
        // The cells behind a wide character are under it.
        column += Span::raw(cell.symbol()).width().max(1);
    }
    if !now.is_empty() {
        text.push_str(PLAIN);
    }
    u16::try_from(column).unwrap_or(u16::MAX)
}

fn style(cell: &Cell) -> String {
    let mut codes = Vec::new();
    if cell.modifier.contains(Modifier::BOLD) {
        codes.push("1");
    }
    if cell.modifier.contains(Modifier::DIM) {
        codes.push("2");
    }
    match cell.fg {
        Color::Red => codes.push("31"),
        Color::Green => codes.push("32"),
        Color::Yellow => codes.push("33"),
        Color::Cyan => codes.push("36"),
        // The screen uses no others.
        _ => {}
    }
    if codes.is_empty() {
        String::new()
    } else {
        format!("\x1b[{}m", codes.join(";"))
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn lines_end_where_their_text_does_and_styles_are_switched_off() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 3));
        buffer.set_string(
            0,
            0,
            "ab",
            Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        );
        buffer.set_string(2, 0, "c", Style::new());
        buffer.set_string(1, 2, "日x", Style::new());
        let (text, widths) = block(&buffer);
        assert_eq!(text, "\x1b[K\x1b[0m\x1b[1;31mab\x1b[0mc\r\n\x1b[K\r\n\x1b[K 日x");
        assert_eq!(widths, [3, 0, 4]);
    }

    #[test]
    fn the_way_back_counts_lines_that_a_narrower_terminal_has_broken() {
        assert_eq!(to_top(&[3, 0, 4], 80), "\r\x1b[2A");
        assert_eq!(to_top(&[80, 0, 41], 40), "\r\x1b[4A");
        assert_eq!(to_top(&[7], 80), "\r");
        assert_eq!(to_top(&[], 0), "\r");
    }
}
