//! Every bound of the engine in one place: queues, tables and waits, with units in the names.
//!
//! Past a bound the engine folds, drops or refuses and says so in the log; it never grows without end.

use std::time::Duration;

/// Completions kept on the reactor's side before they are handed to Python without waiting for the next park.
pub const COMPLETIONS_PER_HANDOVER: usize = 64;

/// Distinct (method, name) pairs per worker; further ones are recorded under the name "Other".
pub const REQUEST_NAMES_MAX: usize = 10_000;

/// Distinct failure texts per worker; further ones are recorded as one "Other" error.
pub const FAILURE_TEXTS_MAX: usize = 5_000;

/// Control messages from Python (custom messages, exceptions) waiting for the link.
pub const LINK_QUEUE_MAX: usize = 10_000;

/// Commands for Python that it has not fetched yet; a script that blocks for long must not grow the queue for ever.
pub const COMMANDS_MAX: usize = 10_000;

/// Log lines kept for the master, as in Locust (500).
pub const LOG_LINES_MAX: usize = 500;

/// New log lines in one interval past which log forwarding ends with a warning, as in Locust (70).
pub const LOG_LINES_PER_INTERVAL_MAX: usize = 70;

/// Period of heartbeats (reference: Locust's HEARTBEAT_INTERVAL).
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// Period of statistics reports (reference: Locust's WORKER_REPORT_INTERVAL), unless the master asks for another.
pub const REPORT_INTERVAL: Duration = Duration::from_secs(3);

/// How long after the whole second a report leaves that a master asked for at whole seconds: timers may be a little early by
/// another clock, and what ended in the second has to be counted first.
pub const REPORT_AFTER_SECOND: Duration = Duration::from_millis(4);

/// Period at which the script is told the process's use of CPU and memory (reference: CPU_MONITOR_INTERVAL).
pub const USAGE_INTERVAL: Duration = Duration::from_secs(5);

/// Encoded size of what a script adds to one report; more is left out, with an error in the log.
pub const REPORT_EXTRAS_MAX_BYTES: usize = 1024 * 1024;

/// Reports that wait for a master that is away; only those with a script's additions are kept apart from one another.
pub const UNSENT_REPORTS_MAX: usize = 16;

/// Characters kept of a log line for the master: as many as a master keeps.
pub const LOG_LINE_MAX_CHARS: usize = 10_000;

/// Period of log reports (reference: Locust's WORKER_LOG_REPORT_INTERVAL).
pub const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Pause between two `client_ready` until one is acknowledged (reference: Locust's CONNECT_TIMEOUT).
pub const READY_INTERVAL: Duration = Duration::from_secs(5);

/// Unanswered `client_ready` after which the worker gives up (reference: Locust's CONNECT_RETRY_COUNT).
pub const READY_ATTEMPTS_MAX: u32 = 60;

/// Silence of a master that once answered, after which the worker ends (reference: MASTER_HEARTBEAT_TIMEOUT).
pub const MASTER_SILENCE_MAX: Duration = Duration::from_secs(60);

/// First pause before a lost connection to the master is made again; it doubles up to [`RECONNECT_PAUSE_MAX`].
pub const RECONNECT_PAUSE_MIN: Duration = Duration::from_millis(100);

/// Longest pause between two attempts to reach the master.
pub const RECONNECT_PAUSE_MAX: Duration = Duration::from_secs(5);

/// Period of the process's CPU and memory readings.
pub const RESOURCE_INTERVAL: Duration = Duration::from_secs(2);

/// Time the last report and `quit` get to reach the master at the end.
pub const FAREWELL_TIMEOUT: Duration = Duration::from_secs(5);

/// Time beyond the stop time-out that a script gets to end after `quit`, before the engine sends the last report in its
/// place. Shorter than the 5 s a master of ours waits, so that a script that blocks costs no figures.
pub const SCRIPT_END_GRACE: Duration = Duration::from_secs(2);

/// Time beyond the stop time-out that a script may let nothing else run after a test was stopped, before its process is ended
/// as after `quit`. Long, because it may have something to clean up and the worker is wanted for the next test.
pub const SCRIPT_SILENCE_MAX: Duration = Duration::from_secs(30);

/// Time after the last figures were sent for a script until its process is ended: enough for them
/// to be on their way.
pub const SCRIPT_KILL_GRACE: Duration = Duration::from_secs(2);

/// Time a worker process gets to end by itself once whoever started it is gone: as long as the launcher gives its
/// children, so that the launcher's word comes first where there is one.
pub const ORPHAN_GRACE: Duration = Duration::from_secs(35);
