//! The `stats` message. Times travel twice: as Locust's bucketed map for any master, and as HDR histogram for ours.

use std::collections::BTreeMap;

use rmpv::ValueRef;

use super::EXTENSION;
use super::error::DecodeError;
use super::lenient::{Fields, text};
use super::writer::Writer;
use crate::limits::{MAX_ERROR_BYTES, MAX_NAME_BYTES};
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

pub(super) fn write(w: &mut Writer, report: &StatsReport) {
    let extra: Vec<_> = report
        .extra
        .iter()
        .filter(|(key, _)| !KNOWN.contains(&key.as_str()))
        .collect();
    w.map(5 + usize::from(report.sequence.is_some()) + extra.len());
    w.str("stats");
    w.array(report.stats.len());
    report.stats.iter().for_each(|entry| write_entry(w, entry));
    w.str("stats_total");
    write_entry(w, &report.total);
    w.str("errors");
    w.map(report.errors.len());
    for error in &report.errors {
        w.str(&error.key());
        write_error(w, error);
    }
    w.str("user_classes_count");
    write_counts(w, &report.user_classes_count);
    w.str("user_count");
    w.uint(report.user_count);
    if let Some(sequence) = report.sequence {
        w.str(EXTENSION);
        w.map(1);
        w.str(SEQUENCE);
        w.uint(sequence);
    }
    for (key, value) in extra {
        w.str(key);
        w.value(value);
    }
}

pub(super) fn write_counts(w: &mut Writer, counts: &BTreeMap<String, u64>) {
    w.map(counts.len());
    for (name, &count) in counts {
        w.str(name);
        w.uint(count);
    }
}

fn write_entry(w: &mut Writer, entry: &StatsEntry) {
    let hdr = entry.response_times.to_bytes();
    let lag = entry.lag.as_ref().and_then(Times::to_bytes);
    w.map(14 + usize::from(hdr.is_some()) + usize::from(lag.is_some()));
    w.str("name");
    w.str(&entry.name);
    w.str("method");
    w.str(&entry.method);
    w.str("last_request_timestamp");
    w.opt_float(entry.last_request_timestamp);
    w.str("start_time");
    w.float(entry.start_time);
    w.str("num_requests");
    w.uint(entry.num_requests);
    w.str("num_none_requests");
    w.uint(entry.num_none_requests);
    w.str("num_failures");
    w.uint(entry.num_failures);
    // Locust starts both as the integer 0.
    let zero_or = |w: &mut Writer, ms: f64| {
        if entry.min_response_time.is_none() {
            w.uint(0);
        } else {
            w.float(ms);
        }
    };
    w.str("total_response_time");
    zero_or(w, entry.total_response_time);
    w.str("max_response_time");
    zero_or(w, entry.max_response_time);
    w.str("min_response_time");
    w.opt_float(entry.min_response_time);
    w.str("total_content_length");
    w.uint(entry.total_content_length);
    let buckets = entry.response_times.locust_buckets();
    w.str("response_times");
    w.map(buckets.len());
    for (ms, count) in buckets {
        w.uint(ms);
        w.uint(count);
    }
    for (key, seconds) in [
        ("num_reqs_per_sec", &entry.num_reqs_per_sec),
        ("num_fail_per_sec", &entry.num_fail_per_sec),
    ] {
        w.str(key);
        w.map(seconds.len());
        for (&second, &count) in seconds {
            w.int(second);
            w.uint(count);
        }
    }
    for (key, bytes) in [(HDR, hdr), (LAG, lag)] {
        if let Some(bytes) = bytes {
            w.str(key);
            w.bin(&bytes);
        }
    }
}

fn write_error(w: &mut Writer, error: &ErrorEntry) {
    w.map(4 + usize::from(error.first_seen.is_some()) + usize::from(error.last_seen.is_some()));
    for (key, text) in [
        ("name", &error.name),
        ("method", &error.method),
        ("error", &error.error),
    ] {
        w.str(key);
        w.str(text);
    }
    w.str("occurrences");
    w.uint(error.occurrences);
    for (key, seen) in [("first_seen", error.first_seen), ("last_seen", error.last_seen)] {
        if let Some(at) = seen {
            w.str(key);
            w.float(at);
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
    })
}

fn cut(text: &str, max_bytes: usize) -> String {
    text[..text.floor_char_boundary(max_bytes)].to_owned()
}
