//! What a run's rows hold, as bytes: MessagePack with names, so that fields may be added, compressed by zstd.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::limits::MAX_UNPACKED_BYTES;
use crate::timeline::{ErrorKey, ExceptionRow, Interval, Mark, RequestKey, RunInfo, RunRecord};

/// Fast; a higher one saves little on histograms.
const LEVEL: i32 = 3;

/// A stored piece of a run cannot be packed or unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct PackError(String);

impl PackError {
    pub(super) fn new(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

/// What is written again each time, beside the intervals.
#[derive(Serialize, Deserialize)]
pub(super) struct Names {
    pub(super) requests: Vec<RequestKey>,
    pub(super) errors: Vec<ErrorKey>,
    pub(super) marks: Vec<Mark>,
    pub(super) exceptions: Vec<ExceptionRow>,
}

/// [`Names`] of a record, without copies.
#[derive(Serialize)]
struct NamesOf<'a> {
    requests: &'a [RequestKey],
    errors: &'a [ErrorKey],
    marks: &'a [Mark],
    exceptions: &'a [ExceptionRow],
}

pub(super) fn names(record: &RunRecord) -> Result<Vec<u8>, PackError> {
    let mut errors = record.errors.as_ref().clone();
    for sample in errors.iter_mut().filter_map(|error| error.sample.as_mut()) {
        sample.url = without_password(&sample.url);
    }
    pack(&NamesOf {
        requests: &record.requests,
        errors: &errors,
        marks: &record.marks,
        exceptions: &record.exceptions,
    })
}

pub(super) fn intervals(intervals: &[Arc<Interval>]) -> Result<Vec<u8>, PackError> {
    let plain: Vec<&Interval> = intervals.iter().map(AsRef::as_ref).collect();
    pack(&plain)
}

/// The info as it may be kept: no password in an address.
pub(super) fn info(info: &RunInfo) -> RunInfo {
    let mut kept = info.clone();
    kept.host = kept.host.as_deref().map(without_password);
    for value in kept.options.values_mut() {
        if let serde_json::Value::String(text) = value {
            *text = without_password(text);
        }
    }
    kept
}

/// `https://user:secret@host/` as `https://user:***@host/`.
fn without_password(text: &str) -> String {
    let hidden = text.split_once("://").and_then(|(scheme, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let (user, _) = authority.rsplit_once('@')?.0.split_once(':')?;
        let host = &rest[authority.rfind('@')?..];
        Some(format!("{scheme}://{user}:***{host}"))
    });
    hidden.unwrap_or_else(|| text.to_owned())
}

fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, PackError> {
    let plain = rmp_serde::to_vec_named(value).map_err(|error| PackError(error.to_string()))?;
    zstd::bulk::compress(&plain, LEVEL).map_err(|error| PackError(error.to_string()))
}

pub(super) fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, PackError> {
    let room = zstd::zstd_safe::get_frame_content_size(bytes)
        .ok()
        .flatten()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= MAX_UNPACKED_BYTES)
        .ok_or_else(|| PackError("the length of a packed piece makes no sense".to_owned()))?;
    let plain = zstd::bulk::decompress(bytes, room).map_err(|error| PackError(error.to_string()))?;
    rmp_serde::from_slice(&plain).map_err(|error| PackError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_addresses_are_not_kept() {
        for (text, expected) in [
            (
                "https://ann:s3cret@example.com/a?b@c",
                "https://ann:***@example.com/a?b@c",
            ),
            ("https://ann:p@ss@example.com", "https://ann:***@example.com"),
            ("http://example.com/u:p@x", "http://example.com/u:p@x"),
            ("ann:s3cret@example.com", "ann:s3cret@example.com"),
            ("http://ann@example.com", "http://ann@example.com"),
        ] {
            assert_eq!(without_password(text), expected);
        }
    }

    #[test]
    fn rubbish_is_refused() {
        assert!(unpack::<Names>(b"rubbish").is_err());
        assert!(unpack::<Names>(&zstd::bulk::compress(b"rubbish", LEVEL).unwrap()).is_err());
    }
}
