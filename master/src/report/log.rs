//! The course of the run as log lines: who joined and left, when users were started, how it ended.
//!
//! Troubles (missing workers, refused ones) are logged where they are found; this reader tells the ordinary story.

use std::collections::BTreeSet;

use protocol::WorkerState;

use crate::events::{EndCause, LeaveReason, Reporter, RunEvent, RunState, RunView};
use crate::limits::MAX_WORKERS;

/// Logs the events a user follows a run by, at INFO.
#[derive(Debug, Default)]
pub struct LogReporter {
    /// All users are handed out, but the workers have not reported as many yet.
    awaits_users: bool,
    /// Workers that have stopped their users and will register again: no news.
    stopped: BTreeSet<String>,
}

impl Reporter for LogReporter {
    fn handle(&mut self, event: &RunEvent, view: &RunView<'_>) {
        if let Some(line) = self.line(event, view) {
            tracing::info!("{line}");
        }
    }
}

impl LogReporter {
    fn line(&mut self, event: &RunEvent, view: &RunView<'_>) -> Option<String> {
        let reached = view.user_count >= view.target_user_count;
        match event {
            RunEvent::SpawningComplete { .. } => self.awaits_users = !reached,
            RunEvent::Tick if self.awaits_users && reached => {
                self.awaits_users = false;
                return Some(format!("now all {} users are running", view.target_user_count));
            }
            RunEvent::RunStarted { .. } | RunEvent::RunEdited { .. } | RunEvent::RunEnded { .. } => {
                self.awaits_users = false;
            }
            RunEvent::WorkerLeft {
                id,
                reason: LeaveReason::Stopped,
            } if self.stopped.len() < MAX_WORKERS => {
                self.stopped.insert(id.clone());
            }
            RunEvent::WorkerJoined { id, .. } if self.stopped.remove(id) => return None,
            _ => {}
        }
        line(event, view)
    }
}

/// The line of an event; none for events that come too often or are told elsewhere.
fn line(event: &RunEvent, view: &RunView<'_>) -> Option<String> {
    let usable = view
        .workers
        .iter()
        .filter(|worker| worker.state != WorkerState::Missing)
        .count();
    match event {
        RunEvent::WorkerJoined { id, index } => Some(format!(
            "worker {id} joined as number {index}; {} connected",
            counted(usable as u64, "worker")
        )),
        RunEvent::WorkerLeft {
            id,
            reason: LeaveReason::Quit,
        } => {
            let during = match view.state {
                RunState::Spawning | RunState::Running => " during the run (its own log tells why)",
                _ => "",
            };
            let left = counted(usable as u64, "worker");
            Some(format!("worker {id} has left{during}; {left} connected"))
        }
        // Only a load shape starts with nobody and at no rate.
        RunEvent::RunStarted { spawn_rate, .. } if *spawn_rate == 0.0 => Some(format!(
            "starting on {}; the load shape decides about the users",
            counted(usable as u64, "worker")
        )),
        RunEvent::RunStarted {
            target_users,
            spawn_rate,
        } => Some(format!(
            "starting {} at {spawn_rate} a second on {}",
            counted(*target_users, "user"),
            counted(usable as u64, "worker")
        )),
        RunEvent::RunEdited {
            target_users,
            spawn_rate,
        } => Some(format!(
            "going to {} at {spawn_rate} a second",
            counted(*target_users, "user")
        )),
        RunEvent::SpawningComplete { user_count } if view.user_count < *user_count => Some(format!(
            "all {user_count} users are handed out; the workers report {} of them as running so far",
            view.user_count
        )),
        RunEvent::SpawningComplete { user_count } => Some(match user_count {
            1 => "the user is running".to_owned(),
            _ => format!("all {user_count} users are running"),
        }),
        RunEvent::StateChanged {
            to: RunState::Stopping,
            ..
        } => Some("stopping the users; the workers' last reports are awaited".to_owned()),
        RunEvent::StatsReset => Some("statistics are cleared".to_owned()),
        RunEvent::RunEnded { cause } => {
            let cause = match cause {
                EndCause::RunTime => "the run time is over",
                EndCause::Requested => "it was stopped on request",
                EndCause::Script => "the script stopped it",
                EndCause::Shape => "the load shape is over",
                EndCause::ShapeFailed => "the load shape failed",
                EndCause::ScriptLost => "the script host is lost",
                EndCause::WorkersLost => "no worker is left",
                EndCause::Signal => "the master was told to end",
            };
            Some(format!(
                "the run has ended after {:.1} s: {cause}",
                view.elapsed_s
            ))
        }
        _ => None,
    }
}

/// `1 user`, `2 users`.
fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::super::samples::Sample;
    use super::*;

    #[test]
    fn the_story_of_a_run_is_told_in_lines() {
        let sample = Sample::new();
        let events = [
            RunEvent::WorkerJoined {
                id: "box_0".into(),
                index: 0,
            },
            RunEvent::RunStarted {
                target_users: 10,
                spawn_rate: 2.5,
            },
            RunEvent::Tick,
            RunEvent::SpawningComplete { user_count: 10 },
            RunEvent::WorkerLeft {
                id: "box_1".into(),
                reason: LeaveReason::Missing,
            },
            RunEvent::RunEnded {
                cause: EndCause::RunTime,
            },
        ];
        let lines: Vec<String> = events
            .iter()
            .filter_map(|event| {
                line(
                    event,
                    &RunView {
                        user_count: 10,
                        ..sample.view()
                    },
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                "worker box_0 joined as number 0; 1 worker connected",
                "starting 10 users at 2.5 a second on 1 worker",
                "all 10 users are running",
                "the run has ended after 12.5 s: the run time is over",
            ]
        );
    }

    #[test]
    fn a_worker_that_registers_again_after_a_stop_is_no_news() {
        let sample = Sample::new();
        let mut log = LogReporter::default();
        let joined = RunEvent::WorkerJoined {
            id: "box_0".into(),
            index: 0,
        };
        let stopped = RunEvent::WorkerLeft {
            id: "box_0".into(),
            reason: LeaveReason::Stopped,
        };
        let told =
            [&joined, &stopped, &joined, &joined].map(|event| log.line(event, &sample.view()).is_some());
        assert_eq!(told, [true, false, false, true]);
    }

    #[test]
    fn users_are_called_running_only_once_the_workers_say_so() {
        let sample = Sample::new();
        let mut log = LogReporter::default();
        let mut told = |event, user_count| {
            log.line(
                &event,
                &RunView {
                    user_count,
                    ..sample.view()
                },
            )
        };
        let done = || RunEvent::SpawningComplete { user_count: 10 };
        assert_eq!(
            told(done(), 7).unwrap(),
            "all 10 users are handed out; the workers report 7 of them as running so far"
        );
        assert_eq!(told(RunEvent::Tick, 8), None);
        assert_eq!(told(RunEvent::Tick, 10).unwrap(), "now all 10 users are running");
        assert_eq!(told(RunEvent::Tick, 10), None);
        assert_eq!(told(done(), 10).unwrap(), "all 10 users are running");
    }
}
