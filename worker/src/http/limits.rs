//! Every bound of the HTTP client in one place, with units in the names.

use std::time::Duration;

/// Bytes lent for one read; one buffer of this size per reactor thread, shared by all connections.
pub const READ_BUFFER_BYTES: usize = 64 * 1024;

/// Longest response head (status line and headers, trailers likewise) that is accepted.
pub const HEAD_MAX_BYTES: usize = 128 * 1024;

/// Headers that are parsed without leaving the stack.
pub const HEADERS_USUAL: usize = 48;

/// Most headers that a response may have.
pub const HEADERS_MAX: usize = 512;

/// Interim (1xx) responses that are skipped before the response is called malformed.
pub const INTERIM_RESPONSES_MAX: u32 = 16;

/// Longest body that is kept, before and after content decoding; streams have no such bound.
pub const BODY_MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// Bytes set aside for a body on the word of its Content-Length; a longer one grows as it arrives.
pub const BODY_PREALLOCATED_MAX_BYTES: usize = 1024 * 1024;

/// Longest chunk-size line, extensions included.
pub const CHUNK_LINE_MAX_BYTES: usize = 4 * 1024;

/// Content codings that may be stacked on one another.
pub const CODINGS_MAX: usize = 5;

/// Request heads a profile keeps ready; the least recently used half goes when it is full.
pub const TEMPLATES_MAX: usize = 8 * 1024;

/// Longest URL whose request head is kept ready.
pub const TEMPLATE_URL_MAX_BYTES: usize = 2 * 1024;

/// Idle connections of one session, all origins together.
pub const IDLE_CONNECTIONS_MAX: usize = 64;

/// Idle connections of a pool that sessions share, all origins together; also the largest bound on those in use.
pub const POOL_CONNECTIONS_MAX: usize = 64 * 1024;

/// Origins of a pool whose connections in use are counted before those without any are forgotten.
pub const GATES_MAX: usize = 64;

/// Entries of a session's `proxies`, those of the environment included.
pub const PROXY_RULES_MAX: usize = 256;

/// Cookies of one jar; the oldest goes first (RFC 6265 § 6.1 asks for at least 3000 in a browser).
pub const COOKIES_MAX: usize = 300;

/// Longest cookie (name and value) that is kept (RFC 6265 § 6.1: at least 4096).
pub const COOKIE_MAX_BYTES: usize = 8 * 1024;

/// How long the addresses of a host name are used without asking again.
pub const DNS_TTL: Duration = Duration::from_secs(30);

/// Host names whose addresses are remembered.
pub const DNS_ENTRIES_MAX: usize = 256;
