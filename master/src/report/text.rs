//! Texts put together piece by piece.

use std::fmt::{Arguments, Write};

/// Adds `piece` to `out`.
pub(super) fn push(out: &mut String, piece: Arguments<'_>) {
    // A string takes every write.
    let _cannot_fail = out.write_fmt(piece);
}
