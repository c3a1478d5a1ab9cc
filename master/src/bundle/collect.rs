//! Finding the files. Nothing is read but folders; the walk is bounded in depth and in what it looks at.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::choice::{Choice, is_importable};
use super::{BundleSource, SourceError};
use crate::limits::{MAX_BUNDLE_DATA_FILE_BYTES, MAX_BUNDLE_DEPTH, MAX_BUNDLE_ENTRIES};

/// What goes in: files by absolute path, with their sizes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) files: BTreeMap<PathBuf, u64>,
}

pub(super) fn collect(source: &BundleSource, choice: &Choice<'_>) -> Result<Found, SourceError> {
    let mut walk = Walk {
        choice,
        found: Found::default(),
        entries_left: MAX_BUNDLE_ENTRIES,
    };
    for locustfile in &source.locustfiles {
        let size = metadata(locustfile)?.len();
        walk.found.files.insert(locustfile.clone(), size);
    }
    let mut folders: Vec<&Path> = source
        .locustfiles
        .iter()
        .filter_map(|file| file.parent())
        .collect();
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        walk.modules(folder, folder, MAX_BUNDLE_DEPTH)?;
        walk.data_beside(folder)?;
    }
    for include in &source.include {
        walk.include(&source.working_directory, include)?;
    }
    Ok(walk.found)
}

struct Walk<'a> {
    choice: &'a Choice<'a>,
    found: Found,
    entries_left: usize,
}

impl Walk<'_> {
    /// Every `*.py` in a folder and in importable folders below it.
    fn modules(&mut self, base: &Path, folder: &Path, depth: usize) -> Result<(), SourceError> {
        for (path, about) in self.entries(base, folder)? {
            let is_module = path.extension().is_some_and(|extension| extension == "py");
            if about.is_dir() {
                if depth > 0 && is_importable(&path) && self.choice.takes_folder(base, &path) {
                    self.modules(base, &path, depth - 1)?;
                }
            } else if is_module && self.choice.takes_file(base, &path) {
                self.found.files.insert(path, about.len());
            }
        }
        Ok(())
    }

    /// The other files right in a folder.
    fn data_beside(&mut self, folder: &Path) -> Result<(), SourceError> {
        for (path, about) in self.entries(folder, folder)? {
            if !about.is_file() || !self.choice.takes_file(folder, &path) {
                continue;
            }
            if about.len() > MAX_BUNDLE_DATA_FILE_BYTES {
                tracing::info!(
                    "{} is not handed to workers, because it has {} MiB; --include adds it",
                    path.display(),
                    about.len() / 1_048_576
                );
                continue;
            }
            self.found.files.insert(path, about.len());
        }
        Ok(())
    }

    fn include(&mut self, working_directory: &Path, text: &str) -> Result<(), SourceError> {
        let given = working_directory.join(text);
        let named = if given.exists() {
            vec![given]
        } else {
            let paths = given.to_str().map(glob::glob);
            let Some(Ok(paths)) = paths else {
                return Err(SourceError(format!("--include {text} is not a path or pattern")));
            };
            paths.filter_map(Result::ok).collect()
        };
        if named.is_empty() {
            return Err(SourceError(format!(
                "--include {text} names nothing that is there; it is relative to {}",
                working_directory.display()
            )));
        }
        for path in named {
            let path = tidy(&path);
            // Named by the user: a link may lead anywhere, and a hidden file is meant.
            let about = metadata(&path)?;
            if about.is_dir() {
                self.everything(&path, &path, MAX_BUNDLE_DEPTH)?;
            } else if about.is_file() && !self.choice.is_excluded(working_directory, &path) {
                self.found.files.insert(path, about.len());
            }
        }
        Ok(())
    }

    /// Every file in a folder and below it.
    fn everything(&mut self, base: &Path, folder: &Path, depth: usize) -> Result<(), SourceError> {
        for (path, about) in self.entries(base, folder)? {
            if about.is_dir() {
                if depth > 0 && self.choice.takes_folder(base, &path) {
                    self.everything(base, &path, depth - 1)?;
                }
            } else if self.choice.takes_file(base, &path) {
                self.found.files.insert(path, about.len());
            }
        }
        Ok(())
    }

    /// Files and folders in a folder, by name. Links count as what they lead to if that is below `base`; others, and
    /// links to folders (they may go round in circles), are passed over.
    fn entries(&mut self, base: &Path, folder: &Path) -> Result<Vec<(PathBuf, Metadata)>, SourceError> {
        let unreadable = |error| SourceError(format!("cannot read the folder {}: {error}", folder.display()));
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            self.entries_left = self.entries_left.checked_sub(1).ok_or_else(|| {
                SourceError(format!(
                    "{} has too many files to look for modules in it: more than {MAX_BUNDLE_ENTRIES}; give the locustfile \
                     a folder of its own, or leave folders out with --exclude",
                    base.display()
                ))
            })?;
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            // It may have gone since.
            let Ok(mut about) = entry.metadata() else { continue };
            if about.is_symlink() {
                let inside = path.canonicalize().is_ok_and(|target| target.starts_with(base));
                match std::fs::metadata(&path) {
                    Ok(target) if inside && target.is_file() => about = target,
                    _ => continue,
                }
            }
            if about.is_file() || about.is_dir() {
                entries.push((path, about));
            }
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(entries)
    }
}

fn metadata(path: &Path) -> Result<Metadata, SourceError> {
    std::fs::metadata(path)
        .map_err(|error| SourceError(format!("cannot hand out {}: {error}", path.display())))
}

/// Without `.` and `..`, but with links as they are: the script uses the path as it is written.
fn tidy(path: &Path) -> PathBuf {
    use std::path::Component;
    path.components().fold(PathBuf::new(), |mut tidied, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                tidied.pop();
            }
            other => tidied.push(other),
        }
        tidied
    })
}
