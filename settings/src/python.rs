//! Finding the Python that runs users' scripts, and the package it needs.
//!
//! Both programs start Python as a child process and never embed it. The interpreter is checked once, by one short
//! child, so that a missing package is one clear line and not a traceback of each worker.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use crate::exit::CliError;

/// Oldest Python that runs the package: the extension is built for the stable ABI of this version.
const MIN_VERSION: (u32, u32) = (3, 10);
/// How long the check may take; a cold disk makes imports slow.
const CHECK_TIMEOUT: Duration = Duration::from_secs(60);
/// Pause between two looks at the check's child.
const CHECK_POLL: Duration = Duration::from_millis(5);

/// Prints what the check wants to know as the last line of standard output.
///
/// It looks for gevent and the package without importing them, which would take ten times as long, and loads the
/// engine alone: a wrong build of it is the one thing that looking does not find.
const CHECK_SCRIPT: &str = r#"
import sys
found = {"version": list(sys.version_info[:3]), "gevent": None, "engine": None}
if sys.version_info >= (3, 10):
    from importlib.machinery import PathFinder
    def look(name, path=None):
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError("No module named '%s'" % name)
        return spec
    try:
        look("gevent")
        try:
            package = look("acrida")
            engine = look("acrida._engine", package.submodule_search_locations)
            engine.loader.create_module(engine)
        except BaseException as error:
            found["engine"] = "%s: %s" % (type(error).__name__, error)
    except BaseException as error:
        found["gevent"] = "%s: %s" % (type(error).__name__, error)
def text(value):
    return "null" if value is None else '"%s"' % "".join(c if c.isprintable() and c not in '"\\' else "'" for c in value)
print('{"version": %s, "gevent": %s, "engine": %s}' % (found["version"], text(found["gevent"]), text(found["engine"])))
"#;

/// A checked interpreter.
#[derive(Debug, Clone)]
pub struct Python {
    program: PathBuf,
    package_path: Option<PathBuf>,
    version: String,
}

impl Python {
    /// The interpreter's path or name.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Its version, such as `3.12.4`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The value of `PYTHONPATH` for a child, if it must be set: the package's directory before the user's own path.
    pub fn python_path(&self) -> Option<OsString> {
        let package = self.package_path.as_deref()?;
        let inherited = std::env::var_os("PYTHONPATH").filter(|path| !path.is_empty());
        let parts = std::iter::once(package.to_owned()).chain(
            inherited
                .iter()
                .flat_map(std::env::split_paths)
                .filter(|path| path != package),
        );
        std::env::join_paths(parts).ok()
    }

    /// Arguments that run a module of the package, such as `acrida.worker_main`.
    ///
    /// `-u`: lines of a script's `print` appear at once also when they go to a pipe.
    pub fn module_args(module: &str) -> [&str; 3] {
        ["-u", "-m", module]
    }
}

/// Finds the interpreter and the package, and checks both.
///
/// Order: `--python`, `$ACRIDA_PYTHON`, `$VIRTUAL_ENV`, `./.venv`, the `.venv` of a source tree, `python3`.
///
/// # Errors
/// Exit code 1 with what to install: no interpreter, too old, no gevent, no package.
pub fn find(explicit: Option<&Path>) -> Result<Python, CliError> {
    let exe_dir = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.to_owned()));
    let program = interpreter(explicit, &|name| std::env::var_os(name), exe_dir.as_deref());
    let package_path = package_path(&|name| std::env::var_os(name), exe_dir.as_deref());
    let mut python = Python {
        program,
        package_path,
        version: String::new(),
    };
    let found = check(&python)?;
    python.version = verdict(&python.program, &found)?;
    Ok(python)
}

type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

fn interpreter(explicit: Option<&Path>, variable: Variables<'_>, exe_dir: Option<&Path>) -> PathBuf {
    if let Some(program) = explicit {
        return program.to_owned();
    }
    if let Some(program) = variable("ACRIDA_PYTHON").filter(|program| !program.is_empty()) {
        return PathBuf::from(program);
    }
    let active = variable("VIRTUAL_ENV")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from);
    let of_tree = exe_dir.map(|dir| dir.join("../../.venv"));
    [active, Some(PathBuf::from("./.venv")), of_tree]
        .into_iter()
        .flatten()
        .map(|environment| environment.join("bin/python"))
        .find(|program| program.exists())
        .unwrap_or_else(|| PathBuf::from("python3"))
}

fn package_path(variable: Variables<'_>, exe_dir: Option<&Path>) -> Option<PathBuf> {
    let given = variable("ACRIDA_PYTHON_PATH")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    let near = [
        "python",
        "../python",
        "../lib/acrida/python",
        "../../worker/python",
    ];
    let near = exe_dir
        .into_iter()
        .flat_map(|dir| near.iter().map(|path| dir.join(path)));
    // Not `canonicalize` alone: a candidate that is there by name but without the package must not hide the next.
    given
        .into_iter()
        .chain(near)
        .find(|path| path.join("acrida").is_dir())
        .map(|path| path.canonicalize().unwrap_or(path))
}

#[derive(Debug, Deserialize)]
struct Found {
    version: Vec<u32>,
    gevent: Option<String>,
    engine: Option<String>,
}

fn check(python: &Python) -> Result<Found, CliError> {
    let name = python.program.display();
    let mut command = Command::new(&python.program);
    command
        .args(["-c", CHECK_SCRIPT])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(path) = python.python_path() {
        command.env("PYTHONPATH", path);
    }
    let mut child = command.spawn().map_err(|error| {
        CliError::failure(format!("cannot start Python ({name}): {error}")).hint(INSTALL_PYTHON)
    })?;
    let started = std::time::Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if started.elapsed() < CHECK_TIMEOUT => std::thread::sleep(CHECK_POLL),
            Ok(None) | Err(_) => {
                let _gone_already = child.kill().and_then(|()| child.wait().map(drop));
                return Err(CliError::failure(format!(
                    "Python ({name}) did not answer in {} s",
                    CHECK_TIMEOUT.as_secs()
                ))
                .hint("give another interpreter with --python"));
            }
        }
    }
    let mut output = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        let _judged_by_content = stdout.read_to_string(&mut output);
    }
    let answer = output
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok());
    answer.ok_or_else(|| {
        let mut errors = String::new();
        if let Some(mut stderr) = child.stderr.take() {
            let _best_effort = stderr.read_to_string(&mut errors);
        }
        let last = errors.lines().last().unwrap_or("it printed nothing");
        CliError::failure(format!("{name} does not behave like Python: {last}")).hint(INSTALL_PYTHON)
    })
}

const INSTALL_PYTHON: &str = "install Python 3.10 or newer, or name one with --python";

/// The version if everything is there.
fn verdict(program: &Path, found: &Found) -> Result<String, CliError> {
    let name = program.display();
    let version = found
        .version
        .iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(".");
    let (major, minor) = (found.version.first().copied(), found.version.get(1).copied());
    if (major.unwrap_or(0), minor.unwrap_or(0)) < MIN_VERSION {
        return Err(CliError::failure(format!("Python {version} ({name}) is too old")).hint(INSTALL_PYTHON));
    }
    if let Some(why) = &found.gevent {
        return Err(
            CliError::failure(format!("Python {version} ({name}) cannot import gevent: {why}"))
                .hint(format!("install it: {name} -m pip install gevent")),
        );
    }
    if let Some(why) = &found.engine {
        return Err(CliError::failure(format!("Python {version} ({name}) cannot import acrida: {why}"))
            .hint("build the engine (`make build` in the source tree) or set ACRIDA_PYTHON_PATH to the package's directory"));
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(version: &[u32], gevent: Option<&str>, engine: Option<&str>) -> Found {
        Found {
            version: version.to_vec(),
            gevent: gevent.map(str::to_owned),
            engine: engine.map(str::to_owned),
        }
    }

    fn check_verdict(found: &Found, expected: &str) {
        let text = match verdict(Path::new("py"), found) {
            Ok(version) => version,
            Err(error) => error.to_string(),
        };
        assert!(text.starts_with(expected), "{text}");
    }

    #[test]
    fn each_missing_piece_is_named_with_what_to_install() {
        check_verdict(&found(&[3, 12, 1], None, None), "3.12.1");
        check_verdict(
            &found(&[3, 9, 0], None, None),
            "error: Python 3.9.0 (py) is too old\n  hint: install Python 3.10",
        );
        check_verdict(
            &found(
                &[3, 11, 0],
                Some("ModuleNotFoundError: No module named 'gevent'"),
                None,
            ),
            "error: Python 3.11.0 (py) cannot import gevent: ModuleNotFoundError: No module named 'gevent'\n  hint: install it: py -m pip install gevent",
        );
        check_verdict(
            &found(&[3, 11, 0], None, Some("ImportError: x")),
            "error: Python 3.11.0 (py) cannot import acrida",
        );
    }

    #[test]
    fn the_interpreter_is_looked_for_in_the_documented_order() {
        let dir = tempfile::tempdir().unwrap();
        let venv = dir.path().join("venv");
        std::fs::create_dir_all(venv.join("bin")).unwrap();
        std::fs::write(venv.join("bin/python"), "").unwrap();
        let variables = |name: &str| match name {
            "VIRTUAL_ENV" => Some(venv.clone().into_os_string()),
            _ => None,
        };
        let with_both = |name: &str| {
            if name == "ACRIDA_PYTHON" {
                Some("given".into())
            } else {
                variables(name)
            }
        };
        assert_eq!(
            interpreter(Some(Path::new("mine")), &with_both, None),
            Path::new("mine")
        );
        assert_eq!(interpreter(None, &with_both, None), Path::new("given"));
        assert_eq!(interpreter(None, &variables, None), venv.join("bin/python"));
        assert_eq!(interpreter(None, &|_| None, None), Path::new("python3"));
    }

    #[test]
    fn a_directory_without_the_package_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let exe_dir = dir.path().join("bin");
        std::fs::create_dir_all(exe_dir.join("python")).unwrap();
        std::fs::create_dir_all(dir.path().join("lib/acrida/python/acrida")).unwrap();
        let path = package_path(&|_| None, Some(&exe_dir)).unwrap();
        assert!(path.ends_with("lib/acrida/python"), "{path:?}");
    }

    #[test]
    fn a_program_that_is_no_python_gets_one_line() {
        let error = find(Some(Path::new("/nowhere/python"))).unwrap_err();
        assert!(
            error
                .message()
                .starts_with("cannot start Python (/nowhere/python)"),
            "{error}"
        );
        let error = find(Some(Path::new("true"))).unwrap_err();
        assert!(error.message().contains("does not behave like Python"), "{error}");
    }
}
