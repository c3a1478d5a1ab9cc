//! A script host without Python: speaks the pipe's frames, answers as told, and keeps what it heard.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use master::script_host::{ConfigureRequest, Host};
use protocol::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

/// How the script behaves.
#[derive(Debug, Default, Clone)]
pub struct Script {
    /// It has a load shape.
    pub shape: bool,
    /// Time its hooks take.
    pub slow: BTreeMap<&'static str, Duration>,
    /// From this hook on it answers nothing any more, not even pings.
    pub spins_in: Option<&'static str>,
    /// Its pipe ends in this hook.
    pub dies_in: Option<&'static str>,
    /// What it says within a hook, before that is done.
    pub says_in: BTreeMap<&'static str, Vec<Value>>,
    /// `process_exit_code` from this hook on.
    pub exit_code: Option<i64>,
    /// A listener raised.
    pub unhandled: bool,
}

type Heard = Arc<Mutex<Vec<Value>>>;

/// The far end.
pub struct Peer {
    heard: Heard,
    says: mpsc::UnboundedSender<Value>,
    task: JoinHandle<()>,
}

pub fn map(fields: &[(&str, Value)]) -> Value {
    let fields = fields.iter().cloned();
    Value::Map(fields.map(|(key, value)| (key.into(), value)).collect())
}

pub fn target(users: u64, spawn_rate: f64) -> Value {
    map(&[
        ("op", "shape".into()),
        ("users", users.into()),
        ("spawn_rate", spawn_rate.into()),
    ])
}

/// A configured host and its far end.
pub async fn host(script: Script) -> (Host, Peer) {
    let (near, far) = tokio::io::duplex(1 << 20);
    let (reader, writer) = tokio::io::split(near);
    let (says, to_say) = mpsc::unbounded_channel();
    let heard = Heard::default();
    let (from_master, to_master) = tokio::io::split(far);
    let body = Body {
        script,
        heard: Arc::clone(&heard),
        to_master,
        is_spinning: false,
    };
    let peer = Peer {
        heard,
        says,
        task: tokio::spawn(body.live(from_master, to_say)),
    };
    let mut host = Host::over(reader, writer);
    host.configure(&ConfigureRequest::default()).await.unwrap();
    (host, peer)
}

impl Peer {
    /// The host says something by itself.
    pub fn say(&self, frame: Value) {
        // A host that has died says nothing.
        let _dead = self.says.send(frame);
    }

    /// Says which events it wants.
    pub fn listen_to(&self, hooks: &[&str]) {
        let hooks = hooks.iter().map(|hook| Value::from(*hook)).collect();
        self.say(map(&[("op", "listening".into()), ("hooks", hooks)]));
    }

    /// From now on it answers nothing.
    pub fn spin(&self) {
        self.say(Value::Nil);
    }

    /// The process is killed.
    pub fn kill(&self) {
        self.task.abort();
    }

    /// Frames of an op, in order.
    pub fn heard(&self, op: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .filter(|frame| frame["op"].as_str() == Some(op))
            .cloned()
            .collect()
    }

    /// Hooks fired so far.
    pub fn hooks(&self) -> Vec<String> {
        let fired = self.heard("fire");
        fired
            .iter()
            .map(|frame| frame["hook"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Events of a hook, by their arguments.
    pub fn events(&self, hook: &str) -> Vec<Value> {
        let events = self.heard("event").into_iter();
        events
            .filter(|frame| frame["hook"].as_str() == Some(hook))
            .map(|frame| frame["args"].clone())
            .collect()
    }

    /// Waits in virtual time.
    pub async fn until(&self, what: &str, mut condition: impl FnMut(&Self) -> bool) {
        for _ in 0..10_000 {
            if condition(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never: {what}");
    }
}

struct Body {
    script: Script,
    heard: Heard,
    to_master: WriteHalf<DuplexStream>,
    is_spinning: bool,
}

impl Body {
    async fn live(mut self, from_master: ReadHalf<DuplexStream>, mut to_say: mpsc::UnboundedReceiver<Value>) {
        let (frames, mut incoming) = mpsc::unbounded_channel();
        let (slow, mut due) = mpsc::unbounded_channel();
        // Ends with this task, however that ends.
        let mut tasks = JoinSet::new();
        tasks.spawn(read_all(from_master, frames));
        loop {
            tokio::select! {
                Some(frame) = to_say.recv() => {
                    self.is_spinning |= frame.is_nil();
                    self.write(&frame).await;
                }
                Some(frame) = incoming.recv() => {
                    self.heard.lock().unwrap().push(frame.clone());
                    let hook = frame["hook"].as_str().unwrap_or_default();
                    if let Some(time) = self.script.slow.get(hook).copied() {
                        let slow = slow.clone();
                        tasks.spawn(async move {
                            tokio::time::sleep(time).await;
                            slow.send(frame).unwrap();
                        });
                    } else if !self.answer(&frame).await {
                        return;
                    }
                }
                Some(frame) = due.recv() => {
                    if !self.answer(&frame).await {
                        return;
                    }
                }
                else => return,
            }
        }
    }

    /// False: it dies.
    async fn answer(&mut self, frame: &Value) -> bool {
        let hook = frame["hook"].as_str().unwrap_or_default();
        let is_request = !frame["id"].is_nil() && !matches!(frame["op"].as_str(), Some("done" | "failed"));
        if !is_request || self.is_spinning {
            return true;
        }
        if self.script.dies_in == Some(hook) {
            return false;
        }
        if self.script.spins_in == Some(hook) {
            self.is_spinning = true;
            return true;
        }
        for said in self.script.says_in.remove(hook).unwrap_or_default() {
            self.write(&said).await;
        }
        let shape = if self.script.shape {
            "Steps".into()
        } else {
            Value::Nil
        };
        let answer = match frame["op"].as_str() {
            Some("configure") => vec![("shape", shape)],
            Some("fire") => vec![
                (
                    "process_exit_code",
                    self.script.exit_code.map_or(Value::Nil, Value::from),
                ),
                ("unhandled", self.script.unhandled.into()),
            ],
            Some("set_options") => vec![("options", frame["values"].clone())],
            _ => Vec::new(),
        };
        let head = [("op", "done".into()), ("id", frame["id"].clone())];
        let fields: Vec<(&str, Value)> = head.into_iter().chain(answer).collect();
        self.write(&map(&fields)).await;
        true
    }

    async fn write(&mut self, frame: &Value) {
        if self.is_spinning {
            return;
        }
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, frame).unwrap();
        let head = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        // The master may have closed its end.
        let _closed = self.to_master.write_all(&[&head[..], &bytes].concat()).await;
    }
}

async fn read_all(mut pipe: ReadHalf<DuplexStream>, frames: mpsc::UnboundedSender<Value>) {
    let mut head = [0; 4];
    while pipe.read_exact(&mut head).await.is_ok() {
        let mut bytes = vec![0; u32::from_be_bytes(head) as usize];
        pipe.read_exact(&mut bytes).await.unwrap();
        let frame = rmpv::decode::read_value(&mut &bytes[..]).unwrap();
        if frames.send(frame).is_err() {
            return;
        }
    }
}
