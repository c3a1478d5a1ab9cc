//! The `stats` message as it arrives: leniently, and within this crate's limits. What our additions say wrongly counts as unsaid.

use std::collections::BTreeMap;

use rmpv::ValueRef;

use super::error::DecodeError;
use super::lenient::{Fields, text};
use super::stats::KNOWN;
use super::{EXTENSION, decode};
use crate::limits::{
    MAX_ERROR_BYTES, MAX_IDENTITY_BYTES, MAX_NAME_BYTES, MAX_REPORT_EXTRAS, MAX_REPORT_SAMPLES,
    MAX_SAMPLE_BODY_BYTES, MAX_SAMPLE_URL_BYTES,
};
use crate::stats::count_status;
use crate::{ErrorEntry, ErrorSample, Fault, StatsEntry, StatsReport, Times};

const SEQUENCE: &str = "seq";
const CLOSED: &str = "closed";
const IN_FLIGHT: &str = "in_flight";
const HDR: &str = "acrida_hdr";
const LAG: &str = "acrida_lag";
const FAILED: &str = "acrida_failed";
const CODES: &str = "acrida_codes";
const FAULT: &str = "acrida_fault";
const SAMPLE: &str = "acrida_sample";

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
    let mut errors: Vec<ErrorEntry> = match fields.get("errors") {
        Some(ValueRef::Map(pairs)) => pairs
            .iter()
            .map(|(_, error)| read_error(error))
            .collect::<Result<_, _>>()?,
        _ => Vec::new(),
    };
    let sampled = errors.iter_mut().filter(|error| error.sample.is_some());
    sampled
        .skip(MAX_REPORT_SAMPLES)
        .for_each(|error| error.sample = None);
    let own_key = |key: &ValueRef<'_>| text(key).filter(|key| !KNOWN.contains(key)).map(str::to_owned);
    let extra = fields
        .pairs()
        .iter()
        .filter_map(|(key, value)| Some((own_key(key)?, value.to_owned())))
        .take(MAX_REPORT_EXTRAS)
        .collect();
    let ours = fields
        .get(EXTENSION)
        .and_then(|ours| Fields::of(ours, EXTENSION).ok());
    let sequence = ours.as_ref().map(|ours| ours.count(SEQUENCE));
    let user_classes_count = fields.counts_by_name("user_classes_count");
    let mut report = StatsReport {
        stats,
        total: read_entry(total)?,
        errors,
        user_count: match fields.get("user_count") {
            Some(_) => fields.count("user_count"),
            None => decode::sum(&user_classes_count),
        },
        user_classes_count,
        sequence: sequence.filter(|&number| number > 0),
        closed_unix_s: ours.as_ref().and_then(|ours| ours.number(CLOSED)),
        in_flight: ours.as_ref().map_or(0, |ours| ours.count(IN_FLIGHT)),
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
        failed_times: read_times(&fields, FAILED).filter(|times| !times.is_empty()),
        status_codes: read_codes(&fields),
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

/// Codes past the limit count together, as in our own rows.
fn read_codes(fields: &Fields<'_, '_>) -> BTreeMap<u16, u64> {
    let mut codes = BTreeMap::new();
    for (code, count) in fields.counts_by_number(CODES) {
        if let Ok(code) = u16::try_from(code) {
            count_status(&mut codes, code, count);
        }
    }
    codes
}

fn read_sample(value: &ValueRef<'_>) -> Option<ErrorSample> {
    let fields = Fields::of(value, SAMPLE).ok()?;
    let status = fields.get("status").map(|_| fields.count("status"));
    Some(ErrorSample {
        url: cut(&fields.text_or_empty("url"), MAX_SAMPLE_URL_BYTES),
        status: status.and_then(|status| u16::try_from(status).ok()),
        body: cut(&fields.text_or_empty("body"), MAX_SAMPLE_BODY_BYTES),
        node_id: cut(&fields.text_or_empty("node_id"), MAX_IDENTITY_BYTES),
    })
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
        fault: fields.get(FAULT).and_then(text).and_then(Fault::parse),
        sample: fields.get(SAMPLE).and_then(read_sample),
    })
}

fn cut(text: &str, max_bytes: usize) -> String {
    text[..text.floor_char_boundary(max_bytes)].to_owned()
}
