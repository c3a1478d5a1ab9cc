//! Every limit of the wire and of the statistics, with units in the names. Nothing in this crate grows past one of these.

use std::time::Duration;

/// Largest payload taken from or handed to a peer. A report of 10 000 names is about 15 MB; a locustfile bundle is far smaller.
pub const MAX_MESSAGE_BYTES: usize = 32 * 1024 * 1024;
/// Deepest nesting of arrays and maps in a message; Locust's own messages need 5.
pub const MAX_DEPTH: usize = 48;
/// Most values (map keys count) in one message: bounds the memory of a decoded message to a few hundred MB in the worst case.
pub const MAX_VALUES: usize = 4_000_000;
/// Longest ZeroMQ routing id (RFC 23).
pub const MAX_IDENTITY_BYTES: usize = 255;

/// Keys of a script's own taken from one report.
pub const MAX_REPORT_EXTRAS: usize = 100;
/// Files in a script bundle.
pub const MAX_BUNDLE_FILES: usize = 1_000;
/// Bytes of all files in a script bundle, before compression.
pub const MAX_BUNDLE_BYTES: usize = 64 * 1024 * 1024;
/// Longest name of a file in a script bundle, its folders included.
pub const MAX_BUNDLE_NAME_BYTES: usize = 1_024;
/// Bytes of the table of names and sizes in a script bundle.
pub const MAX_BUNDLE_TABLE_BYTES: usize = MAX_BUNDLE_FILES * (MAX_BUNDLE_NAME_BYTES + 32);
/// Bytes of a packed bundle: what does not compress grows a little.
pub const MAX_PACKED_BYTES: u64 = (MAX_BUNDLE_BYTES + 4 * 1024 * 1024) as u64;
/// Bytes of a packed bundle in one message. Small beside what may wait for a peer; a worker asks for one after the other.
pub const BUNDLE_PART_BYTES: usize = 1024 * 1024;

/// Distinct (method, name) pairs kept; further ones are folded into [`FOLDED_NAME`].
pub const MAX_NAMES: usize = 10_000;
/// Distinct (method, name, error) rows kept; further ones are folded into [`FOLDED_NAME`].
pub const MAX_ERRORS: usize = 2_000;
/// Longest request name or method kept; longer ones are cut.
pub const MAX_NAME_BYTES: usize = 2_048;
/// Longest error text kept; longer ones are cut.
pub const MAX_ERROR_BYTES: usize = 4_096;
/// Distinct HTTP status codes kept per row; further ones are counted under [`OTHER_STATUS`].
pub const MAX_STATUS_CODES: usize = 64;
/// Where status codes past their limit are counted: no response has this code.
pub const OTHER_STATUS: u16 = 0;
/// Bytes kept of the body of a failed response, as a sample.
pub const MAX_SAMPLE_BODY_BYTES: usize = 512;
/// Bytes kept of a sample's URL.
pub const MAX_SAMPLE_URL_BYTES: usize = 1_024;
/// Samples of errors in one report; further errors come without one.
pub const MAX_REPORT_SAMPLES: usize = 100;
/// Longest report interval that a master may ask of a worker, in seconds.
pub const MAX_REPORT_EVERY_S: u32 = 60;
/// Where names and errors past their limits are counted.
pub const FOLDED_NAME: &str = "Other";
/// Seconds of per-second counters kept per entry; only the newest 12 are ever read.
pub const MAX_SECONDS_KEPT: usize = 60;
/// Largest response time a histogram can tell apart (1 h); longer ones saturate there. Exact maxima are kept beside it.
pub const MAX_RESPONSE_TIME_US: u64 = 3_600_000_000;
/// Different times (to 3 digits) up to which only those are kept; with more, the whole histogram is.
pub const MAX_FEW_CELLS: usize = 64;

/// Messages waiting to be taken from a listener or link in memory; a peer beyond that is held back. (Over ZeroMQ, by TCP itself.)
pub const RECEIVE_QUEUE_MESSAGES: usize = 1_024;
/// Messages waiting to be written to one peer; one more is refused (`QueueFull`).
pub const SEND_QUEUE_MESSAGES: usize = 1_024;
/// Payload bytes waiting to be written to one peer. One message is always taken.
pub const SEND_QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// Connections a listener keeps at the same time, if the limit on open files allows; further ones are closed at once.
pub const MAX_CONNECTIONS: usize = 10_000;
/// Open files that a listener's connection takes: one to the network, two for the way to the ZeroMQ socket.
pub const FILES_PER_CONNECTION: u64 = 3;
/// Open files that a listener leaves for everything else.
pub const FILES_KEPT_FREE: u64 = 128;
/// How long a peer may take for the TCP connection and the ZMTP handshake together.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest ZMTP handshake command; a real one is under 400 bytes.
pub const MAX_COMMAND_BYTES: usize = 4_096;
/// Frames in one multipart message; Locust's have one.
pub const MAX_FRAMES: usize = 16;
/// What is carried at once between a connection and its ZeroMQ socket; two such buffers per connection.
pub const RELAY_BUFFER_BYTES: usize = 8 * 1024;
/// Idle time before TCP keepalive probes start (Locust's `TCP_KEEPALIVE_IDLE`).
pub const TCP_KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
/// Wait after a failed `accept` (out of file descriptors) so that the listener does not spin.
pub const ACCEPT_RETRY: Duration = Duration::from_millis(200);
