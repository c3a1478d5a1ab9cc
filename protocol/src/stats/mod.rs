//! Statistics: what a worker records, sends as deltas, and a master merges. Arithmetic only: no clock is read and nothing is sent here.

mod buckets;
mod entry;
mod errors;
mod histogram;
mod rates;
mod recent;
mod report;
mod request_stats;

pub use buckets::locust_bucket_ms;
pub use entry::StatsEntry;
pub(crate) use entry::count_status;
pub use errors::{ErrorEntry, ErrorSample, Fault};
pub use histogram::Times;
pub use report::StatsReport;
pub use request_stats::{Folded, RequestStats};

use crate::limits;

/// `text` cut to at most `max_bytes`, on a character boundary.
fn cut(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

/// `name` within the limit for names.
fn cut_name(name: &str) -> &str {
    cut(name, limits::MAX_NAME_BYTES)
}
