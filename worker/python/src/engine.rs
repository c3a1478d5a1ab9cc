//! `Engine`: starts the reactor and carries completions, commands and messages across.

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, RawFd};
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::{Endpoint, ExceptionReport, Fault, NodeId, SpawningComplete, ToMaster, WorkerState};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use serde::Deserialize;
use settings::logging::{self, LineSink, LogLevel, StandardError};
use worker::http::{PoolConfig, ProfileConfig, ProxyConfig, ProxyRule, Style};
use worker::limits::REPORT_EXTRAS_MAX_BYTES;
use worker::link::{Command, EngineLog, LinkConfig, Users};
use worker::reactor::{Delivered, Delivery, Extras, LinkRequest, Reactor, Submission};
use worker::recorder::{Failure, Record};

use crate::completion::Completion;
use crate::convert::{size, to_python, to_value};
use crate::desk::{Desk, Pending};
use crate::session::{Pool, Profile};
use crate::socket::SocketReply;
use crate::{lifeline, snapshot};

/// How long a snapshot may take: the reactor never blocks, so longer means that it is gone.
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(5);

/// What `Engine` is made with, as JSON.
#[derive(Deserialize)]
struct Config {
    node_id: NodeId,
    #[serde(default)]
    master_host: Option<String>,
    #[serde(default)]
    master_port: u16,
    #[serde(default)]
    user_classes: Vec<String>,
    #[serde(default)]
    script_hash: String,
    #[serde(default)]
    lifeline: bool,
    #[serde(default)]
    loglevel: Option<String>,
    /// The descriptor to watch as lifeline, if it is not standard input.
    #[serde(default)]
    lifeline_fd: Option<RawFd>,
    #[serde(default)]
    logfile: Option<PathBuf>,
}

/// The engine of this process.
#[pyclass(frozen)]
pub struct Engine {
    desk: Arc<Desk>,
    config: Config,
    state: Mutex<State>,
}

struct State {
    reactor: Reactor,
    /// Completions on their way to Python; kept for its capacity.
    batch: Vec<Delivery>,
}

impl Engine {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Engine {
    #[new]
    fn new(config_json: &str) -> PyResult<Self> {
        let config: Config = serde_json::from_str(config_json).map_err(|error| {
            PyValueError::new_err(format!("the engine's configuration is wrong: {error}"))
        })?;
        let reactor = Reactor::new().map_err(PyErr::from)?;
        Ok(Self {
            desk: Arc::new(Desk::new(Arc::clone(&reactor.inbox))),
            config,
            state: Mutex::new(State {
                reactor,
                batch: Vec::new(),
            }),
        })
    }

    /// Starts the reactor thread and, if there is a master, the link to it.
    fn start(&self) -> PyResult<()> {
        let config = &self.config;
        let engine_log = self.set_up_logging()?;
        let link = config.master_host.as_ref().map(|host| LinkConfig {
            master: Endpoint::new(host.clone(), config.master_port),
            node_id: config.node_id.clone(),
            when_stuck: lifeline::end_stuck_process,
            engine_log,
            script_hash: config.script_hash.clone(),
        });
        let mut state = self.lock();
        state.reactor.start(link).map_err(PyErr::from)?;
        if config.lifeline {
            lifeline::watch(config.lifeline_fd, Arc::clone(&state.reactor.commands)).map_err(PyErr::from)?;
        }
        let by_class = config
            .user_classes
            .iter()
            .map(|class| (class.clone(), 0))
            .collect();
        self.desk.tell_link(LinkRequest::Users(Users {
            state: WorkerState::Ready,
            by_class,
        }));
        self.desk.flush();
        Ok(())
    }

    /// Readable when `drain` or `commands` has something.
    fn fileno(&self) -> RawFd {
        self.lock().reactor.outbox.bell().as_raw_fd()
    }

    /// (waiter, what it waited for) of everything that is complete.
    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let mut state = self.lock();
        let state = &mut *state;
        state.reactor.outbox.take(&mut state.batch);
        let completed = PyList::empty(py);
        for delivery in state.batch.drain(..) {
            let Some(pending) = self.desk.claim(delivery.ticket) else {
                continue;
            };
            let value = self.completed(py, delivery, &pending)?;
            completed.append(PyTuple::new(py, [pending.waiter.into_bound(py), value])?)?;
        }
        Ok(completed)
    }

    /// Lets the submitted requests go.
    fn flush(&self) {
        self.desk.flush();
    }

    fn has_commands(&self) -> bool {
        self.lock().reactor.commands.any()
    }

    /// (kind, data) of what the master said since the last call.
    fn commands<'py>(&self, py: Python<'py>) -> PyResult<Vec<(&'static str, Bound<'py, PyAny>)>> {
        let commands = self.lock().reactor.commands.take();
        commands
            .iter()
            .map(|command| command_to_python(py, command))
            .collect()
    }

    /// Sends a message to the master.
    fn send(&self, kind: &str, data: &Bound<'_, PyAny>) -> PyResult<()> {
        if kind == "client_stopped" {
            self.desk.tell_link(LinkRequest::Stopped(self.extras(data)?));
            return Ok(());
        }
        let message = match kind {
            "spawning_complete" => ToMaster::SpawningComplete(SpawningComplete {
                user_classes_count: data.get_item("user_classes_count")?.extract()?,
                user_count: data.get_item("user_count")?.extract()?,
            }),
            "exception" => ToMaster::Exception(ExceptionReport {
                msg: data.get_item("msg")?.extract()?,
                traceback: data.get_item("traceback")?.extract()?,
            }),
            kind => ToMaster::Custom {
                kind: kind.to_owned(),
                data: to_value(data)?,
            },
        };
        self.desk.tell_link(LinkRequest::Send(Box::new(message)));
        Ok(())
    }

    /// The users running now.
    fn set_users(&self, state: &str, counts: BTreeMap<String, u64>) {
        let users = Users {
            state: WorkerState::parse(state),
            by_class: counts,
        };
        self.desk.tell_link(LinkRequest::Users(users));
    }

    /// What the script listens to: whether it is asked before each report, and told of heartbeats.
    fn listen(&self, reports: bool, heartbeats: bool) {
        self.desk.tell_link(LinkRequest::Listen { reports, heartbeats });
    }

    /// What the script's listeners add to the report of that number.
    fn add_to_report(&self, number: u64, extras: &Bound<'_, PyAny>) -> PyResult<()> {
        let extras = self.extras(extras)?;
        self.desk.tell_link(LinkRequest::Extras(number, extras));
        self.desk.flush();
        Ok(())
    }

    /// From now on nothing leaves this process: it is a child that the script has forked.
    fn close_for_copy(&self) {
        self.desk.close_for_copy();
    }

    /// A log line for the master's collection.
    fn log(&self, line: String) {
        self.desk.tell_link(LinkRequest::Log(line));
    }

    /// Counts a request that the script carried out itself.
    #[pyo3(signature = (method, name, response_time_ms, length, error, fault = None))]
    fn record(
        &self,
        method: &str,
        name: &str,
        response_time_ms: Option<f64>,
        length: u64,
        error: Option<String>,
        fault: Option<&str>,
    ) {
        let slot = self.desk.slot(method, name);
        let record = Record {
            slot,
            response_time_ms,
            length,
            status: None,
            failure: error.map(|text| Failure::new(text, fault.and_then(Fault::parse))),
            lag: None,
        };
        self.desk.submit(Submission::Record(record));
    }

    /// Forgets all figures.
    fn reset_stats(&self) {
        self.desk.submit(Submission::ResetStats);
    }

    /// The figures since the last reset, the total last.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        if self.desk.is_copy() {
            return Err(PyRuntimeError::new_err("a forked process has no statistics"));
        }
        let (answer, answered) = sync_channel(1);
        self.desk.tell_link(LinkRequest::Snapshot(answer));
        self.desk.flush();
        let rows = py
            .detach(move || answered.recv_timeout(SNAPSHOT_TIMEOUT))
            .map_err(|_| PyRuntimeError::new_err("the engine is not running"))?;
        rows.iter().map(|entry| snapshot::row(py, entry)).collect()
    }

    /// The kinds of failures since the last report to a master, or the last reset.
    fn errors<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let (answer, answered) = sync_channel(1);
        self.desk.tell_link(LinkRequest::Failures(answer));
        self.desk.flush();
        let rows = py
            .detach(move || answered.recv_timeout(SNAPSHOT_TIMEOUT))
            .map_err(|_| PyRuntimeError::new_err("the engine is not running"))?;
        rows.iter().map(|entry| snapshot::error(py, entry)).collect()
    }

    /// What sessions of one kind share.
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python function")]
    #[pyo3(signature = (*, base_url, style, verify = true, ca_file = None, client_cert = None, connect_timeout = None,
                        read_timeout = None, max_redirects = 30, max_retries = 0, headers = Vec::new(), pool_size = 10,
                        max_connections = None, proxies = Vec::new(), no_proxy = String::new(),
                        ca_certificates = Vec::new(), check_hostname = true))]
    fn profile(
        &self,
        base_url: String,
        style: &str,
        verify: bool,
        ca_file: Option<String>,
        client_cert: Option<(String, Option<String>)>,
        connect_timeout: Option<f64>,
        read_timeout: Option<f64>,
        max_redirects: u32,
        max_retries: u32,
        headers: Vec<(String, String)>,
        pool_size: usize,
        max_connections: Option<usize>,
        proxies: Vec<(String, Option<String>, bool)>,
        no_proxy: String,
        ca_certificates: Vec<Vec<u8>>,
        check_hostname: bool,
    ) -> PyResult<Profile> {
        let style = match style {
            "requests" => Style::Requests,
            "fast" => Style::Fast,
            other => return Err(PyValueError::new_err(format!("there is no style {other:?}"))),
        };
        let limit = |seconds: Option<f64>| seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
        let config = ProfileConfig {
            base_url,
            style,
            verify,
            ca_file,
            client_cert,
            connect_timeout: limit(connect_timeout),
            read_timeout: limit(read_timeout),
            max_redirects,
            max_retries,
            headers,
            pool_size,
            max_connections,
            proxies: ProxyConfig {
                rules: proxies.into_iter().map(proxy_rule).collect(),
                no_proxy,
            },
            ca_certificates,
            check_hostname,
        };
        let profile =
            worker::http::Profile::new(&config).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Profile::new(Arc::clone(&self.desk), profile))
    }

    /// Connections that the sessions of several users share.
    #[pyo3(signature = (*, in_use, kept))]
    fn pool(&self, in_use: Option<usize>, kept: usize) -> Pool {
        Pool::new(Arc::clone(&self.desk), PoolConfig { in_use, kept })
    }

    /// Sends the last report and `quit`, waits for delivery and the reactor's end. False if it was not delivered in time.
    #[pyo3(signature = (timeout_s, extras = None))]
    fn shutdown(&self, py: Python<'_>, timeout_s: f64, extras: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        if self.desk.is_copy() {
            return Ok(false);
        }
        let extras = extras.map_or_else(|| Ok(Extras::new()), |extras| self.extras(extras))?;
        let (answer, answered) = sync_channel(1);
        self.desk.tell_link(LinkRequest::Shutdown(answer, extras));
        self.desk.flush();
        let limit = Duration::try_from_secs_f64(timeout_s).unwrap_or_default();
        let delivered = py.detach(move || answered.recv_timeout(limit));
        if delivered.is_ok() {
            let thread = self.lock().reactor.take_thread();
            py.detach(move || thread.join());
        }
        Ok(delivered.unwrap_or(false))
    }
}

impl Engine {
    /// A dictionary of a script as additions to a report. Past the limit they are left out, which is logged.
    fn extras(&self, data: &Bound<'_, PyAny>) -> PyResult<Extras> {
        if data.is_none() {
            return Ok(Extras::new());
        }
        let mut extras = Extras::new();
        for (key, value) in data.cast::<PyDict>()?.iter() {
            extras.insert(key.extract()?, to_value(&value)?);
        }
        let bytes: usize = extras.iter().map(|(key, value)| key.len() + size(value)).sum();
        if bytes > REPORT_EXTRAS_MAX_BYTES {
            return Err(PyValueError::new_err(format!(
                "listeners of report_to_master have added {bytes} bytes to a report; at most {REPORT_EXTRAS_MAX_BYTES} are taken"
            )));
        }
        Ok(extras)
    }

    /// The engine's own log lines go where the script's go, the master's collection included. A second engine of the process changes nothing.
    fn set_up_logging(&self) -> PyResult<Arc<EngineLog>> {
        let level = self
            .config
            .loglevel
            .as_deref()
            .and_then(LogLevel::from_name)
            .unwrap_or_default();
        let sink = logging::open(self.config.logfile.as_deref(), Arc::new(StandardError))
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let engine_log = EngineLog::before(sink);
        logging::start(level, Arc::clone(&engine_log) as Arc<dyn LineSink>);
        Ok(engine_log)
    }

    fn completed<'py>(
        &self,
        py: Python<'py>,
        delivery: Delivery,
        pending: &Pending,
    ) -> PyResult<Bound<'py, PyAny>> {
        let ticket = delivery.ticket;
        let desk = || Arc::clone(&self.desk);
        let completion = match delivery.result {
            Delivered::Chunk(chunk) => return Ok(PyBytes::new(py, &chunk).into_any()),
            Delivered::Socket(done) => {
                return Ok(Bound::new(py, SocketReply::new(desk(), pending, *done))?.into_any());
            }
            Delivered::Finished(finished) => Completion::new(desk(), ticket, pending, finished),
            Delivered::ChunkFailed(error) => Completion::broken_stream(desk(), ticket, pending, error),
        };
        Ok(Bound::new(py, completion)?.into_any())
    }
}

fn proxy_rule((key, url, from_environment): (String, Option<String>, bool)) -> ProxyRule {
    ProxyRule {
        key,
        url,
        from_environment,
    }
}

fn command_to_python<'py>(py: Python<'py>, command: &Command) -> PyResult<(&'static str, Bound<'py, PyAny>)> {
    let dict = PyDict::new(py);
    let kind = match command {
        Command::Ack {
            index,
            parsed_options,
        } => {
            dict.set_item("index", index)?;
            dict.set_item("parsed_options", to_python(py, parsed_options)?)?;
            "ack"
        }
        Command::Spawn(spawn) => {
            dict.set_item("user_classes_count", &spawn.user_classes_count)?;
            dict.set_item("host", &spawn.host)?;
            dict.set_item("stop_timeout", spawn.stop_timeout_s)?;
            dict.set_item("parsed_options", to_python(py, &spawn.parsed_options)?)?;
            dict.set_item("spread_s", spawn.spread_s)?;
            "spawn"
        }
        Command::SpawningComplete { user_count } => {
            dict.set_item("user_count", user_count)?;
            "spawning_complete"
        }
        Command::Report { number } => return Ok(("report", number.into_pyobject(py)?.into_any())),
        Command::Heartbeat => return Ok(("heartbeat", py.None().into_bound(py))),
        Command::Usage {
            cpu_percent,
            memory_bytes,
        } => {
            dict.set_item("cpu_percent", cpu_percent)?;
            dict.set_item("memory_bytes", memory_bytes)?;
            "usage"
        }
        Command::Stop => return Ok(("stop", py.None().into_bound(py))),
        Command::Quit => return Ok(("quit", py.None().into_bound(py))),
        Command::LifelineClosed => return Ok(("lifeline_closed", py.None().into_bound(py))),
        Command::UpdateUserClass(data) => return Ok(("update_user_class", to_python(py, data)?)),
        Command::Message { kind, data } => {
            return Ok((
                "message",
                (kind, to_python(py, data)?).into_pyobject(py)?.into_any(),
            ));
        }
        Command::MasterLost(text) => return Ok(("master_lost", text.into_pyobject(py)?.into_any())),
        Command::ConnectFailed(text) => return Ok(("connect_failed", text.into_pyobject(py)?.into_any())),
    };
    Ok((kind, dict.into_any()))
}
