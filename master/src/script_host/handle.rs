//! The master's hold on the running host: requests and their answers, what it says by itself, and whether it lives.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use protocol::Value;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::ScriptError;
use super::frames::{self, field};
use super::process::{Pipe, Process};
use super::says::{self, Refused, ScriptSays, text};
use super::statistics::map;
use super::watch::{Due, Watch};
use crate::limits::HOOK_TIMEOUT_S;

/// Why a host is given up whose queue has no place for what must not be dropped.
const DEAF: &str = "it does not read what it is sent any more";

/// The running script host.
#[derive(Debug)]
pub struct Host {
    pub(super) pipe: Pipe,
    pub(super) process: Option<Process>,
    started: Instant,
    last_id: u64,
    ping_id: Option<u64>,
    watch: Watch,
    /// When its pipe ended.
    ended: Option<Instant>,
    /// Why it is to be given up.
    broken: Option<String>,
    /// Said while `init` ran.
    pub(super) early: VecDeque<ScriptSays>,
    listening: BTreeSet<String>,
    pub(super) shape: Option<Shape>,
    verdict: ScriptVerdict,
    /// Something it was only told found no place: said once.
    has_dropped: bool,
}

/// The load shape that drives the runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Its class.
    pub name: String,
    /// Whether it reads `--users`, `--spawn-rate` and `--run-time`.
    pub use_common_options: bool,
}

/// What the script says about the master's exit code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScriptVerdict {
    /// `environment.process_exit_code`.
    pub process_exit_code: Option<i64>,
    /// A listener of an event raised.
    pub unhandled: bool,
    /// The host died or was given up.
    pub lost: bool,
}

impl ScriptVerdict {
    /// Together with the word of a host that was there before: the later one's exit code counts.
    pub fn after(self, earlier: Self) -> Self {
        Self {
            process_exit_code: self.process_exit_code.or(earlier.process_exit_code),
            unhandled: self.unhandled || earlier.unhandled,
            lost: self.lost || earlier.lost,
        }
    }
}

/// The answer to a request: its map, or why there is none.
pub type Answer = Result<Value, ScriptError>;

/// What [`Host::next`] hears.
#[derive(Debug)]
pub enum Heard {
    /// An answer to a request.
    Answer {
        /// As returned when it was sent.
        id: u64,
        /// The answer.
        answer: Answer,
    },
    /// Something by itself.
    Says(ScriptSays),
    /// It is dead or does not answer: why. Nothing comes after this.
    Lost(String),
}

#[derive(Serialize)]
struct Nothing {}

impl Host {
    /// A host at the other end of a pipe, whose process is somebody else's affair.
    pub fn over(
        reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Unpin + Send + 'static,
    ) -> Self {
        Self::new(Pipe::over(reader, writer), None)
    }

    pub(super) fn new(pipe: Pipe, process: Option<Process>) -> Self {
        Self {
            pipe,
            process,
            started: Instant::now(),
            last_id: 0,
            ping_id: None,
            watch: Watch::default(),
            ended: None,
            broken: None,
            early: VecDeque::new(),
            listening: BTreeSet::new(),
            shape: None,
            verdict: ScriptVerdict::default(),
            has_dropped: false,
        }
    }

    /// The load shape that drives the runs, if there is one.
    pub fn shape(&self) -> Option<&Shape> {
        self.shape.as_ref()
    }

    /// Takes over the load shape that an answer names as the one of the next runs, if it names any or none.
    pub fn take_shape(&mut self, answer: &Value) {
        if let Some(name) = field(answer, "shape") {
            let uses_common = field(answer, "use_common_options").and_then(Value::as_bool);
            self.shape = name.as_str().map(|name| Shape {
                name: name.to_owned(),
                use_common_options: uses_common.unwrap_or_default(),
            });
        }
    }

    /// What the script has said about the exit code so far.
    pub fn verdict(&self) -> ScriptVerdict {
        self.verdict
    }

    /// Something of the script raised: counts as a listener that did.
    pub fn note_raised(&mut self) {
        self.verdict.unhandled = true;
    }

    /// Whether the hook has a listener.
    pub fn listens_to(&self, hook: &str) -> bool {
        self.listening.contains(hook)
    }

    /// Its process id.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().and_then(Process::id)
    }

    /// Waits for whatever it says next, asks for signs of life meanwhile, and finds out when there are none. Cancel-safe.
    pub async fn next(&mut self) -> Heard {
        match self.early.pop_front() {
            Some(says) => Heard::Says(says),
            None => self.listen().await,
        }
    }

    /// Fires a hook. Returns the id of the answer.
    pub fn fire(&mut self, hook: &str) -> u64 {
        let body = map(vec![("hook", hook.into()), ("args", map(Vec::new()))]);
        self.request("fire", &body, &format!("the hook {hook}"), HOOK_TIMEOUT_S, true)
    }

    /// Sets options of the script, a map from names to texts. Returns the id of the answer.
    pub fn set_options(&mut self, values: Value) -> u64 {
        let body = map(vec![("values", values)]);
        self.request("set_options", &body, "setting its options", HOOK_TIMEOUT_S, true)
    }

    /// Changes attributes of a User class, a map with `user_class_name`. Returns the id of the answer.
    pub fn update_user_class(&mut self, settings: Value) -> u64 {
        let body = map(vec![("settings", settings)]);
        let what = "changing a User class";
        self.request("update_user_class", &body, what, HOOK_TIMEOUT_S, true)
    }

    /// A run that the shape drives begins.
    pub fn begin_shape(&mut self) {
        self.watch.drives_shape = true;
        self.tell("begin_shape", &Nothing {});
    }

    /// The shape's run is over.
    pub fn end_shape(&mut self) {
        self.watch.drives_shape = false;
        self.tell("end_shape", &Nothing {});
    }

    /// The run as it is now.
    pub fn state(&mut self, state: &Value) {
        self.tell("state", state);
    }

    /// Something happened that the script listens to. Check [`Host::listens_to`] before making the arguments.
    pub fn event(&mut self, hook: &str, args: Value) {
        self.tell("event", &map(vec![("hook", hook.into()), ("args", args)]));
    }

    /// A worker's own message.
    pub fn message(&mut self, kind: &str, data: Value, from: &str) {
        let body = vec![("type", kind.into()), ("data", data), ("client_id", from.into())];
        self.tell("message", &map(body));
    }

    /// Answers a request of the host.
    pub fn reply(&mut self, id: u64, body: &Value) {
        if !self.send("done", Some(id), body) {
            self.refuse(id, "the master's answer is too large, or does not get through");
        }
    }

    /// Refuses a request of the host.
    pub fn refuse(&mut self, id: u64, reason: &str) {
        let body = vec![
            ("kind", "other".into()),
            ("message", reason.into()),
            ("detail", "".into()),
        ];
        // Whoever waits for it in the script would do so for ever.
        if !self.send("failed", Some(id), &map(body)) {
            self.broken.get_or_insert_with(|| DEAF.to_owned());
        }
    }

    pub(super) async fn listen(&mut self) -> Heard {
        loop {
            if let Some(reason) = self.broken.take() {
                return Heard::Lost(reason);
            }
            let next_s = self.watch.next_s(self.now_s());
            let wake_s = next_s.unwrap_or(0.0);
            let wake = self.started + Duration::from_secs_f64(wake_s);
            tokio::select! {
                // What has come already counts before what seems to be late.
                biased;
                frame = self.pipe.recv() => match frame {
                    Some(Ok(frame)) => {
                        if let Some(heard) = self.take(&frame) {
                            return heard;
                        }
                    }
                    Some(Err(error)) => return Heard::Lost(error.to_string()),
                    None => return Heard::Lost(self.ending().await),
                },
                // The clock may read a nanosecond less than what was slept for; it is due all the same.
                () = tokio::time::sleep_until(wake), if next_s.is_some() => match self.watch.due(self.now_s().max(wake_s)) {
                    Some(Due::Ping) => {
                        let id = self.next_id();
                        self.ping_id = Some(id);
                        self.watch.pinged(self.now_s());
                        self.send("ping", Some(id), &Nothing {});
                    }
                    Some(Due::Lost(reason)) => return Heard::Lost(reason),
                    None => {}
                },
            }
        }
    }

    async fn ending(&mut self) -> String {
        let ended = *self.ended.get_or_insert_with(Instant::now);
        match &mut self.process {
            Some(process) => format!("its process ended: {}", process.ending(ended).await),
            None => "its pipe ended".to_owned(),
        }
    }

    /// What a frame means, unless it is for us alone.
    fn take(&mut self, frame: &Value) -> Option<Heard> {
        let id = field(frame, "id").and_then(Value::as_u64);
        match (text(frame, "op").as_deref(), id) {
            (Some("done" | "failed"), Some(id)) if self.ping_id == Some(id) => {
                self.ping_id = None;
                self.watch.is_alive(self.now_s());
                None
            }
            (Some("done"), Some(id)) => self.watch.answered(id).then(|| {
                self.note_verdict(frame);
                let answer = Ok(frame.clone());
                Heard::Answer { id, answer }
            }),
            (Some("failed"), Some(id)) => self.watch.answered(id).then(|| {
                let answer = Err(script_error(frame));
                Heard::Answer { id, answer }
            }),
            _ => match says::read(frame) {
                Ok(ScriptSays::Listening(hooks)) => {
                    self.listening = hooks;
                    None
                }
                Ok(ScriptSays::ExitCode(code)) => {
                    self.verdict.process_exit_code = code;
                    None
                }
                Ok(says) => Some(Heard::Says(says)),
                Err(Refused::UnknownOp(op)) => {
                    tracing::debug!("the script host says {op:?}, which this master does not know");
                    None
                }
                Err(Refused::Senseless(reason)) => {
                    match id {
                        Some(id) => self.refuse(id, &reason),
                        None => tracing::warn!("{reason}; it is ignored"),
                    }
                    None
                }
            },
        }
    }

    fn note_verdict(&mut self, answer: &Value) {
        if let Some(code) = field(answer, "process_exit_code") {
            self.verdict.process_exit_code = code.as_i64();
        }
        if field(answer, "unhandled").and_then(Value::as_bool) == Some(true) {
            self.verdict.unhandled = true;
        }
    }

    /// Sends a request; `alive` says that the host can answer pings while it works on it.
    pub(super) fn request(
        &mut self,
        op: &str,
        body: &impl Serialize,
        what: &str,
        bound_s: f64,
        alive: bool,
    ) -> u64 {
        let id = self.next_id();
        if self.send(op, Some(id), body) {
            self.watch.sent(id, what, bound_s, alive, self.now_s());
        } else {
            self.broken.get_or_insert_with(|| DEAF.to_owned());
        }
        id
    }

    /// Tells it something that it need not know: dropped if there is no place for it.
    fn tell(&mut self, op: &str, body: &impl Serialize) {
        if !self.send(op, None, body) {
            self.note_dropped();
        }
    }

    pub(super) fn note_dropped(&mut self) {
        if !std::mem::replace(&mut self.has_dropped, true) {
            tracing::warn!("the script does not keep up: some events and messages are dropped");
        }
    }

    fn send(&mut self, op: &str, id: Option<u64>, body: &impl Serialize) -> bool {
        match frames::pack(op, id, body) {
            Ok(frame) => self.pipe.send(frame),
            Err(error) => {
                tracing::error!("cannot send {op:?} to the script host: {error}");
                false
            }
        }
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn now_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

fn script_error(frame: &Value) -> ScriptError {
    let message = text(frame, "message").unwrap_or_default();
    ScriptError::Script {
        kind: text(frame, "kind").unwrap_or_else(|| "other".to_owned()),
        message: message.lines().next().unwrap_or_default().to_owned(),
        detail: text(frame, "detail").unwrap_or_default(),
    }
}
