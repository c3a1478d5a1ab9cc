//! The table of errors: how often which error came for which request.

use sha2::{Digest, Sha256};

use super::{cut, cut_name};
use crate::limits::MAX_ERROR_BYTES;

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The system under test.
    Target,
    /// Something between.
    Network,
    /// The load generator or its machine.
    Generator,
    /// The user's script.
    Script,
}

impl Fault {
    /// The name on the wire, in the API and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Network => "network",
            Self::Generator => "generator",
            Self::Script => "script",
        }
    }

    /// The fault of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Target, Self::Network, Self::Generator, Self::Script]
            .into_iter()
            .find(|fault| fault.as_str() == name)
    }
}

/// One occurrence of an error, to look at. Bounded texts, no secrets: no header and no cookie is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorSample {
    /// The URL asked for; empty if there is none.
    pub url: String,
    /// HTTP status of the response, if one came.
    pub status: Option<u16>,
    /// The beginning of the response's body as text; empty if it was not read.
    pub body: String,
    /// Node id of the worker it was taken on.
    pub node_id: String,
}

/// One error of one request name.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorEntry {
    /// Request type.
    pub method: String,
    /// Request name.
    pub name: String,
    /// The error's text, e.g. `HTTPError('404 Client Error: …')`.
    pub error: String,
    /// How often.
    pub occurrences: u64,
    /// First time, unix seconds; third-party workers do not say.
    pub first_seen: Option<f64>,
    /// Last time, unix seconds.
    pub last_seen: Option<f64>,
    /// Ours: whose fault; None if the peer does not tell.
    pub fault: Option<Fault>,
    /// Ours: the first occurrence.
    pub sample: Option<ErrorSample>,
}

impl ErrorEntry {
    /// One occurrence at `now_unix_s`. Long texts are cut and object addresses blanked, so that equal errors share a row.
    pub fn new(method: &str, name: &str, error: &str, now_unix_s: f64) -> Self {
        Self {
            method: cut_name(method).to_owned(),
            name: cut_name(name).to_owned(),
            error: blank_addresses(cut(error, MAX_ERROR_BYTES)),
            occurrences: 1,
            first_seen: Some(now_unix_s),
            last_seen: Some(now_unix_s),
            fault: None,
            sample: None,
        }
    }

    /// A stable key for the wire: SHA-256 over method, name and text, in hex. Masters treat it as opaque.
    pub fn key(&self) -> String {
        let digest = Sha256::digest(format!("{}.{}.{}", self.method, self.name, self.error));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Adds the occurrences of `other`, the same error.
    pub fn merge(&mut self, other: &Self) {
        self.occurrences = self.occurrences.saturating_add(other.occurrences);
        self.first_seen = match (self.first_seen, other.first_seen) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last_seen = match (self.last_seen, other.last_seen) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        self.fault = self.fault.or(other.fault);
        if self.sample.is_none() {
            self.sample.clone_from(&other.sample);
        }
    }
}

/// Replaces the digits of Python's `object at 0x7f…` by dots: they differ in every process and would split the table.
fn blank_addresses(text: &str) -> String {
    const MARK: &str = "object at 0x";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        let (head, tail) = rest.split_at(at + MARK.len());
        out.push_str(head);
        out.push_str("....");
        rest = tail.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_differ_only_by_an_address_are_one() {
        let a = ErrorEntry::new("GET", "/", "<Conn object at 0x7f00aa>: refused", 1.0);
        let b = ErrorEntry::new("GET", "/", "<Conn object at 0xdeadbeef>: refused", 2.0);
        assert_eq!(a.error, "<Conn object at 0x....>: refused");
        assert_eq!(a.key(), b.key());
        assert_eq!(a.key().len(), 64);
    }

    #[test]
    fn merging_keeps_the_first_and_the_last_time() {
        let mut a = ErrorEntry::new("GET", "/", "x", 5.0);
        let b = ErrorEntry {
            first_seen: None,
            last_seen: Some(9.0),
            occurrences: 4,
            ..a.clone()
        };
        a.merge(&b);
        assert_eq!(
            (a.occurrences, a.first_seen, a.last_seen),
            (5, Some(5.0), Some(9.0))
        );
    }

    #[test]
    fn a_long_text_is_cut_on_a_character() {
        let error = ErrorEntry::new("GET", "/", &"é".repeat(MAX_ERROR_BYTES), 0.0).error;
        assert!(error.len() <= MAX_ERROR_BYTES && error.ends_with('é'));
    }
}
