//! What goes into the script bundle, and reading it.
//!
//! By default a worker gets what a locustfile can use of its own folder: its modules (every `*.py` there and below) and the
//! data files right beside it. `--include` adds, `--exclude` takes away. Every file keeps its place relative to the others
//! and to the working directory, so `import`, `open("data/users.csv")` and `Path(__file__).parent` mean the same on a
//! worker.

mod choice;
mod collect;
mod root;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use protocol::limits::{MAX_BUNDLE_BYTES, MAX_BUNDLE_FILES};
use protocol::{Bundle, BundleError, BundleFile, Packed};

use self::choice::Choice;
use self::collect::Found;

/// Where the bundle comes from. All paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BundleSource {
    /// The locustfiles, in order.
    pub locustfiles: Vec<PathBuf>,
    /// `--include`: files, folders or patterns, relative to the working directory.
    pub include: Vec<String>,
    /// `--exclude`: patterns of file names or of paths below a locustfile's folder or the working directory.
    pub exclude: Vec<String>,
    /// The master's working directory.
    pub working_directory: PathBuf,
    /// Files that the master itself writes or that configure it; never part of a bundle unless included by name.
    pub own_files: Vec<PathBuf>,
}

/// Why there is no bundle. One line that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(String);

impl BundleSource {
    /// Reads and packs what is there now. Blocks: for a thread that may.
    ///
    /// # Errors
    /// An unreadable file, an `--include` that names nothing, or too much.
    pub fn pack(&self) -> Result<Packed, SourceError> {
        let found = collect::collect(self, &Choice::new(self)?)?;
        check_limits(&found)?;
        self.read(&found)?.pack().map_err(|error| match error {
            BundleError::TooLarge => {
                SourceError("the script bundle grew too large while it was read".to_owned())
            }
            other => SourceError(format!("the script bundle cannot be made: {other}")),
        })
    }

    fn read(&self, found: &Found) -> Result<Bundle, SourceError> {
        let paths = found.files.keys().map(PathBuf::as_path);
        let folders = paths
            .filter_map(Path::parent)
            .chain([self.working_directory.as_path()]);
        let root = root::common(folders);
        let files = found.files.keys().map(|path| {
            let contents = std::fs::read(path)
                .map_err(|error| SourceError(format!("cannot read {}: {error}", path.display())))?;
            let name = name_in(&root, path)?;
            Ok(BundleFile { name, contents })
        });
        Ok(Bundle {
            working_directory: name_in(&root, &self.working_directory)?,
            scripts: self
                .locustfiles
                .iter()
                .map(|path| name_in(&root, path))
                .collect::<Result<_, _>>()?,
            files: files.collect::<Result<_, _>>()?,
        })
    }
}

fn name_in(root: &Path, path: &Path) -> Result<String, SourceError> {
    root::name_in(root, path).ok_or_else(|| {
        SourceError(format!(
            "{} cannot be handed to workers: its name is not UTF-8; rename it",
            path.display()
        ))
    })
}

fn check_limits(found: &Found) -> Result<(), SourceError> {
    let (count, bytes) = (found.files.len(), found.files.values().sum::<u64>());
    if count <= MAX_BUNDLE_FILES && bytes <= MAX_BUNDLE_BYTES as u64 {
        return Ok(());
    }
    let culprits = if count > MAX_BUNDLE_FILES {
        format!(
            "most files are in {}",
            most(in_folders(found), |count| count.to_string())
        )
    } else {
        let sizes = found.files.iter().map(|(path, size)| (path.as_path(), *size));
        format!("the largest are {}", most(sizes, human))
    };
    Err(SourceError(format!(
        "the script bundle for the workers would have {count} files and {}, more than the {MAX_BUNDLE_FILES} files or {} \
         allowed; {culprits}. Leave files out with --exclude PATTERN, or give the locustfile a folder of its own and \
         name what it needs with --include",
        human(bytes),
        human(MAX_BUNDLE_BYTES as u64),
    )))
}

fn in_folders(found: &Found) -> BTreeMap<&Path, u64> {
    let mut counts = BTreeMap::new();
    for folder in found.files.keys().filter_map(|path| path.parent()) {
        *counts.entry(folder).or_insert(0) += 1;
    }
    counts
}

/// The three with the largest figures, for a message.
fn most<'a>(figures: impl IntoIterator<Item = (&'a Path, u64)>, show: impl Fn(u64) -> String) -> String {
    let mut figures: Vec<_> = figures.into_iter().collect();
    figures.sort_by_key(|(_, figure)| std::cmp::Reverse(*figure));
    let shown = figures.iter().take(3);
    let shown: Vec<_> = shown
        .map(|(path, figure)| format!("{} ({})", path.display(), show(*figure)))
        .collect();
    shown.join(", ")
}

fn human(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

#[cfg(test)]
mod tests;
