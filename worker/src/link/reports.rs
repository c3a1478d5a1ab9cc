//! When a report leaves, and what the script adds to it.
//!
//! A script without listeners is not asked. One that does not answer before the next report is due (it blocks) does not
//! hold the figures up: they go without its additions, and its late answer is dropped.

use std::time::Instant;

use protocol::{ToMaster, Transport};

use super::{Command, Link};
use crate::reactor::Extras;

/// What the script listens to, and the question it has not answered yet.
#[derive(Debug, Default)]
pub(super) struct Asking {
    wants_reports: bool,
    pub(super) wants_heartbeats: bool,
    asked: u64,
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

    /// Closes the open question; true if there was one.
    fn close(&mut self) -> bool {
        std::mem::take(&mut self.is_open)
    }

    /// Whether this is the answer that is waited for; it is from now on no more.
    pub(super) fn is_answered_by(&mut self, number: u64) -> bool {
        self.asked == number && self.close()
    }
}

impl<T: Transport> Link<T> {
    /// Reports, or asks the script for its additions first. A question still open is given up.
    pub(super) async fn report_is_due(&mut self) {
        let unanswered = self.asking.close();
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
        self.asking.close();
        self.report(extras).await;
        self.send(ToMaster::ClientStopped).await;
        let effects = self.state.present(Instant::now());
        self.apply(effects).await;
    }

    /// Sends everything since the last report; what cannot be sent stays in the recorder or in `unsent`.
    pub(super) async fn report(&mut self, extras: Extras) -> bool {
        if !self.state.is_known() {
            return false;
        }
        if let Some(report) = self.unsent.take()
            && !self.send(ToMaster::Stats(report.clone())).await
        {
            self.unsent = Some(report);
            return false;
        }
        let now = self.core.clock.now_unix_s();
        let mut report = Box::new(
            self.core
                .recorder
                .borrow_mut()
                .take_report(self.users.by_class.clone(), now),
        );
        report.extra = extras;
        if self.send(ToMaster::Stats(report.clone())).await {
            return true;
        }
        self.unsent = Some(report);
        false
    }
}
