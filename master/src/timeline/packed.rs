//! Times of an interval in few bytes: the histogram's cells with something in them, as pairs of variable-length numbers.

use serde::{Deserialize, Serialize};

/// A packed histogram. For each cell in ascending order two LEB128 numbers: microseconds (its middle, as
/// [`protocol::Times::for_each_us`] gives it) less that of the cell before, and the count. The page and the report unpack the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PackedTimes(Vec<u8>);
