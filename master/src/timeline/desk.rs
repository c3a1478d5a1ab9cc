//! What the recorder's thread does with each note: keeps the run's record and shows it once a second.

use super::keeper::Keeper;
use super::recorder::Note;
use super::runs::Runs;
use crate::run::Now;

/// The present run's record, and where it is shown.
#[derive(Debug)]
pub(super) struct Desk {
    runs: Runs,
    keeper: Option<Keeper>,
    has_news: bool,
}

impl Desk {
    pub(super) fn new(runs: Runs) -> Self {
        Self {
            runs,
            keeper: None,
            has_news: false,
        }
    }

    pub(super) fn take(&mut self, note: Note, now: Now) {
        if let Note::Started(info, fleet) = note {
            self.keeper = Some(Keeper::new(*info, fleet, now));
            self.show();
            return;
        }
        // What comes before the first run belongs to none.
        if let Some(keeper) = &mut self.keeper {
            let was_live = keeper.is_live();
            match note {
                Note::Started(..) => {}
                Note::Tick(fleet) => keeper.tick(fleet, now),
                Note::Report { node_id, report } => {
                    keeper.report(&node_id, &report, now);
                    self.has_news = true;
                    return;
                }
                Note::Reset => keeper.reset(now),
                Note::Edited {
                    users,
                    spawn_rate,
                    run_time_s,
                } => keeper.edit(users, spawn_rate, run_time_s, now),
                Note::Mark { kind, text, worker } if was_live => {
                    let worker = worker.map_or(serde_json::Value::Null, Into::into);
                    keeper.mark(kind, text, [("worker", worker)], now);
                    self.has_news = true;
                    return;
                }
                Note::Mark { .. } => return,
                Note::Ended { cause, fleet } => keeper.end(cause, fleet, now),
                Note::Sync(done) => {
                    self.show_news();
                    // Nobody waits any more: nothing to do.
                    let _unread = done.send(());
                    return;
                }
            }
            if was_live || self.has_news {
                self.show();
            }
        } else if let Note::Sync(done) = note {
            let _unread = done.send(());
        }
    }

    fn show_news(&mut self) {
        if self.has_news {
            self.show();
        }
    }

    fn show(&mut self) {
        self.has_news = false;
        if let Some(keeper) = &mut self.keeper {
            let totals = keeper.totals();
            self.runs.show(keeper.record(), Some(totals));
        }
    }
}
