//! The final statistics as JSON (reference § 3.8): an array with one object per entry, no total, Locust's 14 fields. The
//! exceptions of users' code, which have no place in that format, get a file of their own beside it.

use std::io::Write;
use std::path::{Path, PathBuf};

use protocol::StatsEntry;
use serde_json::{Map, Value, json};
use settings::CliError;

use super::disk::{self, Disk};
use super::rows;
use crate::events::{ExceptionView, Reporter, RunEvent, RunView};

/// Writes the JSON when the master shuts down: to a file, to standard output, or both.
#[derive(Debug)]
pub struct JsonReporter {
    file: Option<(PathBuf, Disk)>,
    to_stdout: bool,
}

impl JsonReporter {
    /// `--json` alone.
    pub fn to_stdout() -> Self {
        Self {
            file: None,
            to_stdout: true,
        }
    }

    /// `--json-file NAME`, perhaps with `--json`. Creates the file (NAME.json) and its directory, holding an empty array
    /// until the end.
    ///
    /// # Errors
    /// The file cannot be written (exit code 1).
    pub fn create(name: &Path, to_stdout: bool, disk: Disk) -> Result<Self, CliError> {
        let path = with_extension(name);
        disk::create_now(&path, b"[]\n").map_err(|error| {
            CliError::failure(format!("cannot write {}: {error}", path.display()))
                .hint("give --json-file a name in a directory where you may write and where there is space")
        })?;
        Ok(Self {
            file: Some((path, disk)),
            to_stdout,
        })
    }
}

impl Reporter for JsonReporter {
    fn handle(&mut self, event: &RunEvent, view: &RunView<'_>) {
        if *event != RunEvent::Shutdown {
            return;
        }
        let text = render(view);
        if let Some((path, disk)) = &self.file {
            let exceptions = pretty(&exceptions(view.exceptions));
            disk.replace(&beside(path, "_exceptions"), exceptions.into_bytes());
            disk.replace(path, text.clone().into_bytes());
        }
        if self.to_stdout
            && let Err(error) = std::io::stdout().lock().write_all(text.as_bytes())
        {
            tracing::error!("cannot print the JSON on standard output: {error}");
        }
    }
}

/// NAME.json; a name that already ends so stays.
fn with_extension(name: &Path) -> PathBuf {
    if name.extension().is_some_and(|extension| extension == "json") {
        return name.to_owned();
    }
    let mut name = name.as_os_str().to_owned();
    name.push(".json");
    PathBuf::from(name)
}

/// NAME_exceptions.json for NAME.json.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}{ending}.json"))
}

/// Exceptions with Locust's four fields of `GET /exceptions`.
pub fn exceptions(exceptions: &[ExceptionView]) -> Vec<Value> {
    exceptions
        .iter()
        .map(|exception| {
            let nodes: Vec<&str> = exception.nodes.iter().map(String::as_str).collect();
            json!({
                "count": exception.count,
                "msg": exception.msg,
                "traceback": exception.traceback,
                "nodes": nodes.join(", "),
            })
        })
        .collect()
}

fn render(view: &RunView<'_>) -> String {
    let entries: Vec<Value> = rows::sorted(view.stats).into_iter().map(entry_json).collect();
    pretty(&entries)
}

fn pretty(entries: &[Value]) -> String {
    let mut text =
        serde_json::to_string_pretty(entries).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    text.push('\n');
    text
}

fn entry_json(entry: &StatsEntry) -> Value {
    json!({
        "name": entry.name,
        "method": entry.method,
        "last_request_timestamp": entry.last_request_timestamp,
        "start_time": entry.start_time,
        "num_requests": entry.num_requests,
        "num_none_requests": entry.num_none_requests,
        "num_failures": entry.num_failures,
        "total_response_time": entry.total_response_time,
        "max_response_time": entry.max_response_time,
        "min_response_time": entry.min_response_time,
        "total_content_length": entry.total_content_length,
        "response_times": counts(entry.response_times.locust_buckets()),
        "num_reqs_per_sec": counts(entry.num_reqs_per_sec.clone()),
        "num_fail_per_sec": counts(entry.num_fail_per_sec.clone()),
    })
}

fn counts<K: ToString>(map: impl IntoIterator<Item = (K, u64)>) -> Value {
    let map: Map<String, Value> = map
        .into_iter()
        .map(|(key, count)| (key.to_string(), count.into()))
        .collect();
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::samples::Sample;
    use super::*;

    #[test]
    fn each_entry_has_locusts_fields() {
        insta::assert_snapshot!(render(&Sample::new().view()));
    }

    #[test]
    fn the_file_gets_its_extension_and_content_at_shutdown() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::start().unwrap();
        let mut reporter = JsonReporter::create(&dir.path().join("new/name"), false, disk.clone()).unwrap();
        let path = dir.path().join("new/name.json");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[]\n");
        reporter.handle(&RunEvent::Shutdown, &Sample::new().view());
        assert!(disk.flush(Duration::from_secs(20)));
        let value: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(value.len(), 2);
        let path = dir.path().join("new/name_exceptions.json");
        let value: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(value.len(), Sample::new().view().exceptions.len());
        assert!(value[0]["nodes"].is_string() && value[0]["count"].is_u64());
        assert_eq!(with_extension(Path::new("a.json")), Path::new("a.json"));
    }
}
