//! Where the programs under test and the test scripts are.

use std::env;
use std::path::{Path, PathBuf};

/// The programs a test can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// Our master.
    Master,
    /// Our worker.
    Worker,
    /// The demo target.
    Target,
    /// The real Locust.
    Locust,
}

/// The folders of this checkout and build.
#[derive(Clone, Debug)]
pub struct Places {
    root: PathBuf,
    binaries: PathBuf,
}

impl Places {
    /// Finds the binaries beside the running test, that is of the same build profile, or in `ACRIDA_BIN_DIR`.
    ///
    /// # Panics
    /// If the test does not know where it is.
    #[must_use]
    pub fn find() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("the crate is inside the workspace")
            .to_owned();
        let binaries = env::var_os("ACRIDA_BIN_DIR")
            .map(PathBuf::from)
            .unwrap_or_else(|| {
                let test = env::current_exe().expect("a running program has a path");
                test.ancestors()
                    .nth(2)
                    .expect("a test lies in <profile>/deps")
                    .to_owned()
            });
        Self { root, binaries }
    }

    /// The path of a program.
    ///
    /// # Panics
    /// If it has not been built or installed, with what to do.
    #[must_use]
    pub fn binary(&self, binary: Binary) -> PathBuf {
        let (path, remedy) = match binary {
            Binary::Master => (self.binaries.join("master"), "cargo build --workspace"),
            Binary::Worker => (self.binaries.join("worker"), "cargo build --workspace"),
            Binary::Target => (self.binaries.join("target"), "cargo build --workspace"),
            Binary::Locust => (
                self.root.join(".venv-locust/bin/locust"),
                "make .venv-locust/.stamp",
            ),
        };
        assert!(
            path.exists(),
            "{} is missing: run `{remedy}` or `make test`",
            path.display()
        );
        path
    }

    /// The interpreter for workers.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        self.root.join(".venv/bin/python")
    }

    /// A script of `tests/locustfiles`.
    ///
    /// # Panics
    /// If there is none of that name.
    #[must_use]
    pub fn locustfile(&self, name: &str) -> PathBuf {
        let path = self.root.join("tests/locustfiles").join(name);
        assert!(path.exists(), "{} is missing", path.display());
        path
    }

    /// The checkout.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// Whether the tests that need the real Locust are left out (it wants a newer Python than we do).
#[must_use]
pub fn without_locust() -> bool {
    env::var_os("ACRIDA_TESTS_WITHOUT_LOCUST").is_some()
}
