//! The rules. Each `look` adds what it finds; none knows of the others.

pub(super) mod errors;
pub(super) mod fleet;
pub(super) mod generator;
pub(super) mod knee;
pub(super) mod resources;
pub(super) mod samples;
