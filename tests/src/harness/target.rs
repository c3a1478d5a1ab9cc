//! The demo target as a process of a test.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Binary, Places, Process, get, wait_for};

/// A running target. It ends with this handle.
#[derive(Debug)]
pub struct TargetServer {
    announced: Value,
    _process: Process,
}

impl TargetServer {
    /// Starts it, with HTTPS as well; its certificate files go into the folder.
    #[must_use]
    pub fn start(places: &Places, folder: &Path) -> Self {
        let mut command = Command::new(places.binary(Binary::Target));
        command
            .args(["--port", "0", "--tls-port", "0", "--lifeline", "--tls-dir"])
            .arg(folder);
        let process = Process::spawn("target", &mut command);
        let line = process.wait_line("\"url\"");
        let announced =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("target said {line:?}: {error}"));
        Self {
            announced,
            _process: process,
        }
    }

    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.text("url")
    }

    /// What its scripts learn through the environment.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, &str); 4] {
        [
            ("TARGET_TLS", self.text("tls_url")),
            ("TARGET_CA", self.text("ca_file")),
            ("TARGET_CLIENT_CERTIFICATE", self.text("client_certificate")),
            ("TARGET_CLIENT_KEY", self.text("client_key")),
        ]
    }

    /// Requests that reached it, by path.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let port = self.announced["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or_default();
        let answer =
            get(port, "/counters").unwrap_or_else(|error| panic!("the target does not answer: {error}"));
        serde_json::from_value(answer.json()["paths"].clone()).unwrap_or_default()
    }

    /// Requests that reached it for one path.
    #[must_use]
    pub fn count(&self, path: &str) -> u64 {
        self.counts().get(path).copied().unwrap_or_default()
    }

    /// Waits until a path was requested so many times.
    pub fn wait_count(&self, path: &str, at_least: u64) {
        wait_for(&format!("{at_least} requests for {path}"), || {
            (self.count(path) >= at_least).then_some(())
        });
    }

    fn text(&self, key: &str) -> &str {
        self.announced[key].as_str().unwrap_or_default()
    }
}
