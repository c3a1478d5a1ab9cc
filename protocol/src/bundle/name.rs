//! Which names a bundle may hold.

use crate::limits::MAX_BUNDLE_NAME_BYTES;

/// A name that a bundle may not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name {0:?} cannot be used: it must be relative, without `..`, and not too long")]
pub struct BadName(pub String);

/// Checks the name of a file or folder: parts separated by `/`, none of them empty, `.` or `..`.
///
/// # Errors
/// The name, if it leads out of the bundle or no file can have it.
pub fn check_name(name: &str) -> Result<(), BadName> {
    let usable = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
    if name.len() <= MAX_BUNDLE_NAME_BYTES && name.split('/').all(usable) {
        Ok(())
    } else {
        Err(BadName(name.chars().take(200).collect()))
    }
}
