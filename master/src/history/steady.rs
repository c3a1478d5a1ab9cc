//! Which part of a run is compared: the ramp-up and the stop are left out, as their load is not that of the run.

use crate::timeline::RunRecord;

/// Shortest block, seconds. Reports of workers come every second and what a request name did in one second depends much
/// on the one before; over several seconds that evens out.
const MIN_BLOCK_S: u32 = 5;
/// Blocks a run is cut into at most; more would not tell more.
const MAX_BLOCKS: u32 = 60;

/// A part of a run in blocks of equal length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Steady {
    /// First second, at the edge of an interval.
    pub(super) from_s: u32,
    /// Second after the last one.
    pub(super) to_s: u32,
    /// Seconds of a block; a multiple of the interval.
    pub(super) block_s: u32,
    /// All users were there from the first second on; otherwise it is the whole run.
    pub(super) is_steady: bool,
}

impl Steady {
    /// How many blocks it has.
    pub(super) fn blocks(&self) -> usize {
        if self.is_steady {
            (self.to_s - self.from_s) as usize / self.block_s as usize
        } else {
            0
        }
    }
}

/// From the second after all users were there (and statistics were reset) to the stop. What does not fill a block is left
/// out at the beginning.
pub(super) fn steady_part(record: &RunRecord) -> Steady {
    let width_s = record.width_s.max(1);
    let mark = |kind: &str| {
        record
            .marks
            .iter()
            .find(|mark| mark.kind == kind)
            .map(|mark| mark.at_s)
    };
    let full_s = u32::try_from(record.complete_intervals())
        .unwrap_or(u32::MAX)
        .saturating_mul(width_s);
    let end_s = mark("stop")
        .or(mark("end"))
        .unwrap_or(f64::MAX)
        .min(record.info.elapsed_s);
    let to_s = full_s.min(end_s.max(0.0) as u32) / width_s * width_s;
    let whole_from_s = record.counts_from_s / width_s * width_s;
    let ramp_end_s =
        mark("spawning_complete").map(|at_s| record.counts_from_s.max(at_s.max(0.0).ceil() as u32));
    let block = |length_s: u32| (length_s / MAX_BLOCKS).max(MIN_BLOCK_S).div_ceil(width_s) * width_s;
    if let Some(from_s) = ramp_end_s
        .map(|at_s| at_s.div_ceil(width_s) * width_s)
        .filter(|from_s| *from_s < to_s)
    {
        let block_s = block(to_s - from_s);
        let rest_s = (to_s - from_s) % block_s;
        if rest_s < to_s - from_s {
            return Steady {
                from_s: from_s + rest_s,
                to_s,
                block_s,
                is_steady: true,
            };
        }
    }
    Steady {
        from_s: whole_from_s.min(to_s),
        to_s,
        block_s: block(to_s),
        is_steady: false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::history::samples::short_run;

    fn check(change: impl FnOnce(&mut RunRecord), expected: (u32, u32, bool)) {
        let mut record = short_run("a", 63);
        change(&mut record);
        let part = steady_part(&record);
        assert_eq!((part.from_s, part.to_s, part.is_steady), expected);
    }

    fn spawned_at(record: &mut RunRecord, at_s: f64) {
        Arc::make_mut(&mut record.marks)[0].at_s = at_s;
    }

    #[test]
    fn ramp_up_and_stop_are_left_out() {
        check(|_| {}, (3, 63, true));
        check(|record| spawned_at(record, 10.2), (13, 63, true));
        check(|record| record.counts_from_s = 30, (33, 63, true));
        check(
            |record| {
                let mut stop = record.marks[0].clone();
                (stop.kind, stop.at_s) = ("stop".to_owned(), 50.7);
                Arc::make_mut(&mut record.marks).push(stop);
            },
            (0, 50, true),
        );
    }

    #[test]
    fn a_run_that_never_got_its_users_is_shown_whole() {
        check(|record| record.marks = Arc::default(), (0, 63, false));
        check(|record| spawned_at(record, 61.0), (0, 63, false));
        check(|record| record.intervals.clear(), (0, 0, false));
    }
}
