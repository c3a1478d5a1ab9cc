//! The terminal: the live screen at the foot of it, the lines above, and the keys.
//!
//! [`screen`] says what is shown, [`draw`] where, [`ansi`] in which bytes, [`keys`] what a key means: all without I/O.
//! [`terminal`] writes to standard error, [`modes`] switches line editing and echo off and back on, [`session`] waits for
//! keys and for the signals of a terminal.
//!
//! The screen is a block of lines below the last line of the log, not a full-screen programme: whatever is written goes
//! above it and stays in the terminal's scroll-back. It moves the cursor only relative to itself, so it never has to ask
//! the terminal where it is, which would take standard input and fail where that is a file.

mod ansi;
mod draw;
mod keys;
mod modes;
mod screen;
mod session;
mod terminal;

use std::collections::BTreeMap;

pub use session::{Session, Use};
pub use terminal::Terminal;

/// Whether a live screen suits this environment: a terminal that can move its cursor, and no build machine.
pub fn suits(environment: &BTreeMap<String, String>) -> bool {
    let is_set = |name| environment.get(name).is_some_and(|value| !value.is_empty());
    let is_dumb = environment
        .get("TERM")
        .is_none_or(|term| term.is_empty() || term == "dumb");
    !is_dumb && (!is_set("CI") || environment.get("CI").is_some_and(|value| value == "false"))
}

/// Whether colours are wanted (<https://no-color.org>).
pub fn wants_colour(environment: &BTreeMap<String, String>) -> bool {
    environment.get("NO_COLOR").is_none_or(String::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        pairs.collect()
    }

    #[test]
    fn the_live_screen_is_for_terminals_that_people_look_at() {
        assert!(suits(&environment(&[("TERM", "xterm-256color")])));
        assert!(suits(&environment(&[("TERM", "xterm"), ("CI", "false")])));
        for pairs in [
            &[("TERM", "dumb")][..],
            &[],
            &[("TERM", "")],
            &[("TERM", "xterm"), ("CI", "true")],
        ] {
            assert!(!suits(&environment(pairs)), "{pairs:?}");
        }
    }

    #[test]
    fn an_empty_no_color_says_nothing() {
        assert!(wants_colour(&environment(&[("NO_COLOR", "")])));
        assert!(!wants_colour(&environment(&[("NO_COLOR", "1")])));
    }
}
