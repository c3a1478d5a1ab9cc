//! From the value of `-f` to the files it means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::exit::CliError;

/// Most files one test may consist of.
const MAX_FILES: usize = 1000;
/// How deep directories are searched.
const MAX_DEPTH: usize = 16;

/// The files, absolute: a comma list; a name without `.py`; a directory with every `*.py` below it whose name does not
/// begin with `_`.
///
/// # Errors
/// A file is missing (exit code 1), is of a kind that is not supported, or two have the same base name, under which
/// workers would store them (exit code 2).
pub fn resolve(value: &str) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    for item in value.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        if item == "-" {
            return Err(CliError::usage(
                "`-f -` stands alone, and for workers only: the master needs the file itself",
            ));
        }
        if item.contains("://") {
            return Err(
                CliError::usage(format!("a locustfile from an address is not supported: {item}"))
                    .hint("download it and give the file's path"),
            );
        }
        let path = Path::new(item);
        if path.is_dir() {
            let before = files.len();
            collect(path, MAX_DEPTH, &mut files)?;
            if files.len() == before {
                return Err(CliError::failure(format!(
                    "there is no locustfile (*.py) in the directory {item}"
                )));
            }
        } else {
            files.push(file(path)?);
        }
    }
    if files.is_empty() {
        return Err(CliError::usage("-f names no file"));
    }
    refuse_equal_names(&files)?;
    Ok(files)
}

fn file(path: &Path) -> Result<PathBuf, CliError> {
    let with_extension = path.with_extension("py");
    let found = if path.is_file() {
        path
    } else if path.extension().is_none() && with_extension.is_file() {
        &with_extension
    } else {
        return Err(
            CliError::failure(format!("cannot find the locustfile {}", path.display()))
                .hint("give its path with -f FILE, or start in the directory that has a locustfile.py"),
        );
    };
    found
        .canonicalize()
        .map_err(|error| CliError::failure(format!("cannot read the locustfile {}: {error}", path.display())))
}

fn collect(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let unreadable = |error| {
        CliError::failure(format!(
            "cannot read the directory {}: {error}",
            directory.display()
        ))
    };
    let mut paths = std::fs::read_dir(directory)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(unreadable)?;
    paths.sort();
    for path in paths {
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, files)?;
        } else if is_locustfile(&path) {
            files.push(file(&path)?);
        }
        if files.len() > MAX_FILES {
            return Err(CliError::failure(format!(
                "{} has more than {MAX_FILES} locustfiles",
                directory.display()
            )));
        }
    }
    Ok(())
}

fn is_locustfile(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".py") && !name.starts_with('_') && path.is_file()
}

fn refuse_equal_names(files: &[PathBuf]) -> Result<(), CliError> {
    let mut seen = BTreeMap::new();
    for file in files {
        if let Some(other) = seen.insert(file.file_name(), file) {
            let message = format!(
                "two locustfiles have the same name: {} and {}",
                other.display(),
                file.display()
            );
            return Err(CliError::usage(message)
                .hint("rename one: workers receive files by name, without directories"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        dir
    }

    fn names(found: &[PathBuf]) -> Vec<String> {
        found
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_list_a_directory_and_a_name_without_extension_are_found() {
        let dir = tree(&["a.py", "d/b.py", "d/e/c.py", "d/_no.py", "d/no.txt"]);
        let root = dir.path().display();
        let found = resolve(&format!("{root}/a, {root}/d")).unwrap();
        assert_eq!(names(&found), ["a.py", "b.py", "c.py"]);
        assert!(found.iter().all(|path| path.is_absolute()));
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_name() {
        let dir = tree(&["x/a.py", "y/a.py", "empty/readme"]);
        let root = dir.path().display();
        for (value, code, text) in [
            (format!("{root}/none.py"), 1, "cannot find"),
            (format!("{root}/empty"), 1, "no locustfile"),
            (format!("{root}/x/a.py,{root}/y/a.py"), 2, "the same name"),
            ("-".to_owned(), 2, "for workers only"),
            ("http://h/x.py".to_owned(), 2, "http://h/x.py"),
        ] {
            let error = resolve(&value).unwrap_err();
            assert_eq!(error.code(), code, "{error}");
            assert!(error.message().contains(text), "{error}");
        }
    }
}
