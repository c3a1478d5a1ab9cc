//! Names in the bundle: paths relative to the deepest folder that holds everything, so that every file keeps its place
//! relative to the others.

use std::path::{Component, Path, PathBuf};

/// The deepest folder that holds all of these absolute folders.
pub(super) fn common<'a>(folders: impl IntoIterator<Item = &'a Path>) -> PathBuf {
    let mut folders = folders.into_iter();
    let first = folders.next().unwrap_or(Path::new("/")).to_owned();
    folders.fold(first, |root, folder| {
        let shared = root.components().zip(folder.components());
        shared
            .take_while(|(one, other)| one == other)
            .map(|(one, _)| one)
            .collect()
    })
}

/// The name of a path below the root; empty for the root itself. None if it is not below it, or not UTF-8.
pub(super) fn name_in(root: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(root).ok()?.components().map(|part| match part {
        Component::Normal(part) => part.to_str(),
        _ => None,
    });
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(folders: &[&str], expected: &str) {
        let root = common(folders.iter().map(Path::new));
        assert_eq!(root, Path::new(expected), "{folders:?}");
    }

    #[test]
    fn the_root_holds_every_folder() {
        check(&["/a/b"], "/a/b");
        check(&["/a/b", "/a/b/c", "/a/b"], "/a/b");
        check(&["/a/b/c", "/a/b/d/e"], "/a/b");
        check(&["/a/bc", "/a/bd"], "/a");
        check(&["/a", "/b"], "/");
    }

    #[test]
    fn names_are_relative_to_the_root() {
        let name = |root: &str, path: &str| name_in(Path::new(root), Path::new(path));
        assert_eq!(name("/a", "/a/b/c.py").as_deref(), Some("b/c.py"));
        assert_eq!(name("/a", "/a").as_deref(), Some(""));
        assert_eq!(name("/a", "/b/c.py"), None);
    }
}
