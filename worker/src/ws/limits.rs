//! Every bound of the WebSocket client in one place, with units in the names.

use std::time::Duration;

/// Read buffer of one connection. It is kept while the connection is idle, so thousands of them have to be small.
pub const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Longest message that is accepted unless the script says otherwise.
pub const MESSAGE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Messages of one connection that nobody has asked for yet; past it the connection is not read.
pub const UNREAD_MESSAGES_MAX: usize = 1_000;

/// Bytes of such messages; past it the connection is not read. One message may be longer.
pub const UNREAD_BYTES_MAX: usize = 1024 * 1024;

/// Messages of one connection that wait to be sent (each has a waiter); further ones fail.
pub const OUTGOING_MAX: usize = 1_000;

/// How long a target that has closed, or was told that we close, may keep the connection itself open.
pub const LINGER: Duration = Duration::from_secs(2);
