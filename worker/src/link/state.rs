//! The worker's side of Locust's protocol as a state machine: what to send and what to tell the script, without sockets.
//!
//! Source of the rules: Locust 2.47's worker (client_ready until acknowledged, a heartbeat a second, spawns in order of
//! their timestamps, end after 60 s of silence). Better than it: a worker that the master does not know any more presents
//! itself again, so a restarted master gets its workers back.

use std::time::{Duration, Instant};

use protocol::{ClientVersion, ToMaster, ToWorker};

use super::Command;
use crate::limits::{
    MASTER_SILENCE_MAX, READY_ATTEMPTS_MAX, READY_INTERVAL, SCRIPT_END_GRACE, SCRIPT_SILENCE_MAX,
};

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send this to the master.
    Send(Box<ToMaster>),
    /// Tell the script.
    Tell(Command),
    /// Close the connection and make a new one.
    Reopen,
    /// The script does not end although it should: send the last report and `quit` in its place.
    EndForScript,
}

fn send(message: ToMaster) -> Effect {
    Effect::Send(Box::new(message))
}

/// Where the worker stands with its master.
#[derive(Debug)]
pub struct LinkState {
    master: String,
    connected: bool,
    /// Acknowledged since the last `client_ready`.
    acknowledged: bool,
    index: Option<u32>,
    ready_sent: Option<Instant>,
    attempts: u32,
    began: Instant,
    last_reply: Option<Instant>,
    last_spawn: f64,
    stop_timeout: Duration,
    end_for_script_at: Option<Instant>,
    /// From when on a script that has been told to stop must not be silent for long.
    stop_due: Option<Instant>,
    given_up: bool,
}

impl LinkState {
    /// A worker that has not connected yet; `master` is how errors name the other side.
    pub fn new(master: String, now: Instant) -> Self {
        Self {
            master,
            connected: false,
            acknowledged: false,
            index: None,
            ready_sent: None,
            attempts: 0,
            began: now,
            last_reply: None,
            last_spawn: f64::NEG_INFINITY,
            stop_timeout: Duration::ZERO,
            end_for_script_at: None,
            stop_due: None,
            given_up: false,
        }
    }

    /// True when messages other than `client_ready` make sense.
    pub fn is_known(&self) -> bool {
        self.connected && self.acknowledged
    }

    /// The connection stands. `idle`: no users are running, so presenting itself again cannot cost the master anything.
    pub fn on_connected(&mut self, idle: bool, now: Instant) -> Vec<Effect> {
        self.connected = true;
        if self.acknowledged && !idle {
            return Vec::new();
        }
        self.present(now)
    }

    /// The connection is gone.
    pub fn on_disconnected(&mut self) {
        self.connected = false;
    }

    /// Presents the worker (again).
    pub fn present(&mut self, now: Instant) -> Vec<Effect> {
        self.acknowledged = false;
        self.ready_sent = Some(now);
        self.attempts += 1;
        vec![send(ToMaster::ClientReady(ClientVersion::Bypass))]
    }

    /// A message of the master.
    pub fn on_message(&mut self, message: ToWorker, now: Instant) -> Vec<Effect> {
        match message {
            ToWorker::Ack {
                index,
                parsed_options,
                report_every_s: _, // the link's affair
            } => {
                self.acknowledged = true;
                self.attempts = 0;
                self.last_reply = Some(now);
                if self.index.replace(index) == Some(index) {
                    return Vec::new();
                }
                vec![Effect::Tell(Command::Ack {
                    index,
                    parsed_options,
                })]
            }
            ToWorker::Heartbeat => {
                self.last_reply = Some(now);
                Vec::new()
            }
            ToWorker::Spawn(spawn) => {
                let mut effects = vec![send(ToMaster::Spawning)];
                if spawn.timestamp > self.last_spawn {
                    self.last_spawn = spawn.timestamp;
                    self.stop_timeout = Duration::try_from_secs_f64(spawn.stop_timeout_s).unwrap_or_default();
                    effects.push(Effect::Tell(Command::Spawn(spawn)));
                } else {
                    tracing::info!("dropped a spawn message that is not newer than the last one");
                }
                effects
            }
            ToWorker::SpawningComplete { user_count } => {
                vec![Effect::Tell(Command::SpawningComplete { user_count })]
            }
            ToWorker::Stop => {
                self.stop_due = Some(now + self.stop_timeout + SCRIPT_SILENCE_MAX);
                vec![Effect::Tell(Command::Stop)]
            }
            ToWorker::Quit => {
                self.end_for_script_at
                    .get_or_insert(now + self.stop_timeout + SCRIPT_END_GRACE);
                vec![Effect::Tell(Command::Quit)]
            }
            ToWorker::Reconnect => {
                self.acknowledged = false;
                vec![Effect::Reopen]
            }
            ToWorker::UpdateUserClass(data) => vec![Effect::Tell(Command::UpdateUserClass(data))],
            ToWorker::Custom { kind, data } => vec![Effect::Tell(Command::Message { kind, data })],
            ToWorker::Locustfile(_) => Vec::new(), // only the launcher asks for it, under another identity
        }
    }

    /// The script has stopped its users.
    pub fn on_stopped(&mut self) {
        self.stop_due = None;
    }

    /// Once a second: how long the script's loop has not run at all. One that only takes its time to stop may have it; one
    /// that lets nothing else run could never be told of the next test.
    pub fn on_script_silence(&mut self, silence: Duration, now: Instant) -> Vec<Effect> {
        let is_due = self.stop_due.is_some_and(|due| due <= now);
        if self.given_up || !is_due || silence < SCRIPT_SILENCE_MAX {
            return Vec::new();
        }
        self.given_up = true;
        vec![Effect::EndForScript]
    }

    /// Once a second: is it time to present itself again, to give up, or to end in the script's place?
    pub fn on_tick(&mut self, now: Instant) -> Vec<Effect> {
        if self.given_up {
            return Vec::new();
        }
        if self.end_for_script_at.is_some_and(|at| at <= now) {
            self.given_up = true;
            return vec![Effect::EndForScript];
        }
        match self.last_reply {
            Some(reply) if now.duration_since(reply) > MASTER_SILENCE_MAX => {
                self.given_up = true;
                let text = format!(
                    "the master at {} has not answered for {} s: ending",
                    self.master,
                    MASTER_SILENCE_MAX.as_secs()
                );
                return vec![Effect::Tell(Command::MasterLost(text))];
            }
            None if now.duration_since(self.began) > READY_INTERVAL * READY_ATTEMPTS_MAX => {
                self.given_up = true;
                let text = format!(
                    "no answer from a master at {}: is it running, and is the port reachable from here?",
                    self.master
                );
                return vec![Effect::Tell(Command::ConnectFailed(text))];
            }
            _ => {}
        }
        let waited = self
            .ready_sent
            .is_none_or(|sent| now.duration_since(sent) >= READY_INTERVAL);
        if self.connected && !self.acknowledged && waited {
            self.present(now)
        } else {
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests;
