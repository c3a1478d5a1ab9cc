//! What the master (or the end of it) asks of the script, queued until the Python thread fetches it.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::{Spawn, Value};

use crate::limits::COMMANDS_MAX;
use crate::reactor::{Delivery, Outbox};

/// One command for the Python side.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The master knows this worker; its index, from 0.
    Ack {
        /// Stable while the master lives.
        index: u32,
        /// The master's options; an empty map if it does not tell.
        parsed_options: Value,
    },
    /// Run these users from now on.
    Spawn(Box<Spawn>),
    /// All workers have their users.
    SpawningComplete {
        /// Users over all workers.
        user_count: u64,
    },
    /// Stop all users, then wait for the next run.
    Stop,
    /// Stop all users, then end.
    Quit,
    /// A report is due and a listener of the script may add to it: answer with this number.
    Report {
        /// Which report.
        number: u64,
    },
    /// The master answered a heartbeat.
    Heartbeat,
    /// What the process uses.
    Usage {
        /// Percent of one core.
        cpu_percent: f64,
        /// Resident memory.
        memory_bytes: u64,
    },
    /// Change attributes of a user class.
    UpdateUserClass(Value),
    /// A script's own message.
    Message {
        /// Its type.
        kind: String,
        /// Its content.
        data: Value,
    },
    /// The master has not answered for too long: end.
    MasterLost(String),
    /// The master never answered: end with an error.
    ConnectFailed(String),
    /// Whoever started this process is gone: end.
    LifelineClosed,
}

impl Command {
    /// One that is void once a newer one of its kind is there.
    fn is_momentary(&self) -> bool {
        matches!(self, Self::Report { .. } | Self::Heartbeat | Self::Usage { .. })
    }
}

/// The queue of commands; the reactor's bell rings when there is one.
#[derive(Debug)]
pub struct Commands {
    queue: Mutex<VecDeque<Command>>,
    bell: Arc<Outbox<Delivery>>,
}

impl Commands {
    /// An empty queue that rings `bell`.
    pub fn new(bell: Arc<Outbox<Delivery>>) -> Self {
        Self {
            queue: Mutex::new(VecDeque::new()),
            bell,
        }
    }

    /// Queues a command. A script that fetches none while [`COMMANDS_MAX`] pile up loses further *messages*, with a
    /// warning; commands that steer the run are always kept, their number is bounded by the master's pace.
    pub fn push(&self, command: Command) {
        let mut queue = self.lock();
        if queue.len() >= COMMANDS_MAX && matches!(command, Command::Message { .. }) {
            tracing::warn!("the script reads no messages: one from the master is dropped");
            return;
        }
        if command.is_momentary() {
            queue.retain(|older| discriminant(older) != discriminant(&command));
        }
        // A newer target replaces one that was not even started: absolute counts make the older one void.
        if let (Command::Spawn(newer), Some(Command::Spawn(older))) = (&command, queue.back())
            && older
                .user_classes_count
                .keys()
                .all(|class| newer.user_classes_count.contains_key(class))
        {
            queue.pop_back();
        }
        queue.push_back(command);
        drop(queue);
        self.bell.ring();
    }

    /// True if there is something to fetch.
    pub fn any(&self) -> bool {
        !self.lock().is_empty()
    }

    /// Takes all commands, oldest first.
    pub fn take(&self) -> VecDeque<Command> {
        std::mem::take(&mut *self.lock())
    }

    /// How late the script's loop came at its worst since this was last asked.
    pub fn reader_lag(&self) -> Duration {
        self.bell.reader_lag()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Command>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
