//! Standard error, shared by the log, the tables and the live screen: whatever is written goes above the screen.

use std::fmt;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use settings::logging::LineSink;

use super::ansi;
use super::draw::{self, Look};
use super::modes::is_background;
use super::screen::Screen;
use crate::events::RunView;

/// Width of tables where there is no terminal: as wide as Locust's.
const WIDTH_WITHOUT_TERMINAL: usize = 160;

type Size = (u16, u16);

/// Standard error with, perhaps, a live screen at its foot.
pub struct Terminal {
    state: Mutex<State>,
    /// Columns and lines; None where there is no terminal, or another job has it.
    size: fn() -> Option<Size>,
}

struct State {
    out: Box<dyn Write + Send>,
    /// What is shown, or would be if there was a terminal.
    screen: Option<Screen>,
    look: Look,
    /// Width of each line of the block that is on the terminal now; empty if there is none.
    block: Vec<u16>,
    is_closed: bool,
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Terminal")
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new(Box::new(std::io::stderr()), size_of_stderr)
    }
}

impl Terminal {
    fn new(out: Box<dyn Write + Send>, size: fn() -> Option<Size>) -> Self {
        let state = State {
            out,
            screen: None,
            look: Look::default(),
            block: Vec::new(),
            is_closed: false,
        };
        Self {
            state: Mutex::new(state),
            size,
        }
    }

    /// Whether a person looks at it.
    pub fn is_interactive() -> bool {
        std::io::stderr().is_terminal()
    }

    /// Columns for tables.
    pub fn width() -> usize {
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok();
        size.map(|size| usize::from(size.ws_col))
            .filter(|columns| *columns > 0)
            .unwrap_or(WIDTH_WITHOUT_TERMINAL)
    }

    /// Colours on or off; off at first.
    pub fn set_colour(&self, colour: bool) {
        self.lock().look.colour = colour;
    }

    /// Whether the screen says which keys there are.
    pub fn set_keys(&self, has_keys: bool) {
        self.lock().look.has_keys = has_keys;
    }

    /// Shows or hides the list of keys. False if there is no screen to show it on.
    pub fn toggle_help(&self) -> bool {
        let mut state = self.lock();
        state.look.help = !state.look.help;
        state.redraw("", (self.size)());
        !state.block.is_empty()
    }

    /// Shows the live screen, or its newest figures.
    pub fn show(&self, view: &RunView<'_>) {
        let mut state = self.lock();
        state.screen = Some(Screen::of(view));
        state.redraw("", (self.size)());
    }

    /// Draws what is shown again: the terminal has another size.
    pub fn redraw(&self) {
        self.lock().redraw("", (self.size)());
    }

    /// Takes the screen away until there are new figures.
    pub fn hide(&self) {
        let mut state = self.lock();
        state.screen = None;
        state.redraw("", (self.size)());
    }

    /// Takes the screen away for good.
    pub fn close(&self) {
        self.lock().close((self.size)());
    }

    /// The same, but without waiting: a thread that panics may be drawing.
    pub fn close_if_free(&self) {
        if let Ok(mut state) = self.state.try_lock() {
            state.close((self.size)());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LineSink for Terminal {
    fn write(&self, text: &[u8]) {
        let mut state = self.lock();
        if state.block.is_empty() {
            let _nowhere_left_to_tell = state.out.write_all(text);
            return;
        }
        let mut text = String::from_utf8_lossy(text).into_owned();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        state.redraw(&text, (self.size)());
    }
}

impl State {
    fn close(&mut self, size: Option<Size>) {
        self.is_closed = true;
        self.redraw("", size);
    }

    /// Puts `lines` where the screen stood, and the screen below.
    fn redraw(&mut self, lines: &str, size: Option<Size>) {
        let cells = match (&self.screen, size) {
            (Some(screen), Some((columns, rows))) if !self.is_closed => {
                Some(draw::draw(screen, self.look, columns, draw::height_in(rows)))
            }
            _ => None,
        };
        let was_shown = !self.block.is_empty();
        if cells.is_none() && !was_shown {
            return;
        }
        let mut text = ansi::BEGIN.to_owned();
        if was_shown {
            let columns = size.map_or(u16::MAX, |(columns, _)| columns);
            text.push_str(&ansi::to_top(&self.block, columns));
            text.push_str(ansi::erase(&self.block));
        }
        text.push_str(lines);
        self.block.clear();
        match cells {
            Some(cells) => {
                let (block, widths) = ansi::block(&cells);
                text.push_str(&block);
                self.block = widths;
            }
            None => text.push_str(ansi::SHOW_CURSOR),
        }
        text.push_str(ansi::END);
        // A terminal that is gone shows nothing.
        let _gone = self
            .out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush());
    }
}

fn size_of_stderr() -> Option<Size> {
    let stderr = rustix::stdio::stderr();
    if is_background(stderr) {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(stderr).ok()?;
    // A terminal that does not know its size is taken for the smallest usual one.
    let or = |figure: u16, usual: u16| if figure == 0 { usual } else { figure };
    Some((or(size.ws_col, 80), or(size.ws_row, 24)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::report::samples::Sample;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Memory {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    fn terminal(size: fn() -> Option<Size>) -> (Terminal, Memory) {
        let memory = Memory::default();
        (Terminal::new(Box::new(memory.clone()), size), memory)
    }

    const USUAL: fn() -> Option<Size> = || Some((80, 24));

    #[test]
    fn lines_go_above_the_screen_which_is_drawn_again_below_them() {
        let (terminal, memory) = terminal(USUAL);
        terminal.show(&Sample::new().view());
        let first = memory.take();
        assert!(
            first.contains("Acrida: running") && !first.contains("\x1b[J"),
            "{first:?}"
        );
        let lines = first.matches("\r\n").count();

        terminal.write(b"a line of the log\n");
        let then = memory.take();
        let expected = format!(
            "{}\r\x1b[{lines}A{}a line of the log\n\x1b[K",
            ansi::BEGIN,
            ansi::erase(&[1, 1])
        );
        assert!(then.starts_with(&expected), "{then:?}");
        assert!(then.contains("Acrida: running"));
    }

    #[test]
    fn without_a_screen_or_a_terminal_lines_are_written_as_they_are() {
        let (terminal, memory) = terminal(|| None);
        terminal.show(&Sample::new().view());
        terminal.write(b"one\n");
        terminal.hide();
        terminal.write(b"two");
        assert_eq!(memory.take(), "one\ntwo");
    }

    #[test]
    fn a_screen_that_is_hidden_gives_the_cursor_back_and_leaves_nothing() {
        let (terminal, memory) = terminal(USUAL);
        terminal.show(&Sample::new().view());
        memory.take();
        terminal.hide();
        let hidden = memory.take();
        assert!(
            hidden.ends_with(&format!(
                "{}{}{}",
                ansi::erase(&[1, 1]),
                ansi::SHOW_CURSOR,
                ansi::END
            )),
            "{hidden:?}"
        );
        terminal.hide();
        terminal.redraw();
        assert_eq!(memory.take(), "");
    }

    #[test]
    fn once_closed_it_is_never_shown_again() {
        let (terminal, memory) = terminal(USUAL);
        terminal.show(&Sample::new().view());
        terminal.close();
        memory.take();
        terminal.show(&Sample::new().view());
        terminal.write(b"plain\n");
        assert_eq!(memory.take(), "plain\n");
    }

    #[test]
    fn a_line_that_is_being_written_does_not_keep_it_open() {
        let (terminal, memory) = terminal(USUAL);
        terminal.show(&Sample::new().view());
        let busy = terminal.lock();
        terminal.close_if_free();
        std::thread::scope(|scope| {
            let closing = scope.spawn(|| terminal.close());
            assert!(!closing.is_finished());
            drop(busy);
        });
        assert!(
            memory
                .take()
                .ends_with(&format!("{}{}", ansi::SHOW_CURSOR, ansi::END))
        );
    }

    #[test]
    fn help_needs_a_screen() {
        let (terminal, memory) = terminal(USUAL);
        assert!(!terminal.toggle_help());
        terminal.toggle_help();
        terminal.show(&Sample::new().view());
        assert!(terminal.toggle_help());
        assert!(memory.take().contains("ten users more"));
    }
}
