//! The HTTP/1.1 client that virtual users send their requests with.
//!
//! It is made for thousands of sessions on one thread: a request on an open connection costs one write and one read, no
//! task, no timer and no buffer of its own. Everything that can be worked out before — URL, headers, the bytes of the
//! head — is worked out by [`Profile::prepare`] on the thread that submits the request. Time-outs and cancelling come
//! from outside: [`execute`] only publishes in a [`PhaseCell`] what it waits for, and may be dropped at any time.
//!
//! A proxy on the way ([`ProxyConfig`]) changes the request line or adds a tunnel, and nothing else; sessions may share a
//! [`Pool`] of connections, whose entries are only used where the settings that made them are the same.
//!
//! It may not know of Python, users, names or statistics, and it spawns nothing.

mod chunked;
mod connect;
mod connection;
mod cookie_date;
mod cookies;
mod decode;
mod decode_zstd;
mod dns;
mod error;
mod error_request;
mod exchange;
mod execute;
mod failure_text;
mod gate;
mod head;
pub mod limits;
mod phase;
mod pool;
mod profile;
mod proxy;
mod receive;
mod redirect;
mod request;
mod response;
mod session;
mod stream;
mod target;
mod template;
mod tls;
mod tls_verify;
mod tunnel;
mod upgrade;

pub use connection::open_connections;
pub use cookies::{Cookie, SharedJar};
pub use error::{ErrorKind, Fault, HttpError};
pub use error_request::{ConfigError, RequestError};
pub use execute::{Outcome, execute};
pub use failure_text::failure_text;
pub(crate) use failure_text::python_repr;
pub use phase::{Phase, PhaseCell};
pub use pool::{Pool, PoolConfig};
pub use profile::{Profile, ProfileConfig, Style};
pub use proxy::{ProxyConfig, ProxyRule};
pub use request::{Asked, Prepared, Request};
pub use response::{Response, SentRequest};
pub use session::Session;
pub use stream::BodyStream;
pub use target::{Origin, OriginHost, Target};
pub use template::HeaderOverride;
pub use upgrade::{Answer, Upgrade, UpgradedStream, upgrade};
