//! The script bundle: a locustfile with its modules and data files as one archive that a master hands to its workers.
//!
//! This is the format only. What goes in is the master's affair, where it is unpacked the worker's. Names are relative,
//! separated by `/`, and checked on both sides: an archive that names a place outside of itself cannot be read.

mod archive;
mod name;

pub use name::{BadName, check_name};

/// A locustfile with everything that travels with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// Where a script is to run, as a name in the bundle; `""` is its root. The master's working directory.
    pub working_directory: String,
    /// The locustfiles' names, in order. Each is among the files.
    pub scripts: Vec<String>,
    /// Every file.
    pub files: Vec<BundleFile>,
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleFile {
    /// Relative name, such as `load/common.py`.
    pub name: String,
    /// What is in it.
    pub contents: Vec<u8>,
}

/// A bundle as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// SHA-256 over every name and every byte of content, as 64 hex digits: the bundle's version.
    pub hash: String,
    /// The archive, compressed.
    pub bytes: Vec<u8>,
}

/// Why bytes are not a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The content is not what its hash says: it was changed or cut on the way.
    #[error("its content does not match its hash")]
    Mismatch,
    /// It is larger than a bundle may be.
    #[error("it is larger than a bundle may be")]
    TooLarge,
    /// A name that leads elsewhere, or that no file can have.
    #[error(transparent)]
    BadName(#[from] BadName),
    /// Anything else that no master of ours writes.
    #[error("it cannot be read: {0}")]
    Broken(String),
}

#[cfg(test)]
mod tests;
