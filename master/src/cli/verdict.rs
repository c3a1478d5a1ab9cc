//! The end of the program: the last writes, what the user must know about them, and the exit code.

use std::time::Duration;

use settings::exit;

use crate::events::EndCause;
use crate::report::disk::Disk;
use crate::server::Outcome;

/// How long the last result files may take to be written.
const LAST_WRITES: Duration = Duration::from_secs(30);

/// What counts for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Facts {
    script_code: Option<i64>,
    script_raised: bool,
    script_lost: bool,
    workers_lost: bool,
    failures: bool,
    results_unwritten: bool,
}

/// Finishes the result files and decides the exit code (reference § 3.9 and `settings::exit`).
pub(super) fn exit_code(outcome: &Outcome, disk: &Disk, on_error: u8) -> u8 {
    let in_time = disk.flush(LAST_WRITES);
    let troubles = disk.troubles();
    for trouble in &troubles {
        tracing::error!("results are incomplete: {trouble}");
    }
    if !in_time {
        tracing::error!(
            "results are incomplete: the disk did not take them in {} s",
            LAST_WRITES.as_secs()
        );
    }
    if !outcome.lost_reports.is_empty() {
        tracing::warn!(
            "the last report of {} did not come in time: up to a second of their requests (3 s of a Locust worker's) is missing in the results",
            outcome.lost_reports.join(", ")
        );
    }
    let facts = Facts {
        script_code: outcome.script.process_exit_code,
        script_raised: outcome.script.unhandled,
        script_lost: outcome.script.lost,
        workers_lost: outcome.cause == EndCause::WorkersLost,
        failures: outcome.stats.total.num_failures > 0 || !outcome.exceptions.is_empty(),
        results_unwritten: !in_time || !troubles.is_empty(),
    };
    decide(facts, on_error)
}

fn decide(facts: Facts, on_error: u8) -> u8 {
    // A script that was lost may not have come to its last word.
    let word = facts.script_code.filter(|code| *code != 0 || !facts.script_lost);
    if let Some(code) = word {
        // As the system takes it: the lowest byte.
        code.to_le_bytes()[0]
    } else if facts.script_raised {
        exit::SCRIPT_RAISED
    } else if facts.workers_lost {
        exit::WORKERS_LOST
    } else if facts.failures && on_error != exit::OK {
        on_error
    } else if facts.results_unwritten || facts.script_lost {
        exit::FAILURE
    } else {
        exit::OK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_fact_decides() {
        let none = Facts::default();
        let failures = Facts {
            failures: true,
            ..none
        };
        let unwritten = Facts {
            results_unwritten: true,
            ..none
        };
        for (facts, on_error, expected) in [
            (none, 1, 0),
            (failures, 1, 1),
            (failures, 7, 7),
            (failures, 0, 0),
            (unwritten, 7, 1),
            (
                Facts {
                    failures: true,
                    ..unwritten
                },
                0,
                1,
            ),
            (
                Facts {
                    workers_lost: true,
                    ..failures
                },
                1,
                3,
            ),
            (
                Facts {
                    script_lost: true,
                    ..none
                },
                0,
                1,
            ),
            (
                Facts {
                    script_code: Some(0),
                    script_lost: true,
                    ..none
                },
                0,
                1,
            ),
            (
                Facts {
                    script_raised: true,
                    ..failures
                },
                1,
                2,
            ),
            (
                Facts {
                    script_code: Some(0),
                    script_raised: true,
                    workers_lost: true,
                    ..failures
                },
                1,
                0,
            ),
            (
                Facts {
                    script_code: Some(-1),
                    ..none
                },
                0,
                255,
            ),
        ] {
            assert_eq!(decide(facts, on_error), expected, "{facts:?} {on_error}");
        }
    }
}
