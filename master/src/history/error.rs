//! What can be wrong with the history, and what to do about it.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why the history cannot be read or written. Each text is one line that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// Nothing is kept, for a reason known from the start.
    #[error("{0}")]
    Off(String),
    /// Made by a later version.
    #[error(
        "{path} was written by a newer version (layout {found}, this program knows {known}); update this program, or choose \
another file with --history"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Not ours at all.
    #[error("{0} is no history of this program; choose another file with --history")]
    Foreign(PathBuf),
    /// Not readable as what it should be.
    #[error("{0} is damaged; move it away, or choose another file with --history")]
    Damaged(PathBuf),
    /// Another program holds it.
    #[error("{0} is locked by another program; end that program, or choose another file with --history")]
    Locked(PathBuf),
    /// No room.
    #[error("the disk of {0} is full; free space, or choose another file with --history")]
    Full(PathBuf),
    /// Not ours to write.
    #[error("{path} cannot be written: {reason}; fix its permissions, or choose another file with --history")]
    Denied {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// Anything else.
    #[error("{path}: {reason}; check the file, or choose another with --history")]
    Other {
        /// The file.
        path: PathBuf,
        /// What was said.
        reason: String,
    },
}

impl HistoryError {
    /// What SQLite said about `path`.
    pub(super) fn of(path: &std::path::Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(path),
            Some(ErrorCode::DiskFull) => Self::Full(path),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => Self::Denied {
                path,
                reason: error.to_string(),
            },
            _ => Self::Other {
                path,
                reason: error.to_string(),
            },
        }
    }

    /// Trying again cannot help.
    pub fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::Off(_) | Self::Newer { .. } | Self::Foreign(_) | Self::Damaged(_)
        )
    }
}
