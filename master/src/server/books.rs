//! What the master remembers of a run besides its state: statistics, exceptions, log lines; and who reads them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use protocol::{NodeId, RequestStats, StatsReport, Value};

use super::Reading;
use crate::events::{ExceptionView, Reporter, RunEvent, RunView, WorkerView};
use crate::limits;
use crate::report::kept_log;
use crate::run::{Machine, Now};
use crate::script_host::stats_answer;

pub(super) struct Books {
    stats: RequestStats,
    exceptions: Vec<ExceptionView>,
    exception_rows: HashMap<String, usize>,
    logs: BTreeMap<NodeId, Arc<Vec<String>>>,
    /// How many of them are warnings or errors, by worker.
    log_warnings: BTreeMap<NodeId, u64>,
    reporters: Vec<Box<dyn Reporter>>,
}

impl Books {
    pub(super) fn new(reporters: Vec<Box<dyn Reporter>>, now: Now) -> Self {
        Self {
            stats: RequestStats::new(now.unix_s),
            exceptions: Vec::new(),
            exception_rows: HashMap::new(),
            logs: BTreeMap::new(),
            log_warnings: BTreeMap::new(),
            reporters,
        }
    }

    pub(super) fn clear(&mut self, now: Now) {
        self.stats.clear(now.unix_s);
        self.exceptions.clear();
        self.exception_rows.clear();
    }

    pub(super) fn merge(&mut self, report: &StatsReport, now: Now) {
        self.stats.merge_report(report, now.unix_s);
    }

    /// Counts an exception by its traceback. Past the limit, by worker only, in one row.
    pub(super) fn add_exception(&mut self, node_id: NodeId, msg: String, traceback: String) {
        let (mut msg, mut traceback) = (cut(msg), cut(traceback));
        let is_full = self.exceptions.len() >= limits::MAX_EXCEPTIONS;
        if is_full && !self.exception_rows.contains_key(&traceback) {
            "Other exceptions (too many different ones to list)".clone_into(&mut msg);
            traceback.clear();
        }
        let row = *self.exception_rows.entry(traceback.clone()).or_insert_with(|| {
            self.exceptions.push(ExceptionView {
                count: 0,
                msg,
                traceback,
                nodes: BTreeSet::new(),
            });
            self.exceptions.len() - 1
        });
        let Some(exception) = self.exceptions.get_mut(row) else {
            return;
        };
        exception.count += 1;
        if exception.nodes.len() < limits::MAX_WORKERS {
            exception.nodes.insert(node_id);
        }
    }

    /// A worker resends all it has, so its lines replace the old ones.
    pub(super) fn set_logs(&mut self, node_id: NodeId, mut lines: Vec<String>) {
        if self.logs.len() >= limits::MAX_LOG_WORKERS && !self.logs.contains_key(&node_id) {
            return;
        }
        let surplus = lines.len().saturating_sub(limits::MAX_LOG_LINES);
        lines.drain(..surplus);
        let warnings = lines.iter().filter(|line| kept_log::is_warning(line)).count();
        self.log_warnings.insert(node_id.clone(), warnings as u64);
        self.logs
            .insert(node_id, Arc::new(lines.into_iter().map(cut).collect()));
    }

    /// The merged statistics and exceptions of the run, as the script gets them.
    pub(super) fn figures(&self) -> Value {
        stats_answer(&self.stats, &self.exceptions)
    }

    pub(super) fn report(&mut self, event: &RunEvent, machine: &Machine, now: Now) {
        let mut reporters = std::mem::take(&mut self.reporters);
        self.with_view(machine, now, |reading| {
            for reporter in &mut reporters {
                reporter.handle(event, &reading.view);
            }
        });
        self.reporters = reporters;
    }

    pub(super) fn with_view(&self, machine: &Machine, now: Now, look: impl FnOnce(&Reading<'_>)) {
        let cluster = machine.cluster();
        let user_classes_count = cluster.user_classes_count();
        let mut workers: Vec<WorkerView> = cluster
            .iter()
            .map(|(id, worker)| WorkerView {
                id: id.clone(),
                index: worker.index,
                state: worker.state.clone(),
                user_count: worker.user_count(),
                user_classes_count: worker.user_classes_count.clone(),
                cpu_percent: worker.cpu_percent,
                memory_bytes: worker.memory_bytes,
                last_heartbeat_s_ago: (now.mono_s - worker.last_heard_s).max(0.0),
                loop_lag_ms: worker.loop_lag_ms,
                connections: worker.connections,
                in_flight: worker.in_flight,
                round_trip_ms: worker.round_trip_ms,
                last_report_s_ago: worker.last_report_s.map(|at| (now.mono_s - at).max(0.0)),
                missing_since_unix_s: worker
                    .missing_since_s
                    .map(|at| now.unix_s - (now.mono_s - at).max(0.0)),
            })
            .collect();
        workers.sort_by_key(|worker| worker.index);
        let view = RunView {
            now_unix_s: now.unix_s,
            elapsed_s: machine.elapsed_s(now),
            run_time_s: machine.run_time_s(),
            state: machine.state(),
            user_count: user_classes_count.values().sum(),
            target_user_count: machine.target_user_count(),
            spawn_rate: machine.spawn_rate(),
            host: machine.host(),
            parsed_options: machine.parsed_options(),
            script: machine.script(),
            user_classes_count: &user_classes_count,
            workers: &workers,
            stats: &self.stats,
            exceptions: &self.exceptions,
            logs: &self.logs,
        };
        look(&Reading {
            view,
            machine,
            log_warnings: self.log_warnings.values().sum(),
        });
    }

    pub(super) fn close(self) -> (RequestStats, Vec<ExceptionView>) {
        (self.stats, self.exceptions)
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(limits::MAX_TEXT_CHARS) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books() -> Books {
        Books::new(
            Vec::new(),
            Now {
                mono_s: 0.0,
                unix_s: 1000.0,
            },
        )
    }

    #[test]
    fn exceptions_are_counted_by_traceback_over_workers() {
        let mut books = books();
        for node in ["a", "b", "a"] {
            books.add_exception(node.to_owned(), "boom".to_owned(), "line 1".to_owned());
        }
        let (_, exceptions) = books.close();
        assert_eq!(
            (exceptions.len(), exceptions[0].count, exceptions[0].nodes.len()),
            (1, 3, 2)
        );
    }

    #[test]
    fn the_table_of_exceptions_does_not_grow_without_end() {
        let mut books = books();
        for number in 0..limits::MAX_EXCEPTIONS + 50 {
            books.add_exception("a".to_owned(), "boom".to_owned(), format!("line {number}"));
        }
        let (_, exceptions) = books.close();
        assert_eq!(exceptions.len(), limits::MAX_EXCEPTIONS + 1);
        assert_eq!(exceptions.last().map(|row| row.count), Some(50));
    }

    #[test]
    fn only_the_last_log_lines_are_kept() {
        let mut books = books();
        let lines: Vec<String> = (0..limits::MAX_LOG_LINES + 3).map(|n| n.to_string()).collect();
        books.set_logs("a".to_owned(), lines);
        assert_eq!(
            (books.logs["a"].len(), books.logs["a"][0].as_str()),
            (limits::MAX_LOG_LINES, "3")
        );
    }
}
