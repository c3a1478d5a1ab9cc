//! Which files are left out.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use super::{BundleSource, SourceError};

/// Ends of file names that the master writes its results under.
const RESULTS: &[&str] = &[
    "_stats.csv",
    "_stats_history.csv",
    "_failures.csv",
    "_exceptions.csv",
];
/// Endings of files that no script reads: compiled modules and logs.
const LEFTOVERS: &[&str] = &[".pyc", ".pyo", ".log"];
/// Folders of programs that keep what they made or fetched.
const CACHES: &[&str] = &["__pycache__", "node_modules", "site-packages"];
/// `*` stays in its folder, `**` does not, as in a shell.
const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// The rules, ready to be asked.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    exclude: Vec<Pattern>,
    own_files: &'a [PathBuf],
    working_directory: &'a Path,
}

impl<'a> Choice<'a> {
    pub(super) fn new(source: &'a BundleSource) -> Result<Self, SourceError> {
        let exclude = source.exclude.iter().map(|text| pattern("--exclude", text));
        Ok(Self {
            exclude: exclude.collect::<Result<_, _>>()?,
            own_files: &source.own_files,
            working_directory: &source.working_directory,
        })
    }

    /// Whether a file found below `base` goes in.
    pub(super) fn takes_file(&self, base: &Path, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_left_out = name.starts_with('.')
            || name == "locust.conf"
            || RESULTS.iter().chain(LEFTOVERS).any(|end| name.ends_with(end))
            || self.own_files.iter().any(|own| own == path);
        !is_left_out && !self.is_excluded(base, path)
    }

    /// Whether a folder found below `base` is looked into.
    pub(super) fn takes_folder(&self, base: &Path, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_left_out = name.starts_with('.')
            || CACHES.contains(&&*name)
            || name.ends_with(".egg-info")
            || path.join("pyvenv.cfg").exists();
        !is_left_out && !self.is_excluded(base, path)
    }

    /// Whether `--exclude` names it, by its name or by its path from `base` or the working directory.
    pub(super) fn is_excluded(&self, base: &Path, path: &Path) -> bool {
        let relative = |from: &Path| path.strip_prefix(from).ok().map(Path::to_owned);
        let names = [
            path.file_name().map(PathBuf::from),
            relative(base),
            relative(self.working_directory),
        ];
        let names: Vec<PathBuf> = names.into_iter().flatten().collect();
        self.exclude
            .iter()
            .any(|pattern| names.iter().any(|name| pattern.matches_path_with(name, MATCHING)))
    }
}

/// A folder whose modules Python can import: its name is an identifier.
pub(super) fn is_importable(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && characters.all(|c| c.is_alphanumeric() || c == '_')
}

pub(super) fn pattern(option: &str, text: &str) -> Result<Pattern, SourceError> {
    Pattern::new(text.trim_end_matches('/'))
        .map_err(|error| SourceError(format!("{option} {text} is not a pattern: {error}")))
}
