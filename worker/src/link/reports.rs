//! When a report leaves, and what the script adds to it.
//!
//! A script without listeners is not asked. One that does not answer before the next report is due (it blocks) does not
//! hold the figures up: they go without its additions, which travel with a report of their own when they come. A listener
//! may hand something over and forget it, so no answer is lost and none counts twice.

use std::time::Instant;

use protocol::{ToMaster, Transport};

use super::{Command, Link};
use crate::limits::UNSENT_REPORTS_MAX;
use crate::reactor::Extras;

/// What the script listens to, and the question it has not answered yet.
#[derive(Debug, Default)]
pub(super) struct Asking {
    wants_reports: bool,
    pub(super) wants_heartbeats: bool,
    asked: u64,
    /// The newest question that has its answer, or that none is wanted for any more.
    settled: u64,
    /// Whether the figures wait for an answer.
    is_open: bool,
}

impl Asking {
    pub(super) fn listen(&mut self, reports: bool, heartbeats: bool) {
        self.wants_reports = reports;
        self.wants_heartbeats = heartbeats;
    }

    /// The number of a new question.
    fn ask(&mut self) -> u64 {
        self.asked += 1;
        self.is_open = true;
        self.asked
    }

    /// The figures wait no longer; true if they did.
    fn give_up(&mut self) -> bool {
        std::mem::take(&mut self.is_open)
    }

    /// The run is over, and its last additions have come.
    fn settle(&mut self) {
        self.settled = self.asked;
        self.is_open = false;
    }

    /// Whether this is an answer that is still wanted, late or not; it is from now on no more.
    pub(super) fn is_answered_by(&mut self, number: u64) -> bool {
        let wanted = number > self.settled && number <= self.asked;
        if wanted {
            self.settled = number;
            self.is_open &= number != self.asked;
        }
        wanted
    }
}

impl<T: Transport> Link<T> {
    /// Reports, or asks the script for its additions first. A question still open is waited for no longer.
    pub(super) async fn report_is_due(&mut self) {
        let unanswered = self.asking.give_up();
        let asks = self.asking.wants_reports && self.state.is_known();
        if unanswered || !asks {
            self.report(Extras::new()).await;
        }
        if asks {
            let number = self.asking.ask();
            self.commands.push(Command::Report { number });
        }
    }

    /// The last figures of a run leave before the word that it has stopped.
    pub(super) async fn stopped(&mut self, extras: Extras) {
        self.asking.settle();
        self.report(extras).await;
        self.send(ToMaster::ClientStopped).await;
        self.state.on_stopped();
        let effects = self.state.present(Instant::now());
        self.apply(effects).await;
    }

    /// Sends everything since the last report. What cannot be sent stays in the recorder or, with its number, in `unsent`.
    pub(super) async fn report(&mut self, extras: Extras) -> bool {
        let mut is_heard = self.state.is_known();
        while is_heard && let Some(report) = self.unsent.front() {
            is_heard = self.send(ToMaster::Stats(report.clone())).await;
            if is_heard {
                self.unsent.pop_front();
            }
        }
        if !is_heard && extras.is_empty() {
            return false;
        }
        if !is_heard && self.unsent.len() >= UNSENT_REPORTS_MAX {
            tracing::warn!("the master is away, so what listeners added to a report is lost");
            return false;
        }
        let now = self.now_unix_s();
        let mut report = Box::new(
            self.core
                .recorder
                .borrow_mut()
                .take_report(self.users.by_class.clone(), now),
        );
        report.extra = extras;
        report.closed_unix_s = Some(now);
        report.in_flight = self.core.in_flight.get();
        report
            .errors
            .iter_mut()
            .filter_map(|error| error.sample.as_mut())
            .for_each(|sample| sample.node_id.clone_from(&self.node_id));
        if is_heard && self.send(ToMaster::Stats(report.clone())).await {
            return true;
        }
        self.unsent.push_back(report);
        false
    }
}
