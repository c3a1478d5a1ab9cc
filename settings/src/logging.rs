//! Log lines as Locust writes them, to standard error or a file: `[2026-11-22 10:43:20,095] host/INFO/acrida.master: text`.
//!
//! Lines pass through a [`LineSink`], so that a program with a progress bar can keep its log lines above the bar.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::exit::CliError;

/// The crates whose lines the user's log level applies to; others (libraries) are heard from WARNING on.
const OWN_TARGETS: [&str; 4] = ["master", "worker", "protocol", "settings"];

/// Locust's level names. CRITICAL lets pass what ERROR does: tracing knows nothing above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What happens in the run.
    #[default]
    Info,
    /// What may spoil results.
    Warning,
    /// What went wrong.
    Error,
    /// As ERROR.
    Critical,
}

impl LogLevel {
    /// The level of that name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        clap::ValueEnum::from_str(name, true).ok()
    }

    /// The name as Locust and Python's `logging` spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }

    fn as_tracing(self) -> Level {
        match self {
            Self::Debug => Level::DEBUG,
            Self::Info => Level::INFO,
            Self::Warning => Level::WARN,
            Self::Error | Self::Critical => Level::ERROR,
        }
    }
}

/// Takes whole lines, each ending in a line feed.
pub trait LineSink: Send + Sync + 'static {
    /// Writes the text; errors are dropped, as there is nowhere left to tell them.
    fn write(&self, text: &[u8]);
}

/// Standard error, unadorned.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandardError;

impl LineSink for StandardError {
    fn write(&self, text: &[u8]) {
        let _nowhere_left_to_tell = io::stderr().lock().write_all(text);
    }
}

struct FileSink(Mutex<std::fs::File>);

impl LineSink for FileSink {
    fn write(&self, text: &[u8]) {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _nowhere_left_to_tell = file.write_all(text);
    }
}

/// Sets up logging for the whole process. Called once, before anything logs; a second call changes nothing.
///
/// With `logfile` the lines go there (appended) and not to `terminal`.
///
/// # Errors
/// The log file cannot be opened (exit code 1).
pub fn set_up(level: LogLevel, logfile: Option<&Path>, terminal: Arc<dyn LineSink>) -> Result<(), CliError> {
    start(level, open(logfile, terminal)?);
    Ok(())
}

/// Where lines go: the file, if one is given, else `terminal`.
///
/// # Errors
/// The log file cannot be opened (exit code 1).
pub fn open(logfile: Option<&Path>, terminal: Arc<dyn LineSink>) -> Result<Arc<dyn LineSink>, CliError> {
    Ok(match logfile {
        None => terminal,
        Some(path) => {
            let file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .map_err(|error| {
                    CliError::failure(format!("cannot write the log file {}: {error}", path.display()))
                        .hint("give --logfile a path in an existing directory where you may write")
                })?;
            Arc::new(FileSink(Mutex::new(file)))
        }
    })
}

/// Logs to `sink` from now on, unless the process logs already.
pub fn start(level: LogLevel, sink: Arc<dyn LineSink>) {
    let level = level.as_tracing();
    let filter = OWN_TARGETS.iter().fold(
        Targets::new().with_default(level.min(Level::WARN)),
        |filter, target| filter.with_target(*target, level),
    );
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .event_format(LocustFormat { host: host_name() })
        .with_writer(Sink(sink));
    // An embedding program (a test) may have its own subscriber: that one stays.
    let _already_set_up = tracing_subscriber::registry().with(filter).with(layer).try_init();
}

/// A line of ours as the others look, for where there is no subscriber to write it.
pub fn line(level: Level, logger: &str, text: &str) -> String {
    format!("{}{text}", beginning(&host_name(), level, logger))
}

fn beginning(host: &str, level: Level, logger: &str) -> String {
    let time = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S,%3f");
    format!("[{time}] {host}/{}/{logger}: ", level_name(level))
}

fn host_name() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

#[derive(Clone)]
struct Sink(Arc<dyn LineSink>);

impl Write for Sink {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.write(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Sink;

    fn make_writer(&'a self) -> Sink {
        self.clone()
    }
}

struct LocustFormat {
    host: String,
}

impl<S, N> FormatEvent<S, N> for LocustFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (level, logger) = (*event.metadata().level(), logger_name(event.metadata().target()));
        writer.write_str(&beginning(&self.host, level, &logger))?;
        ctx.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        Level::DEBUG | Level::TRACE => "DEBUG",
    }
}

/// `master::server::loops` is the logger `acrida.master`; a library's target keeps its name.
fn logger_name(target: &str) -> String {
    let crate_name = target.split("::").next().unwrap_or(target);
    if OWN_TARGETS.contains(&crate_name) {
        format!("acrida.{crate_name}")
    } else {
        target.replace("::", ".")
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[derive(Default)]
    struct Memory(Mutex<Vec<u8>>);

    impl LineSink for Memory {
        fn write(&self, text: &[u8]) {
            self.0.lock().unwrap().extend_from_slice(text);
        }
    }

    #[test]
    fn a_line_looks_like_locusts() {
        let memory = Arc::new(Memory::default());
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .event_format(LocustFormat { host: "box".into() })
            .with_writer(Sink(memory.clone()));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(
            subscriber,
            || tracing::warn!(target: "master::server", "{} left", 2),
        );
        let line = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
        let (time, rest) = line.split_at(26);
        assert!(
            time.starts_with('[') && time.as_bytes()[20] == b',' && time.ends_with("] "),
            "{line:?}"
        );
        assert_eq!(rest, "box/WARNING/acrida.master: 2 left\n");
    }

    #[test]
    fn level_names_are_taken_in_any_case() {
        assert_eq!(LogLevel::from_str("warning", true), Ok(LogLevel::Warning));
        assert_eq!(LogLevel::from_str("CRITICAL", true), Ok(LogLevel::Critical));
        assert!(LogLevel::from_str("loud", true).is_err());
    }

    #[test]
    fn an_unwritable_log_file_is_a_clear_error() {
        let error = set_up(
            LogLevel::Info,
            Some(Path::new("/nowhere/x.log")),
            Arc::new(StandardError),
        )
        .unwrap_err();
        assert_eq!(error.code(), 1);
        assert!(error.message().contains("/nowhere/x.log"));
    }
}
