//! Putting what the master sent on the disk: in a fresh directory that only this user can enter, deleted with its handle.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use protocol::bundle::check_name;
use protocol::{Bundle, SourceFile};
use settings::CliError;

/// Downloaded files; dropping it deletes them.
#[derive(Debug)]
pub struct Downloaded {
    files: Vec<PathBuf>,
    working_directory: Option<PathBuf>,
    hash: String,
    _directory: tempfile::TempDir,
}

impl Downloaded {
    /// The locustfiles, in the master's order.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// For a bundle: the place that is to its files what the master's working directory is to the master's.
    pub fn working_directory(&self) -> Option<&Path> {
        self.working_directory.as_deref()
    }

    /// The bundle's hash; empty for flat files.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// Stores what a Locust master sends, by base name.
pub(super) fn flat(files: &[SourceFile]) -> Result<Downloaded, CliError> {
    if files.is_empty() {
        return Err(
            CliError::failure("the master sent no locustfile").hint("give the worker its own with -f FILE")
        );
    }
    let directory = fresh_directory()?;
    let stored = files
        .iter()
        .map(|file| flat_one(directory.path(), file))
        .collect::<Result<Vec<_>, _>>()?;
    tracing::info!("took {} from the master", names(&stored));
    Ok(Downloaded {
        files: stored,
        working_directory: None,
        hash: String::new(),
        _directory: directory,
    })
}

/// Stores a bundle as it was on the master.
pub(super) fn bundle(bundle: &Bundle, hash: String) -> Result<Downloaded, CliError> {
    let directory = fresh_directory()?;
    let root = directory.path();
    for file in &bundle.files {
        write(root, &file.name, &file.contents).map_err(|error| {
            CliError::failure(format!(
                "cannot store {} of the script bundle: {error}",
                file.name
            ))
            .hint("free space in the temporary directory, or set TMPDIR to another")
        })?;
    }
    let working_directory = root.join(&bundle.working_directory);
    std::fs::create_dir_all(&working_directory)
        .map_err(|error| CliError::failure(format!("cannot make a directory for the script: {error}")))?;
    let files: Vec<PathBuf> = bundle.scripts.iter().map(|name| root.join(name)).collect();
    tracing::info!(
        "took {} from the master, in a bundle of {} files ({})",
        names(&files),
        bundle.files.len(),
        hash.get(..12).unwrap_or(&hash)
    );
    Ok(Downloaded {
        files,
        working_directory: Some(working_directory),
        hash,
        _directory: directory,
    })
}

fn fresh_directory() -> Result<tempfile::TempDir, CliError> {
    let mine_alone = std::fs::Permissions::from_mode(0o700);
    let made = tempfile::Builder::new()
        .prefix("acrida-")
        .permissions(mine_alone)
        .tempdir();
    made.map_err(|error| {
        CliError::failure(format!("cannot make a directory for the locustfile: {error}"))
            .hint("free space in the temporary directory, or set TMPDIR to another")
    })
}

/// Writes a file that is not there yet. The directory is ours alone and holds no links, so a checked name stays in it.
fn write(root: &Path, name: &str, contents: &[u8]) -> std::io::Result<()> {
    check_name(name).map_err(std::io::Error::other)?;
    let path = root.join(name);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)?;
    file.write_all(contents)
}

fn flat_one(directory: &Path, file: &SourceFile) -> Result<PathBuf, CliError> {
    let (filename, contents) = match file {
        SourceFile::File { filename, contents } => (filename, contents),
        SourceFile::Url(url) => {
            return Err(CliError::failure(format!(
                "the master sent an address instead of a locustfile: {url}"
            ))
            .hint("download it and give the worker the file with -f FILE"));
        }
    };
    let name = base_name(filename).ok_or_else(|| {
        CliError::failure(format!(
            "the master sent a locustfile without a usable name: {filename:?}"
        ))
    })?;
    write(directory, name, contents.as_bytes())
        .map_err(|error| CliError::failure(format!("cannot store the locustfile {name}: {error}")))?;
    Ok(directory.join(name))
}

/// The part after the last separator of any system; none if nothing usable is left.
pub(super) fn base_name(filename: &str) -> Option<&str> {
    let name = filename.rsplit(['/', '\\']).next().unwrap_or_default();
    let usable = !name.is_empty() && name != "." && name != ".." && !name.contains('\0');
    usable.then_some(name)
}

pub(super) fn names(files: &[PathBuf]) -> String {
    let names: Vec<_> = files
        .iter()
        .filter_map(|path| path.file_name())
        .map(|name| name.to_string_lossy())
        .collect();
    names.join(", ")
}
