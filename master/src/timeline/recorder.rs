//! Keeps the record of each run: takes the events on the control loop, and leaves the work to a thread of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use protocol::StatsReport;
use tokio::time::Instant;

use super::desk::Desk;
use super::info;
use super::keeper::Fleet;
use super::limits::{END_WAIT_S, MAX_QUEUED_NOTES, MAX_QUEUED_ROWS};
use super::model::{ExceptionRow, Gauges, RunInfo};
use super::runs::Runs;
use crate::events::{ExceptionView, LeaveReason, Reporter, RunEvent, RunState, RunView};
use crate::run::Now;
use crate::web::SharedForm;

/// What a record says of a run besides what happened in it.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// File names of the script.
    pub locustfile: String,
    /// Hash of the script bundle, where the script stays the same; see [`crate::events::ScriptView`].
    pub script_hash: String,
    /// The start form: which options are secret.
    pub form: SharedForm,
    /// Where it runs: `version`, `os`, `cpus`, `host_name`, `python`.
    pub environment: BTreeMap<String, String>,
}

/// The reporter that keeps the record; one per master, and the first of its reporters: once it has handled the end of a run,
/// others find the whole record in [`Runs`].
#[derive(Debug)]
pub struct Recorder {
    about: About,
    runs: Runs,
    began: Instant,
    notes: Option<mpsc::Sender<Queued>>,
    load: Arc<Load>,
    /// What the exceptions last told were: how many, and how many rows.
    exceptions: (u64, usize),
    has_complained: bool,
}

/// What waits for the thread.
#[derive(Debug, Default)]
struct Load {
    notes: AtomicUsize,
    rows: AtomicUsize,
}

/// A note on its way to the thread.
#[derive(Debug)]
struct Queued {
    note: Note,
    now: Now,
    rows: usize,
}

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Note {
    /// A run begins.
    Started(Box<RunInfo>, Fleet),
    /// A second has passed.
    Tick(Fleet),
    /// A report was merged.
    Report {
        node_id: String,
        report: Arc<StatsReport>,
    },
    /// Statistics were cleared.
    Reset,
    /// The run has a new target.
    Edited {
        users: u64,
        spawn_rate: f64,
        run_time_s: Option<f64>,
    },
    /// Something to be seen on the time axis: kind, text, and the worker it is about.
    Mark {
        kind: &'static str,
        text: String,
        worker: Option<String>,
    },
    /// The run is over.
    Ended { cause: &'static str, fleet: Fleet },
    /// Answer when everything before is in the record.
    Sync(mpsc::SyncSender<()>),
}

impl Recorder {
    /// One that has recorded nothing. Without a thread, which the system refuses only in great need, it records nothing ever.
    pub fn new(about: About) -> Self {
        let (runs, load) = (Runs::new(), Arc::new(Load::default()));
        let (notes, queue) = mpsc::channel();
        let (shown, counted) = (runs.clone(), Arc::clone(&load));
        let thread = std::thread::Builder::new().name("recorder".to_owned());
        let spawned = thread.spawn(move || write_down(&queue, &counted, Desk::new(shown)));
        if let Err(error) = &spawned {
            tracing::warn!("runs are not recorded: no thread can be started ({error})");
        }
        Self {
            about,
            runs,
            began: Instant::now(),
            notes: spawned.is_ok().then_some(notes),
            load,
            exceptions: (0, 0),
            has_complained: false,
        }
    }

    /// The handle through which the record is read.
    pub fn runs(&self) -> Runs {
        self.runs.clone()
    }

    fn fleet(&mut self, view: &RunView<'_>) -> Fleet {
        Fleet {
            state: view.state.as_str(),
            gauges: gauges(view),
            exceptions: self.exceptions(view.exceptions),
        }
    }

    fn exceptions(&mut self, rows: &[ExceptionView]) -> Option<Arc<Vec<ExceptionRow>>> {
        let seen = (rows.iter().map(|row| row.count).sum(), rows.len());
        if std::mem::replace(&mut self.exceptions, seen) == seen {
            return None;
        }
        let row = |row: &ExceptionView| ExceptionRow {
            count: row.count,
            msg: row.msg.clone(),
            traceback: row.traceback.clone(),
            nodes: row.nodes.iter().cloned().collect(),
        };
        Some(Arc::new(rows.iter().map(row).collect()))
    }

    fn note(&mut self, event: &RunEvent, view: &RunView<'_>) -> Option<Note> {
        let mark = |kind, text: String, worker: Option<&String>| {
            let is_on = matches!(view.state, RunState::Spawning | RunState::Running);
            is_on.then(|| Note::Mark {
                kind,
                text,
                worker: worker.cloned(),
            })
        };
        match event {
            RunEvent::RunStarted {
                target_users,
                spawn_rate,
            } => {
                self.exceptions = (0, 0);
                let info = info::of(&self.about, *target_users, *spawn_rate, view);
                Some(Note::Started(Box::new(info), self.fleet(view)))
            }
            RunEvent::RunEdited {
                target_users,
                spawn_rate,
            } => Some(Note::Edited {
                users: *target_users,
                spawn_rate: *spawn_rate,
                run_time_s: view.run_time_s,
            }),
            RunEvent::Reported { node_id, report } => Some(Note::Report {
                node_id: node_id.clone(),
                report: Arc::clone(report),
            }),
            RunEvent::Tick => Some(Note::Tick(self.fleet(view))),
            RunEvent::StatsReset => {
                // The table begins anew: one that comes to the same counts is another.
                self.exceptions = (0, 0);
                Some(Note::Reset)
            }
            RunEvent::RunEnded { cause } => Some(Note::Ended {
                cause: info::cause_name(*cause),
                fleet: self.fleet(view),
            }),
            RunEvent::SpawningComplete { user_count } => mark(
                "spawning_complete",
                format!("All {user_count} users are running"),
                None,
            ),
            RunEvent::WorkerJoined { id, .. } => {
                mark("worker_joined", format!("Worker {id} joined"), Some(id))
            }
            RunEvent::WorkerReturned { id } => {
                mark("worker_returned", format!("Worker {id} is back"), Some(id))
            }
            RunEvent::WorkerLeft { id, reason } => match reason {
                LeaveReason::Missing => mark("worker_lost", format!("Worker {id} went missing"), Some(id)),
                LeaveReason::Quit => mark("worker_lost", format!("Worker {id} quit"), Some(id)),
                LeaveReason::Stopped => None,
            },
            RunEvent::Rebalanced => mark(
                "rebalanced",
                "Users were dealt anew over the workers".to_owned(),
                None,
            ),
            RunEvent::StateChanged {
                to: RunState::Stopping,
                ..
            } => Some(Note::Mark {
                kind: "stop",
                text: "Stopping".to_owned(),
                worker: None,
            }),
            RunEvent::StateChanged { .. }
            | RunEvent::WorkerException { .. }
            | RunEvent::WorkerLogs { .. }
            | RunEvent::Shutdown => None,
        }
    }

    /// Hands a note over, unless it is one of many and too many wait: a record with a gap is better than a run that stumbles.
    fn send(&mut self, note: Note, now: Now) {
        let rows = match &note {
            Note::Report { report, .. } => report.stats.len() + 1,
            _ => 0,
        };
        let may_be_dropped = matches!(note, Note::Report { .. } | Note::Tick(_) | Note::Mark { .. });
        let waiting = self.load.notes.load(Ordering::Relaxed);
        let rows_waiting = self.load.rows.load(Ordering::Relaxed);
        let is_full =
            waiting >= MAX_QUEUED_NOTES || (rows_waiting > 0 && rows_waiting + rows > MAX_QUEUED_ROWS);
        if may_be_dropped && is_full {
            if !std::mem::replace(&mut self.has_complained, true) {
                tracing::warn!(
                    "the record of the run has gaps: this machine is too busy to keep up with the workers' reports; \
                     the statistics are complete"
                );
            }
            return;
        }
        if let Some(notes) = &self.notes {
            self.load.notes.fetch_add(1, Ordering::Relaxed);
            self.load.rows.fetch_add(rows, Ordering::Relaxed);
            // Only a thread that panicked does not take it; that was reported.
            let _lost = notes.send(Queued { note, now, rows });
        }
    }

    /// Waits until the record holds everything, but not for long.
    fn sync(&mut self, now: Now) {
        let (done, wait) = mpsc::sync_channel(1);
        self.send(Note::Sync(done), now);
        if self.notes.is_some() && wait.recv_timeout(Duration::from_secs(END_WAIT_S)).is_err() {
            tracing::warn!("the record of the run may lack its last seconds");
        }
    }
}

impl Reporter for Recorder {
    fn handle(&mut self, event: &RunEvent, view: &RunView<'_>) {
        let now = Now {
            mono_s: self.began.elapsed().as_secs_f64(),
            unix_s: view.now_unix_s,
        };
        if let Some(note) = self.note(event, view) {
            self.send(note, now);
        }
        if matches!(event, RunEvent::RunEnded { .. } | RunEvent::Shutdown) {
            self.sync(now);
        }
    }
}

/// The thread: until the recorder is gone.
fn write_down(queue: &mpsc::Receiver<Queued>, load: &Load, mut desk: Desk) {
    while let Ok(Queued { note, now, rows }) = queue.recv() {
        desk.take(note, now);
        load.notes.fetch_sub(1, Ordering::Relaxed);
        load.rows.fetch_sub(rows, Ordering::Relaxed);
    }
}

fn gauges(view: &RunView<'_>) -> Gauges {
    let is_missing = |worker: &&crate::events::WorkerView| worker.state == protocol::WorkerState::Missing;
    let missing = view.workers.iter().filter(is_missing).count();
    let here = || view.workers.iter().filter(|worker| !is_missing(worker));
    let count = here().count();
    // A worker may say anything.
    let all = |figure: fn(&crate::events::WorkerView) -> u64| here().map(figure).fold(0, u64::saturating_add);
    let cpu: f64 = here().map(|worker| worker.cpu_percent).sum();
    Gauges {
        users: view.user_count,
        target_users: view.target_user_count,
        workers: u32::try_from(count).unwrap_or(u32::MAX),
        workers_missing: u32::try_from(missing).unwrap_or(u32::MAX),
        in_flight: here().map(|worker| worker.in_flight as f64).sum(),
        connections: all(|worker| worker.connections),
        cpu_max_percent: here().map(|worker| worker.cpu_percent).fold(0.0, f64::max),
        cpu_mean_percent: if count == 0 { 0.0 } else { cpu / count as f64 },
        loop_lag_max_ms: here().map(|worker| worker.loop_lag_ms).fold(0.0, f64::max),
        memory_bytes: all(|worker| worker.memory_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::Sample;

    #[test]
    fn workers_that_say_too_much_do_no_harm() {
        let sample = Sample::new();
        let mut worker = sample.view().workers[0].clone();
        (worker.connections, worker.memory_bytes) = (u64::MAX, u64::MAX);
        let view = RunView {
            workers: &[worker.clone(), worker],
            ..sample.view()
        };
        let found = gauges(&view);
        assert_eq!((found.connections, found.memory_bytes), (u64::MAX, u64::MAX));
    }

    #[test]
    fn exceptions_after_a_reset_are_told_though_there_are_as_many_as_before() {
        let (sample, mut recorder) = (Sample::new(), Recorder::new(About::default()));
        let view = sample.view();
        assert!(!view.exceptions.is_empty());
        let started = RunEvent::RunStarted {
            target_users: 1,
            spawn_rate: 1.0,
        };
        for event in [started, RunEvent::StatsReset, RunEvent::Tick, RunEvent::Shutdown] {
            recorder.handle(&event, &view);
        }
        let record = recorder.runs().current().unwrap();
        assert_eq!(record.exceptions.len(), view.exceptions.len());
    }
}
