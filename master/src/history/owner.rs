//! Which process writes a run, and whether it still does: a run in another master that shares the file is not cut off.

use std::fs;

use super::limits::ALIVE_S;

/// Who writes a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    /// The machine's name.
    pub(super) machine: String,
    /// Process id and, where the system tells, the process's start, so that a number used again is another.
    pub(super) process: String,
}

impl Owner {
    /// This process.
    pub(super) fn this() -> Self {
        let id = std::process::id();
        Self {
            machine: machine(),
            process: started(id).map_or_else(|| id.to_string(), |start| format!("{id}/{start}")),
        }
    }

    /// Whether the run it last wrote at `written_unix_s` is still being written.
    pub(super) fn is_alive(&self, this: &Self, written_unix_s: f64, now_unix_s: f64) -> bool {
        if self == this {
            return true;
        }
        let is_gone = self.machine == this.machine && has_ended(&self.process);
        !is_gone && now_unix_s - written_unix_s <= ALIVE_S
    }
}

fn machine() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    name.or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}

/// Known to have ended. Without /proc nothing is known, and the time decides.
fn has_ended(process: &str) -> bool {
    let Some((id, start)) = process.split_once('/') else {
        return false;
    };
    id.parse()
        .is_ok_and(|id| started(id).is_none_or(|now| now != start))
}

/// When the process started, in ticks since boot; None if there is none or it is only waited for.
fn started(id: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // After the name in parentheses, which may hold anything: state (field 3), …, start (field 22); see proc(5).
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18).map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(process: &str, machine: &str) -> Owner {
        Owner {
            machine: machine.to_owned(),
            process: process.to_owned(),
        }
    }

    #[test]
    fn a_silent_master_elsewhere_is_gone_after_a_while() {
        let this = Owner::this();
        let there = other("1/1", "another machine");
        assert!(there.is_alive(&this, 100.0, 100.0 + ALIVE_S));
        assert!(!there.is_alive(&this, 100.0, 101.0 + ALIVE_S));
        assert!(this.is_alive(&this, 0.0, 1e9));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_ended_is_gone_at_once() {
        let this = Owner::this();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let started = started(child.id()).unwrap();
        let owner = other(&format!("{}/{started}", child.id()), &this.machine);
        assert!(owner.is_alive(&this, 100.0, 101.0));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!owner.is_alive(&this, 100.0, 101.0));
        let reused = other(&format!("{}/12", std::process::id()), &this.machine);
        assert!(
            !reused.is_alive(&this, 100.0, 101.0),
            "the number is another's now"
        );
    }
}
