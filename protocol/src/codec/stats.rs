//! The `stats` message. Times travel twice: as Locust's bucketed map for any master, and as HDR histogram for ours.

use std::collections::BTreeMap;

use rmpv::ValueRef;
use serde::{Serialize, Serializer};

use super::EXTENSION;
use super::error::DecodeError;
use super::lenient::{Fields, text};
use super::wire::AnyData;
use crate::limits::{MAX_ERROR_BYTES, MAX_NAME_BYTES, MAX_REPORT_EXTRAS};
use crate::{ErrorEntry, StatsEntry, StatsReport, Times};

const SEQUENCE: &str = "seq";
const HDR: &str = "acrida_hdr";
const LAG: &str = "acrida_lag";
/// Keys that are not a script's.
const KNOWN: [&str; 6] = [
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
    acrida: Option<SequenceData>,
    /// A script's own keys.
    #[serde(flatten)]
    extra: Pairs<&'a str, AnyData<'a>>,
}

#[derive(Serialize)]
struct SequenceData {
    seq: u64,
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
            acrida: report.sequence.map(|seq| SequenceData { seq }),
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
        }
    }
}

pub(super) fn read(data: &ValueRef<'_>) -> Result<StatsReport, DecodeError> {
    let fields = Fields::of(data, "stats")?;
    let stats = match fields.get("stats") {
        Some(ValueRef::Array(rows)) => rows.iter().map(read_entry).collect::<Result<_, _>>()?,
        None => Vec::new(),
        Some(_) => return Err(fields.missing("stats", "an array")),
    };
    let total = fields
        .get("stats_total")
        .ok_or_else(|| fields.missing("stats_total", "a map"))?;
    let errors = match fields.get("errors") {
        Some(ValueRef::Map(pairs)) => pairs
            .iter()
            .map(|(_, error)| read_error(error))
            .collect::<Result<_, _>>()?,
        _ => Vec::new(),
    };
    let own_key = |key: &ValueRef<'_>| text(key).filter(|key| !KNOWN.contains(key)).map(str::to_owned);
    let extra = fields
        .pairs()
        .iter()
        .filter_map(|(key, value)| Some((own_key(key)?, value.to_owned())))
        .take(MAX_REPORT_EXTRAS)
        .collect();
    let sequence = fields
        .get(EXTENSION)
        .and_then(|ours| Fields::of(ours, EXTENSION).ok())
        .map(|ours| ours.count(SEQUENCE));
    let user_classes_count = fields.counts_by_name("user_classes_count");
    let mut report = StatsReport {
        stats,
        total: read_entry(total)?,
        errors,
        user_count: match fields.get("user_count") {
            Some(_) => fields.count("user_count"),
            None => super::decode::sum(&user_classes_count),
        },
        user_classes_count,
        sequence: sequence.filter(|&number| number > 0),
        closed_unix_s: None,
        in_flight: 0,
        extra,
    };
    report.trim();
    Ok(report)
}

fn read_entry(value: &ValueRef<'_>) -> Result<StatsEntry, DecodeError> {
    let fields = Fields::of(value, "stats entry")?;
    let response_times = read_times(&fields, HDR).unwrap_or_else(|| read_buckets(&fields));
    let time = |key| fields.number(key).map(|ms| ms.max(0.0));
    let timed = !response_times.is_empty();
    Ok(StatsEntry {
        name: cut(fields.text("name")?, MAX_NAME_BYTES),
        method: cut(fields.text("method")?, MAX_NAME_BYTES),
        last_request_timestamp: fields.number("last_request_timestamp"),
        // Without one it must not win the minimum over all workers.
        start_time: fields.number("start_time").unwrap_or(f64::MAX),
        num_requests: fields.count("num_requests"),
        num_none_requests: fields.count("num_none_requests"),
        num_failures: fields.count("num_failures"),
        total_response_time: time("total_response_time").unwrap_or(0.0),
        max_response_time: time("max_response_time").unwrap_or(0.0),
        // Third-party workers send 0 for "none yet".
        min_response_time: time("min_response_time").filter(|_| timed),
        total_content_length: fields.count("total_content_length"),
        response_times,
        failed_times: None,
        status_codes: BTreeMap::new(),
        lag: read_times(&fields, LAG),
        num_reqs_per_sec: fields.counts_by_number("num_reqs_per_sec").collect(),
        num_fail_per_sec: fields.counts_by_number("num_fail_per_sec").collect(),
    })
}

fn read_times(fields: &Fields<'_, '_>, key: &str) -> Option<Times> {
    match fields.get(key)? {
        ValueRef::Binary(bytes) => Times::from_bytes(bytes),
        _ => None,
    }
}

/// Times of a peer that only sends Locust's map: recorded at the buckets' values.
fn read_buckets(fields: &Fields<'_, '_>) -> Times {
    let mut times = Times::new();
    for (ms, count) in fields.counts_by_number("response_times") {
        times.record_n_us(u64::try_from(ms).unwrap_or(0).saturating_mul(1_000), count);
    }
    times
}

fn read_error(value: &ValueRef<'_>) -> Result<ErrorEntry, DecodeError> {
    let fields = Fields::of(value, "stats error")?;
    Ok(ErrorEntry {
        method: cut(&fields.text_or_empty("method"), MAX_NAME_BYTES),
        name: cut(&fields.text_or_empty("name"), MAX_NAME_BYTES),
        error: cut(&fields.text_or_empty("error"), MAX_ERROR_BYTES),
        occurrences: fields.count("occurrences"),
        first_seen: fields.number("first_seen"),
        last_seen: fields.number("last_seen"),
        fault: None,
        sample: None,
    })
}

fn cut(text: &str, max_bytes: usize) -> String {
    text[..text.floor_char_boundary(max_bytes)].to_owned()
}
