//! What a key means. Pure: bytes in, orders out. Letters and steps are Locust's.

use crate::events::RunState;
use crate::run::StartPlan;

/// Users that `W` and `S` add and take away.
const MANY_USERS: i64 = 10;
/// Users a second by which a steady run goes to the new number, at least (Locust's rate for its keys).
const KEY_RATE: f64 = 100.0;

/// A key that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// More users, or fewer.
    Users(i64),
    /// End the run.
    Stop,
    /// Show or hide the list of keys.
    Help,
}

/// The keys in what was read at once. What begins with Escape is a function key, which means nothing, or text pasted.
pub(super) fn keys(bytes: &[u8]) -> Vec<Key> {
    const ESCAPE: u8 = 0x1b;
    if bytes.first() == Some(&ESCAPE) {
        return Vec::new();
    }
    bytes.iter().copied().filter_map(key).collect()
}

fn key(byte: u8) -> Option<Key> {
    match byte {
        b'w' => Some(Key::Users(1)),
        b'W' => Some(Key::Users(MANY_USERS)),
        b's' => Some(Key::Users(-1)),
        b'S' => Some(Key::Users(-MANY_USERS)),
        // Ctrl-C is a signal, and stays one.
        b'q' | b'Q' => Some(Key::Stop),
        b'?' | b'h' => Some(Key::Help),
        _ => None,
    }
}

/// The run as far as keys need it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Present {
    pub(super) state: RunState,
    pub(super) target_users: u64,
    pub(super) spawn_rate: f64,
    /// A load shape drives the runs.
    pub(super) has_shape: bool,
}

/// So many users more or fewer, from what is wanted now.
///
/// # Errors
/// One line for the user: why the number of users cannot be changed now.
pub(super) fn change_users(by: i64, present: Present) -> Result<StartPlan, &'static str> {
    if present.has_shape {
        return Err("a load shape drives this run: keys do not change its users");
    }
    let spawn_rate = match present.state {
        RunState::Running => present.spawn_rate.max(KEY_RATE),
        // A ramp under way keeps its pace.
        RunState::Spawning => present.spawn_rate,
        RunState::Stopping => return Err("the run is stopping: keys do not change its users any more"),
        RunState::Ready | RunState::Stopped => {
            return Err("no run is on: keys change the users once one has begun");
        }
    };
    let users = present.target_users.saturating_add_signed(by);
    Ok(StartPlan { users, spawn_rate })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present(state: RunState, target_users: u64, spawn_rate: f64) -> Present {
        Present {
            state,
            target_users,
            spawn_rate,
            has_shape: false,
        }
    }

    #[test]
    fn the_keys_are_locusts() {
        let expected = [
            Key::Users(1),
            Key::Users(10),
            Key::Users(-1),
            Key::Users(-10),
            Key::Stop,
            Key::Help,
        ];
        assert_eq!(keys(b"wWsSq?"), expected);
        assert_eq!(keys(b"xX \n\x03\xff"), []);
    }

    #[test]
    fn function_keys_are_no_letters() {
        for pressed in ["\x1bOS", "\x1b[A", "\x1b"] {
            assert_eq!(keys(pressed.as_bytes()), [], "{pressed:?}");
        }
    }

    #[test]
    fn users_change_from_what_is_wanted_and_never_below_none() {
        let plan = |users, spawn_rate| Ok(StartPlan { users, spawn_rate });
        assert_eq!(
            change_users(10, present(RunState::Running, 5, 1.0)),
            plan(15, 100.0)
        );
        assert_eq!(
            change_users(-10, present(RunState::Running, 5, 500.0)),
            plan(0, 500.0)
        );
        assert_eq!(
            change_users(1, present(RunState::Spawning, 20, 2.0)),
            plan(21, 2.0)
        );
    }

    #[test]
    fn users_stay_when_there_is_no_run_or_a_shape_drives_it() {
        for state in [RunState::Ready, RunState::Stopping, RunState::Stopped] {
            assert!(change_users(1, present(state, 5, 1.0)).is_err(), "{state:?}");
        }
        let shaped = Present {
            has_shape: true,
            ..present(RunState::Running, 5, 1.0)
        };
        assert!(change_users(1, shaped).unwrap_err().contains("load shape"));
    }
}
