//! The course of the run as log lines: who joined and left, when users were started, how it ended.
//!
//! Troubles (missing workers, refused ones) are logged where they are found; this reader tells the ordinary story.

use protocol::WorkerState;

use crate::events::{EndCause, LeaveReason, Reporter, RunEvent, RunView};

/// Logs the events a user follows a run by, at INFO.
#[derive(Debug, Default)]
pub struct LogReporter;

impl Reporter for LogReporter {
    fn handle(&mut self, event: &RunEvent, view: &RunView<'_>) {
        if let Some(line) = line(event, view) {
            tracing::info!("{line}");
        }
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
            "worker {id} joined as number {index}; {usable} connected"
        )),
        RunEvent::WorkerLeft {
            id,
            reason: LeaveReason::Quit,
        } => Some(format!("worker {id} quit; {usable} connected")),
        RunEvent::RunStarted {
            target_users,
            spawn_rate,
        } => Some(format!(
            "starting {target_users} users at {spawn_rate} a second on {usable} workers"
        )),
        RunEvent::RunEdited {
            target_users,
            spawn_rate,
        } => Some(format!("going to {target_users} users at {spawn_rate} a second")),
        RunEvent::SpawningComplete { user_count } => Some(format!("all {user_count} users are running")),
        RunEvent::StatsReset => Some("statistics are cleared".to_owned()),
        RunEvent::RunEnded { cause } => {
            let cause = match cause {
                EndCause::RunTime => "the run time is over",
                EndCause::Requested => "it was stopped on request",
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
            .filter_map(|event| line(event, &sample.view()))
            .collect();
        assert_eq!(
            lines,
            [
                "worker box_0 joined as number 0; 1 connected",
                "starting 10 users at 2.5 a second on 1 workers",
                "all 10 users are running",
                "the run has ended after 12.5 s: the run time is over",
            ]
        );
    }
}
