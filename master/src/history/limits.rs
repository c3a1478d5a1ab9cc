//! Bounds of the history. Past one, something is cut, refused or deleted, and that is said.

use std::time::Duration;

/// Runs kept unless `--history-keep` says otherwise; those tagged `keep` or `baseline` are not counted.
pub const DEFAULT_KEPT_RUNS: u32 = 100;
/// Most runs that can be asked to be kept.
pub const MAX_KEPT_RUNS: u32 = 100_000;
/// Bytes of all runs together; past it the oldest go.
pub const MAX_BYTES: u64 = 2 << 30;

/// Seconds between two writings of a run that goes on. What a crash can cost.
pub const SAVE_EVERY_S: u64 = 5;
/// Intervals packed together. Few, as the last pack is written again each time.
pub const INTERVALS_PER_CHUNK: usize = 20;
/// Ended runs that wait for a slow disk; the oldest go.
pub const MAX_WAITING_RUNS: usize = 4;
/// How long a writing waits for another master that has the file locked.
pub const BUSY_WAIT: Duration = Duration::from_secs(5);
/// How long the end of the program waits for the last writing.
pub const LAST_WRITES: Duration = Duration::from_secs(15);
/// A run whose master has not written for so long is cut off, unless its process can be asked for. Seconds.
pub const ALIVE_S: f64 = 60.0;
/// Bytes that one unpacked piece of a run may have; a larger one is damaged or made by somebody else.
pub const MAX_UNPACKED_BYTES: usize = 256 << 20;

/// Kept runs that stay unpacked after a look at them.
pub const MAX_UNPACKED_RUNS: usize = 2;

/// Characters of the notes of a run.
pub const MAX_NOTES_CHARS: usize = 4_000;
/// Tags of a run.
pub const MAX_TAGS: usize = 20;
/// Characters of a tag.
pub const MAX_TAG_CHARS: usize = 40;
/// Characters of a search; the words of it that count.
pub const MAX_SEARCH_CHARS: usize = 200;
/// Words of a search.
pub const MAX_SEARCH_WORDS: usize = 8;
/// Runs in one answer of the list.
pub const MAX_LISTED: usize = 500;
/// Runs in one answer of the list if nothing else is asked for.
pub const DEFAULT_LISTED: usize = 50;
/// Runs compared at once.
pub const MAX_COMPARED: usize = 5;
/// Request names of a comparison; those with most requests.
pub const MAX_COMPARED_NAMES: usize = 1_000;
