//! `--html`, `--junit` and `--markdown`: written from the record when a run has ended, by the results' thread.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use settings::CliError;

use super::disk::{self, Disk};
use super::html::{self, Theme};
use super::record::{Beside, Report};
use super::{junit, markdown};
use crate::events::{Reporter, RunEvent, RunState, RunView, WorkerView};
use crate::timeline::{RunRecord, Runs};

/// A form in which a run is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One self-contained page.
    Html,
    /// For CI systems.
    Junit,
    /// For pull requests.
    Markdown,
}

impl Form {
    fn option(self) -> &'static str {
        match self {
            Self::Html => "--html",
            Self::Junit => "--junit",
            Self::Markdown => "--markdown",
        }
    }

    /// What the file says until there is something to say.
    fn before(self) -> &'static [u8] {
        match self {
            Self::Html => b"<!doctype html>\n<title>Acrida</title>\n<p>The run has not ended yet.</p>\n",
            Self::Junit => b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n</testsuites>\n",
            Self::Markdown => b"The run has not ended yet.\n",
        }
    }

    fn render(self, record: &RunRecord, beside: &Beside) -> Vec<u8> {
        let report = Report::of(record, beside);
        match self {
            Self::Html => html::render(&report, Theme::Auto),
            Self::Junit => junit::render(&report).into_bytes(),
            Self::Markdown => markdown::render(&report).into_bytes(),
        }
    }
}

/// Writes the files at the end of each run. It must come after the recorder among the reporters.
#[derive(Debug)]
pub struct RunFiles {
    runs: Runs,
    disk: Disk,
    files: Vec<(Form, PathBuf)>,
    ratio: Option<serde_json::Value>,
    /// As they were before they were told to stop: headless, they have left when the run has ended.
    workers: Vec<WorkerView>,
    is_written: bool,
}

impl RunFiles {
    /// Creates the files and their directories. `ratio`: shares of the tasks, as `GET /tasks` has them.
    ///
    /// # Errors
    /// A file cannot be written (exit code 1): better said now than after the run.
    pub fn create(
        files: Vec<(Form, PathBuf)>,
        runs: Runs,
        ratio: Option<serde_json::Value>,
        disk: Disk,
    ) -> Result<Self, CliError> {
        for (form, path) in &files {
            disk::create_now(path, form.before()).map_err(|error| {
                CliError::failure(format!("cannot write {}: {error}", path.display())).hint(format!(
                    "give {} a name in a directory where you may write and where there is space",
                    form.option()
                ))
            })?;
        }
        Ok(Self {
            runs,
            disk,
            files,
            ratio,
            workers: Vec::new(),
            is_written: true,
        })
    }

    fn write(&self) {
        let Some(record) = self.runs.current() else { return };
        let workers: Vec<serde_json::Value> = self.workers.iter().map(worker).collect();
        // What was chosen with the start counts before the command line.
        let ratio = Some(&record.info.ratio).filter(|ratio| !ratio.is_null());
        let ratio = ratio.or(self.ratio.as_ref()).cloned();
        let (record, beside) = (
            Arc::new(record),
            Arc::new(Beside {
                workers: Some(workers.into()),
                ratio,
                ..Beside::default()
            }),
        );
        for (form, path) in &self.files {
            let (form, record, beside) = (*form, Arc::clone(&record), Arc::clone(&beside));
            self.disk
                .replace_with(path, move || form.render(&record, &beside));
        }
    }
}

impl Reporter for RunFiles {
    fn handle(&mut self, event: &RunEvent, view: &RunView<'_>) {
        match event {
            RunEvent::RunStarted { .. } => self.is_written = false,
            RunEvent::StateChanged {
                to: RunState::Stopping,
                ..
            } => self.workers = view.workers.to_vec(),
            RunEvent::RunEnded { .. } => {
                self.write();
                self.is_written = true;
            }
            // The master goes in the middle of a run.
            RunEvent::Shutdown if !self.is_written => {
                self.workers = view.workers.to_vec();
                self.write();
            }
            _ => {}
        }
    }
}

/// A worker as `Status` has it.
fn worker(worker: &WorkerView) -> serde_json::Value {
    serde_json::json!({
        "id": worker.id,
        "index": worker.index,
        "state": worker.state.as_str(),
        "users": worker.user_count,
        "user_classes_count": worker.user_classes_count,
        "cpu_percent": worker.cpu_percent,
        "memory_bytes": worker.memory_bytes,
        "loop_lag_ms": worker.loop_lag_ms,
        "connections": worker.connections,
        "in_flight": worker.in_flight,
        "round_trip_ms": worker.round_trip_ms,
        "last_heartbeat_s_ago": worker.last_heartbeat_s_ago,
        "last_report_s_ago": worker.last_report_s_ago,
        "missing_since_unix_s": worker.missing_since_unix_s,
    })
}

/// The name with Locust's placeholders filled: `{u}` users, `{r}` users per second, `{t}` seconds of run time. One whose
/// option is not given stays.
pub fn filled(name: &Path, users: Option<u64>, spawn_rate: Option<f64>, run_time_s: Option<f64>) -> PathBuf {
    let Some(text) = name.to_str() else {
        return name.to_owned();
    };
    let values = [
        ("{u}", users.map(|users| users.to_string())),
        ("{r}", spawn_rate.map(|rate| rate.to_string())),
        ("{t}", run_time_s.map(|seconds| seconds.to_string())),
    ];
    let filled = values
        .into_iter()
        .fold(text.to_owned(), |text, (mark, value)| match value {
            Some(value) => text.replace(mark, &value),
            None => text,
        });
    PathBuf::from(filled)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::run_samples::run;
    use super::super::samples::Sample;
    use super::*;
    use crate::events::EndCause;

    #[test]
    fn placeholders_are_locusts() {
        let name = |text: &str, rate| filled(Path::new(text), Some(10), rate, Some(60.0));
        assert_eq!(
            name("r_{u}_{r}_{t}.html", Some(2.5)),
            Path::new("r_10_2.5_60.html")
        );
        assert_eq!(name("{r}{u}", Some(3.0)), Path::new("310"));
        assert_eq!(name("{r}", None), Path::new("{r}"));
    }

    #[test]
    fn files_are_there_from_the_start_and_written_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join("new").join(name);
        let files = vec![
            (Form::Html, path("r.html")),
            (Form::Junit, path("j.xml")),
            (Form::Markdown, path("m.md")),
        ];
        let (disk, runs) = (Disk::start().unwrap(), Runs::new());
        let mut reporter = RunFiles::create(files, runs.clone(), None, disk.clone()).unwrap();
        let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
        assert!(read("j.xml").contains("<testsuites>"));
        let sample = Sample::new();
        runs.publish(run(5));
        reporter.handle(&RunEvent::Shutdown, &sample.view());
        assert!(disk.flush(Duration::from_secs(20)));
        assert!(read("r.html").contains("has not ended"), "no run, no report");
        reporter.handle(
            &RunEvent::RunStarted {
                target_users: 1,
                spawn_rate: 1.0,
            },
            &sample.view(),
        );
        let stopping = RunEvent::StateChanged {
            from: RunState::Running,
            to: RunState::Stopping,
        };
        reporter.handle(&stopping, &sample.view());
        reporter.handle(
            &RunEvent::RunEnded {
                cause: EndCause::Signal,
            },
            &sample.view(),
        );
        assert!(disk.flush(Duration::from_secs(20)));
        assert!(disk.troubles().is_empty());
        assert!(read("r.html").contains("\"id\":\"box_1\"") && read("r.html").ends_with("</html>\n"));
        assert!(read("j.xml").contains("<testcase") && read("m.md").contains("## Load test"));
    }

    #[test]
    fn a_place_that_cannot_be_written_is_said_before_the_run() {
        let files = vec![(Form::Junit, PathBuf::from("/proc/nowhere/j.xml"))];
        let error = RunFiles::create(files, Runs::new(), None, Disk::start().unwrap()).unwrap_err();
        assert_eq!(error.code(), 1);
        assert!(error.to_string().contains("/proc/nowhere/j.xml"), "{error}");
    }
}
