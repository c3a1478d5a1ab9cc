//! What becomes of the master when the local workers it has started end before they are let go.

use protocol::{Listener, node_id};

use super::MasterError;
use super::event_loop::EventLoop;
use crate::events::{EndCause, RunState};
use crate::local_workers::{LocalWorkerError, LocalWorkers};
use crate::run::Now;

impl<L: Listener> EventLoop<L> {
    /// The launcher says `quit` in the name of a process that died, also of one that never joined.
    pub(super) fn note_early_end(&mut self, id: &str) {
        let is_of_this_machine = node_id::host_of(id) == node_id::host_of(&node_id::new_node_id());
        if self.local_workers.is_some() && self.machine.awaits_workers() && is_of_this_machine {
            self.lost_while_waiting = Some(id.to_owned());
        }
    }

    pub(super) async fn on_local_workers_ended(&mut self, code: i32) {
        if let Some(mut workers) = self.local_workers.take() {
            workers.drain().await;
        }
        if !self.machine.is_quitting() && self.finish.is_none() {
            self.local_workers_ended = Some(code);
            if self.machine.cluster().active_count() > 0 && !self.machine.awaits_workers() {
                tracing::error!("{}; others go on", LocalWorkerError::EndedEarly { code });
            }
        }
    }

    /// Without its local workers the master ends, unless others are there and a run is not still waiting for all. A run
    /// that is on is ended by the machine, when it finds no worker left.
    pub(super) fn check_local_workers(&mut self, now: Now) -> Option<MasterError> {
        if let Some(id) = self
            .lost_while_waiting
            .take()
            .filter(|_| self.machine.awaits_workers())
        {
            self.are_local_workers_deaf = true;
            self.machine.give_up();
            return Some(LocalWorkerError::OneEnded { id }.into());
        }
        let error = LocalWorkerError::EndedEarly {
            code: self.local_workers_ended?,
        };
        let cluster = self.machine.cluster();
        let is_alone = cluster.active_count() == 0 && cluster.returning().is_empty();
        match self.machine.state() {
            RunState::Ready if is_alone || self.machine.awaits_workers() => {
                self.local_workers_ended = None;
                self.machine.give_up();
                Some(error.into())
            }
            RunState::Stopped if is_alone && !self.machine.is_quitting() => {
                self.local_workers_ended = None;
                tracing::error!("{error}");
                self.machine.quit(EndCause::WorkersLost, now);
                None
            }
            _ => None,
        }
    }
}

/// Exit code of the launcher, once it has ended; never anything without one. Cancel-safe.
pub(super) async fn exited(workers: &mut Option<LocalWorkers>) -> i32 {
    match workers {
        Some(workers) => workers.exited().await,
        None => std::future::pending().await,
    }
}
