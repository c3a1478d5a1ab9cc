//! Where the history is if nothing is said: the platform's folder for the data of programs.

use std::ffi::OsString;
use std::path::PathBuf;

const FOLDER: &str = "acrida";
const FILE: &str = "acrida-history.sqlite";

/// The default file; None if the environment names no home.
pub fn default_file() -> Option<PathBuf> {
    file_in(|name| std::env::var_os(name))
}

/// `$XDG_DATA_HOME`, which must be absolute to count, or what the system has in its place.
fn file_in(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = || absolute("HOME");
    let data = absolute("XDG_DATA_HOME").or_else(|| {
        if cfg!(windows) {
            absolute("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            home().map(|home| home.join("Library/Application Support"))
        } else {
            home().map(|home| home.join(".local/share"))
        }
    })?;
    Some(data.join(FOLDER).join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_data_folder_of_the_platform_is_taken() {
        let of = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), OsString::from(value)))
                .collect();
            file_in(|name| {
                let found = pairs.iter().find(|(known, _)| known == name);
                found.map(|(_, value)| value.clone())
            })
        };
        assert_eq!(
            of(&[("XDG_DATA_HOME", "/data"), ("HOME", "/home/a")]),
            Some("/data/acrida/acrida-history.sqlite".into())
        );
        assert_eq!(
            of(&[("XDG_DATA_HOME", "relative"), ("HOME", "/home/a")]),
            Some("/home/a/.local/share/acrida/acrida-history.sqlite".into())
        );
        assert_eq!(of(&[]), None);
    }
}
