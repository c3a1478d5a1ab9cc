//! Every bound of the control plane, in one place. Past one, the master folds, drops or refuses, and says so; it never
//! grows without end. Sources: reference § 1.3 for Locust's constants, the rest are ours.

/// Shortest time between two rounds of `spawn` messages, seconds.
pub const MIN_STEP_S: f64 = 0.1;

/// Shortest time between two `spawn` messages to a worker that is not ours, seconds. Locust's own pace; its worker needs
/// up to 0.1 s of CPU for each.
pub const FOREIGN_STEP_S: f64 = 1.0;

/// Period of the liveness tick and of [`crate::events::RunEvent::Tick`], seconds. Locust's heartbeat interval.
pub const TICK_S: f64 = 1.0;
/// Ticks a worker may be silent; it is missing at the tick that finds the counter below zero (Locust's rule: 4–5 s).
pub const LIVENESS_TICKS: i32 = 3;
/// Counter at which a missing worker is forgotten, about a minute after it went missing (Locust's rule).
pub const DEAD_TICKS: i32 = -60;

/// Every so many seconds our own workers report, at whole seconds of their clock.
pub const REPORT_EVERY_S: u32 = 1;
/// How long reported user counts may lag behind a finished ramp before `spawning_complete` is sent anyway, seconds.
pub const RAMP_REPORT_WAIT_S: f64 = 1.0;
/// Added to the stop time-out when a run stops or the workers quit, seconds.
pub const STOP_GRACE_S: f64 = 5.0;
/// A worker nobody knows is told what to do at most this often, seconds.
pub const STRANGER_REPEAT_S: f64 = 10.0;
/// Time allowed for queued messages to leave when the master exits, seconds.
pub const CLOSE_WAIT_S: f64 = 1.0;

/// Workers registered at one time.
pub const MAX_WORKERS: usize = 10_000;
/// Node ids whose index and report number are remembered.
pub const MAX_IDENTITIES: usize = 50_000;
/// Unknown node ids remembered for [`STRANGER_REPEAT_S`].
pub const MAX_STRANGERS: usize = 1_000;
/// Distinct exceptions kept; further ones are counted in one row.
pub const MAX_EXCEPTIONS: usize = 1_000;
/// Log lines kept per worker.
pub const MAX_LOG_LINES: usize = 500;
/// Workers whose log lines are kept.
pub const MAX_LOG_WORKERS: usize = 1_000;
/// Characters kept of an exception's text, its traceback or a log line.
pub const MAX_TEXT_CHARS: usize = 10_000;
/// Users one run may ask for.
pub const MAX_USERS: u64 = 10_000_000;

/// Commands waiting for the control loop.
pub const MAX_COMMANDS: usize = 256;
/// Rows of one list in `/stats/requests` (Locust's bound).
pub const MAX_STATS_ROWS: usize = 500;
/// Bytes of a form posted to the REST face.
pub const MAX_FORM_BYTES: usize = 64 * 1024;
/// Computations for the web face that run at one time.
pub const MAX_HEAVY_QUERIES: usize = 2;
/// Request names in `GET /metrics`; further ones are counted in one called `Other`.
pub const MAX_METRIC_NAMES: usize = 1_000;
/// Workers with figures of their own in `GET /metrics`.
pub const MAX_METRIC_WORKERS: usize = 1_000;
/// Percentiles asked for at once.
pub const MAX_QUERY_PERCENTILES: usize = 20;
/// Seconds of a run, and numbers of a request name, that a query may name.
pub const MAX_RUN_S: u32 = 1_000_000_000;
/// Time the control loop may take to answer `GET /healthz`, seconds.
pub const HEALTH_ANSWER_S: f64 = 2.0;
/// Pages that listen to the live feed at one time.
pub const MAX_FEEDS: usize = 64;
/// Events a page may lie behind before it is greeted anew.
pub const MAX_FEED_LAG: usize = 4;
/// Bytes of a file of `--config-users`.
pub const MAX_CONFIG_USERS_BYTES: u64 = 1024 * 1024;
/// Bytes of a locustfile handed to a worker.
pub const MAX_LOCUSTFILE_BYTES: u64 = 8 * 1024 * 1024;

/// Bytes of a data file beside a locustfile that goes into the script bundle by itself; a larger one must be included.
pub const MAX_BUNDLE_DATA_FILE_BYTES: u64 = 8 * 1024 * 1024;
/// How deep folders are searched for the script bundle.
pub const MAX_BUNDLE_DEPTH: usize = 16;
/// Files and folders that are looked at for the script bundle.
pub const MAX_BUNDLE_ENTRIES: usize = 50_000;
/// Time a start waits for a changed script, seconds: for its files, for what [`SCRIPT_HOST_TIMEOUT_S`] and [`RETIRE_S`] allow,
/// and for its `init`.
pub const SCRIPT_READ_S: f64 = 90.0;
/// Time workers get to fetch a changed script and register again before a run starts without them, seconds.
pub const SCRIPT_RETURN_S: f64 = 30.0;

/// Bytes of a line of local workers' output that are held until its end comes.
pub const MAX_RELAYED_LINE_BYTES: usize = 16 * 1024;
/// Time the rest of local workers' output may take to come once they have ended, seconds.
pub const RELAY_REST_S: f64 = 1.0;

/// Request names and errors the live screen of the terminal may show, if it is that high.
pub const MAX_SCREEN_REQUESTS: usize = 60;
/// See [`MAX_SCREEN_REQUESTS`].
pub const MAX_SCREEN_ERRORS: usize = 20;
/// Keys pressed that wait to be carried out; further ones are dropped.
pub const MAX_KEYS_WAITING: usize = 32;

/// Time a locustfile may take to load in the script host, seconds.
pub const SCRIPT_HOST_TIMEOUT_S: u64 = 60;
/// Bytes of one message between the master and its script host, without the four bytes of its length.
pub const MAX_SCRIPT_FRAME_BYTES: usize = 64 * 1024 * 1024;
/// Messages waiting for the script host, and messages of it waiting for the control loop. Past it, what the host is only
/// told is dropped; a request that finds no place means that the host reads nothing any more.
pub const MAX_SCRIPT_FRAMES: usize = 1_024;
/// Bytes of the messages waiting for the script host.
pub const MAX_SCRIPT_QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// Names of hooks a script host may say it listens to.
pub const MAX_SCRIPT_HOOKS: usize = 1_000;
/// Things a script may say while `init` runs, before the master serves.
pub const MAX_EARLY_WORDS: usize = 1_000;
/// Changes of User classes kept for workers that join later.
pub const MAX_USER_CLASS_UPDATES: usize = 1_000;
/// Time a hook of the script may take, seconds.
pub const HOOK_TIMEOUT_S: f64 = 600.0;
/// Time the `quit` hook may take once the master has nothing else to do, seconds.
pub const QUIT_HOOK_TIMEOUT_S: f64 = 30.0;
/// Time the `quitting` and `quit` hooks may take of a script that makes room for a changed one, seconds.
pub const RETIRE_S: f64 = 10.0;
/// Time the workers wait for the `test_stopping` hook before they are told to stop, seconds.
pub const TEST_STOPPING_WAIT_S: f64 = 10.0;
/// While something is awaited of the script host it is asked for a sign of life this often, seconds.
pub const PING_EVERY_S: f64 = 5.0;
/// Time the script host may leave that unanswered, seconds.
pub const SCRIPT_SILENCE_S: f64 = 20.0;
/// Time a script host that was told to end may take, seconds.
pub const SCRIPT_EXIT_S: f64 = 7.0;

/// Intervals of the record in a report; longer runs have coarser ones.
pub const MAX_REPORT_INTERVALS: usize = 600;
/// Bytes of the intervals in a report. Past it, the request names with the fewest requests have no figures over time.
pub const MAX_REPORT_BYTES: usize = 16 * 1024 * 1024;
/// What the web face is answering when the master ends has so long to be answered, seconds.
pub const WEB_CLOSE_WAIT_S: f64 = 0.5;
