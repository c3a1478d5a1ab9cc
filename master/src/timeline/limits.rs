//! Every bound of the record of a run.

/// Intervals of a record. One more, and neighbours are merged in pairs: the record covers any time in ever longer intervals.
pub const MAX_INTERVALS: usize = 3_600;
/// Estimated bytes of the intervals of a record; past it neighbours are merged in pairs as well.
pub const MAX_RECORD_BYTES: usize = 256 * 1024 * 1024;
/// Intervals that are left in any case, however large they are.
pub const MIN_INTERVALS: usize = 16;
/// Marks of a record. Past it the oldest of workers that joined or returned make room, then the oldest but the first.
pub const MAX_MARKS: usize = 1_000;
/// Bytes of packed times: more than every cell of a histogram up to an hour takes.
pub const MAX_PACKED_BYTES: usize = 512 * 1024;
/// Bytes kept of a text among a run's options, its mark's text or its exception.
pub const MAX_TEXT_BYTES: usize = 16 * 1024;
/// Bytes of JSON kept of a run's task ratio. A larger one is not kept.
pub const MAX_RATIO_BYTES: usize = 64 * 1024;
/// Workers whose clock is remembered.
pub const MAX_CLOCKS: usize = 10_000;
/// Events waiting for the recorder's thread.
pub const MAX_QUEUED_NOTES: usize = 4_096;
/// Rows of reports waiting for it. Past either bound a report is left out of the record, and that is said.
pub const MAX_QUEUED_ROWS: usize = 10_000;
/// How long the end of a run waits for the record to be complete, seconds.
pub const END_WAIT_S: u64 = 5;
