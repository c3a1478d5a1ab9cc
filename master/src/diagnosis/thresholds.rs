//! Every number a rule compares with, and why it is that.

/// Busy worker, percent of a core. Locust warns from 90 % on: above it, work waits for processor time.
pub(super) const CPU_BUSY_PERCENT: f64 = 90.0;
/// A worker that comes near; shown as a warning in the page's strip only.
pub(super) const CPU_NEAR_PERCENT: f64 = 75.0;
/// How long a state of the generator must last to count, seconds: shorter ones are start-up, imports, a collected garbage.
pub(super) const LASTING_S: u32 = 3;
/// Share of the looked-at seconds from which trouble of the generator spoils the whole and not a part.
pub(super) const SPOILED_RATIO: f64 = 0.1;

/// Event loop that comes late, milliseconds: users' waits and starts are off by as much. A busy but healthy one stays
/// below 20 ms.
pub(super) const LOOP_LAG_MS: f64 = 100.0;
/// Event loop that is blocked rather than late, milliseconds.
pub(super) const LOOP_BLOCKED_MS: f64 = 500.0;

/// Requests' p99 wait in the generator that may be noise of the system's scheduler, milliseconds: two programs that share a
/// core wait some milliseconds for each other.
pub(super) const LAG_NOISE_MS: f64 = 10.0;
/// The wait by the mean response time from which it changes what is measured.
pub(super) const LAG_BY_RESPONSE_TIME: f64 = 0.2;
/// Percentile of the wait that is looked at: what one request in a hundred suffers shows in the p99 of the times.
pub(super) const LAG_PERCENTILE: f64 = 0.99;

/// Groups of equal numbers of users into which a ramp is put before a bend is looked for: enough to place it within 5 %.
pub(super) const KNEE_GROUPS: usize = 20;
/// Groups with figures below which no bend is looked for: two lines fit any four points.
pub(super) const KNEE_MIN_GROUPS: usize = 5;
/// Seconds of rising load below which no bend is looked for: the rate follows users late in a fast ramp.
pub(super) const KNEE_MIN_RAMP_S: u32 = 8;
/// Factor by which users must have risen for a ramp.
pub(super) const KNEE_MIN_GROWTH: f64 = 2.0;
/// Slope after the bend by that before it; above, the rate still rises.
pub(super) const KNEE_MAX_SLOPE_RATIO: f64 = 0.25;
/// Rate at most users by what the first slope promises; above, the bend is too small to matter.
pub(super) const KNEE_MAX_RATE_RATIO: f64 = 0.75;
/// Squared error of the bent line by that of a straight one; above, the bend is noise.
pub(super) const KNEE_MAX_ERROR_RATIO: f64 = 0.3;

/// Failed requests by all below which failures are no story of their own.
pub(super) const FEW_FAILURES_RATIO: f64 = 0.001;
/// Failed requests by all from which a run is bad: one in twenty.
pub(super) const BAD_FAILURES_RATIO: f64 = 0.05;
/// Share of the failures' later ratio that must be reached, so that a stray early failure is not the beginning.
pub(super) const ONSET_RATIO: f64 = 0.25;
/// Seconds over which that share is taken.
pub(super) const ONSET_SPAN_S: u32 = 5;
/// Failures that begin within so many seconds of the first request began with it.
pub(super) const FROM_THE_START_S: u32 = 2;

/// Failed requests by all from which they can move the median noticeably.
pub(super) const DISTORT_RATIO: f64 = 0.05;
/// Difference of the median with and without failed requests, by the latter, that is worth a sentence.
pub(super) const DISTORT_DIFFERENCE: f64 = 0.1;

/// Busiest worker by the mean of all: from here on work is not spread evenly.
pub(super) const UNEVEN_FACTOR: f64 = 1.5;
/// And at least so many points of a core apart: small numbers differ by chance.
pub(super) const UNEVEN_POINTS: f64 = 25.0;
/// For so long, seconds: users are dealt in steps, and a ramp's first steps are uneven.
pub(super) const UNEVEN_S: u32 = 10;

/// Lost workers listed one by one; more are counted.
pub(super) const MAX_LOST_LISTED: usize = 5;

/// Requests that must lie above a percentile for it to be a figure rather than an anecdote.
pub(super) const SAMPLES_ABOVE: f64 = 10.0;
/// A run below this is short, seconds: connections, caches and compilers of the target are still warming up.
pub(super) const SHORT_RUN_S: u32 = 30;
/// Share of the users wanted from which a ramp is over.
pub(super) const RAMPED_RATIO: f64 = 0.95;
/// Share of the seconds from which a ramp dominates the figures.
pub(super) const MOSTLY_RAMP_RATIO: f64 = 0.5;
