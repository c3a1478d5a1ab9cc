//! The `stats` message as it is sent. Times travel twice: as Locust's bucketed map for any master, and as HDR histogram for ours.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::EXTENSION;
use super::wire::AnyData;
use crate::{ErrorEntry, ErrorSample, Fault, StatsEntry, StatsReport, Times};

/// Keys that are not a script's.
pub(super) const KNOWN: [&str; 6] = [
    "stats",
    "stats_total",
    "errors",
    "user_classes_count",
    "user_count",
    EXTENSION,
];

/// A report as it goes out.
#[derive(Serialize)]
pub(super) struct ReportData<'a> {
    stats: Vec<EntryData<'a>>,
    stats_total: EntryData<'a>,
    errors: Pairs<String, ErrorData<'a>>,
    user_classes_count: &'a BTreeMap<String, u64>,
    user_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    acrida: Option<ReportExtraData>,
    /// A script's own keys.
    #[serde(flatten)]
    extra: Pairs<&'a str, AnyData<'a>>,
}

#[derive(Serialize)]
struct ReportExtraData {
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<f64>,
    #[serde(skip_serializing_if = "is_zero")]
    in_flight: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Serialize)]
struct EntryData<'a> {
    name: &'a str,
    method: &'a str,
    last_request_timestamp: Option<f64>,
    start_time: f64,
    num_requests: u64,
    num_none_requests: u64,
    num_failures: u64,
    total_response_time: Ms,
    max_response_time: Ms,
    min_response_time: Option<f64>,
    total_content_length: u64,
    response_times: BTreeMap<u64, u64>,
    num_reqs_per_sec: &'a BTreeMap<i64, u64>,
    num_fail_per_sec: &'a BTreeMap<i64, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acrida_hdr: Option<Bin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acrida_lag: Option<Bin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acrida_failed: Option<Bin>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    acrida_codes: &'a BTreeMap<u16, u64>,
}

#[derive(Serialize)]
struct ErrorData<'a> {
    name: &'a str,
    method: &'a str,
    error: &'a str,
    occurrences: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acrida_fault: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acrida_sample: Option<SampleData<'a>>,
}

#[derive(Serialize)]
struct SampleData<'a> {
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    body: &'a str,
    node_id: &'a str,
}

/// Milliseconds. Locust starts its sum and its maximum as the integer 0.
#[derive(Serialize)]
#[serde(untagged)]
enum Ms {
    None(u8),
    Some(f64),
}

/// A msgpack bin (serde takes bytes for a sequence otherwise).
struct Bin(Vec<u8>);

impl Serialize for Bin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

/// A map in the order given.
struct Pairs<K, V>(Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for Pairs<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'a> From<&'a StatsReport> for ReportData<'a> {
    fn from(report: &'a StatsReport) -> Self {
        let own = report
            .extra
            .iter()
            .filter(|(key, _)| !KNOWN.contains(&key.as_str()));
        let errors = report.errors.iter();
        Self {
            stats: report.stats.iter().map(EntryData::from).collect(),
            stats_total: EntryData::from(&report.total),
            errors: Pairs(
                errors
                    .map(|error| (error.key(), ErrorData::from(error)))
                    .collect(),
            ),
            user_classes_count: &report.user_classes_count,
            user_count: report.user_count,
            acrida: extension(report),
            extra: Pairs(
                own.map(|(key, value)| (key.as_str(), AnyData::from(value)))
                    .collect(),
            ),
        }
    }
}

impl<'a> From<&'a StatsEntry> for EntryData<'a> {
    fn from(entry: &'a StatsEntry) -> Self {
        let ms = |ms| match entry.min_response_time {
            Some(_) => Ms::Some(ms),
            None => Ms::None(0),
        };
        Self {
            name: &entry.name,
            method: &entry.method,
            last_request_timestamp: entry.last_request_timestamp,
            start_time: entry.start_time,
            num_requests: entry.num_requests,
            num_none_requests: entry.num_none_requests,
            num_failures: entry.num_failures,
            total_response_time: ms(entry.total_response_time),
            max_response_time: ms(entry.max_response_time),
            min_response_time: entry.min_response_time,
            total_content_length: entry.total_content_length,
            response_times: entry.response_times.locust_buckets(),
            num_reqs_per_sec: &entry.num_reqs_per_sec,
            num_fail_per_sec: &entry.num_fail_per_sec,
            acrida_hdr: entry.response_times.to_bytes().map(Bin),
            acrida_lag: entry.lag.as_ref().and_then(Times::to_bytes).map(Bin),
            acrida_failed: entry.failed_times.as_ref().and_then(Times::to_bytes).map(Bin),
            acrida_codes: &entry.status_codes,
        }
    }
}

impl<'a> From<&'a ErrorEntry> for ErrorData<'a> {
    fn from(error: &'a ErrorEntry) -> Self {
        Self {
            name: &error.name,
            method: &error.method,
            error: &error.error,
            occurrences: error.occurrences,
            first_seen: error.first_seen,
            last_seen: error.last_seen,
            acrida_fault: error.fault.map(Fault::as_str),
            acrida_sample: error.sample.as_ref().map(SampleData::from),
        }
    }
}

impl<'a> From<&'a ErrorSample> for SampleData<'a> {
    fn from(sample: &'a ErrorSample) -> Self {
        Self {
            url: &sample.url,
            status: sample.status,
            body: &sample.body,
            node_id: &sample.node_id,
        }
    }
}

/// Our own figures of a report, if it has any.
fn extension(report: &StatsReport) -> Option<ReportExtraData> {
    let any = report.sequence.is_some() || report.closed_unix_s.is_some() || report.in_flight > 0;
    any.then_some(ReportExtraData {
        seq: report.sequence,
        closed: report.closed_unix_s,
        in_flight: report.in_flight,
    })
}
